"""What every function repository must do."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from agent.errors import RepositoryError
from agent.functions.base import FunctionRepository, RecordedCall
from agent.functions.embed import HashingEmbedder
from agent.functions.entries import confirmed, is_sealed, quarantined, retired, verified, with_outcome
from agent.functions.factory import RepositoryKind, open_repository
from tests.contract.repository_entries import BORN, COUNT, OLDEST, TOOLS, Indexed, entry


class OwnSpace(HashingEmbedder):
    """A space of vectors of its own: on a server, a collection of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.id = f"test-{uuid.uuid4().hex}"


@pytest.fixture(params=["memory", "chroma", "indexed", "server"])
def repository(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FunctionRepository]:
    kind: RepositoryKind = "chroma" if request.param == "indexed" else request.param
    url = request.getfixturevalue("chroma_server") if kind == "server" else ""
    opened = (
        Indexed(tmp_path, OwnSpace())
        if request.param == "indexed"
        else open_repository(kind, tmp_path, OwnSpace(), url)
    )
    yield opened
    opened.close()


def test_an_empty_repository_proposes_nothing(repository: FunctionRepository) -> None:
    assert repository.search("anything", 3, TOOLS) == []
    assert repository.list() == []


def test_what_was_added_comes_back_whole(repository: FunctionRepository) -> None:
    entry_id = repository.add(COUNT)
    stored = repository.get(entry_id)
    assert stored == replace(COUNT, id=entry_id, succeeded_with=("count_films(director='Ada')",))
    assert repository.list() == [stored]


def test_the_most_similar_comes_first_with_its_cosine(repository: FunctionRepository) -> None:
    for item in (OLDEST, COUNT, BORN):
        repository.add(item)
    found = repository.search("Count the films that a director made.", 2, TOOLS)
    assert [f.entry.name for f in found] == ["count_films", "oldest_film"]
    assert found[0].similarity == pytest.approx(1.0, abs=1e-4)
    assert -1 <= found[1].similarity < found[0].similarity
    best, similarity = repository.search("where was this person born", 1, TOOLS)[0]
    assert best.name == "birthplace" and 0 < similarity < 1


def test_all_that_fit_are_found_also_behind_many_that_do_not(repository: FunctionRepository) -> None:
    for i in range(60):
        repository.add(entry(f"f{i}", f"Count the films number {i}", tools=(("gone", "x"),)))
    repository.add(BORN)
    repository.add(OLDEST)
    found = repository.search("Count the films", 2, TOOLS)
    assert {f.entry.name for f in found} == {"birthplace", "oldest_film"}
    assert repository.search("Count the films", 0, TOOLS) == []
    assert len(repository.search("Count the films", 100, TOOLS)) == 2


def test_an_entry_is_stale_when_a_tool_changed_or_is_gone(repository: FunctionRepository) -> None:
    repository.add(COUNT)
    assert len(repository.search(COUNT.subtask, 3, TOOLS)) == 1
    assert repository.search(COUNT.subtask, 3, {**TOOLS, "search_films": "changed"}) == []
    assert repository.search(COUNT.subtask, 3, {"get_person": "h2"}) == []
    repository.add(replace(COUNT, tools=(("search_films", "changed"),)))  # it ran again with the changed tool
    assert len(repository.search(COUNT.subtask, 3, {"search_films": "changed"})) == 1


def test_the_same_function_is_one_entry_with_added_statistics(repository: FunctionRepository) -> None:
    first = repository.add(COUNT)
    layout = COUNT.source.replace('"""Count the films that a director made."""', '"""Other words."""\n    # a comment')
    again = replace(COUNT, source=layout, verifying_call="count_films('Bob')", result_json="2", session="later")
    assert repository.add(again) == first
    (stored,) = repository.list()
    assert (stored.n_uses, stored.n_successes, stored.session) == (2, 2, COUNT.session)
    assert (stored.verifying_call, stored.result_json) == ("count_films('Bob')", "2")
    assert stored.succeeded_with == ("count_films(director='Ada')", "count_films(director='Bob')")
    assert repository.add(replace(COUNT, source=COUNT.source.replace("len", "sum"))) != first


def test_outcomes_are_counted(repository: FunctionRepository) -> None:
    entry_id = repository.add(COUNT)
    repository.change(entry_id, lambda e: with_outcome(e, True))
    after = repository.change(entry_id, lambda e: with_outcome(e, False))
    assert (after.n_uses, after.n_successes, after.n_failures) == (3, 2, 1)
    assert repository.get(entry_id) == after


