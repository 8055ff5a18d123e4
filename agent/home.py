"""Where toolcoder keeps its state: `TOOLCODER_HOME` where it is set, else the platform's folder for a user's state."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def state_home() -> Path:
    """The home of sessions, functions and the like; it is made on first use, with mode 0700.

    A folder that `TOOLCODER_HOME` names and that already holds something keeps its mode, since it may be shared on
    purpose (`/tmp`, a project); what toolcoder keeps inside is private all the same (`private_folder`).

    Raises:
        OSError: the folder cannot be made.
    """
    named = os.environ.get("TOOLCODER_HOME", "").strip()
    if not named:
        import platformdirs  # here, since most imports of this module never ask for the default place

        return private_folder(platformdirs.user_state_path("toolcoder"))
    home = Path(named).expanduser().absolute()
    if home.is_dir() and any(home.iterdir()):
        return home
    return private_folder(home)


def private_folder(path: Path) -> Path:
    """Make `path` (and missing parents) readable by its owner alone, also where it existed with a looser mode.

    Raises:
        OSError: it cannot be made, or something else stands there.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    state = path.stat()
    if state.st_mode & 0o077 and state.st_uid == os.geteuid():
        path.chmod(0o700)
    return path


def replace_file(path: Path, text: str, mode: int = 0o600) -> None:
    """Write `text` (UTF-8) whole or not at all: a reader, or a machine that loses power, meets the old file or the new.

    Raises:
        OSError: the folder, which must exist, or the file cannot be written.
    """
    scratch = path.with_name(f".{secrets.token_hex(4)}-{path.name}")
    try:
        with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
    except BaseException:  # also Ctrl-C: no half-written file stays
        scratch.unlink(missing_ok=True)
        raise
