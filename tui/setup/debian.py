"""Installing packages of Debian or Ubuntu, where we are root; elsewhere a person has to."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tui.setup.steps import run_logged, say, step

QUIET = {"DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_SUSPEND": "1"}


def can_install() -> bool:
    """Is this a Debian or one of its children, and are we root?"""
    return os.geteuid() == 0 and is_debian()


def is_debian() -> bool:
    return shutil.which("apt-get") is not None and Path("/etc/debian_version").exists()


def install(packages: list[str], log_path: Path, *, why: str) -> None:
    """`apt-get install` with a note of what it is for and how to undo it.

    Raises:
        tui.setup.steps.SetupError: apt-get failed.
    """
    names = " ".join(packages)
    say(f"  Installing {names} with apt-get: {why}.\n  To undo: apt-get remove {names} && apt-get autoremove")
    with step(f"apt-get install {names}") as running:
        # After an interruption in the middle of a package apt-get refuses to work until dpkg has been told to go on.
        _quietly(["dpkg", "--configure", "-a"])
        # Lists that cannot be refreshed (one dead mirror among several) may still name the package: installing decides.
        _quietly(["apt-get", "update", "-q"])
        run_logged(
            ["apt-get", "install", "-y", "-q", "--no-install-recommends", "--fix-broken", *packages],
            running,
            log_path,
            advice="Is the machine's package mirror reachable (apt-get update)?",
            environment=QUIET,
        )


def _quietly(command: list[str]) -> None:
    """Run what may fail: what comes after says whether it mattered."""
    subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, env={**os.environ, **QUIET})