def test_three_different_calls_that_went_well_confirm(repository: FunctionRepository) -> None:
    entry_id = repository.add(COUNT)
    for call in ("count_films('Ada')", "count_films(director='Ada')", "count_films('Bob')"):
        assert repository.change(entry_id, lambda e, c=call: with_outcome(e, True, c)).state == "unconfirmed"
    assert repository.change(entry_id, lambda e: with_outcome(e, True, "count_films('Eve')")).state == "confirmed"


def test_the_confirmed_ones_that_are_not_stale_are_there_without_a_search(repository: FunctionRepository) -> None:
    ids = [repository.add(item) for item in (COUNT, OLDEST, BORN)]
    assert repository.confirmed(TOOLS) == []
    for entry_id in ids[1:]:
        repository.change(entry_id, confirmed)
    assert {e.id for e in repository.confirmed(TOOLS)} == set(ids[1:])
    assert [e.id for e in repository.confirmed({"search_films": "h1"})] == [ids[1]]
    repository.change(ids[1], lambda e: quarantined(e, "it failed"))
    assert [e.id for e in repository.confirmed(TOOLS)] == [ids[2]]


def test_one_is_known_by_its_signature_and_docstring(repository: FunctionRepository) -> None:
    odd = replace(COUNT, signature='count_films(director: str = "é") -> int', source=COUNT.source.replace("len", "sum"))
    entry_id, odd_id = repository.add(COUNT), repository.add(odd)
    assert [e.id for e in repository.described(COUNT.signature, COUNT.docstring, TOOLS)] == [entry_id]
    assert [e.id for e in repository.described(odd.signature, odd.docstring, TOOLS)] == [odd_id]
    assert repository.described(COUNT.signature, "Count them.", TOOLS) == []
    assert repository.described(COUNT.signature, COUNT.docstring, {"search_films": "other"}) == []
    repository.change(entry_id, lambda e: retired(e, "no"))
    assert repository.described(COUNT.signature, COUNT.docstring, TOOLS) == []


def test_the_words_that_it_was_asked_in_are_kept_until_it_is_quarantined(repository: FunctionRepository) -> None:
    entry_id = repository.add(replace(COUNT, asked=(("films of {director}", "count_films()"),)))
    call, question = "count_films('Bob')", "How many films did Bob make?"
    repository.change(entry_id, lambda e: with_outcome(e, True, call, question, alone=True))
    repository.change(entry_id, lambda e: with_outcome(e, False, call, "How many films has Bob?", alone=True))
    asked = repository.get(entry_id).asked
    assert asked == (("films of {director}", "count_films()"), ("how many films did {director} make", "count_films()"))
    assert repository.change(entry_id, lambda e: quarantined(e, "it failed")).asked == ()


def test_a_failure_in_between_leaves_confirming_to_a_person(repository: FunctionRepository) -> None:
    entry_id = repository.add(COUNT)
    repository.change(entry_id, lambda e: with_outcome(e, False, "count_films('Zed')"))
    for call in ("count_films('Bob')", "count_films('Eve')"):
        assert repository.change(entry_id, lambda e, c=call: with_outcome(e, True, c)).state == "unconfirmed"
    assert repository.change(entry_id, confirmed).state == "confirmed"


def test_a_retired_entry_is_listed_but_never_proposed_again(repository: FunctionRepository) -> None:
    entry_id = repository.add(COUNT)
    repository.search(COUNT.subtask, 3, TOOLS)
    assert repository.change(entry_id, lambda e: retired(e, "a person said it is wrong")).state == "retired"
    assert repository.search(COUNT.subtask, 3, TOOLS) == []
    assert repository.add(COUNT) == entry_id
    assert repository.change(entry_id, confirmed).state == "retired"
    assert repository.search(COUNT.subtask, 3, TOOLS) == []
    assert repository.get(entry_id).why == "a person said it is wrong"


