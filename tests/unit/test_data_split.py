"""Duplicates, groups and splits: nothing leaks, whatever the tasks are."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from train.data.groups import Groups
from train.data.index import TaskIndex, Verdict
from train.data.minhash import NearIndex, signature, similarity
from train.data.normal import entities, normal_program, normal_question, shingles
from train.data.split import SPLITS, Group, Shares, Split, assigned
from train.data.store import IndexStore
from train.formats.task import Task

PAIRS = [
    json.loads(line) for line in (Path(__file__).parents[1] / "data" / "near_tasks.jsonl").read_text().splitlines()
]
NO_EARLIER: dict[int, Split] = {}


def task(n: int, question: str, program: str = "", **more: object) -> Task:
    return replace(Task(f"s{n}/1", "test", question, program), **more)  # type: ignore[arg-type]


def judged(
    tasks: list[Task], shares: Shares | None = None, seed: int = 0, earlier: dict[int, Split] = NO_EARLIER
) -> tuple[list[Verdict], dict[int, Split]]:
    """Each task's verdict, and where the ties went."""
    with TaskIndex() as index:
        for one in tasks:
            index.add(one)
        n_groups, largest = index.divide(shares or Shares(), seed, earlier)
        verdicts = list(index.verdicts())
        groups = [verdict.group for verdict in verdicts if verdict.split]
        assert len(set(groups)) == n_groups and max(map(groups.count, groups), default=0) == largest
        return verdicts, dict(index.ties())


@pytest.mark.parametrize("pair", PAIRS)
def test_near_duplicates_are_dropped_and_what_asks_for_something_else_is_kept(pair: dict[str, object]) -> None:
    first, second = judged([task(n, *pair[key]) for n, key in enumerate("ab")])[0]  # type: ignore[misc]
    assert not first.dropped
    assert bool(second.dropped) == pair["same"]


def test_of_duplicates_the_better_one_is_kept() -> None:
    verdicts, _ = judged(
        [task(n, "Who directed Alien?", "f('Alien')", quality=q) for n, q in enumerate((0.0, 10.0, -1.0, 5.0))]
    )
    assert [bool(v.dropped) for v in verdicts] == [True, False, True, True]


def test_normal_forms() -> None:
    assert normal_question("  Who DIRECTED “Alien”?! ") == "who directed alien"
    one = normal_program("def f(a: int) -> int:\n    'Doc.'\n    b = tool(a)  # note\n    return b\nf(1)")
    other = normal_program("def count(n):\n    found = tool(n)\n    return found\n\n\ncount(1)")
    assert one == other and one.does == ("tool",) and one.literals == ("1",) and len(one.functions) == 1
    assert normal_program("def f(a):\n    return other_tool(a)\nf(1)").functions != one.functions
    assert normal_program("not python (").text == "not python ("
    assert entities("Which films did Sofia Coppola make in 2003?") == ("2003", "coppola", "sofia")


@settings(max_examples=50, deadline=None)
@given(st.sets(st.integers(0, 2**63), min_size=30, max_size=120), st.floats(0, 1))
def test_signatures_estimate_similarity(values: set[int], part: float) -> None:
    kept = set(sorted(values)[: round(part * len(values))])
    assert abs(similarity(signature(values), signature(kept)) - len(kept) / len(values)) < 0.35
    assert similarity(signature(values), signature(set(values))) == 1.0


def test_the_index_finds_what_is_near_and_only_with_the_same_salt() -> None:
    store = IndexStore()
    index = NearIndex(0.8, store)
    words = shingles("a b c d e f g h i j k l m n", normal_program(""))

    def add(number: int, shingled: frozenset[int], salt: str = "") -> int | None:
        of = signature(shingled)
        store.add(number, (), "", of.tobytes())
        return index.add(number, of, salt)

    assert add(0, words) is None
    assert add(1, words) == 0
    assert add(2, words, salt="other") is None
    assert add(3, shingles("wholly different words here", normal_program(""))) is None
    store.close()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 12), max_size=3), max_size=25))
def test_tasks_with_a_common_tie_are_in_one_group(ties: list[list[int]]) -> None:
    groups = Groups()
    numbers = [groups.add(own) for own in ties]
    for a, one in zip(numbers, ties, strict=True):
        for b, other in zip(numbers, ties, strict=True):
            if set(one) & set(other):
                assert groups.of(a) == groups.of(b)
        assert groups.of(a) <= a


_FUNCTIONS = [f"def f(x):\n    return tool_{n}(x)\n\nf({n})" for n in range(6)]
_TASKS = st.lists(
    st.tuples(
        st.sampled_from([f"Question number {n} about {'abcdefgh'[n]}" for n in range(8)]),
        st.sampled_from(["", *_FUNCTIONS]),
        st.sampled_from([(), ("session a",), ("session b",), ("function e1",), ("function e2", "session c")]),
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=40, deadline=None)
@given(_TASKS, st.integers(0, 3))
def test_nothing_leaks_between_splits(drawn: list[tuple[str, str, tuple[str, ...]]], seed: int) -> None:
    verdicts, _ = judged([task(n, q, p, ties=t) for n, (q, p, t) in enumerate(drawn)], Shares(0.2, 0.3), seed)
    kept = [(v.split, q, p, t) for v, (q, p, t) in zip(verdicts, drawn, strict=True) if v.split]
    assert kept
    for split, question, program, ties in kept:
        for other, question_2, program_2, ties_2 in kept:
            if question == question_2 or (program and program == program_2) or set(ties) & set(ties_2):
                assert split == other


@settings(max_examples=30, deadline=None)
@given(_TASKS, _TASKS)
def test_what_was_held_out_stays_so_when_more_comes(
    first: list[tuple[str, str, tuple[str, ...]]], more: list[tuple[str, str, tuple[str, ...]]]
) -> None:
    earlier: dict[int, Split] = NO_EARLIER
    held: set[str] = set()
    for drawn in (first, [*more, *first]):
        tasks = [task(n, q, p, ties=t) for n, (q, p, t) in enumerate(drawn)]
        verdicts, earlier = judged(tasks, Shares(0.2, 0.4), 0, earlier)
        now = {q: v.split for v, (q, _, _) in zip(verdicts, drawn, strict=True) if v.split}
        assert all(now.get(question, "heldout") == "heldout" for question in held)  # or a duplicate of one
        held = {question for question, split in now.items() if split == "heldout"}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 5), min_size=20, max_size=80), st.integers(0, 5))
def test_shares_are_met_where_the_groups_allow_it(sizes: list[int], seed: int) -> None:
    groups = {n: Group(f"{n:016x}", size) for n, size in enumerate(sizes)}
    found = assigned(groups, Shares(0.1, 0.1), seed)
    assert found == assigned(dict(reversed(groups.items())), Shares(0.1, 0.1), seed)
    n_of = {split: sum(sizes[n] for n, s in found.items() if s == split) for split in SPLITS}
    for split in ("valid", "heldout"):
        assert abs(n_of[split] - 0.1 * sum(sizes)) <= 4


def test_one_large_group_is_trained_on() -> None:
    groups = {0: Group("a", 90), **{n: Group(str(n), 1) for n in range(1, 21)}}
    found = assigned(groups, Shares(0.1, 0.1))
    assert found[0] == "train" and sum(s == "heldout" for s in found.values()) >= 9


def test_shares_that_leave_nothing_to_train_on_are_refused() -> None:
    with pytest.raises(ValueError, match="leave something"):
        Shares(0.5, 0.5)
