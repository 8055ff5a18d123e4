"""`python -m tests.perf [--json]`: the table of speed and memory."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.perf import chat, kernels, openapi, tools
from tests.perf.timing import Row, command_s, median_s

QUESTION = "How many films did Sofia Coppola direct?"


def say(line: str) -> None:
    """Narration goes to stderr, so that `--json` alone is on stdout."""
    sys.stderr.write(line + "\n")


def start_up() -> list[Row]:
    """`--help` and a second `make run`'s set-up, beside an interpreter that does nothing."""
    floor = command_s([sys.executable, "-c", "pass"], 7)
    help_s = command_s([sys.executable, "-m", "tui.main", "--help"], 7)
    again_s = command_s([sys.executable, "-m", "tui.setup", "run"], 3)
    return [
        Row("toolcoder --help", help_s, "s", "empty interpreter", floor),
        Row("set-up, where all is there", again_s, "s", "empty interpreter", floor),
    ]


def embedding() -> list[Row]:
    """One subtask through the packaged MiniLM, warm."""
    from agent.functions.embed import choose_embedder

    chosen = choose_embedder()
    ms = median_s(lambda: chosen.embedder.embed(["The films that a person directed, by release date."]), 50) * 1e3
    return [Row(f"embed a subtask ({chosen.embedder.id})", ms, "ms")]


def bundled() -> list[Row]:
    """The bundled model: load, and one question from command to answer in the real sandbox."""
    from agent.models.bundled import BundledModel

    load = median_s(BundledModel.load, 3)
    with tempfile.TemporaryDirectory() as home:
        env = dict(os.environ, TOOLCODER_HOME=home)
        ask = [sys.executable, "-m", "tui.main", "ask", "--model", "bundled", QUESTION]
        whole = command_s(ask, 3, env)
    return [
        Row("bundled model: load", load, "s"),
        Row("ask with the bundled model, command to answer", whole, "s"),
    ]


def main() -> None:
    begun = time.perf_counter()
    rows: list[Row] = []
    for section in (
        start_up,
        lambda: asyncio.run(kernels.rows()),
        lambda: asyncio.run(tools.calls()),
        tools.many,
        tools.recall,
        embedding,
        bundled,
        openapi.rows,
        chat.rows,
    ):
        for row in section():
            rows.append(row)
            say(row.line())
    if "--json" in sys.argv:
        sys.stdout.write(json.dumps([dataclasses.asdict(row) | {"ratio": row.ratio} for row in rows], indent=1) + "\n")
    load = Path("/proc/loadavg").read_text().split()[0] if Path("/proc/loadavg").exists() else "?"
    say(f"{time.perf_counter() - begun:.0f} s in all, load average at the end {load}")


if __name__ == "__main__":
    main()
