"""From question to runnable program: scaffold, plan, tool selection, planning reconstruction, implementation."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from agent.loop.completion import Completer
from agent.loop.held import name_of
from agent.loop.names import tools_used, unknown_names
from agent.loop.shortlist import Shortlist
from agent.prompts.base import MORE_TOOLS, PromptContext, Stage
from agent.prompts.fused import plan_of, scaffold_of
from agent.tools.host import ToolHost

N_RECONSTRUCTIONS = 3
"""Rounds of planning reconstruction (the paper's limit)."""


@dataclass(frozen=True)
class Planner:
    """Who calls it: the turn. Each step returns the context with its product in it."""

    completer: Completer
    host: ToolHost
    """Takes note of the tools that a plan invents."""
    shortlist: Shortlist
    """All tools, also those that the context does not show."""

    async def design(self, context: PromptContext) -> PromptContext:
        """Stages 1, 2a and 2b in one completion, then 2c."""
        pseudocode = await self.completer.code(Stage.FUSED, context)
        context = replace(context, scaffold=scaffold_of(pseudocode), plan=plan_of(pseudocode), pseudocode=pseudocode)
        return await self._reconstructed(context)

    async def scaffold(self, context: PromptContext) -> PromptContext:
        """Stage 1, where routing has not given it."""
        if context.scaffold:
            return context
        return replace(context, scaffold=await self.completer.code(Stage.SCAFFOLD, context))

    async def plan(self, context: PromptContext) -> PromptContext:
        """Stage 2a."""
        return replace(context, plan=await self.completer.code(Stage.PLAN, context))

    async def select(self, context: PromptContext) -> PromptContext:
        """Stages 2b and 2c."""
        return await self._reconstructed(replace(context, pseudocode=await self.completer.code(Stage.SELECT, context)))

    async def _reconstructed(self, context: PromptContext) -> PromptContext:
        """Stage 2c. Names that stay unknown after the last round are left for the run to fail on."""
        known = {t.name for t in self.shortlist.tools} | {name_of(line) for line in context.held}
        for _ in range(N_RECONSTRUCTIONS):
            unknown = unknown_names(context.pseudocode, known)
            if not unknown:
                break
            for name in unknown:
                if name != MORE_TOOLS or not context.n_hidden_tools:
                    self.host.note_unknown(name, f"there is no tool {name!r}")
            if not self.completer.asks(Stage.RESELECT):
                break
            offered = await asyncio.to_thread(self.shortlist.offers, unknown, context.pseudocode)
            told = tuple(replace(each, is_denied=self.host.denies(each.name)) for each in offered)
            context = replace(context, unknown=told)
            context = replace(context, pseudocode=await self.completer.code(Stage.RESELECT, context))
        return replace(context, selected=tools_used(context.pseudocode, self.shortlist.tools))

    async def implement(self, context: PromptContext) -> PromptContext:
        """Stage 3."""
        return replace(context, program=await self.completer.code(Stage.IMPLEMENT, context))
