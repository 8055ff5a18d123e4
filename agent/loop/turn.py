"""One turn: route, recall, plan, implement, run, review, answer. Reads top to bottom like the paper's figure."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from agent.calls.spec import ToolSpec
from agent.errors import ModelError
from agent.events import Answered, AnswerReady, ErrorSeen, Event, RepairStarted
from agent.loop.completion import Completer, StageFailed
from agent.loop.execution import Outcome, Runner, shorten
from agent.loop.memory import Memory
from agent.loop.names import tools_used
from agent.loop.no_answer import failed, refused
from agent.loop.packages import MissingPackages
from agent.loop.planning import Planner
from agent.loop.rendering import plain_answer
from agent.loop.shortlist import Shortlist
from agent.prompts.base import Mode, PromptContext, Routed, Stage

N_REVIEWS = 3
"""Rounds of code review (the paper's limit)."""
_RESULT_SHOWN = 12_000


@dataclass
class Turn:
    """Who calls it: `agent.loop.session`, once per question. `run` returns the turn's `Answered`."""

    completer: Completer
    runner: Runner
    memory: Memory
    emit: Callable[[Event], None]
    ready: Callable[[], Awaitable[None]]
    """Waits for the kernel, which starts while the model is asked; raises where it failed to."""
    check: Callable[[], None]
    """Raises where it has failed by now, before more tokens are spent."""
    shortlist: Shortlist
    packages: MissingPackages | None = None
    mode: Mode = "staged"

    n_repairs: int = 0
    program: str = ""
    answered: Answered | None = None
    """From here on nothing takes the answer away: functions are still being kept, and that may fail or be stopped."""
    so_far: str = ""
    """The plain result, from the end of the program on: worth having where the budget ends before the answer."""

    async def run(self, context: PromptContext) -> Answered:
        """Answer one question.

        Raises:
            SandboxError, ModelError, BudgetExceeded, StageFailed: the session turns them into an `Answered`.
        """
        outcome = await self._known(context)
        if not _settled(outcome):
            routed = await self._route(context)
            if routed.kind == "direct":
                return Answered("answered", routed.answer)
            if routed.kind == "beyond":
                return Answered("failed", error=routed.answer, fault="agent")
            context = replace(context, scaffold=routed.scaffold)
            self.check()
            reused = await self._reuse(context) if outcome is None else None
            outcome = reused or outcome
        if outcome is None or not _settled(outcome):
            context, outcome = await self._write_and_run(context, after_failure=outcome is not None)
        if outcome.refused is not None:
            return refused(outcome)
        if not outcome.ok:
            return failed(outcome, self.n_repairs)
        plain = plain_answer(outcome.end.result_json, outcome.shown_result, outcome.output)
        self.so_far = "\n\n".join([plain, *outcome.notices])
        keeping = asyncio.create_task(self._keep(context, outcome))  # while the answer is worded
        try:
            self.answered = await self._answer(context, outcome, plain)
            self.emit(AnswerReady(self.answered.answer))
            await keeping
        finally:
            await _ended(keeping)
        return self.answered

    async def _keep(self, context: PromptContext, outcome: Outcome) -> None:
        """What is learned of a program that answered; the answer does not wait for it."""
        await self.memory.reused(context, self.program, ok=True)
        await self.memory.keep(context, self.program, outcome)

    async def _route(self, context: PromptContext) -> Routed:
        if not self.completer.asks(Stage.ROUTE):
            return Routed("code")
        routed = await self.completer.product(Stage.ROUTE, context)
        return routed if isinstance(routed, Routed) else Routed("code")

    async def _reuse(self, context: PromptContext) -> Outcome | None:
        """The short way: a stored function that the model bound to this question."""
        program = await self.memory.recall_task(self.completer, context)
        return None if program is None else await self._run_reused(context, program)

    async def _known(self, context: PromptContext) -> Outcome | None:
        """The shortest way: a question that was answered before, with other names; no model is asked."""
        program = await self.memory.recall_phrase(context)
        return None if program is None else await self._run_reused(context, program)

    async def _run_reused(self, context: PromptContext, program: str) -> Outcome:
        self.program = program
        await self.ready()
        outcome = await self.runner.run(program, "reuse")
        if not (outcome.ok or outcome.not_found or outcome.refused):  # the last two are not the function's fault
            await self.memory.reused(context, program, ok=False)
        return outcome

    async def _write_and_run(self, context: PromptContext, *, after_failure: bool) -> tuple[PromptContext, Outcome]:
        """`after_failure`: a reused function failed in this turn; what it changed is not changed again."""
        planner = Planner(self.completer, self.runner.host, self.shortlist)
        if self.mode == "fused" and self.completer.asks(Stage.FUSED):
            context = await planner.design(context)
        else:
            context = await planner.scaffold(context)
            program = await self.memory.recall_scaffold(self.completer, context)
            if program is None:
                context = await planner.select(await planner.plan(context))
                program = await self.memory.recall_plan(self.completer, context)
            if program is not None:
                outcome = await self._run_reused(context, program)
                if _settled(outcome):
                    return context, outcome
                after_failure = True
                context = context if context.plan else await planner.select(await planner.plan(context))
        self.memory.expect_more()
        context = replace(context, functions=await self.memory.recall_subtasks(self.completer, context))
        self.check()
        context = await planner.implement(context)
        self.program = context.program
        await self.ready()
        outcome = await self.runner.run(context.program, "implement", repair=after_failure)
        while not outcome.ok and outcome.refused is None and self.n_repairs < N_REVIEWS:
            if outcome.end.status == "interrupted":
                break
            if self.packages is not None:
                is_added, outcome = await self.packages.settle(outcome)
                if is_added:  # the program is as it should be
                    outcome = await self.runner.run(context.program, "implement", repair=True)
                    continue
            context = await self._review(context, outcome)
            outcome = await self.runner.run(context.program, "review", repair=True)
        return context, outcome

    async def _review(self, context: PromptContext, failed: Outcome) -> PromptContext:
        self.n_repairs += 1
        error = failed.end.error or {}
        frames = [f for f in error.get("frames", ()) if f["file"] == "<cell>"]
        self.emit(
            RepairStarted(
                self.n_repairs,
                *failed.cause,
                frames[-1]["line"] if frames else None,
            )
        )
        changes = self.runner.host.changes_made
        context = replace(
            context,
            traceback=shorten(failed.traceback, 8000) + await self._advice(failed),
            output=failed.output,
            selected=self._documented(context),
            done=shorten("\n".join(changes), 4000),
        )
        self.program = await self.completer.code(Stage.REVIEW, context)
        return replace(context, program=self.program)

    async def _advice(self, failed: Outcome) -> str:
        """Where the program called a tool that does not exist: the closest ones that do."""
        name = failed.unknown_tool
        if not name:
            return ""
        offers = await asyncio.to_thread(self.shortlist.offers, [name], "")
        similar = "".join(f"\n  {tool.signature}  # {tool.purpose}" for tool in offers[0].candidates)
        return f"\nThere is no tool {name}. The closest are:{similar}"

    def _documented(self, context: PromptContext) -> tuple[ToolSpec, ...]:
        """Documentation for a review: the selected tools and those that the program calls besides."""
        tools = self.shortlist.tools
        names = {t.name for t in (*context.selected, *tools_used(context.program, tools))}
        return tuple(t for t in tools if t.name in names)

    async def _answer(self, context: PromptContext, outcome: Outcome, text: str) -> Answered:
        """Words for the result; where the model fails now, the plain result (`text`) is still worth having."""
        end = outcome.end
        if self.completer.asks(Stage.ANSWER):
            shown = shorten(end.result_json or outcome.shown_result, _RESULT_SHOWN)
            try:
                text = await self.completer.code(Stage.ANSWER, replace(context, result=shown, output=outcome.output))
            except (ModelError, StageFailed) as error:
                self.emit(ErrorSeen("answer", f"{error}; here is the plain result", getattr(error, "hint", "")))
        text = "\n\n".join([text, *outcome.notices])
        return Answered("answered", text, value_json=end.result_json)


def _settled(outcome: Outcome | None) -> bool:
    """There is an answer, or a person refused one; else another way is tried."""
    return outcome is not None and (outcome.ok or outcome.refused is not None)


async def _ended(task: asyncio.Task[None]) -> None:
    """Stop a task that is no longer waited for; its kernel is closed by then."""
    if not task.done():
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
