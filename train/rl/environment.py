"""What a model acts in: declared here, fulfilled by `agent.environments`, wired by the command in `tui`.

Where there is gold no environment is needed: an answer is compared with it at once. An environment runs what the model
wrote, and tells what came back, for the model to read and for the reward to judge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from agent.calls.categories import Category
from train.rows import Call, Called, CodeRow, Said, ToolDoc


@dataclass(frozen=True)
class Task:
    """A question to roll out. `turns`: the conversation up to the model's next turn.

    `gold`: the right answers, each one call or several; empty where only an environment can tell.
    """

    id: str
    tools: tuple[ToolDoc, ...]
    turns: tuple[Said | Called, ...]
    gold: tuple[tuple[Call, ...], ...] = ()
    stage: CodeRow | None = None
    """Of the code view: the stage whose completion is to be written anew; there are no turns then."""

    @property
    def question(self) -> str:
        """The last thing that the user said."""
        said = [turn.text for turn in self.turns if isinstance(turn, Said) and turn.role == "user"]
        return said[-1] if said else self.id


@dataclass(frozen=True)
class SeenCall:
    """A call by the record of who made it, never by what was printed."""

    name: str
    args: Mapping[str, Any]
    category: Category


@dataclass(frozen=True)
class Reaction:
    """What an act led to. `feedback`: one text for each call that was written, in order.

    `is_over`: nothing can follow. `is_rejected`: the roll-out's result was judged (False: accepted), None: nobody did.
    """

    calls: tuple[SeenCall, ...] = ()
    feedback: tuple[str, ...] = ()
    is_over: bool = False
    is_rejected: bool | None = None


class Acting(Protocol):
    """One roll-out in an environment."""

    async def act(self, turn: Called | Said) -> Reaction:
        """Run the calls of a turn, or take its words as the answer. A tool's failure and a time-out are feedback."""

    async def close(self) -> None:
        """Free what the roll-out held; safe to call twice."""


class Environment(Protocol):
    """Who calls it: `train.rl.rollout`, from one event loop, for many roll-outs at once."""

    async def begin(self, task: Task, seed: int) -> Acting:
        """A roll-out of this task. The same seed and the same acts lead to the same reactions."""

    def tools(self) -> Sequence[ToolDoc]:
        """What it offers, for tasks that name no tools of their own."""

    async def close(self) -> None:
        """End everything that it started."""


@dataclass(frozen=True)
class RanProgram:
    """`ok`: it ended in time and without an exception. `calls`: by the record of the host, not by what was printed."""

    ok: bool
    calls: tuple[SeenCall, ...] = ()


class ProgramEnvironment(Protocol):
    """Who calls it: `train.rl.programs.roll_out_programs`, from one event loop, for many programs at once."""

    def tools(self) -> Sequence[ToolDoc]:
        """What programs can call."""

    async def run(self, program: str, seed: int) -> RanProgram:
        """One program in a kernel in which nothing of any other is left. A time-out is a program that is not ok."""

    async def close(self) -> None:
        """End everything that it started."""
