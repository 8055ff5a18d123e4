"""One line per step, with its time; what the user waits for shows progress.

On a terminal the line of the running step is rewritten in place; elsewhere (CI, a pipe) it is printed once when the
step ends, and a sign of life every 15 seconds before.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

SIGN_OF_LIFE_S = 15.0
N_LINES_SHOWN_ON_FAILURE = 20


class SetupError(Exception):
    """A step cannot go on; the text says why and what to do, in a few lines that a newcomer understands."""


def say(text: str) -> None:
    """Narrate: stderr only."""
    print(text, file=sys.stderr, flush=True)


class Step:
    """A running step. `progress` may be called as often as one likes."""

    def __init__(self, title: str) -> None:
        self.title = title
        self._started = time.monotonic()
        self._shown = self._started
        self._on_terminal = sys.stderr.isatty()

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self._started

    def progress(self, detail: str) -> None:
        now = time.monotonic()
        if self._on_terminal:
            if now - self._shown >= 0.1:
                self._shown = now
                width = shutil.get_terminal_size().columns - 1
                line = f"  …  {self.title} {self.elapsed_s:.0f} s: {detail.strip()}"[:width]
                sys.stderr.write(f"\r\033[2K{line}")
                sys.stderr.flush()
        elif now - self._shown >= SIGN_OF_LIFE_S:
            self._shown = now
            say(f"  …  {self.title} ({self.elapsed_s:.0f} s): {detail.strip()[:100]}")

    def end(self, mark: str) -> None:
        if self._on_terminal:
            sys.stderr.write("\r\033[2K")
        say(f"  {mark}  {self.title} ({self.elapsed_s:.1f} s)")


@contextmanager
def step(title: str) -> Iterator[Step]:
    """Run the body as one step: a line with its time at the end, whether it went well or not."""
    running = Step(title)
    try:
        yield running
    except BaseException:
        running.end("✗")
        raise
    running.end("✓")


def run_logged(
    command: Sequence[str],
    running: Step,
    log_path: Path,
    *,
    advice: str = "",
    environment: Mapping[str, str] | None = None,
) -> None:
    """Run `command`, show its last line as progress, and keep all it says in `log_path`.

    Raises:
        SetupError: it failed; the message holds its last lines, where the whole of them is, and `advice`.
    """
    log_path.parent.mkdir(parents=True, exist_ok=True)
    last_lines: deque[str] = deque(maxlen=N_LINES_SHOWN_ON_FAILURE)
    with (
        log_path.open("a", buffering=1, encoding="utf-8") as log,
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={**os.environ, **(environment or {})},
        ) as process,
    ):
        log.write(f"\n$ {' '.join(command)}\n")
        ended = threading.Event()
        threading.Thread(target=_signs_of_life, args=(running, last_lines, ended), daemon=True).start()
        try:
            for line in process.stdout or ():
                log.write(line)
                if line.strip():
                    last_lines.append(line.rstrip())
                    running.progress(line)
            code = process.wait()
        except BaseException:  # Ctrl-C reached us while the child runs on: end it before anything else happens
            process.terminate()
            raise
        finally:
            ended.set()
    if code != 0:
        shown = "\n".join(f"    {line}" for line in last_lines)
        told = f"{running.title} failed (exit {code}):\n{shown}\n  All of it: {log_path}"
        raise SetupError(f"{told}\n  {advice}" if advice else told)


def _signs_of_life(running: Step, last_lines: deque[str], ended: threading.Event) -> None:
    """A long download says nothing for minutes: repeat the last line with the time that has passed."""
    while not ended.wait(1.0):
        running.progress(last_lines[-1] if last_lines else "started")
