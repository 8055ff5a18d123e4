"""Asks the items of a row: whole turns in the real sandbox, one kernel for many questions, resumable."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

from agent.events import Answered, Event, StageEnded
from agent.loop.options import SessionOptions
from agent.loop.session import Session
from agent.models.bundled import BundledModel
from tui.bundled_eval.arenas import Arena, WorldArena
from tui.bundled_eval.judging import agrees, run_gold
from tui.bundled_eval.rows import Item, arena_of

_NOTHING_FOUND = re.compile(r'No [a-z ]+ called ".*" was found\.')
_PER_TASK = 10
"""Items handed to a process at a time: a kernel is started for each portion, and progress is seen after it."""


@dataclass(frozen=True)
class Verdict:
    """What became of one item. `right`: the gold was met, or the question beyond the toolset was declined."""

    row: str
    key: str
    question: str
    right: bool
    status: str
    declined: bool
    value_json: str | None
    gold_json: str | None
    error: str | None
    repairs: int
    seconds: float
    program: str = ""

    @property
    def answered_wrongly(self) -> bool:
        """What a person would be misled by; that nothing of a name was found misleads nobody."""
        return not self.right and self.status == "answered" and not says_nothing_found(self.value_json)


def says_nothing_found(value_json: str | None) -> bool:
    """Whether the value is the sentence that the bundled model's second look ends with."""
    value = json.loads(value_json or "null")
    return isinstance(value, str) and _NOTHING_FOUND.fullmatch(value) is not None


def ask_all(
    row: str,
    items: Sequence[Item],
    out: Path,
    *,
    jobs: int,
    kernel: Literal["docker", "fake"],
    seen: Callable[[Verdict], None],
) -> list[Verdict]:
    """Ask every item that `out` (JSONL) has no verdict of yet; each new one is written there at once."""
    done = {v.key: v for v in _read(out) if v.row == row}
    verdicts = [done[item.key] for item in items if item.key in done]
    for verdict in verdicts:
        seen(verdict)
    left = [item for item in items if item.key not in done]
    portions = [left[i : i + _PER_TASK] for i in range(0, len(left), _PER_TASK)]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool, out.open("a", encoding="utf-8") as file:
        for finished in as_completed([pool.submit(_ask_portion, row, portion, kernel) for portion in portions]):
            for verdict in finished.result():
                file.write(json.dumps(asdict(verdict)) + "\n")
                file.flush()
                verdicts.append(verdict)
                seen(verdict)
    return verdicts


def _read(path: Path) -> Iterable[Verdict]:
    if path.exists():
        for line in path.read_text("utf-8").splitlines():
            if line.endswith("}"):  # a torn last line is asked again
                yield Verdict(**json.loads(line))


def _ask_portion(row: str, items: Sequence[Item], kernel: Literal["docker", "fake"]) -> list[Verdict]:
    return asyncio.run(_ask(row, items, kernel))


async def _ask(row: str, items: Sequence[Item], kernel: Literal["docker", "fake"]) -> list[Verdict]:
    arena = arena_of(row)
    options = SessionOptions(
        BundledModel.load(), arena.tools, kernel_kind=kernel, approve="yes", interactive=False, repository=None
    )
    async with Session(options) as session:
        return [await _ask_one(row, item, arena, session) for item in items]


async def _ask_one(row: str, item: Item, arena: Arena, session: Session) -> Verdict:
    if item.world is not None and isinstance(arena, WorldArena):
        arena.enter(item.world)
    arena.reset()
    is_change = row == "plain-writes"
    gold = run_gold(item.program, arena.functions()) if item.program is not None and not is_change else None
    wanted = arena.state()
    arena.reset()
    begun = time.monotonic()
    events: list[Event] = [event async for event in session.ask(item.question)]
    answered = events[-1]
    assert isinstance(answered, Answered)
    declined = any(isinstance(e, StageEnded) and e.product == "beyond" for e in events)
    program = next((e.product for e in reversed(events) if isinstance(e, StageEnded) and e.stage == "implement"), "")
    if item.program is None:
        right = declined or (row == "plain-missing" and says_nothing_found(answered.value_json))
    elif is_change:
        right = run_gold(item.program, arena.functions()) is True
    else:
        by_hand = row.startswith("hand")
        right = answered.status == "answered" and agrees(answered.value_json, gold, by_hand=by_hand)
        right = right and arena.state() == wanted
    return Verdict(
        row, item.key, item.question, right, answered.status, declined, answered.value_json,
        None if item.program is None else json.dumps(gold), answered.error, answered.repairs,
        time.monotonic() - begun, program,
    )  # fmt: skip
