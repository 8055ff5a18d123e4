"""The settings of tools: where they come from, what they may do, and how long and how often."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tui.settings_base import Names, Section


class ToolLimitsSettings(Section):
    """Limits of the tools that a pattern names. None: what [tools] says for all."""

    call_s: float | None = Field(default=None, gt=0, description="Longest wait for one call, its retries included.")
    n_calls: int | None = Field(default=None, ge=0, description="Most calls for one question.")
    n_at_once: int | None = Field(default=None, ge=1, description="Most calls at the same time.")
    n_tries: int | None = Field(default=None, ge=1, description="Tries of a read whose service failed.")
    result_mb: float | None = Field(default=None, gt=0, description="Largest result.")


class ToolsSettings(Section):
    """What programs may call."""

    sources: Names = Field(
        default=(),
        description="Where tools come from: catalogue, file.py, package.module, openapi:FILE_OR_URL, "
        "mcp:COMMAND_OR_URL. Empty: the bundled catalogue.",
    )
    call_s: float = Field(default=60.0, gt=0, description="Longest wait for one tool call, its retries included.")
    n_calls: int | None = Field(default=None, ge=0, description="Most calls of one tool for one question.")
    n_at_once: int = Field(default=16, ge=1, description="Most calls of one tool at the same time.")
    n_tries: int = Field(default=3, ge=1, description="Tries of a read whose service failed; 1: no second one.")
    result_mb: float = Field(default=32.0, gt=0, description="Largest result of a call, as JSON.")
    start_s: float = Field(default=60.0, gt=0, description="Longest wait for a source's process or server to start.")
    python: str | None = Field(
        default=None, min_length=1, description="Interpreter for tools in Python. None: the one that runs toolcoder."
    )
    trusted: Names = Field(
        default=(), description="MCP sources whose servers are believed which of their tools only read."
    )
    policy: dict[str, Literal["allow", "ask", "deny"]] = Field(
        default={},
        description="Tool or pattern to allow, ask or deny; a pattern may begin with a source and a slash. "
        "Without a rule reads are allowed and writes asked.",
    )
    limits: dict[str, ToolLimitsSettings] = Field(default={}, description="Tool or pattern to limits of its own.")
