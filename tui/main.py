"""The program `toolcoder`: the entry point named in pyproject.toml, and what holds for every command.

Nothing is imported at the top that takes time, so that Ctrl-C in the first moments is caught as well.
"""

from __future__ import annotations

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
        from tui.cli import run
        from tui.standard_streams import flush_at_exit

        code = run(sys.argv[1:])
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


if __name__ == "__main__":
    main()
