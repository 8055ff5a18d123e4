"""Ctrl-C, SIGTERM and a closed terminal during a turn: the first asks to stop, the second forces it.

Used by `ask` around its event loop. Before and after it Python's own KeyboardInterrupt does the work, which `tui.main`
turns into exit status 130.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self

from tui.exit_codes import ExitCode
from tui.standard_streams import narrate

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FORCED_S = 5.0
"""How long the clean-up after a forced stop may take before the process ends regardless."""
ECHO_S = 0.25
"""A signal so soon after the first is the same one: a wrapper passes on what the terminal has sent to both of us."""
PATIENCE_S = 20.0
"""How long a stop that was asked for once may take: SIGTERM comes from programs, which do not press a second time."""


class Interruption:
    """A context around a turn. `stop` is called in the event loop by the first signal."""

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self._loop = asyncio.get_running_loop()
        self._old: dict[signal.Signals, object] = {}
        self._was_told = False
        self.was_asked = False

    def __enter__(self) -> Self:
        for number in SIGNALS:
            if signal.getsignal(number) is signal.SIG_IGN:  # nohup, or a shell's background job: it stays ignored
                continue
            self._old[number] = signal.getsignal(number)
            self._loop.add_signal_handler(number, self._first, number)
            # The loop hears of a signal when it runs; this handler also where the main thread is stuck, as in writing
            # to a pipe that nobody reads.
            signal.signal(number, self._seen)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number in self._old:
            self._loop.remove_signal_handler(number)
        if self.was_asked:
            signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in self._old.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what getsignal gave

    def _seen(self, number: int, frame: FrameType | None) -> None:
        """At once, wherever the main thread is: from now on the patience runs, and the next signal forces."""
        self.was_asked = True
        echo_until = time.monotonic() + ECHO_S

        def force(number: int, frame: FrameType | None) -> None:
            if time.monotonic() > echo_until:
                _force(number, frame)

        for other in self._old:
            signal.signal(other, force)
        signal.signal(signal.SIGALRM, _give_up)
        signal.setitimer(signal.ITIMER_REAL, PATIENCE_S)

    def _first(self, number: signal.Signals) -> None:
        """In the event loop; once, also where two signals came before it could run."""
        if self._was_told:
            return
        self._was_told = True
        if number == signal.SIGINT:
            narrate("\nstopping (Ctrl-C again forces it)\n")
        self._stop()


def _force(number: int, frame: FrameType | None) -> None:
    """The second signal: unwind from wherever the main thread is; what must be removed is removed on the way."""
    for other in SIGNALS:
        signal.signal(other, _give_up)
    signal.signal(signal.SIGALRM, _give_up)
    signal.setitimer(signal.ITIMER_REAL, FORCED_S)
    raise KeyboardInterrupt


def _give_up(number: int, frame: FrameType | None) -> None:
    """The clean-up hangs or the person insists: a container that is left is removed at the next start."""
    os._exit(ExitCode.INTERRUPTED)
