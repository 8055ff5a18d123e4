"""Names for files of /out in a folder of the host: what the program called them, as far as that is harmless there.

Letters and digits of every script stay. What goes: what a shell, a terminal or a file system reads as something else,
what cannot be seen or turns the direction of text, and names that other programs obey.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import count

from sandbox.files.names import protected

_NAME_BYTES, _ENDING_BYTES = 255, 40
_PLAIN = frozenset("_.-+=@ ()")
_UNSEEN = frozenset(map(chr, (0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0))) | frozenset(
    chr(code)
    for first, last in ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
    for code in range(first, last + 1)
)
"""Letters and marks, by their category, that nothing is drawn for."""
_DEVICES = frozenset({
    "con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in "0123456789\u00b9\u00b2\u00b3"),
})  # fmt: skip
"""What Windows takes for a device, whatever the ending."""


def file_name(path: str) -> str:
    """One component of at most 255 bytes, in normal form C; folders are joined by dashes."""
    name = "".join(c if _stays(c) else "_" for c in unicodedata.normalize("NFC", path.replace("/", "-")))
    name = _fitted(_led_by_letter(name.strip(". ")), "") or "file"
    if name.partition(".")[0].rstrip().casefold() in _DEVICES or (protected(name) and not protected(f"_{name}")):
        name = _fitted(name, "", before="_")
    return name


def numbered(name: str) -> Iterator[str]:
    """The name itself, then `name-2`, `name-3` before its ending, none of them longer than a name may be."""
    yield name
    for number in count(2):
        yield _fitted(name, f"-{number}")


def _stays(character: str) -> bool:
    if character in _PLAIN:
        return True
    return unicodedata.category(character)[0] in "LMN" and character not in _UNSEEN


def _led_by_letter(name: str) -> str:
    """Without what hides a name, makes it an option, or would be drawn over what stands before it."""
    while name and (name[0] in "-. " or unicodedata.category(name[0])[0] == "M"):
        name = name[1:]
    return name


def _fitted(name: str, addition: str, *, before: str = "") -> str:
    """With the addition before the ending; where it is too long, the beginning goes: the ending says what it is."""
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending.encode()) > _ENDING_BYTES:
        stem, dot, ending = name, "", ""
    end = f"{addition}{dot}{ending}"
    room = _NAME_BYTES - len(end.encode()) - len(before)
    kept = stem.encode()
    if len(kept) > room:
        stem = _led_by_letter(kept[-room:].decode(errors="ignore")) or "file"
    return f"{before}{stem}{end}"
