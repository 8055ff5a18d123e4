"""Flags that `ask` and `chat` share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tui import completion_values
from tui.failures import UsageProblem
from tui.session_request import SessionRequest


class WorkModeName(StrEnum):
    """What programs may do with the work folder."""

    READ_ONLY = "read-only"
    COPY = "copy"
    READ_WRITE = "read-write"


class ModeName(StrEnum):
    """How a program is planned."""

    STAGED = "staged"
    FUSED = "fused"


Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="'bundled', a name that the endpoint knows, ./dir (a local checkpoint), or scripted:FILE.",
        autocompletion=completion_values.models,
    ),
]
Tools = Annotated[
    list[str] | None,
    typer.Option(
        "--tools",
        help="Where tools come from: catalogue, file.py, package.module, openapi:FILE_OR_URL or mcp:COMMAND_OR_URL;"
        " may be given again.",
        autocompletion=completion_values.sources,
    ),
]
WorkFolder = Annotated[
    Path | None,
    typer.Option("--work-folder", "--files", help="A folder that programs see, at /work in the sandbox."),
]
WorkMode = Annotated[
    WorkModeName | None,
    typer.Option(
        "--work-mode",
        help="read-only (the default); copy: programs change a copy, and you decide what is applied;"
        " read-write: applied at once, but never to .git, hooks and the like.",
    ),
]
Mode = Annotated[
    ModeName | None,
    typer.Option("--mode", help="staged: scaffold, plan and tool selection one by one; fused: in one call."),
]
OutputDir = Annotated[
    Path | None,
    typer.Option("--output-dir", help="Put the files that programs make (in /out, and plots) into this folder."),
]
Apply = Annotated[
    bool, typer.Option("--apply", help="With --work-mode copy: apply what programs changed, without asking.")
]
MaxTokens = Annotated[int | None, typer.Option("--max-tokens", min=1, help="Stop a turn at this many tokens.")]
MaxSeconds = Annotated[float | None, typer.Option("--max-seconds", help="Stop a turn after this many seconds.")]
MaxCost = Annotated[
    float | None, typer.Option("--max-cost", help="Stop a turn at this cost (needs prices in the settings).")
]
Yes = Annotated[bool, typer.Option("--yes", help="Allow every change that tools make, without asking.")]
NoLog = Annotated[bool, typer.Option("--no-log", help="Keep no log of the session.")]
Resume = Annotated[
    str | None,
    typer.Option(
        "--resume",
        metavar="SESSION",
        help="Go on with an earlier session: its id or the beginning of it, its name, or words of its first question.",
        autocompletion=completion_values.sessions,
    ),
]
Continue = Annotated[bool, typer.Option("--continue", "-c", help="Go on with the session that was used last.")]
WeakerSandbox = Annotated[
    bool,
    typer.Option(
        "--weaker-sandbox",
        help="Run programs under bubblewrap instead of in a container: for Linux machines without Docker or podman.",
    ),
]
UnsafeLocalKernel = Annotated[
    bool,
    typer.Option(
        "--unsafe-local-kernel",
        help="Run programs on this machine WITHOUT a sandbox: they can do all that you can.",
    ),
]


def request(
    *,
    model: str | None,
    tools: list[str] | None,
    work_folder: Path | None,
    work_mode: WorkModeName | None,
    mode: ModeName | None = None,
    max_tokens: int | None,
    max_seconds: float | None,
    max_cost: float | None,
    yes: bool,
    no_log: bool,
    unsafe_local_kernel: bool,
    weaker_sandbox: bool = False,
    apply: bool = False,
    out: Path | None = None,
    resume: str | None = None,
    continue_last: bool = False,
) -> SessionRequest:
    """Check the flags and put them together.

    Raises:
        UsageProblem: a limit that nothing can satisfy, or a folder that is none.
    """
    for name, limit in (("--max-seconds", max_seconds), ("--max-cost", max_cost)):
        if limit is not None and not 0 < limit < float("inf"):
            raise UsageProblem(f"{name} must be more than 0")
    if model is not None and not model.strip():
        raise UsageProblem("--model is empty", "name a model, or leave the flag out")
    if work_folder is not None and not work_folder.is_dir():
        raise UsageProblem(f"--work-folder {work_folder} is no folder", "name a folder; programs see it at /work")
    if out is not None and out.exists() and not out.is_dir():
        raise UsageProblem(f"--output-dir {out} is no folder", "name a folder, or one that can be made")
    if weaker_sandbox and unsafe_local_kernel:
        raise UsageProblem("--weaker-sandbox and --unsafe-local-kernel exclude each other", "leave one of them out")
    if resume is not None and continue_last:
        raise UsageProblem("--resume and --continue exclude each other", "leave one of them out")
    if (resume is not None or continue_last) and no_log:
        raise UsageProblem(
            "a session that is resumed goes on in its log", "leave --no-log out, or ask in a new session"
        )
    return SessionRequest(
        model=model,
        tools=tuple(tools or ()),
        work_folder=work_folder.resolve() if work_folder is not None else None,
        work_mode=work_mode.value if work_mode is not None else None,
        apply=apply,
        out=out.resolve() if out is not None else None,
        mode=mode.value if mode is not None else None,
        max_tokens=max_tokens,
        max_seconds=max_seconds,
        max_cost=max_cost,
        yes=yes,
        log=not no_log,
        resume=resume,
        continue_last=continue_last,
        kernel_kind="local" if unsafe_local_kernel else "bubblewrap" if weaker_sandbox else None,
    )
