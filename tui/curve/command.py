"""What `toolcoder bench near-misses` does: decide every pair, a bar of progress, then the table."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from agent.functions.embed import choose_embedder
from agent.models.choose import choose_model
from agent.tools.sources import load_tools
from tui.curve.near_misses import PAIRS, Deciding, Decision, Pair, read_pairs, summary
from tui.failures import UsageProblem
from tui.from_settings import model_request
from tui.settings_load import load_settings
from tui.standard_streams import emit


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
    found = summary(asyncio.run(_decided(chosen, model)))
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
