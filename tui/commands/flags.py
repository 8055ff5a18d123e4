"""Flags that `ask` and `chat` share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tui.failures import UsageProblem
from tui.session_request import SessionRequest

Model = Annotated[
    str | None,
    typer.Option(
        "--model", help="'bundled', a name that the endpoint knows, ./dir (a local checkpoint), or scripted:FILE."
    ),
]
Tools = Annotated[
    list[str] | None,
    typer.Option("--tools", help="Where tools come from: catalogue, file.py or package.module; may be given again."),
]
Files = Annotated[
    Path | None, typer.Option("--files", help="A folder that programs may read, at /work in the sandbox (read-only).")
]
MaxTokens = Annotated[int | None, typer.Option("--max-tokens", min=1, help="Stop a turn at this many tokens.")]
MaxSeconds = Annotated[float | None, typer.Option("--max-seconds", help="Stop a turn after this many seconds.")]
MaxCost = Annotated[
    float | None, typer.Option("--max-cost", help="Stop a turn at this cost (needs prices in the settings).")
]
Yes = Annotated[bool, typer.Option("--yes", help="Allow every change that tools make, without asking.")]
NoLog = Annotated[bool, typer.Option("--no-log", help="Keep no log of the session.")]
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
    files: Path | None,
    max_tokens: int | None,
    max_seconds: float | None,
    max_cost: float | None,
    yes: bool,
    no_log: bool,
    unsafe_local_kernel: bool,
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
    if files is not None and not files.is_dir():
        raise UsageProblem(f"--files {files} is no folder", "name a folder; programs see it at /work")
    return SessionRequest(
        model=model,
        tools=tuple(tools or ()),
        files=files.resolve() if files is not None else None,
        max_tokens=max_tokens,
        max_seconds=max_seconds,
        max_cost=max_cost,
        yes=yes,
        log=not no_log,
        kernel_kind="local" if unsafe_local_kernel else "docker",
    )
