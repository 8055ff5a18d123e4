"""Large values of a log, kept by their sha256 in the folder `<session>.d` beside it."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from agent.errors import SessionLogError
from agent.home import private_folder

LARGE_BYTES = 64 * 1024


def blob_folder(log: Path) -> Path:
    """`<session>.d` for the log `<session>.jsonl`."""
    return log.with_suffix(".d")


def blob_path(folder: Path, digest: str) -> Path:
    """Where the value with this sha256 lies."""
    return folder / f"{digest}.json"


def encode_value(value: Any) -> bytes:
    """JSON as UTF-8, made piece by piece: called in a thread, it does not hold up the event loop."""
    from sandbox.json_pieces import encode  # here, since who only reads logs needs nothing of the sandbox

    return encode(value)


def keep(folder: Path, data: bytes) -> str:
    """Store `data` and return its sha256; a file is there as a whole or not at all, and never changes.

    Raises:
        OSError: it cannot be written.
    """
    digest = hashlib.sha256(data).hexdigest()
    target = blob_path(folder, digest)
    if target.exists():
        return digest
    private_folder(folder)
    handle, name = tempfile.mkstemp(dir=folder, prefix=".new-")  # mkstemp makes it 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:  # also Ctrl-C: no half-written file stays
        Path(name).unlink(missing_ok=True)
        raise
    return digest


def load(folder: Path, digest: str) -> Any:
    """The value kept under `digest`.

    Raises:
        SessionLogError: it is missing, or its content is not what the name says.
    """
    try:
        data = blob_path(folder, digest).read_bytes()
    except OSError as error:
        raise SessionLogError(
            f"a large value of this session ({digest[:12]}...) is missing",
            f"It should lie in {folder}; the rest of the session can be read.",
        ) from error
    if hashlib.sha256(data).hexdigest() != digest:
        raise SessionLogError(
            f"a large value of this session ({digest[:12]}...) was changed or damaged",
            f"Restore it in {folder} from a backup; the rest of the session can be read.",
        )
    return json.loads(data)
