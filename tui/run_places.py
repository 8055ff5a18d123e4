"""Where training runs lie: `<home>/runs/NAME`, or wherever a path says."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from agent.home import state_home


def runs_folder() -> Path:
    """The folder of runs; it may not exist yet."""
    return state_home() / "runs"


def named_run(name_or_path: str) -> Path:
    """A run as a person names it: a path where there is something, else a run of that name under the home."""
    path = Path(name_or_path).expanduser()
    below = runs_folder() / name_or_path
    return below if not path.exists() and below.is_dir() else path


def new_run(kind: str) -> Path:
    """A folder that does not exist: the kind and the time."""
    name = f"{kind}-{datetime.now():%Y%m%d-%H%M%S}"  # noqa: DTZ005 - local time, as a person's clock shows it
    return runs_folder() / name
