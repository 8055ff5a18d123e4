"""Asks one order of the stream, with the repository and without, turn by turn side by side: whole turns in the sandbox.

Both ways meet each task in the same minute, so that their times can be compared on a busy machine. What was answered
is written at once, and with it the repository stays on disk: a run that was stopped goes on where it was.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from agent.events import Answered, AnswerReady, Event, FunctionReused, FunctionStored, ProgramWritten, StageStarted
from agent.functions.embed import Embedder
from agent.functions.factory import open_repository
from agent.loop.options import SessionOptions
from agent.loop.session import Session
from agent.models.base import Model
from tui.bundled_eval.arenas import WorldArena
from tui.bundled_eval.judging import agrees, run_gold
from tui.curve.stream import Stream, StreamTask, recurring

Way = Literal["no model", "bound", "reused", "planned", ""]
"""`bound`: the model scaffolded or was asked, then a stored function ran; `reused`: it planned, too, and did not write;
'' where no program ran."""


@dataclass(frozen=True)
class Turn:
    """One task, asked one way. `answer_s` until the answer is shown, `turn_s` until its functions are proved too;
    `cpu_s` is the processor time of this process (its model's too, where that runs here) until then: a machine that
    has other things to do bends it less."""

    order: int
    position: int
    key: str
    recurring: bool
    repository: bool
    right: bool
    status: str
    way: Way
    answer_s: float
    turn_s: float
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    n_stages: int
    n_stored: int
    question: str
    cpu_s: float = 0.0
    value_json: str | None = None
    gold_json: str | None = None

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True)
class Setup:
    """What a run needs besides its tasks. `open_model` gives each way a model of its own."""

    open_model: Callable[[], Model]
    embedder: Embedder
    folder: Path
    kernel: Literal["docker", "fake"] = "docker"

    @property
    def verdicts(self) -> Path:
        return self.folder / "turns.jsonl"


def read_turns(path: Path) -> list[Turn]:
    """What was asked already; a torn last line is asked again."""
    if not path.exists():
        return []
    return [Turn(**json.loads(line)) for line in path.read_text("utf-8").splitlines() if line.endswith("}")]


async def run_order(stream: Stream, order: int, setup: Setup) -> AsyncGenerator[Turn, None]:
    """The turns of an order that are not in `setup.verdicts` yet, each written there before it is yielded."""
    tasks = stream.order(order)
    done = {(t.position, t.repository) for t in read_turns(setup.verdicts) if t.order == order}
    arena = WorldArena(stream.world)
    setup.folder.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        sides = {with_it: _Side(setup, arena, order, with_it) for with_it in (False, True)}
        for side in sides.values():
            stack.push_async_callback(side.close)
        with setup.verdicts.open("a", encoding="utf-8") as file:
            for position, with_it in _pairs(len(tasks)):
                if (position, with_it) in done:
                    continue
                task, is_recurring = tasks[position], recurring(tasks)[position]
                turn = await sides[with_it].ask(task)
                turn = replace(turn, position=position, recurring=is_recurring)
                file.write(json.dumps(asdict(turn), ensure_ascii=False) + "\n")
                file.flush()
                yield turn


def _pairs(n_tasks: int) -> Iterator[tuple[int, bool]]:
    """Each task both ways, the one that goes first in turns."""
    for position in range(n_tasks):
        first = position % 2 == 1
        yield position, first
        yield position, not first


class _Side:
    """One way of asking: its model and its repository, or none. A model that reads what was said before gets a session
    per task, since the tasks have nothing to do with each other; the bundled one, which does not, keeps its kernel."""

    def __init__(self, setup: Setup, arena: WorldArena, order: int, with_repository: bool) -> None:
        self._arena, self._order, self._with = arena, order, with_repository
        self._repository = (
            open_repository("chroma", setup.folder / f"order-{order}", setup.embedder) if with_repository else None
        )
        self._options = SessionOptions(
            setup.open_model(),
            arena.tools,
            kernel_kind=setup.kernel,
            approve="yes",
            interactive=False,
            repository=self._repository,
            shares=True,
        )
        self._keeps = self._options.model.prompt_style == "compact"
        self._session: Session | None = None

    async def close(self) -> None:
        await self._close()
        await self._options.model.aclose()
        if self._repository is not None:
            self._repository.close()

    async def _close(self) -> None:
        if self._session is not None:
            await self._session.close()
        self._session = None

    async def ask(self, task: StreamTask) -> Turn:
        """The whole turn, judged by value and by what it changed."""
        arena = self._arena
        arena.reset()
        gold = run_gold(task.program, arena.functions())
        wanted = arena.state()
        arena.reset()
        if not self._keeps:
            await self._close()
        self._session = self._session or Session(self._options)
        begun, begun_cpu, answer_s, events = time.monotonic(), time.process_time(), None, list[Event]()
        async for event in self._session.ask(task.question):
            events.append(event)
            if isinstance(event, AnswerReady):
                answer_s = time.monotonic() - begun
        turn_s, cpu_s = time.monotonic() - begun, time.process_time() - begun_cpu
        answered = events[-1]
        assert isinstance(answered, Answered)
        right = answered.status == "answered" and agrees(answered.value_json, gold, by_hand=False)
        return Turn(
            order=self._order,
            position=0,
            key=task.key,
            recurring=False,
            repository=self._with,
            right=right and arena.state() == wanted,
            status=answered.status,
            way=_way(events),
            answer_s=turn_s if answer_s is None else answer_s,
            turn_s=turn_s,
            prompt_tokens=answered.usage.prompt_tokens,
            cached_tokens=answered.usage.cached_tokens,
            completion_tokens=answered.usage.completion_tokens,
            n_stages=sum(isinstance(e, StageStarted) for e in events),
            n_stored=sum(isinstance(e, FunctionStored) for e in events),
            question=task.question,
            cpu_s=cpu_s,
            value_json=answered.value_json,
            gold_json=json.dumps(gold),
        )


def _way(events: Sequence[Event]) -> Way:
    origins = [e.origin for e in events if isinstance(e, ProgramWritten)]
    if not origins:
        return ""
    if origins[-1] != "reuse" or not any(isinstance(e, FunctionReused) for e in events):
        return "planned"
    asked = [e.stage for e in events if isinstance(e, StageStarted) and e.stage != "answer"]
    return "reused" if "plan" in asked else "bound" if asked else "no model"
