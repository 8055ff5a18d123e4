"""`toolcoder train data`: from logs to files, through the command; whole or not at all."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import train.data.make
from agent.calls.categories import Category
from tests.logged import log_session
from tests.unit.loop_script import PROGRAM, fenced
from train.data.figure import bars, draw
from train.data.make import DataOptions, make
from train.data.scrub.scrubber import Scrubber
from train.data.sources import find
from train.data.split import SPLITS
from train.errors import DataError
from train.rows import CallsRow, CodeRow, parse_row
from tui import cli

KEY = b"0123456789abcdef"
IDS = ("20261120-101500-aaaa", "20261120-101501-bbbb", "20261120-101502-cccc", "20261120-101503-dddd")


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four sessions: good; repaired, with a person's address; rejected; failed."""
    import asyncio

    folder = tmp_path_factory.mktemp("home") / "sessions"
    broken = PROGRAM.replace('people[0]["id"]', 'people[0]["nr"]')
    other = PROGRAM.replace("Sofia Coppola", "Greta Gerwig")

    async def record() -> None:
        await log_session(folder, IDS[0], rating="up")
        await log_session(
            folder, IDS[1], question="How many did Greta Gerwig direct? Tell bob@corp.com",
            implementation=fenced(broken),
            code_review=fenced(other), answer="Four, dear bob@corp.com.",
        )  # fmt: skip
        await log_session(folder, IDS[2], question="How many did she direct?", rating="down")
        await log_session(folder, IDS[3], implementation=fenced(broken), code_review=fenced(broken))

    asyncio.run(record())
    return folder