def test_what_fails_too_often_waits_in_quarantine_until_it_is_verified_again(repository: FunctionRepository) -> None:
    entry_id = repository.add(COUNT)
    repository.change(entry_id, confirmed)
    states = [repository.change(entry_id, lambda e: with_outcome(e, False)).state for _ in range(3)]
    assert states == ["confirmed", "confirmed", "quarantined"]
    waiting = repository.get(entry_id)
    assert "failed 3 of 4" in waiting.why and waiting.succeeded_with == ()
    assert repository.search(COUNT.subtask, 3, TOOLS) == []
    assert repository.change(entry_id, confirmed).state == "quarantined"
    back = repository.change(entry_id, lambda e: verified(e, TOOLS))
    assert (back.state, back.why, back.n_failures) == ("unconfirmed", "", 0) and is_sealed(back)
    assert [f.entry.id for f in repository.search(COUNT.subtask, 3, TOOLS)] == [entry_id]


def test_a_verification_under_a_changed_tool_brings_a_stale_entry_back(repository: FunctionRepository) -> None:
    entry_id = repository.add(COUNT)
    changed = {**TOOLS, "search_films": "h1 of today"}
    assert repository.search(COUNT.subtask, 3, changed) == []
    repository.change(entry_id, lambda e: verified(e, changed))
    assert [f.entry.id for f in repository.search(COUNT.subtask, 3, changed)] == [entry_id]
    assert repository.search(COUNT.subtask, 3, TOOLS) == []


def test_a_change_behind_the_seal_shows(repository: FunctionRepository) -> None:
    entry_id = repository.add(COUNT)
    assert not is_sealed(repository.get(entry_id))  # nobody verified it
    assert is_sealed(repository.change(entry_id, lambda e: verified(e, TOOLS)))
    for change in ({"source": COUNT.source + "# x\n"}, {"result_json": "2"}, {"calls": ()}):
        assert not is_sealed(replace(repository.get(entry_id), **change))
    assert quarantined(retired(COUNT, "old"), "new").why == "old"


def test_what_is_deleted_is_gone(repository: FunctionRepository) -> None:
    entry_id = repository.add(COUNT)
    repository.add(OLDEST)
    assert len(repository.search(COUNT.subtask, 3, TOOLS)) == 2
    repository.delete(entry_id)
    assert [f.entry.name for f in repository.search(COUNT.subtask, 3, TOOLS)] == ["oldest_film"]
    with pytest.raises(KeyError):
        repository.get(entry_id)


def test_the_list_is_by_age(repository: FunctionRepository) -> None:
    repository.add(OLDEST)
    repository.add(COUNT)
    assert [e.name for e in repository.list()] == ["count_films", "oldest_film"]


def test_an_unknown_id_is_a_key_error(repository: FunctionRepository) -> None:
    with pytest.raises(KeyError, match="fn-nothing"):
        repository.get("fn-nothing")
    with pytest.raises(KeyError):
        repository.change("../../etc/passwd", confirmed)
    with pytest.raises(KeyError):
        repository.delete("fn-nothing")


def test_source_that_does_not_parse_is_refused(repository: FunctionRepository) -> None:
    with pytest.raises(RepositoryError, match="does not parse"):
        repository.add(replace(COUNT, source="def f(:"))
    assert repository.list() == []


def test_odd_text_survives(repository: FunctionRepository) -> None:
    odd = entry("odd", "Zähle Filme ☃ 𝕏", session="s", result_json='"\\ud800"')
    entry_id = repository.add(replace(odd, calls=(RecordedCall("f", {"\u2028": "\ud800"}, "é"),)))
    assert repository.get(entry_id).calls[0].args == {"\u2028": "\ud800"}
    assert repository.search("\ud800 ☃", 1, TOOLS)[0].entry.id == entry_id
    assert len(repository.search("", 1, TOOLS)) == 1


def test_threads_may_share_a_repository(repository: FunctionRepository) -> None:
    entry_id = repository.add(COUNT)

    def work(i: int) -> None:
        repository.change(entry_id, lambda e: with_outcome(e, True, "count_films('Ada')"))
        repository.add(entry(f"g{i}", f"Do thing {i}"))
        assert repository.search("Do thing", 2, TOOLS)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(12)))
    assert repository.get(entry_id).n_uses == 13
    assert len(repository.list()) == 13


def test_a_closed_repository_says_so(repository: FunctionRepository) -> None:
    repository.add(COUNT)
    repository.close()
    repository.close()
    for use in (lambda: repository.add(COUNT), repository.list, lambda: repository.search("x", 1, TOOLS)):
        with pytest.raises(RepositoryError, match="closed"):
            use()
