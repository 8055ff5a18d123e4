"""What every function repository must do; then what only the one on disk can."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.errors import RepositoryError
from agent.functions.base import Found, FunctionEntry, FunctionRepository, RecordedCall
from agent.functions.chroma import ChromaRepository
from agent.functions.chroma_client import collection_name
from agent.functions.embed import HashingEmbedder
from agent.functions.entries import confirmed, is_sealed, quarantined, retired, verified, with_outcome
from agent.functions.factory import RepositoryKind, open_repository

TOOLS = {"search_films": "h1", "get_person": "h2"}
Opener = Callable[[], FunctionRepository]


def entry(name: str, subtask: str, **changes: Any) -> FunctionEntry:
    source = f'def {name}(director: str) -> int:\n    """{subtask}"""\n    return len(search_films(director))\n'
    made = FunctionEntry(
        name=name,
        signature=f"{name}(director: str) -> int",
        docstring=subtask,
        source=source,
        subtask=subtask,
        tools=(("search_films", "h1"),),
        calls=(RecordedCall("search_films", {"director": "Ada"}, [{"title": "Heat", "year": 1995, "x": [None, 1.5]}]),),
        verifying_call=f"{name}('Ada')",
        result_json="1",
        session="20261120-101500-k3f9",
        created="2026-11-20T10:15:00.000000Z",
    )
    return replace(made, **changes)


COUNT = entry("count_films", "Count the films that a director made.")
OLDEST = entry("oldest_film", "Find the oldest film of a director.", created="2026-11-20T10:16:00.000000Z")
BORN = entry("birthplace", "Tell where a person was born.", tools=(("get_person", "h2"),))


class OwnSpace(HashingEmbedder):
    """A space of vectors of its own: on a server, a collection of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.id = f"test-{uuid.uuid4().hex}"


class Indexed(ChromaRepository):
    """Asks Chroma's index, as one does that is open for long."""

    def search(self, subtask: str, k: int, tools: Mapping[str, str] | None) -> list[Found]:
        assert self.open_index(60)
        return super().search(subtask, k, tools)


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


# ---------------------------------------------------------------- on disk only


def fill(home: Path) -> list[str]:
    repository = ChromaRepository(home, HashingEmbedder())
    ids = [repository.add(e) for e in (COUNT, OLDEST, BORN)]
    assert repository.search("Count the films", 1, TOOLS)[0].entry.name == "count_films"
    assert repository.open_index(60)
    repository.close()
    return ids


def names(repository: FunctionRepository, subtask: str, k: int = 3) -> list[str]:
    return [f.entry.name for f in repository.search(subtask, k, TOOLS)]


def test_functions_survive_a_restart_of_the_process(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib, json\n"
        "from agent.functions.chroma import ChromaRepository\n"
        "from agent.functions.embed import HashingEmbedder\n"
        "r = ChromaRepository(pathlib.Path(sys.argv[1]), HashingEmbedder())\n"
        "found = r.search('Count the films that a director made.', 1, {'search_films': 'h1'})\n"
        "print(json.dumps([found[0].entry.name, found[0].entry.result_json, found[0].similarity]))\n"
    )
    fill(tmp_path)
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    name, result, similarity = json.loads(done.stdout)
    assert (name, result) == ("count_films", "1") and similarity == pytest.approx(1, abs=1e-4)


