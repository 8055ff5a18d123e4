"""What running a cell yields. A failure of the code in the cell is a value here, never an exception."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Frame:
    """One frame of a traceback inside the code that ran; frames of our own machinery and of IPython are removed.

    `file` is `<cell>` for code of the session (also earlier cells), else the library's file name.
    """

    file: str
    line: int
    function: str
    source: str


@dataclass(frozen=True)
class Traceback:
    """A structured traceback. `text` is the whole as Python prints it, without colours and without our frames."""

    exception: str
    message: str
    frames: tuple[Frame, ...] = ()
    text: str = ""


@dataclass(frozen=True)
class CellOutput:
    """Text the code wrote, as it came."""

    stream: Literal["stdout", "stderr"]
    text: str


@dataclass(frozen=True)
class CellDisplay:
    """A rich display: MIME type to data (base64 text for binary types)."""

    data: dict[str, str]


@dataclass(frozen=True)
class CellResult:
    """The value of the cell's last expression: its `repr` (possibly cut, then `cut` says so) and, where the value is
    made of JSON types only, the same as JSON text. Both are the sandbox's claim, not a fact."""

    text: str
    json: str | None = None
    cut: bool = False


@dataclass(frozen=True)
class Death:
    """Why the kernel is gone: a name to test for and a sentence for people and models that says what to do."""

    cause: Literal[
        "out_of_memory", "exit_code", "signal", "disk_full", "engine_gone", "timeout", "interrupted", "unknown"
    ]
    message: str


@dataclass(frozen=True)
class CellEnd:
    """The last event of every run.

    `seconds` is the wall clock of the whole cell; the byte counts are exact, also for output that was cut.
    `died` is set when the kernel did not survive: its variables are lost, the next `run` starts a fresh one.
    """

    status: Literal["ok", "error", "interrupted", "timeout", "died"]
    seconds: float
    error: Traceback | None = None
    died: Death | None = None
    n_stdout_bytes: int = 0
    n_stderr_bytes: int = 0
    output_cut: bool = False


KernelEvent = CellOutput | CellDisplay | CellResult | CellEnd


@dataclass(frozen=True)
class ContainerLimits:
    """Limits of a kernel's container, on by default."""

    memory_bytes: int = 2 << 30
    cpus: float = 2.0
    n_pids: int = 128
    disk_bytes: int = 256 << 20
    open_files: int = 1024


@dataclass(frozen=True)
class CellLimits:
    """Limits of one cell. `output_bytes` is how much text is passed on per stream; the rest is counted."""

    wall_s: float = 120.0
    output_bytes: int = 1 << 20
    n_tool_calls: int = 200
    interrupt_grace_s: float = 2.0


@dataclass(frozen=True)
class KernelOptions:
    """What a kernel is made from. `files` is a host folder mounted read-only at /work, or None."""

    image: str = "toolcoder-kernel"
    limits: ContainerLimits = field(default_factory=ContainerLimits)
    stubs: str = ""
    """Python source of the tool stubs (made by `agent.calls.stubs`), executed before the first cell."""
    files: str | None = None
