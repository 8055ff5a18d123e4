"""A session's first event: everything that a reader of its log must know to judge what follows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from agent.calls.stubs import docstring
from agent.events import SessionStarted
from agent.models.base import Model
from agent.tools.base import Tool, schema_hash
from agent.version import version
from sandbox.kernel import Kernel


def header(session: str, model: Model, model_reason: str, kernel: Kernel, tools: Iterable[Tool]) -> SessionStarted:
    """The event, from what the session is made of."""
    described = tuple(map(_described, tools))
    return SessionStarted(
        session, version(), model.name, model_reason, model.prompt_style, kernel.description, described
    )


def _described(tool: Tool) -> dict[str, Any]:
    spec = tool.spec
    return {
        "name": spec.name,
        "signature": spec.signature,
        "purpose": spec.purpose,
        "description": docstring(spec),
        "parameters": spec.schema,
        "effect": spec.effect,
        "schema_hash": schema_hash(spec),
        "source": tool.source,
    }
