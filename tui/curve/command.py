"""What `toolcoder bench curve` and `near-misses` do: ask, a bar of progress, then the table."""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from agent.functions.embed import choose_embedder
from agent.home import state_home
from agent.models.choose import build_model, choose, choose_model
from agent.tools.sources import load_tools
from tui.curve.figures import markdown, summary
from tui.curve.near_misses import PAIRS, Deciding, Decision, Pair, read_pairs
from tui.curve.near_misses import summary as near_misses_summary
from tui.curve.plots import draw_png, terminal_plot
from tui.curve.running import Setup, read_turns, run_order
from tui.curve.stream import Stream, make_stream
from tui.failures import UsageProblem
from tui.from_settings import model_request
from tui.settings_load import load_settings
from tui.standard_streams import emit, narrate


def curve(
    model: str | None,
    *,
    orders: int,
    n_tasks: int,
    n_intents: int,
    output: Path | None,
    stop_after_s: float | None,
    as_json: bool,
) -> None:
    """Ask the stream in its fixed order and in shuffled ones, and report what is there then.

    Raises:
        UsageProblem: a stream that cannot be made.
        AgentError: the model cannot be used.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        stream = make_stream(n_tasks, n_intents)
    except ValueError as error:
        raise UsageProblem(str(error), "ask for fewer tasks or intents") from error
    wanted = model_request(load_settings().model, model)
    choice = choose(wanted)
    name = re.sub(r"\W+", "-", model or choice.name or "model")
    folder = output or state_home() / "bench" / f"curve-{name}-{n_tasks}-{n_intents}"
    setup = Setup(lambda: build_model(choice, wanted), choose_embedder().embedder, folder)
    asyncio.run(_asked(stream, orders, setup, stop_after_s))
    found = summary([t for t in read_turns(setup.verdicts) if t.order < orders], n_tasks)
    (folder / "curve.json").write_text(json.dumps(found, indent=1), "utf-8")
    (folder / "curve.md").write_text(markdown(found) + "\n", "utf-8")
    drawn = draw_png(found["curves"], folder / "curve.png")
    if as_json:
        emit(json.dumps(found | {"folder": str(folder)}) + "\n")
        return
    emit(f"{markdown(found)}\n\n{terminal_plot(found['curves'])}\n")
    narrate(f"{folder}: curve.json, curve.md{', curve.png' if drawn else ''}, turns.jsonl\n")


async def _asked(stream: Stream, orders: int, setup: Setup, stop_after_s: float | None) -> None:
    """What is not there yet; stops between two turns where the time is over."""
    ends = None if stop_after_s is None else time.monotonic() + stop_after_s
    with Progress(console=Console(stderr=True)) as progress:
        for order in range(orders):
            bar = progress.add_task(f"order {order}", total=2 * len(stream.tasks))
            progress.update(bar, completed=sum(t.order == order for t in read_turns(setup.verdicts)))
            async with aclosing(run_order(stream, order, setup)) as turns:
                async for _ in turns:
                    progress.advance(bar)
                    if ends is not None and time.monotonic() > ends:
                        return


def near_misses(path: Path | None, model: str | None, *, limit: int, as_json: bool) -> None:
    """Decide and print.

    Raises:
        UsageProblem: there are no pairs.
        AgentError: the model cannot be used.
    """
    if not (path or PAIRS).is_file():
        raise UsageProblem("the pairs of questions lie in tests/data of the repository", "name a file with --pairs")
    pairs = read_pairs(path or PAIRS)
    chosen = pairs[:: max(1, -(-len(pairs) // limit))]
    found = near_misses_summary(asyncio.run(_decided(chosen, model)))
    emit((json.dumps(found) if as_json else _table(found)) + "\n")


async def _decided(pairs: Sequence[Pair], model: str | None) -> list[Decision]:
    opened = choose_model(model_request(load_settings().model, model))
    deciding = Deciding(opened, [t.spec for t in load_tools().tools], choose_embedder().embedder)
    try:
        with Progress(console=Console(stderr=True)) as progress:
            return [await deciding.decide(pair) for pair in progress.track(pairs, description="pairs")]
    finally:
        await opened.aclose()


def _table(found: dict[str, Any]) -> str:
    lines = ["| near misses | pairs | false reuse |", "|---|---|---|"]
    lines += [f"| {kind} | {row['n']} | {row['wrong']} |" for kind, row in found["by_kind"].items()]
    lines.append(f"| all | {found['n']} | {found['false_reuse']:.1%} |")
    lines += ["", *(f"{w['pair']['stored']} -> {w['pair']['asked']}: {w['bound']}" for w in found["wrong"])]
    return "\n".join(lines).rstrip()
