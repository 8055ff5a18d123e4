"""What the function repository on disk can: restarts, several processes, damage, other embedders."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from agent.errors import RepositoryError
from agent.functions.base import FunctionRepository
from agent.functions.chroma import ChromaRepository
from agent.functions.chroma_client import collection_name
from agent.functions.embed import HashingEmbedder
from agent.functions.entries import retired, with_outcome
from tests.contract.repository_entries import BORN, COUNT, OLDEST, TOOLS, Indexed, entry


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


def do_damage(file: Path, damage: str) -> None:
    match damage:
        case "garbage":
            file.write_bytes(os.urandom(50_000))
        case "emptied":
            file.write_bytes(b"")
        case "header":
            file.write_bytes(file.read_bytes()[:100])
        case "deleted":
            file.unlink()


@pytest.mark.parametrize("damage", ["garbage", "emptied", "header", "deleted", "segment"])
def test_a_damaged_index_is_made_again_from_the_files(tmp_path: Path, damage: str) -> None:
    fill(tmp_path)
    database = tmp_path / "chroma" / "chroma.sqlite3"
    if damage == "segment":
        for file in (tmp_path / "chroma").glob("*/*"):
            file.write_bytes(b"\x00" * 7)
    else:
        do_damage(database, damage)
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
    do_damage(table, damage)
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
