"""Code review: what a failed program's model is told, when a correction is of no use, and when the turn gives up.

A program that failed is not run again as it was: its model is told once, then the turn ends. So does it where the same
cause came back as often as `causes` allows.
"""

from __future__ import annotations

import ast
import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from agent.calls.spec import ToolSpec
from agent.events import Event, RepairStarted
from agent.loop.causes import N_REVIEWS, Cause, cause_of
from agent.loop.completion import Completer, SaidAgain
from agent.loop.execution import Runner
from agent.loop.names import tools_used
from agent.loop.outcome import Outcome, shorten
from agent.loop.shortlist import Shortlist
from agent.prompts.base import Malformed, PromptContext, Stage

_FAILED_ALREADY = (
    "It is the program that just failed, or one that failed before, unchanged; it is not run again. Change what made "
    "it fail. Where the tools cannot give what was asked, let the main function return a sentence that says so."
)


@dataclass
class Repairs:
    """Of one turn. Every failed run is noted; `corrected` gives the next program while there is hope."""

    completer: Completer
    runner: Runner
    shortlist: Shortlist
    emit: Callable[[Event], None]
    n_repairs: int = 0
    is_stuck: bool = False
    """The model gave back what had failed."""

    _runs: Counter[str] = field(default_factory=Counter)
    _failed: set[str] = field(default_factory=set)
    _last: tuple[str, str] | None = None
    _is_same_error: bool = False

    def note(self, program: str, outcome: Outcome) -> Cause:
        """A run that failed."""
        cause = self.note_reused(program, outcome)
        self._runs[cause.name] += 1
        self._is_same_error, self._last = outcome.cause == self._last, outcome.cause
        return cause

    def note_reused(self, program: str, outcome: Outcome) -> Cause:
        """The same of a stored function: it is no attempt of the model's."""
        cause = cause_of(outcome)
        if not cause.may_repeat:
            self._failed.add(_normal(program))
        return cause

    def is_hopeless(self, cause: Cause) -> bool:
        """Whether another program would end the same way."""
        return self._runs[cause.name] >= cause.n_runs or self.n_repairs >= N_REVIEWS

    async def corrected(self, context: PromptContext, failed: Outcome, cause: Cause) -> PromptContext | None:
        """The context with the next program; None: the model has no other."""
        self.n_repairs += 1
        frames = [f for f in (failed.end.error or {}).get("frames", ()) if f["file"] == "<cell>"]
        self.emit(RepairStarted(self.n_repairs, *failed.cause, frames[-1]["line"] if frames else None))
        context = replace(
            context,
            traceback=shorten(failed.traceback, 8000),
            noted=await self._noted(failed),
            advice=self._advice(cause),
            output=failed.output,
            selected=self._documented(context),
            done=shorten(self.runner.host.changes_made, 4000),
        )
        try:
            program = await self.completer.code(Stage.REVIEW, context, self._is_new)
        except SaidAgain:
            self.is_stuck = True
            return None
        return replace(context, program=program)

    def _is_new(self, program: str) -> None:
        if _normal(program) in self._failed:
            raise Malformed(_FAILED_ALREADY)

    def _advice(self, cause: Cause) -> str:
        again = "The last correction ended in the same error: correct something else." if self._is_same_error else ""
        return " ".join(part for part in (cause.advice, again) if part)

    async def _noted(self, failed: Outcome) -> str:
        """What the traceback does not show: calls that found nothing; of a tool that nobody has, the closest ones."""
        lines = [failed.found_nothing] if failed.empty else []
        if (name := failed.unknown_tool) and not failed.is_denied:
            offers = await asyncio.to_thread(self.shortlist.offers, [name], "")
            similar = "".join(f"\n  {tool.signature}  # {tool.purpose}" for tool in offers[0].candidates)
            lines.append(f"There is no tool {name}. The closest are:{similar}")
        return shorten("\n".join(lines), 3000)

    def _documented(self, context: PromptContext) -> tuple[ToolSpec, ...]:
        """Documentation for a review: the selected tools and those that the program calls besides."""
        tools = self.shortlist.tools
        names = {t.name for t in (*context.selected, *tools_used(context.program, tools))}
        return tuple(t for t in tools if t.name in names)


def _normal(program: str) -> str:
    """Layout and comments make no other program."""
    try:
        return ast.dump(ast.parse(program))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return program.strip()
