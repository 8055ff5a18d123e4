"""Running the steps of a build: a command's lines and the engine's, passed on; their last words become the error."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable
from typing import Any

from sandbox.errors import ImageMissing

AGAIN = "Run it again: what was finished is kept."
_LAST_LINES = 8


def follow(steps: Iterable[dict[str, Any]], progress: Callable[[str], None], what: str = "The kernel image") -> None:
    """The engine's words while it builds an image.

    Raises:
        ImageMissing: the build failed.
    """
    last: list[str] = []
    for step in steps:
        text = str(step.get("stream", "")).strip()
        if text.startswith("Step "):
            progress("  " + text.split(" && ")[0][:100])
        elif text:
            last = [*last[1 - _LAST_LINES :], text]
        if "error" in step:
            raise ImageMissing(f"{what} could not be built:\n  " + "\n  ".join(last), AGAIN)


def run(command: list[str], progress: Callable[[str], None], hint: str) -> None:
    """Run a command, passing on its lines.

    Raises:
        ImageMissing: it failed.
    """
    last: list[str] = []
    streams: dict[str, Any] = {
        "stdout": subprocess.PIPE,
        "stderr": subprocess.STDOUT,
        "text": True,
        "errors": "replace",
    }
    with subprocess.Popen(command, **streams) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                last = [*last[1 - _LAST_LINES :], line.rstrip()]
                progress("  " + line.rstrip())
        except BaseException:  # also Ctrl-C: the child ends with us
            process.terminate()
            raise
    if process.returncode != 0:
        raise ImageMissing("A step of building the kernel image failed:\n  " + "\n  ".join(last), hint)
