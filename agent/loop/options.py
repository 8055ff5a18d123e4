"""What a session is made from. Who fills it in: the front ends (`tui.session_factory`), evaluations, tests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from agent.functions.base import FunctionRepository
from agent.functions.upkeep import DEFAULT_LIMIT
from agent.log.ids import new_session_id
from agent.log.writer import SessionLog
from agent.loop.budget import Budget
from agent.loop.history import DEFAULT_TOKENS
from agent.loop.packages import PackageOptions
from agent.loop.past import Past
from agent.loop.session_files import FileOptions
from agent.models.base import Model
from agent.prompts.base import Mode
from agent.tools.base import Tool
from agent.tools.gate import Approve
from agent.tools.host import HostRules
from agent.tools.retrieval import ToolIndex
from sandbox.events import CellLimits, ContainerLimits, Lease, SpoolOptions


@dataclass(frozen=True)
class SessionOptions:
    """All that a session is made from. `approve="no"`: nobody is there, a change is refused."""

    model: Model
    tools: Sequence[Tool]
    model_reason: str = ""
    kernel_kind: Literal["docker", "bubblewrap", "local", "fake"] = "docker"
    transport: Literal["auto", "socket", "relay"] = "auto"
    runtime: str | None = None
    image: str = "toolcoder-kernel"
    files: FileOptions = field(default_factory=FileOptions)
    packages: PackageOptions | None = None
    """None: a package that is missing is never offered."""
    repository: FunctionRepository | None = None
    n_functions: int = DEFAULT_LIMIT
    """Stored functions that are kept; beyond it those used least make room."""
    log: SessionLog | None = None
    spool: SpoolOptions | None = None
    """Where whole outputs, plots and the like are kept; None: nowhere."""
    n_spares: int = 0
    """Kernels kept ready: for the first question, and for the one after a kernel's death."""
    lease: Lease | None = None
    """With it the kernel outlives a client that dies, and a session that names the same comes back to it."""
    session_id: str = field(default_factory=new_session_id)
    past: Past | None = None
    """What the session's log tells of its earlier life; None: it is new."""
    asked_with: Mapping[str, Any] = field(default_factory=dict)
    """The flags of the session that its resumption takes up again, as JSON values for the log's header."""
    history_tokens: int = DEFAULT_TOKENS
    """Most tokens of earlier questions and answers, and as many of what the kernel holds, in a prompt."""
    mode: Mode = "staged"
    """Fused costs fewer calls and tokens; a model with prompts of its own (the bundled one) is always staged."""
    budget: Budget = field(default_factory=Budget)
    shares: bool = False
    """Model, tools and functions are other sessions' too: closing this one leaves them alone."""
    approve: Approve = "ask"
    approve_code: Approve = "yes"
    """Whether a program needs a person's yes before it runs; `yes`: it does not."""
    interactive: bool = True
    container: ContainerLimits = field(default_factory=ContainerLimits)
    cell: CellLimits = field(default_factory=CellLimits)
    rules: HostRules = field(default_factory=HostRules)
    close_tools: Callable[[], Awaitable[None]] | None = None
    """Ends what the tools' sources started."""
    tool_index: ToolIndex | None = None
    """Finds among tools that are too many to list; None: all are listed."""
    redact: Callable[[Any], Any] | None = None
    """Removes secrets from a JSON value, before a function's recorded tool results are kept."""
