"""The program `toolcoder`: the entry point named in pyproject.toml, and what holds for every command.

Nothing is imported at the top that takes time, so that Ctrl-C in the first moments is caught as well.
"""

from __future__ import annotations

import os
import signal
import sys

from tui.interrupted import was_interrupted

INTERRUPTED = 130  # ExitCode.INTERRUPTED, spelled out because its module may not be loaded yet


def main() -> None:
    """Run the command line and exit with its status; no exception leaves this function but SystemExit."""
    try:
        for number in (signal.SIGTERM, signal.SIGHUP):  # ended like Ctrl-C: what must be removed is removed
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, signal.default_int_handler)
        from tui.standard_streams import flush_at_exit

        code = _run(sys.argv[1:])
        flush_at_exit()
    except BaseException as error:
        if not was_interrupted(error):
            raise
        code = INTERRUPTED
    # From here on a signal ends the process at once: Python would print a traceback while it shuts down.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    # CPython notes a KeyboardInterrupt that passed through exec() of a string (dataclasses do that on import) and would
    # end the process by SIGINT instead of our status; running any string clears the note.
    exec("")
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    if not arguments and "_TOOLCODER_COMPLETE" not in os.environ:  # a shell that completes sends no arguments either
        from tui.bare import run as run_bare

        return run_bare()
    from tui.cli import run

    return run(arguments)


if __name__ == "__main__":
    main()
