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

from tests.perf import chat, first_answer, kernels, openapi, recall, tools
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


def first_answers() -> list[Row]:
    """With 3,000 tools, from the question to the answer of a scripted model in the sandbox."""
    found = []
    for what, vectors in (("", False), (" and new vectors of them", True)):
        with tempfile.TemporaryDirectory() as folder:
            seconds = asyncio.run(first_answer.first_answer_s(Path(folder), vectors=vectors))
        found.append(Row(f"first answer with {first_answer.N_TOOLS:,} tools{what}", seconds, "s"))
    return found


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
        recall.embedding,
        lambda: recall.rows(recall.N_IN_THE_TABLE),
        first_answers,
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
