"""What running a cell yields. A failure of the code in the cell is a value here, never an exception."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sandbox.errors import LimitTooLow


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
class CellOutputGap:
    """Text between the head and the tail of a stream that was not passed on; the whole is in the spooled output."""

    stream: Literal["stdout", "stderr"]
    n_bytes: int
    n_lines: int


@dataclass(frozen=True)
class Artifact:
    """A file that a cell made, in the session's folder on the host. `mime` was checked against the content."""

    path: str
    mime: str
    n_bytes: int


@dataclass(frozen=True)
class CellDisplay:
    """A rich display: MIME type to data (base64 text for binary types).

    Where the session keeps files, `artifacts` has what was stored, and `data` only the texts that are small and no
    file: plain text, a table. `left_out` says of every other representation why it was not kept.
    """

    data: dict[str, str]
    artifacts: tuple[Artifact, ...] = ()
    left_out: tuple[str, ...] = ()


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
        "out_of_memory",
        "exit_code",
        "signal",
        "disk_full",
        "engine_gone",
        "connection_lost",
        "image_gone",
        "timeout",
        "interrupted",
        "unknown",
    ]
    message: str


@dataclass(frozen=True)
class SpooledOutput:
    """The file with all that a cell wrote, both streams in order, as UTF-8.

    `n_lost_bytes` came after the session's share of the disk was used up (or the disk was full: `failure` says so) and
    were counted only.
    """

    path: str
    n_bytes: int
    n_lost_bytes: int = 0
    failure: str = ""


@dataclass(frozen=True)
class CellEnd:
    """The last event of every run.

    `seconds` is the wall clock of the whole cell; the byte counts are exact, also for output that was cut.
    `died` is set when the kernel did not survive: its variables are lost, the next `run` starts a fresh one.
    `spooled` is None where the session keeps no files or the cell wrote nothing.
    """

    status: Literal["ok", "error", "interrupted", "timeout", "died"]
    seconds: float
    error: Traceback | None = None
    died: Death | None = None
    n_stdout_bytes: int = 0
    n_stderr_bytes: int = 0
    output_cut: bool = False
    spooled: SpooledOutput | None = None


@dataclass(frozen=True)
class CellFile:
    """A file in /out, or one in a copied /work, that the cell made, changed or deleted; it comes at the cell's end.

    A file comes in pieces, in order, the last with `last`; `path` is relative and, like all here, the sandbox's claim.
    `sandbox.files.inbox` puts the pieces together. `refused`: it is not handed over, and `why` (a link, a pipe).
    `is_full`: its folder has no room left at the cell's end, so the file may lack its own.
    """

    place: Literal["out", "work"]
    path: str
    kind: Literal["piece", "deleted", "refused"]
    piece: bytes = b""
    first: bool = True
    last: bool = True
    executable: bool = False
    why: str = ""
    is_full: bool = False


KernelEvent = CellOutput | CellOutputGap | CellDisplay | CellResult | CellFile | CellEnd


@dataclass(frozen=True)
class ContainerLimits:
    """Limits of a kernel's container, on by default."""

    memory_bytes: int = 2 << 30
    cpus: float = 2.0
    n_pids: int = 128
    disk_bytes: int = 256 << 20
    open_files: int = 1024

    def check(self) -> None:
        """
        Raises:
            LimitTooLow: the kernel would be ended by its own library, without a word.
        """
        for name, (value, least, what) in {
            "memory": (self.memory_bytes, 96 << 20, "bytes of memory"),
            "processes": (self.n_pids, 16, "processes and threads"),
            "files": (self.open_files, 64, "open files"),
            "disk": (self.disk_bytes, 1 << 20, "bytes on /tmp"),
        }.items():
            if value < least:
                raise LimitTooLow(
                    f"A kernel needs at least {least:,} {what}, not {value:,}.", f"Raise the limit of {name}."
                )
        if self.cpus <= 0:
            raise LimitTooLow(f"A kernel needs at least a part of a processor, not {self.cpus:g}.", "Raise cpus.")


@dataclass(frozen=True)
class CellLimits:
    """Limits of one cell. `output_bytes` is how much text is passed on per stream: half of it as it comes, the other
    half the last of it, at the cell's end. The rest is counted and spooled."""

    wall_s: float = 120.0
    output_bytes: int = 256 << 10
    n_tool_calls: int = 200
    interrupt_grace_s: float = 2.0


@dataclass(frozen=True)
class SpoolOptions:
    """Where a session keeps what its cells write and show: a private folder of the host, made when first needed.

    `redact` takes secrets out of text before it is written; it sees whole lines where they are not endless.
    """

    folder: str | None
    """None: no output is spooled."""
    artifacts: str | None = None
    """Where files made of displays go; None: below `folder`."""
    limit_bytes: int = 256 << 20
    """Spooled output and artifacts together."""
    redact: Callable[[str], str] | None = None


@dataclass(frozen=True)
class Lease:
    """How long a kernel may outlive a client that dies, and where that session notes it, to come back to it."""

    file: Path
    session: str
    seconds: float


@dataclass(frozen=True)
class KernelOptions:
    """What a kernel is made from. `files` is a host folder mounted read-only at /work, or None. Whoever adds a field
    that a container is made from adds it to what spare kernels are kept apart by."""

    image: str = "toolcoder-kernel"
    limits: ContainerLimits = field(default_factory=ContainerLimits)
    stubs: str = ""
    """Python source of the tool stubs (made by `agent.calls.stubs`), executed before the first cell."""
    files: str | None = None
    seed: str | None = None
    """A host folder with the copy that a /work of `work_bytes` is made from (`sandbox.files.work_copy`); programs may
    change that /work. Excludes `files`."""
    work_bytes: int = 512 << 20
    out_bytes: int = 64 << 20
    """Size of /out, whose files are handed over at the end of each cell."""
    transport: Literal["auto", "socket", "relay"] = "auto"
    """How the kernel's channels are reached; `auto`: as the engine needs it (`sandbox.transport`)."""
    runtime: str | None = None
    """The engine's runtime by name (runsc, ...); None: its default."""
    lease: Lease | None = None
    """None: the kernel ends when its client dies."""
    first_call: int = 1
    """The number of the first tool call; a session that is resumed goes on counting."""
    spool: SpoolOptions | None = None
    """None: output beyond what is passed on is counted only, and displays stay in the events."""