def run(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> tuple[str, str]:
    assert cli.run(["train", "data", *arguments]) == code
    said = capsys.readouterr()
    return said.out, said.err


def rows(folder: Path, view: str) -> Iterator[CallsRow | CodeRow]:
    for split in SPLITS:
        for line in (folder / f"{view}.{split}.jsonl").read_text("utf-8").splitlines():
            yield parse_row(line)


def test_the_command_makes_both_views_and_a_card(
    logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOOLCODER_HOME", str(logs.parent))
    out, err = run(capsys, "--out", str(tmp_path / "data"), "--json")
    card = json.loads(out)
    assert err == ""
    assert card["n_tasks_read"] == 4 and card["n_tasks"]["all"] == 2
    assert card["dropped"] == {"rejected by a person": 1, "the agent failed": 1}
    assert card["scrubbed"]["email addresses"] > 2 and card["notes"]["repairs kept"] == 1
    n_train, n_heldout = card["n_tasks"]["train"], card["n_tasks"]["heldout"]
    assert card["enough"] == {
        "n_tasks": n_train,
        "n_wanted": 200,
        "n_missing": 200 - n_train,
        "n_heldout_missing": 30 - n_heldout,
    }
    assert card["categories"]["All Right"] == 8 and card["n_tasks_with_call"] == 4
    made = tmp_path / "data"
    assert {p.name for p in made.iterdir()} >= {
        "card.md",
        "card.json",
        "splits.json",
        "calls.train.jsonl",
        "code.heldout.jsonl",
    }
    text = "".join(p.read_text("utf-8") for p in made.iterdir() if p.suffix in (".jsonl", ".md", ".json"))
    assert "bob@corp.com" not in text and "corp.com" not in text
    assert json.loads((made / "card.json").read_text()) == {k: v for k, v in card.items() if k != "folder"}
    calls, codes = list(rows(made, "calls")), list(rows(made, "code"))
    assert {row.id for row in calls} == {f"{IDS[0]}/1/calls", f"{IDS[1]}/1/calls"}
    assert {row.weight for row in calls} == {1.0, 2.0} and all(len(row.group) == 16 for row in calls)
    assert sum(kept["n_rows"] for kept in card["rows"]["code"].values()) == len(codes)
    assert sum(not row.is_target for row in codes if isinstance(row, CodeRow)) == 1
    groups = {(row.group, row.id.split("/")[0]) for row in [*calls, *codes]}
    assert len(groups) == 2  # a task's rows of both views have one group


def test_it_says_what_it_did_in_words(
    logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOOLCODER_HOME", str(tmp_path / "home"))
    out, _ = run(capsys, str(logs), "--enough", "5")
    assert "Too little to train on:" in out and "(at least 5;" in out
    assert "rejected by a person (1)" in out and "Tool Hallucination" in out
    made = tmp_path / "home" / "dataset"
    card = (made / "card.md").read_text()
    assert "## How calls ended" in card and "█" in card and "email addresses" in card
    assert (made / "categories.png").is_file() == ("categories.png" in card)


def test_bad_input_is_told_by_file_and_line_and_nothing_else_is_lost(
    logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOOLCODER_HOME", str(tmp_path / "home"))
    folder = tmp_path / "sessions"
    folder.mkdir()
    good = (logs / f"{IDS[0]}.jsonl").read_text("utf-8")
    lines = good.splitlines(keepends=True)
    (folder / "a.jsonl").write_text("".join([*lines[:3], "{torn in the middle\n", *lines[3:]]) + '{"time": "2026-')
    (folder / "b.jsonl").write_text(good.replace('"schema":1', '"schema":99', 1))
    (folder / "c.jsonl").write_text("")
    (folder / "d.jsonl").write_bytes(b"\x00\x01\x02" * 100)
    (folder / "e.jsonl").write_text(lines[0])
    (folder / "f.jsonl").write_text("{}\n")
    out, err = run(capsys, str(folder), "--out", str(tmp_path / "data"), "--json")
    card = json.loads(out)
    assert card["n_tasks"]["all"] == 1
    told = "\n".join(card["problems"])
    assert f"{folder / 'a.jsonl'}:4: no JSON" in told and "a.jsonl: the last line is torn" in told
    assert f"{folder / 'b.jsonl'}:1: this session log has format 99" in told
    assert "c.jsonl: the file is empty" in told and "d.jsonl: a binary file" in told
    assert f"{folder / 'f.jsonl'}:1: neither a session log nor" in told
    assert err.count("warning:") == card["n_problems"] == 6


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--format", "csv"], "no format is called 'csv'"),
        (["--view", "all"], "no view is called"),
        (["--heldout", "0.9", "--valid", "0.2"], "leave something to train on"),
        (["--since", "yesterday"], "no date"),
        (["--tokenizer", "/nowhere"], "is no tokenizer"),
        (["/nowhere/at/all"], "nothing to make a dataset of"),
    ],
)
def test_wrong_usage(
    arguments: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOOLCODER_HOME", str(tmp_path / "home"))
    out, err = run(capsys, *arguments, "--out", str(tmp_path / "data"), code=2)
    assert told in err and out == ""
    assert not (tmp_path / "data").exists()


def made_of(logs: Path, out: Path, **options: Any) -> dict[str, Any]:
    card = make(find([logs], None, lambda problem: None), out, Scrubber(KEY), DataOptions(**options))
    return card.as_object()


def test_a_failure_leaves_the_earlier_dataset_as_it_was(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "data"
    made_of(logs, out)
    before = {p.name: p.read_bytes() for p in out.iterdir()}

    def full(*_: object, **__: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(train.data.make, "markdown", full)
    with pytest.raises(OSError, match="No space"):
        made_of(logs, out, seed=1)
    assert {p.name: p.read_bytes() for p in out.iterdir()} == before
    assert [p.name for p in tmp_path.iterdir()] == ["data"]  # nothing is left lying beside it


def test_a_dataset_lost_between_two_renames_is_put_back(logs: Path, tmp_path: Path) -> None:
    out = tmp_path / "data"
    made_of(logs, out)
    out.rename(tmp_path / ".data.old")  # as a kill between the renames leaves it
    with pytest.raises(DataError, match="nothing to make"):
        make([], out, Scrubber(KEY), DataOptions())
    assert (out / "card.json").is_file()


def test_what_a_kill_left_half_made_is_removed_a_day_later(logs: Path, tmp_path: Path) -> None:
    for name, age_s in (("old", 100_000), ("live", 10)):
        folder = tmp_path / f".data.new-{name}"
        folder.mkdir()
        then = time.time() - age_s
        os.utime(folder, (then, then))
    made_of(logs, tmp_path / "data", views=("code",))
    assert sorted(p.name for p in tmp_path.iterdir()) == [".data.new-live", "data"]


def test_a_folder_of_something_else_is_never_replaced(logs: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(DataError, match="is no dataset"):
        made_of(logs, tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "precious"


def test_the_same_input_gives_the_same_files(logs: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        made_of(logs, tmp_path / name)
    for file in sorted((tmp_path / "one").glob("*.json*")):
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()


def test_views_and_lengths_are_limited(logs: Path, tmp_path: Path) -> None:
    card = made_of(logs, tmp_path / "code", views=("code",))
    assert not (tmp_path / "code" / "calls.train.jsonl").exists()
    assert card["tokens"]["calls"]["max"] == 0 < card["tokens"]["code"]["max"]
    limit = card["tokens"]["code"]["p50"]
    shorter = made_of(logs, tmp_path / "short", views=("code",), max_tokens=limit)
    assert shorter["tokens"]["code"]["max"] <= limit and shorter["notes"]["rows left out for their length"] > 0
    assert shorter["tokens_are"] == "estimated, 3.6 bytes a token"


def test_bars_and_the_plot_of_categories(tmp_path: Path) -> None:
    counts = {Category.ALL_RIGHT: 80, Category.OTHERS: 15, Category.TOOL_HALLUCINATION: 5}
    lines = bars(counts, width=10).splitlines()
    assert lines[0].split() == ["All", "Right", "████████", "80.00%", "80"]
    assert lines[-1].split() == ["Others", "██████████", "15.00%", "15"]
    assert bars({}).count("0.00%") == 7
    if draw(counts, tmp_path / "x.png"):
        assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")