def test_three_processes_add_and_count_at_once(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib\n"
        "from agent.functions.base import FunctionEntry\n"
        "from agent.functions.chroma import ChromaRepository\n"
        "from agent.functions.embed import HashingEmbedder\n"
        "home, who = pathlib.Path(sys.argv[1]), sys.argv[2]\n"
        "r = ChromaRepository(home, HashingEmbedder())\n"
        "if who != 'a': r.open_index()\n"
        "def made(name): return FunctionEntry(name, name, '', f'def {name}(): return 1', f'Do {name} things')\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "for i in range(15):\n"
        "    r.add(made('shared')); r.add(made(f'own_{who}_{i}'))\n"
        "    assert r.search(f'Do own_{who}_{i} things', 1, {})[0].entry.name == f'own_{who}_{i}'\n"
        "r.close()\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    processes = [
        subprocess.Popen(
            [*command, who], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for who in "abc"
    ]
    for process in processes:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        _, errors = process.communicate(timeout=90)
        assert process.returncode == 0, errors
    repository = Indexed(tmp_path, HashingEmbedder())
    entries = {e.name: e for e in repository.list()}
    assert len(entries) == 46 and entries["shared"].n_uses == 45
    assert len(repository.search("Do things", 100, {})) == 46
    assert repository.notices == []
    repository.close()


def test_an_open_repository_sees_what_another_process_added(tmp_path: Path) -> None:
    mine = ChromaRepository(tmp_path, HashingEmbedder())
    mine.add(COUNT)
    assert names(mine, "Find the oldest film") == ["count_films"]
    code = (
        "import sys, pathlib\n"
        "from agent.functions.chroma import ChromaRepository\n"
        "from agent.functions.embed import HashingEmbedder\n"
        "from agent.functions.base import FunctionEntry\n"
        "r = ChromaRepository(pathlib.Path(sys.argv[1]), HashingEmbedder())\n"
        "r.add(FunctionEntry('other', 'other()', '', 'def other(): return 1', 'Find the oldest film of a director.'))\n"
        "from agent.functions.entries import retired\n"
        "r.change(sys.argv[2], lambda e: retired(e, 'gone')); r.search('x', 1, {})\n"
    )
    arguments = [str(tmp_path), mine.list()[0].id]
    subprocess.run([sys.executable, "-c", code, *arguments], check=True)
    assert names(mine, "Find the oldest film") == ["other"]
    mine.close()


@pytest.mark.parametrize("damage", ["garbage", "emptied", "header", "deleted", "segment"])
def test_a_damaged_index_is_made_again_from_the_files(tmp_path: Path, damage: str) -> None:
    fill(tmp_path)
    database = tmp_path / "chroma" / "chroma.sqlite3"
    match damage:
        case "garbage":
            database.write_bytes(os.urandom(50_000))
        case "emptied":
            database.write_bytes(b"")
        case "header":
            database.write_bytes(database.read_bytes()[:100])
        case "deleted":
            database.unlink()
        case "segment":
            for file in (tmp_path / "chroma").glob("*/*"):
                file.write_bytes(b"\x00" * 7)
    repository = Indexed(tmp_path, HashingEmbedder())
    assert names(repository, "Count the films that a director made.", 1) == ["count_films"]
    assert len(names(repository, "films")) == 3
    if damage in ("garbage", "header"):
        assert "made again with 3 of them" in repository.notices[0]
    repository.close()


@pytest.mark.parametrize("damage", ["garbage", "emptied", "header", "deleted"])
def test_a_damaged_table_is_made_again_from_the_files(tmp_path: Path, damage: str) -> None:
    (first, *_) = fill(tmp_path)
    table = tmp_path / "functions-table" / "table.sqlite3"
    match damage:
        case "garbage":
            table.write_bytes(os.urandom(50_000))
        case "emptied":
            table.write_bytes(b"")
        case "header":
            table.write_bytes(table.read_bytes()[:100])
        case "deleted":
            table.unlink()
    repository = Indexed(tmp_path, HashingEmbedder())
    assert names(repository, "Count the films that a director made.", 1) == ["count_films"]
    table.write_bytes(os.urandom(50_000))
    repository.change(first, lambda e: with_outcome(e, True))
    assert repository.get(first).n_uses == 2 and len(names(repository, "films")) == 3
    repository.close()


def test_files_that_others_put_or_change_there_are_seen(tmp_path: Path) -> None:
    """A checkout or a copy knows of no lock and of no table."""
    (first, second, third) = fill(tmp_path / "theirs")
    repository = ChromaRepository(tmp_path / "mine", HashingEmbedder())
    repository.add(replace(COUNT, source=COUNT.source.replace("len", "sum"), name="count_films"))
    mine, theirs = tmp_path / "mine" / "functions", tmp_path / "theirs" / "functions"
    for i, entry_id in enumerate((first, second, third)):
        (mine / f"{entry_id}.json").write_bytes((theirs / f"{entry_id}.json").read_bytes())
        assert len(names(repository, "films", 9)) == i + 2
    in_place = mine / f"{first}.json"
    in_place.write_text(in_place.read_text().replace('"n_uses": 1,', '"n_uses": 41,'))
    assert repository.get(first).n_uses == 41
    in_place.write_text(in_place.read_text().replace('"unconfirmed"', '"retired"'))
    assert first not in [f.entry.id for f in repository.search("films", 9, TOOLS)]
    (mine / f"{second}.json").unlink()
    assert len(names(repository, "films", 9)) == 2 and len(repository.list()) == 3
    repository.close()


def test_what_came_after_the_index_was_opened_is_found_beside_it(tmp_path: Path) -> None:
    fill(tmp_path)
    repository = ChromaRepository(tmp_path, HashingEmbedder())
    assert repository.open_index(60)
    repository.add(entry("late", "Add something late."))
    assert names(repository, "Add something late.", 1) == ["late"]
    gone = repository.search("Add something late.", 1, TOOLS)[0].entry.id
    repository.change(gone, lambda e: retired(e, "no"))
    assert "late" not in names(repository, "Add something late.", 9)
    assert len(names(repository, "films", 9)) == 3
    repository.close()
    again = Indexed(tmp_path, HashingEmbedder())
    assert len(names(again, "films", 9)) == 3 and again.notices == []
    again.close()


def test_an_index_that_breaks_while_in_use_is_made_again(tmp_path: Path) -> None:
    fill(tmp_path)
    repository = Indexed(tmp_path, HashingEmbedder())
    names(repository, "films")
    (tmp_path / "chroma" / "chroma.sqlite3").write_bytes(os.urandom(50_000))
    repository.add(entry("late", "Add something late."))
    assert names(repository, "Add something late.", 1) == ["late"]
    assert len(names(repository, "films", 10)) == 4
    repository.close()


def test_a_damaged_entry_is_left_out_named_and_kept(tmp_path: Path) -> None:
    ids = fill(tmp_path)
    file = tmp_path / "functions" / f"{ids[0]}.json"
    file.write_text("{ torn")
    repository = ChromaRepository(tmp_path, HashingEmbedder())
    assert "count_films" not in names(repository, "Count the films")
    assert len(repository.list()) == 2
    assert file.name in repository.notices[0]
    assert file.read_text() == "{ torn"
    repository.close()


class OtherEmbedder(HashingEmbedder):
    id = "hashing-other"
    dim = 64


def test_another_embedder_gets_vectors_of_its_own(tmp_path: Path) -> None:
    fill(tmp_path)
    assert collection_name(OtherEmbedder()) != collection_name(HashingEmbedder())
    other = ChromaRepository(tmp_path, OtherEmbedder())
    assert names(other, "Count the films that a director made.", 1) == ["count_films"]
    other.add(entry("late", "Add something late."))
    assert len(names(other, "films", 10)) == 4
    other.close()
    back = ChromaRepository(tmp_path, HashingEmbedder())
    assert names(back, "Add something late.", 1) == ["late"]
    back.close()


def test_folders_and_files_are_private(tmp_path: Path) -> None:
    (entry_id, *_) = fill(tmp_path)
    for folder in ("functions", "chroma"):
        assert stat.S_IMODE((tmp_path / folder).stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "functions" / f"{entry_id}.json").stat().st_mode) == 0o600


