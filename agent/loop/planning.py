"""From question to runnable program: scaffold, plan, tool selection, planning reconstruction, implementation."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from agent.events import Event
from agent.loop.completion import Completer
from agent.loop.execution import note_hallucination
from agent.loop.names import similar_tools, tools_used, unknown_names
from agent.prompts.base import PromptContext, Stage, UnknownTool

N_RECONSTRUCTIONS = 3
"""Rounds of planning reconstruction (the paper's limit)."""


@dataclass(frozen=True)
class Planner:
    """Who calls it: the turn. Each step returns the context with its product in it."""

    completer: Completer
    emit: Callable[[Event], None]

    async def plan(self, context: PromptContext) -> PromptContext:
        """Stages 1 and 2a."""
        context = replace(context, scaffold=await self.completer.code(Stage.SCAFFOLD, context))
        return replace(context, plan=await self.completer.code(Stage.PLAN, context))

    async def select(self, context: PromptContext, known_functions: Collection[str] = ()) -> PromptContext:
        """Stages 2b and 2c. Names that stay unknown after the last round are left for the run to fail on."""
        context = replace(context, pseudocode=await self.completer.code(Stage.SELECT, context))
        known = {t.name for t in context.tools} | set(known_functions)
        for round_ in range(1, N_RECONSTRUCTIONS + 1):
            unknown = unknown_names(context.pseudocode, known)
            if not unknown:
                break
            for name in unknown:
                note_hallucination(self.emit, f"plan-{round_}-{name}", name, f"there is no tool {name!r}")
            if not self.completer.asks(Stage.RESELECT):
                break
            offered = tuple(UnknownTool(n, similar_tools(n, context.tools)) for n in unknown)
            context = replace(context, unknown=offered)
            context = replace(context, pseudocode=await self.completer.code(Stage.RESELECT, context))
        return replace(context, selected=tools_used(context.pseudocode, context.tools))

    async def implement(self, context: PromptContext) -> PromptContext:
        """Stage 3."""
        return replace(context, program=await self.completer.code(Stage.IMPLEMENT, context))
