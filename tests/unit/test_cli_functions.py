"""`toolcoder functions` over a repository on disk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.functions.base import FunctionEntry, RecordedCall
from agent.functions.embed import HashingEmbedder
from agent.functions.factory import open_repository
from tui import cli


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Two functions in a home of the test's own: name to id."""
    home = tmp_path / "home"
    monkeypatch.setenv("TOOLCODER_HOME", str(home))
    monkeypatch.setenv("TOOLCODER_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").write_text("")
    home.mkdir()
    repository = open_repository("chroma", home, HashingEmbedder())
    ids = {}
    for name, number in (("count_films", 1), ("longest\x1b[2J_film", 2)):
        entry = FunctionEntry(
            name=name,
            signature=f"{name}(person: str) -> int",
            docstring="How many films a person directed.",
            source=f"def f(person):\n    return {number}  # \x9b31m",
            subtask="count films\x07",
            tools=(("search_people", "0" * 16),),
            calls=(RecordedCall("search_people", {"name": "x"}, [1]),),
            verifying_call=f"{name}('x')",
            result_json="8",
            session="20261120-101500-k3f9",
        )
        ids[name] = repository.add(entry)
    repository.close()
    return ids


def test_list(kept: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["functions", "list"]) == 0
    out = capsys.readouterr().out
    assert "count_films(person: str) -> int" in out and "longest_film" in out
    assert not set(out) & set("\x1b\x9b\x07")
    assert cli.run(["functions", "list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["functions"]
    assert {row["id"] for row in rows} == set(kept.values())


def test_show(kept: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["functions", "show", "count_films"]) == 0
    out = capsys.readouterr().out
    assert "count_films('x') = 8" in out and "return 1" in out and "\x9b" not in out
    assert cli.run(["functions", "show", kept["count_films"], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["calls"] == [
        {"name": "search_people", "args": {"name": "x"}, "value": [1]}
    ]


def test_remove(kept: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["functions", "remove", "count_films"]) == 4
    assert cli.run(["functions", "remove", "count_films", "--yes"]) == 0
    assert cli.run(["functions", "show", "count_films"]) == 2
    assert "no function is called 'count_films'" in capsys.readouterr().err
    assert cli.run(["functions", "list", "--json"]) == 0
    assert [row["id"] for row in json.loads(capsys.readouterr().out)["functions"]] == [kept["longest\x1b[2J_film"]]
    assert cli.run(["functions", "list", "--all", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["functions"]) == 2


def test_turned_off_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "config.toml").write_text('[functions]\nkind = "off"\n')
    assert cli.run(["functions", "list"]) == 2
    assert "turned off" in capsys.readouterr().err
