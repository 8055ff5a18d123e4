"""One turn: route, recall, plan, implement, run, review, answer. Reads top to bottom like the paper's figure."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal

from agent.errors import ModelError
from agent.events import Answered, AnswerReady, ErrorSeen, Event
from agent.loop.completion import Completer, StageFailed
from agent.loop.execution import Runner
from agent.loop.memory import Memory
from agent.loop.no_answer import failed, noted, refused
from agent.loop.outcome import Outcome, shorten
from agent.loop.packages import MissingPackages
from agent.loop.planning import Planner
from agent.loop.rendering import plain_answer
from agent.loop.repairs import Repairs
from agent.loop.shortlist import Shortlist
from agent.prompts.base import Mode, PromptContext, Routed, Stage

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

    program: str = ""
    answered: Answered | None = None
    """From here on nothing takes the answer away: functions are still being kept, and that may fail or be stopped."""
    so_far: str = ""
    """The plain result, from the end of the program on: worth having where the budget ends before the answer."""

    def __post_init__(self) -> None:
        self._is_hopeless = False
        self.repairs = Repairs(self.completer, self.runner, self.shortlist, self.emit)

    async def run(self, context: PromptContext) -> Answered:
        """Answer one question.

        Raises:
            SandboxError, ModelError, BudgetExceeded, StageFailed: the session turns them into an `Answered`.
        """
        outcome = await self._known(context)
        if not self._is_settled(outcome):
            routed = await self._route(context)
            if routed.kind == "direct":
                return Answered("answered", routed.answer)
            if routed.kind == "beyond":
                return Answered("failed", error=routed.answer, fault="agent")
            context = replace(context, scaffold=routed.scaffold)
            self.check()
            reused = await self._reuse(context) if outcome is None else None
            outcome = reused or outcome
        if outcome is None or not self._is_settled(outcome):
            context, outcome = await self._write_and_run(context)
        if outcome.refused is not None:
            return refused(outcome)
        if not outcome.ok:
            return failed(outcome, self.repairs.n_repairs, is_stuck=self.repairs.is_stuck)
        plain = plain_answer(outcome.end.result_json, outcome.shown_result, outcome.output)
        outcome = replace(outcome, notices=(*outcome.notices, *noted(outcome, self.runner.host)))
        self.so_far = "\n\n".join([plain, *outcome.notices])
        keeping = asyncio.create_task(self._keep(context, outcome))  # while the answer is worded
        try:
            self.answered = await self._answer(context, outcome, plain)
            self.emit(AnswerReady(self.answered.answer))
            await keeping
        finally:
            await _ended(keeping)
        return self.answered

    def _is_settled(self, outcome: Outcome | None) -> bool:
        """There is an answer, a person refused one, or no program could give one; else another way is tried."""
        return outcome is not None and (not outcome.has_failed or self._is_hopeless)

    async def _keep(self, context: PromptContext, outcome: Outcome) -> None:
        """What is learned of a program that answered; the answer does not wait for it."""
        await self.memory.reused(context, self.program, ok=True)
        if outcome.empty and (outcome.end.result_json or "").startswith('"'):
            return  # it could only say what was not found, which shows nothing of what it does
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
        outcome = await self._ran(program, "reuse")
        if outcome.has_failed:
            self._is_hopeless = self.repairs.note_reused(program, outcome).n_runs == 1
            if not (outcome.not_found or self._is_hopeless):  # else it is not the function's fault
                await self.memory.reused(context, program, ok=False)
        return outcome

    async def _ran(self, program: str, origin: Literal["implement", "review", "reuse"]) -> Outcome:
        self.program = program
        await self.ready()
        return await self.runner.run(program, origin)

    async def _write_and_run(self, context: PromptContext) -> tuple[PromptContext, Outcome]:
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
                if self._is_settled(outcome):
                    return context, outcome
                context = context if context.plan else await planner.select(await planner.plan(context))
        self.memory.expect_more()
        context = replace(context, functions=await self.memory.recall_subtasks(self.completer, context))
        self.check()
        context = await planner.implement(context)
        outcome = await self._ran(context.program, "implement")
        while outcome.has_failed:
            if self.packages is not None:
                is_added, outcome = await self.packages.settle(outcome)
                if is_added:  # the program is as it should be
                    outcome = await self._ran(context.program, "implement")
                    continue
            cause = self.repairs.note(context.program, outcome)
            if self.repairs.is_hopeless(cause):
                break
            corrected = await self.repairs.corrected(context, outcome, cause)
            if corrected is None:
                break
            context = corrected
            outcome = await self._ran(context.program, "review")
        return context, outcome

    async def _answer(self, context: PromptContext, outcome: Outcome, text: str) -> Answered:
        """Words for the result; where the model fails now, the plain result (`text`) is still worth having."""
        end = outcome.end
        if self.completer.asks(Stage.ANSWER):
            shown = shorten(end.result_json or outcome.shown_result, _RESULT_SHOWN)
            try:
                done = shorten(self.runner.host.changes_made, 4000)
                context = replace(context, result=shown, output=outcome.output, done=done, noted=outcome.found_nothing)
                text = await self.completer.code(Stage.ANSWER, context)
            except (ModelError, StageFailed) as error:
                self.emit(ErrorSeen("answer", f"{error}; here is the plain result", getattr(error, "hint", "")))
        text = "\n\n".join([text, *outcome.notices])
        return Answered("answered", text, value_json=end.result_json)


async def _ended(task: asyncio.Task[None]) -> None:
    """Stop a task that is no longer waited for; its kernel is closed by then."""
    if not task.done():
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
