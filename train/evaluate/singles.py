"""Single steps: each item is asked once, its first calls are judged, and the counts get their intervals.

Every item counts. One without a prediction (a file that lacks it) is wrong, and the report says how many there were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from agent.scoring.breakdown import Error, FirstToken, error_of
from agent.scoring.gold import CallLike, GivenCall
from agent.scoring.rotbench_official import official_verdict
from agent.scoring.single import ALL_WRONG, Verdict, bound_by_position, judge
from train.evaluate.answers import Answer, AnswerFile, Predictor
from train.evaluate.benchmark import Benchmark
from train.formats.item import Item
from train.formats.react_text import write_react
from train.rows import CallsRow

OnStep = Callable[[int], None]


@dataclass(frozen=True)
class Judged:
    """One item's outcome. `official`: None where the benchmark has no count of its own."""

    item: Item
    answer: Answer | None
    verdict: Verdict
    official: Verdict | None
    error: Error | None


def as_row(item: Item) -> CallsRow:
    """What a predictor is asked."""
    return CallsRow(item.id, item.id, item.tools, item.turns)


def ask_all(items: Sequence[Item], predictor: Predictor, kept: AnswerFile, on_step: OnStep) -> Mapping[str, Answer]:
    """Ask whatever is not in the file yet; each answer is on disk before the next is waited for.

    Raises:
        TrainError: the predictor's.
    """
    open_items = [item for item in items if item.id not in kept.known]
    n = len(items) - len(open_items)
    on_step(n)
    for index, answer in predictor.answers([as_row(item) for item in open_items]):
        kept.add(open_items[index].id, answer)
        n += 1
        on_step(n)
    return kept.known


def gold_answers(items: Iterable[Item], benchmark: Benchmark) -> dict[str, Answer]:
    """The first acceptable answer of each item, as if a model had given it."""
    return {item.id: _gold_answer(item, benchmark) for item in items}


def judge_all(
    items: Sequence[Item], answers: Mapping[str, Answer], benchmark: Benchmark, first_token: FirstToken | None = None
) -> list[Judged]:
    """All verdicts, in the items' order."""
    return [_judged(item, answers.get(item.id), benchmark, first_token) for item in items]


def _judged(item: Item, answer: Answer | None, benchmark: Benchmark, first_token: FirstToken | None) -> Judged:
    declared = {tool.name: tuple(tool.parameters.get("properties") or ()) for tool in item.tools}
    calls: Sequence[CallLike] | None = None
    if answer is not None and answer.calls is not None:
        calls = tuple(bound_by_position(call, declared.get(call.name, ())) for call in answer.calls)
    names = {name: frozenset(parameters) for name, parameters in declared.items()}
    return Judged(
        item,
        answer,
        judge(calls, item.gold, benchmark.same),
        _official(item, answer) if benchmark.has_official else None,
        error_of(calls, item.gold, names, first_token=first_token, same=benchmark.same),
    )


def _official(item: Item, answer: Answer | None) -> Verdict:
    """RoTBench's script reads text: the model's own where it has that form, else its call written so."""
    if answer is None:
        return ALL_WRONG
    text = answer.text
    if "Action Input:" not in text and answer.calls:
        text = write_react(answer.calls[0].name, answer.calls[0].args)
    return official_verdict(text, item.official_gold, [tool.name for tool in item.tools])


def _gold_answer(item: Item, benchmark: Benchmark) -> Answer:
    if item.gold.wants_no_call:
        return Answer("", (), "")
    calls = tuple(GivenCall(call.name, benchmark.gold_args(call)) for call in item.gold.alternatives[0])
    return Answer(item.official_gold[0] if item.official_gold else "", calls)
