"""A function's whole life at the command line: kept by an answer, shared, corrected, tried again; the real sandbox."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.answer_script import QUESTION, write_script
from tui import cli

pytestmark = pytest.mark.docker


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOOLCODER_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").write_text("")
    return tmp_path


def at_home(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLCODER_HOME", str(folder / name))


def rows(capsys: pytest.CaptureFixture[str], key: str = "functions") -> Any:
    return json.loads(capsys.readouterr().out)[key]


def test_from_an_answer_to_a_colleague_and_back(
    settings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at_home("mine", settings, monkeypatch)
    script = write_script(settings / "script.json")
    assert cli.run(["ask", QUESTION, "--model", f"scripted:{script}", "--json"]) == 0
    (kept,) = rows(capsys, "functions_stored")
    assert cli.run(["functions", "list", "--json"]) == 0
    (row,) = rows(capsys)
    assert row["name"] == "count_films" and row["verified"] and row["state"] == "unconfirmed" and kept
    assert cli.run(["functions", "search", "number of movies somebody made", "--json"]) == 0
    assert [r["id"] for r in rows(capsys)] == [row["id"]]
    assert cli.run(["functions", "verify", "--json"]) == 0
    assert [r["ok"] for r in rows(capsys)] == [True]

    shared, full = settings / "shared.py", settings / "full.py"
    assert cli.run(["functions", "export", str(shared)]) == 0
    assert cli.run(["functions", "export", str(full), "--with-results"]) == 0
    assert cli.run(["functions", "export", str(full)]) == 2  # it exists
    assert "RECORDED" in full.read_text() and "RECORDED" not in shared.read_text()
    capsys.readouterr()

    at_home("colleague", settings, monkeypatch)
    assert cli.run(["functions", "import", str(shared), "--json"]) == 1
    (left,) = rows(capsys)
    assert left["id"] is None and "--live" in left["reason"]
    assert cli.run(["functions", "import", str(shared), "--live", "--json"]) == 0
    assert rows(capsys)[0]["id"] == row["id"]
    assert cli.run(["functions", "show", "count_films", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["origin"] == "import:shared.py" and shown["state"] == "unconfirmed" and len(shown["calls"]) == 2

    at_home("another", settings, monkeypatch)
    assert cli.run(["functions", "import", str(full), "--json"]) == 0
    assert rows(capsys)[0]["id"] == row["id"]
    lying = settings / "lying.py"
    lying.write_text(full.read_text().replace("== 8", "== 9"))
    assert cli.run(["functions", "import", str(lying), "--json"]) == 1
    assert "returned 8, recorded was 9" in rows(capsys)[0]["reason"]


def test_corrected_poisoned_and_pruned(
    settings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at_home("mine", settings, monkeypatch)
    script = write_script(settings / "script.json")
    assert cli.run(["ask", QUESTION, "--model", f"scripted:{script}", "--json"]) == 0
    capsys.readouterr()
    cli.run(["functions", "show", "count_films", "--json"])
    old = json.loads(capsys.readouterr().out)

    text = settings / "new.py"
    text.write_text(old["source"].replace("return len(", "return 1 + len("))
    assert cli.run(["functions", "edit", "count_films", "--source", str(text)]) == 4  # nobody says that 9 is right
    assert "it was 8" in capsys.readouterr().err
    text.write_text("def count_films(name):\n    return open('/etc/passwd').read()\n")
    assert cli.run(["functions", "edit", "count_films", "--source", str(text), "--accept"]) == 2
    assert "uses open" in capsys.readouterr().err
    typed = settings / "editor.sh"
    typed.write_text('#!/bin/sh\necho "def count_films(" > "$1"\n')
    typed.chmod(0o700)
    monkeypatch.setenv("EDITOR", str(typed))
    assert cli.run(["functions", "edit", "count_films"]) == 2
    kept = capsys.readouterr().err.split("your text is kept: ")[1].splitlines()[0].split()
    assert kept[:5] == ["toolcoder", "functions", "edit", old["id"], "--source"]
    assert Path(kept[5]).read_text() == "def count_films(\n"
    text.write_text(old["source"].replace("people = ", "found = people = "))
    assert cli.run(["functions", "edit", "count_films", "--source", str(text), "--json"]) == 0
    new = json.loads(capsys.readouterr().out)
    assert new["replaces"] == old["id"] and new["test"].endswith("= 8")
    cli.run(["functions", "list", "--all", "--json"])
    listed = {r["id"]: r for r in rows(capsys)}
    assert listed[old["id"]]["state"] == "retired" and listed[new["id"]]["version"] == 2

    text.write_text(
        text.read_text().replace('"""How many films a person directed."""', '"""Number of films by a person."""')
    )
    assert cli.run(["functions", "edit", "count_films", "--source", str(text), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["id"] == new["id"]  # other words, the same function: it stays
    assert cli.run(["functions", "show", "count_films", "--json"]) == 0
    words = json.loads(capsys.readouterr().out)
    assert (words["state"], words["subtask"]) == ("unconfirmed", "Number of films by a person.")

    file = settings / "mine" / "functions" / f"{new['id']}.json"
    file.write_text(file.read_text().replace("return len(", "return 2 + len("))
    assert cli.run(["functions", "verify", "--json"]) == 1
    (verdict,) = rows(capsys)
    assert not verdict["ok"] and "returned 10, recorded was 8" in verdict["reason"]
    cli.run(["functions", "list", "--json"])
    assert [r["state"] for r in rows(capsys)] == ["quarantined"]
    file.write_text(file.read_text().replace("return 2 + len(", "return len("))
    assert cli.run(["functions", "verify", "count_films"]) == 0
    capsys.readouterr()

    assert cli.run(["functions", "prune", "--limit", "1"]) == 4
    assert cli.run(["functions", "prune", "--limit", "1", "--dry-run", "--json"]) == 0
    capsys.readouterr()
    assert cli.run(["functions", "prune", "--limit", "1", "--yes"]) == 0
    assert "1 functions deleted" in capsys.readouterr().out
    cli.run(["functions", "list", "--all", "--json"])
    assert [r["id"] for r in rows(capsys)] == [new["id"]]


def test_a_poisoned_function_is_quarantined_by_its_own_test_before_it_answers(
    settings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at_home("mine", settings, monkeypatch)
    script = write_script(settings / "script.json")

    def asked() -> Any:
        assert cli.run(["ask", QUESTION, "--model", f"scripted:{script}", "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    asked()
    (file,) = (settings / "mine" / "functions").glob("fn-*.json")
    entry = json.loads(file.read_text())
    file.write_text(json.dumps(entry | {"state": "confirmed"}))
    assert entry["asked"] and asked()["functions_reused"] == ["count_films"], "bound by its words, without a plan"

    poisoned = json.loads(file.read_text())
    assert poisoned["state"] == "confirmed"
    file.write_text(json.dumps(poisoned | {"source": poisoned["source"].replace("return len(", "return 1 + len(")}))
    result = asked()
    assert result["functions_reused"] == [] and "implement" in result["usage"]["stages"]
    after = json.loads(file.read_text())
    assert after["state"] == "quarantined" and "returned 9, recorded was 8" in after["why"]
    assert [c["category"] for c in result["tool_calls"]] == ["All Right"] * len(result["tool_calls"])
