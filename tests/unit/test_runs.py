"""Run folders, their reader, the bar and the curves: no torch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from train.errors import RunError
from train.runs.curves import in_terminal, series, write_png
from train.runs.folder import RunFolder
from train.runs.memory import free_bytes, peak_bytes, readable
from train.runs.progress import RunProgress
from train.runs.reader import MetricsTail, list_runs, read_metrics, read_run, read_status


def a_run(path: Path, state: str = "done") -> RunFolder:
    run = RunFolder.create(path, "sft", {"seed": 3})
    for step in range(1, 4):
        run.metric(step, loss=3.0 / step, tokens_per_s=100.0)
    run.metric(3, eval_loss=1.5)
    run.status(state, step=3, n_steps=3)  # type: ignore[arg-type]
    return run


def test_what_is_written_is_read(tmp_path: Path) -> None:
    run = a_run(tmp_path / "one")
    run.log("a line\n")
    found = read_run(tmp_path / "one")
    assert (found.kind, found.config["seed"], found.name) == ("sft", 3, "one")
    assert (found.status.state, found.status.step, found.status.n_steps) == ("done", 3, 3)
    assert found.status.pid == os.getpid()
    metrics = read_metrics(tmp_path / "one")
    assert series(metrics, "loss") == ([1, 2, 3], [3.0, 1.5, 1.0])
    assert series(metrics, "eval_loss") == ([3], [1.5])
    assert [m.time_s for m in metrics] == sorted(m.time_s for m in metrics)
    assert "python" in json.loads((tmp_path / "one" / "versions.json").read_text(encoding="utf-8"))
    assert (tmp_path / "one" / "log.txt").read_text(encoding="utf-8").endswith(" a line\n")


def test_a_run_whose_process_is_gone_was_killed(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from train.runs.folder import RunFolder\n"
        "RunFolder.create(Path(sys.argv[1]), 'sft', {}).status('running', step=2, n_steps=9)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "r")], check=True, timeout=60)
    status = read_status(tmp_path / "r")
    assert (status.state, status.step, status.is_over) == ("killed", 2, True)


def test_the_same_folder_is_not_used_twice(tmp_path: Path) -> None:
    a_run(tmp_path / "r", "interrupted")
    with pytest.raises(RunError, match="holds a run already") as told:
        RunFolder.create(tmp_path / "r", "sft", {})
    assert "--resume" in told.value.hint
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.tex").touch()
    with pytest.raises(RunError, match="no run folder"):
        RunFolder.create(tmp_path / "other", "sft", {})
    with pytest.raises(RunError, match="no run folder"):
        read_run(tmp_path / "nothing")


def test_going_on_with_a_run(tmp_path: Path) -> None:
    a_run(tmp_path / "r", "interrupted")
    before = read_metrics(tmp_path / "r")[-1].time_s
    with pytest.raises(RunError, match="not of ppo"):
        RunFolder.reopen(tmp_path / "r", "ppo")
    again = RunFolder.reopen(tmp_path / "r", "sft")
    assert read_status(tmp_path / "r").step == 3
    with pytest.raises(RunError, match="running now"):
        RunFolder.reopen(tmp_path / "r", "sft")
    again.metric(3, loss=0.9)  # a step that was gone over again
    metrics = read_metrics(tmp_path / "r")
    assert series(metrics, "loss")[1] == [3.0, 1.5, 0.9]
    assert metrics[-1].time_s >= before
    again.status("done")
    with pytest.raises(RunError, match="is done"):
        RunFolder.reopen(tmp_path / "r", "sft")


def test_a_panel_reads_what_is_new_and_no_half_line(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "r", "sft", {})
    tail = MetricsTail(tmp_path / "r")
    assert tail.read() == ()
    run.metric(1, loss=2.0)
    assert [metric.loss for metric in tail.read()] == [2.0]
    with (tmp_path / "r" / "metrics.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"step": 2, "time_s": 1.0, "lo')
        file.flush()
        assert tail.read() == ()
        file.write('ss": 1.0}\nno JSON\n[1]\n{"loss": 3}\n{"step": 3, "loss": true}\n')
    assert [(metric.step, metric.loss) for metric in tail.read()] == [(2, 1.0), (3, None)]
    assert tail.read() == ()


def test_all_runs_the_newest_first_and_damaged_ones_left_out(tmp_path: Path) -> None:
    assert list_runs(tmp_path / "none") == ()
    for name in ("old", "new"):
        a_run(tmp_path / name)
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "config.json").write_text("{", encoding="utf-8")
    (tmp_path / "torn" / "status.json").write_text("{", encoding="utf-8")
    assert [run.name for run in list_runs(tmp_path)] == ["new", "old"]
    (tmp_path / "new" / "status.json").write_text('{"state": "baked"}', encoding="utf-8")
    with pytest.raises(RunError, match="baked"):
        read_status(tmp_path / "new")


def test_the_bar_on_a_terminal_and_lines_elsewhere(tmp_path: Path) -> None:
    for is_terminal in (True, False):
        screen = StringIO()
        console = Console(file=screen, force_terminal=is_terminal, width=110, color_system=None)
        with RunProgress("SFT", 4, done=1, console=console) as bar:
            for step in range(2, 5):
                bar.step(step, {})
                bar.step(step, {"loss": 2.5, "tokens_per_s": 5400.0, "grad_norm": 1.0})
            bar.step(4, {"eval_loss": 1.0})
        text = screen.getvalue()
        assert "loss 2.5000, 5,400 tok/s" in text
        assert "4/4" in text
        assert readable(peak_bytes())[-2:] in text
        assert "grad" not in text
        if not is_terminal:
            assert text.count("SFT 4/4") == 1
            assert "\x1b" not in text


def test_curves_as_a_picture_and_in_the_terminal(tmp_path: Path) -> None:
    a_run(tmp_path / "r")
    metrics = read_metrics(tmp_path / "r")
    assert write_png(metrics, tmp_path / "c.png", "r")
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")
    assert not write_png((), tmp_path / "none.png", "r")
    drawn = in_terminal(metrics, 60, 12, colour=False)
    assert max(map(len, drawn.splitlines())) <= 60
    assert "3.0" in drawn
    assert "\x1b" not in drawn
    assert in_terminal(()) == ""


def test_memory_is_counted() -> None:
    assert 1e6 < peak_bytes() < free_bytes() + peak_bytes()
    assert (readable(4.2e9), readable(7e6)) == ("4.2 GB", "7 MB")


def test_reading_runs_loads_no_torch() -> None:
    code = (
        "import sys; import train.runs.reader, train.runs.curves, train.runs.progress, train.configs.loading\n"
        "print([m for m in ('torch', 'transformers', 'matplotlib', 'plotext', 'datasets') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]"
