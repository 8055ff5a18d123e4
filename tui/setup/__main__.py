"""`python3 -m tui.setup run|develop`: make this checkout ready, or say in two lines what a person has to do.

Who calls it: the Makefile, before every target that needs something. `run` is what the agent needs; `develop` adds
torch, the training libraries and the tools of `make test`. Narrates on stderr, because the answer of `make ask` owns
stdout. Exit codes: 0 ready, 2 usage, 3 a step failed and said why, 130 interrupted.
"""

from __future__ import annotations

import sys

# Before any import of ours, which an older Python could not even parse.
if sys.version_info < (3, 11):  # noqa: UP036  (pip checks requires-python, but no pip has run yet)
    sys.exit(
        f"toolcoder needs Python 3.11 or later, and {sys.executable} is {sys.version.split()[0]}.\n"
        "Install a newer one and name it: make PYTHON=python3.12 ..."
    )

import argparse
import os
import time

from tui.setup import engine_start, environment, image, weaker
from tui.setup.checkout import Checkout, only_one
from tui.setup.steps import SetupError, say


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python3 -m tui.setup", description="Make this checkout ready.")
    parser.add_argument("profile", choices=["run", "develop"], help="what to make ready")
    parser.add_argument("--no-sandbox", action="store_true", help="Python packages alone: no Docker, no image")
    parser.add_argument("--announce", action="store_true", help="say so when everything was ready already")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    checkout = Checkout.here()
    try:
        with only_one(checkout):
            steps_taken = environment.make_ready(checkout, options.profile)
            if not options.no_sandbox:
                steps_taken += engine_start.make_ready(checkout)
                steps_taken += image.make_ready(checkout)
                if options.profile == "develop":
                    steps_taken += weaker.make_ready(checkout)
    except SetupError as error:
        say(f"\n{error}")
        return 3
    except KeyboardInterrupt:
        say("\nInterrupted. The same command goes on from here.")
        return 130
    if steps_taken or options.announce:
        say(f"Ready ({time.monotonic() - started:.1f} s).")
    return 0


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # nothing is left to clean up; tearing the interpreter down would cost a third of the whole check
