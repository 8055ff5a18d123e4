"""What outlives a client that died: who may come back to its kernel, and until when.

    BASE/ID/card.json       in the kernel's folder: whose kernel it is and for how long it may wait
    SESSION/kernel.json     in the session's folder: where its kernel is (0600, as the folder is 0700)

The container ends by itself when its lease is over (`toolcoder_runtime/guard.py`). What is noted here is for the
reaper, should the container have been unable to: the first that sees a kernel without a client notes when that was, in
seconds since the machine started, so that neither a set clock nor a restart of the machine makes a lease longer.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sandbox.events import Lease
from sandbox.owner import boot_id, boottime_s

_CARD = "card.json"
_ORPHANED = "orphaned.json"
_MOST_BYTES = 10_000


@dataclass(frozen=True)
class Card:
    """A kernel's card. `lease_s` 0: it must not outlive its client."""

    session: str = ""
    lease_s: float = 0.0
    is_spare: bool = False
    key: str = ""
    """What the kernel was made from, as its launcher says."""


def write_card(folder: Path, card: Card) -> None:
    """Raises OSError where the folder cannot be written."""
    _write(folder / _CARD, asdict(card))


def read_card(folder: Path) -> Card:
    """The card of this kernel's folder; an empty one where there is none that can be read."""
    match _read(folder / _CARD):
        case {
            "session": str(session), "lease_s": float() | int() as lease_s, "is_spare": bool(is_spare), "key": str(key)
        }:  # fmt: skip
            return Card(session, float(lease_s), is_spare, key)
    return Card()


def lease_left_s(folder: Path) -> float:
    """How long the kernel of this folder may still wait for a client, at most; 0 where its lease is over.

    For a folder whose lock the caller holds, or that nobody holds. Notes the time when it is asked first.
    """
    card = read_card(folder)
    if card.lease_s <= 0:
        return 0.0
    match _read(folder / _ORPHANED):
        case {"boot": str(boot), "seen_s": float() | int() as seen_s}:
            is_same = boot == boot_id() and seen_s <= boottime_s()
            return max(0.0, card.lease_s - (boottime_s() - seen_s)) if is_same else 0.0
    try:
        _write(folder / _ORPHANED, {"boot": boot_id(), "seen_s": boottime_s()})
    except OSError:
        return 0.0  # nobody could ever say when it is over
    return card.lease_s


def is_held_again(folder: Path) -> None:
    """A new client has come: the next one that sees it without one begins to count anew."""
    (folder / _ORPHANED).unlink(missing_ok=True)


def remember(lease: Lease, folder: Path) -> None:
    """Note in the session's folder which kernel is the session's.

    Raises:
        OSError: it cannot be written.
    """
    lease.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(lease.file, {"session": lease.session, "kernel": str(folder)})


def recall(lease: Lease, key: str) -> Path | None:
    """The folder of the kernel that this session left behind.

    None where it left none, and where it is another session's or was made from something else than `key`.
    """
    match _read(lease.file):
        case {"session": lease.session, "kernel": str(kernel)} if Path(kernel).is_absolute():
            folder = Path(kernel)
            card = read_card(folder)
            return folder if (card.session, card.key) == (lease.session, key) and card.lease_s > 0 else None
    return None


def forget(lease: Lease) -> None:
    """The kernel is gone, or nobody may come back to it."""
    lease.file.unlink(missing_ok=True)


def _write(path: Path, value: dict[str, Any]) -> None:
    """Whole or not at all, and for this user's eyes only (mkstemp makes it 0600)."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(value, file)
        Path(name).replace(path)
    except BaseException:  # also Ctrl-C
        Path(name).unlink(missing_ok=True)
        raise


def _read(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            return json.loads(file.read(_MOST_BYTES))
    except (OSError, ValueError):
        return None
