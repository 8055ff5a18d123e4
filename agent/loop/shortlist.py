"""What a turn sees of the tools: all of them where they are few, else those that its question may need.

Where some are left out, a model asks for others by writing `more_tools("what it should do")` into its pseudocode: the
planner answers with the closest ones in the next message, so that the messages before it stay as a cache knows them.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from agent.calls.spec import ToolSpec
from agent.loop.names import similar_tools
from agent.models.token_estimate import estimate_tokens
from agent.prompts.base import MORE_TOOLS, UnknownTool
from agent.tools.retrieval import ToolIndex

SHOWN_TOKENS = 1900
"""For names and purposes in a prompt; 2,000 with the words around them."""
_N_POOL = 120
_N_MORE = 8
_N_QUERIES = 4


def shown_tokens(tools: Sequence[ToolSpec]) -> int:
    """What the list of these tools takes in a prompt, about."""
    return sum(_line_tokens(tool) for tool in tools)


def needs_index(tools: Sequence[ToolSpec]) -> bool:
    """Whether the list of all tools is too long for every prompt."""
    return shown_tokens(tools) > SHOWN_TOKENS


@dataclass(frozen=True)
class Shortlist:
    """`tools` are all that a session has; `index` finds among them, None where all are shown."""

    tools: tuple[ToolSpec, ...]
    index: ToolIndex | None = None

    def shown(self, question: str) -> tuple[ToolSpec, ...]:
        """The tools for this question, in the toolset's order, so that equal choices make equal prompts. Blocking."""
        if self.index is None:
            return self.tools
        always = [t for t in self.tools if t.name == "ask_user"]
        room = SHOWN_TOKENS - shown_tokens(always)
        chosen = {t.name for t in always}
        for tool in self.index.search(question, _N_POOL):
            room -= _line_tokens(tool)
            if room < 0:
                break
            chosen.add(tool.name)
        return tuple(t for t in self.tools if t.name in chosen)

    def offers(self, unknown: Sequence[str], pseudocode: str) -> tuple[UnknownTool, ...]:
        """For each unknown name the most similar tools; for each `more_tools(...)` what it finds. Blocking."""
        offers = [UnknownTool(name, self._similar(name)) for name in unknown if name != MORE_TOOLS]
        if MORE_TOOLS in unknown and self.index is not None:
            queries = _queries(pseudocode)[:_N_QUERIES]
            offers += [UnknownTool(f"{MORE_TOOLS}({q!r})", tuple(self.index.search(q, _N_MORE))) for q in queries]
        return tuple(offers)

    def _similar(self, name: str) -> tuple[ToolSpec, ...]:
        if self.index is None:
            return similar_tools(name, self.tools)
        return similar_tools(name, self.index.search(name.replace("_", " "), _N_POOL))


def _line_tokens(tool: ToolSpec) -> int:
    return estimate_tokens(f"- {tool.name}: {tool.purpose[:200]}\n")


def _queries(source: str) -> list[str]:
    """The texts that `more_tools` is called with."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return []
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(query)), *_]) if name == MORE_TOOLS:
                found.append(query[:300])
    return found
