"""What a person is told of a cell besides its text: where plots lie, where the whole output is, what became of the
kernel's variables. One line each, for `ask`, the chat and `sessions show`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agent.events import CellDisplayed, CellEnded, Event, KernelReattached, KernelRestored
from tui.plain import plain_line

_PATH_CHARS = 1000
_N_NAMES = 8


def cell_notes(event: Event) -> Iterator[str]:
    """The lines; none for most events."""
    match event:
        case CellDisplayed():
            yield from display_notes(event.data, event.artifacts, event.left_out)
        case CellEnded(output_cut=True, spooled=dict(spooled)):
            yield from output_notes(spooled)
        case KernelRestored():
            yield restored_note(event.restored, event.lost, event.stopped, resumed=event.resumed)
            yield from difference_notes(event.differences)
        case KernelReattached():
            yield "back in the kernel that the session had left: its variables are there"


def display_notes(
    data: Mapping[str, Any], artifacts: Sequence[Mapping[str, Any]], left_out: Sequence[str]
) -> Iterator[str]:
    """Files made of a display. The page of a table is not worth a line: the table is in the answer."""
    from sandbox.artifacts import TABLE_MIME  # with it comes the kernel's side; the chat's first frame needs neither

    for artifact in artifacts:
        if TABLE_MIME not in data or artifact.get("mime") != "text/html":
            n_bytes = f"{artifact.get('n_bytes', 0):,}"
            path = plain_line(str(artifact.get("path")), _PATH_CHARS)
            yield f"file: {path} ({plain_line(str(artifact.get('mime')), 60)}, {n_bytes} bytes)"
    for why in left_out:
        yield f"not stored: {plain_line(str(why), 200)}"


def output_notes(spooled: Mapping[str, Any]) -> Iterator[str]:
    """Where all of a long output is."""
    text = f"the whole output, {spooled.get('n_bytes', 0):,} bytes: {plain_line(str(spooled.get('path')), _PATH_CHARS)}"
    if lost := spooled.get("n_lost_bytes"):
        why = plain_line(str(spooled.get("failure") or "the session's share of the disk is used up"), 100)
        text += f" ({lost:,} bytes more were counted only: {why})"
    yield text


def restored_note(restored: Sequence[str], lost: Sequence[str], stopped: str, *, resumed: bool = False) -> str:
    """What became of the variables of earlier programs when the kernel was replaced, or the session resumed."""
    parts = [f"{len(restored)} names of earlier programs were restored"] if restored else []
    if lost:
        parts.append(f"lost: {_listed(lost)}" + (f", since {plain_line(stopped, 200)}" if stopped else ""))
    what = "the session's programs ran again in a fresh kernel" if resumed else "the kernel was replaced"
    return f"{what}; {'; '.join(parts) or 'nothing was lost'}"


def difference_notes(differences: Sequence[str]) -> Iterator[str]:
    """What earlier programs did differently when they were run again."""
    for difference in differences[:_N_NAMES]:
        yield f"run again, {plain_line(difference, 300)}"
    if len(differences) > _N_NAMES:
        yield f"run again, {len(differences) - _N_NAMES} more differences"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _N_NAMES} more" if len(names) > _N_NAMES else ""
    return plain_line(", ".join(names[:_N_NAMES]), 300) + more