def test_a_folder_that_cannot_be_used_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "functions").write_text("in the way")
    with pytest.raises(RepositoryError, match="cannot be used") as caught:
        ChromaRepository(tmp_path, HashingEmbedder())
    assert caught.value.hint


def test_the_work_folder_cannot_configure_chroma(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / ".env").write_text(
        "CHROMA_API_IMPL=chromadb.api.fastapi.FastAPI\nCHROMA_SERVER_HOST=evil.test\n"
    )
    monkeypatch.chdir(tmp_path / "work")
    fill(tmp_path / "home")


def test_an_empty_repository_never_loads_chroma(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib\n"
        "from agent.functions.embed import HashingEmbedder\n"
        "from agent.functions.factory import open_repository\n"
        "r = open_repository('chroma', pathlib.Path(sys.argv[1]), HashingEmbedder())\n"
        "assert r.search('x', 3, {}) == []\n"
        "print(sorted({'chromadb', 'torch', 'onnxruntime', 'openai'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_index_is_read_page_by_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All at once is refused from 32,766 entries on, which looked like damage at every opening."""
    monkeypatch.setattr("agent.functions.chroma_index._PAGE", 2)
    for _ in range(2):
        opened = Indexed(tmp_path, HashingEmbedder())
        (tmp_path / "functions-table" / "table.sqlite3").unlink(missing_ok=True)  # so that all are compared
        for i in range(5):
            opened.add(entry(f"f{i}", f"Count the films number {i}"))
        assert len(opened.search("Count the films", 9, TOOLS)) == 5
        assert opened.notices == []
        opened.close()
