"""What cells show (plots, tables, documents) as files of the session: checked, named by their content, capped.

The MIME type is the sandbox's claim, so the content decides: what is not what it says is not kept. Pages and drawings
that a browser would open are kept so that they can neither run code from elsewhere nor call anybody.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sandbox.events import Artifact, SpoolOptions
from sandbox.spool import DiskShare

TABLE_MIME = "application/vnd.toolcoder.table+json"
"""A table's first rows and columns as JSON; stays in the event."""
LARGEST_BYTES = 16 << 20
_INLINE = ("text/plain", TABLE_MIME)
_INLINE_CHARS = 64 << 10
_N_PER_SESSION = 1000
_NAME_CHARS = 20
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:; font-src data:; "
    "form-action 'none'"
)
_PAGE = f'<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
_ACTIVE_SVG = re.compile(
    rb"<\s*(?:script|foreignobject|iframe|embed|object)\b|\son[a-z]+\s*=|javascript:", re.IGNORECASE
)


@dataclass(frozen=True)
class _Kind:
    """How one MIME type is kept: its files' ending, and what its content must be."""

    suffix: str
    is_right: Callable[[bytes], bool]
    is_text: bool = False


def _starts(*magic: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.startswith(magic)


def _is_svg(data: bytes) -> bool:
    return data.lstrip()[:1] == b"<" and b"<svg" in data[:4096] and not _ACTIVE_SVG.search(data)


def _is_json(data: bytes) -> bool:
    return data.lstrip()[:1] in (b"{", b"[", b'"')  # whoever opens it parses it; here it is only kept


def _any(data: bytes) -> bool:
    return True


_KINDS = {
    "image/png": _Kind(".png", _starts(b"\x89PNG\r\n\x1a\n")),
    "image/jpeg": _Kind(".jpg", _starts(b"\xff\xd8\xff")),
    "image/gif": _Kind(".gif", _starts(b"GIF87a", b"GIF89a")),
    "image/webp": _Kind(".webp", lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP"),
    "application/pdf": _Kind(".pdf", _starts(b"%PDF-")),
    "image/svg+xml": _Kind(".svg", _is_svg, is_text=True),
    "text/html": _Kind(".html", _any, is_text=True),
    "text/markdown": _Kind(".md", _any, is_text=True),
    "text/latex": _Kind(".tex", _any, is_text=True),
    "application/json": _Kind(".json", _is_json, is_text=True),
    "application/geo+json": _Kind(".geojson", _is_json, is_text=True),
}
_CHARTS = re.compile(r"application/vnd\.(?:plotly|vega|vegalite)\.[\w.-]{1,20}\+json")


class ArtifactStore:
    """One per kernel. `keep` never raises: what cannot be kept is told."""

    def __init__(self, files: SpoolOptions, share: DiskShare) -> None:
        self._folder = share.artifacts
        self._redact = files.redact or (lambda text: text)
        self._share = share
        self._n_kept = 0

    def keep_display(self, data: dict[str, str]) -> tuple[dict[str, str], tuple[Artifact, ...], tuple[str, ...]]:
        """A display's small texts, its files, and why the others are neither."""
        inline: dict[str, str] = {}
        kept: list[Artifact] = []
        left_out: list[str] = []
        for mime, content in data.items():
            if mime in _INLINE:
                inline[mime] = content[:_INLINE_CHARS] if mime == "text/plain" else content
                continue
            match self.keep(mime, content):
                case Artifact() as artifact:
                    kept.append(artifact)
                case str(reason):
                    left_out.append(reason)
        return inline, tuple(kept), tuple(left_out)

    def keep(self, mime: str, content: str | bytes) -> Artifact | str:
        """Store one file; `content` of a binary type that is text is base64. Or why it is not stored."""
        kind = _KINDS.get(mime) or (_Kind(".json", _is_json, is_text=True) if _CHARTS.fullmatch(mime) else None)
        if kind is None:
            return f"{mime[:80]} is of a type that is not kept"
        if len(content) > (LARGEST_BYTES if kind.is_text else LARGEST_BYTES * 3 // 2):
            return f"{mime} of more than {LARGEST_BYTES >> 20} MiB"
        data = self._bytes(mime, kind, content)
        if data is None or not kind.is_right(data):
            return f"{mime} whose content is something else, or would run code"
        if len(data) > LARGEST_BYTES:
            return f"{mime} of {len(data):,} bytes, more than {LARGEST_BYTES >> 20} MiB"
        return self._write(mime, kind, data)

    def _bytes(self, mime: str, kind: _Kind, content: str | bytes) -> bytes | None:
        if kind.is_text:
            text = content if isinstance(content, str) else content.decode("utf-8", "replace")
            text = self._redact(text)
            return ((_PAGE if mime == "text/html" else "") + text).encode("utf-8", "backslashreplace")
        if isinstance(content, bytes):
            return content
        try:
            return base64.b64decode(content, validate=False)
        except (binascii.Error, ValueError):
            return None

    def _write(self, mime: str, kind: _Kind, data: bytes) -> Artifact | str:
        path = self._folder / (hashlib.sha256(data).hexdigest()[:_NAME_CHARS] + kind.suffix)
        try:
            if path.exists():
                return Artifact(str(path), mime, len(data))
            if self._n_kept >= _N_PER_SESSION:
                return f"{mime}: this session has {_N_PER_SESSION} files already"
            if not self._share.take(len(data), whole=True):
                return f"{mime} of {len(data):,} bytes: this session's share of the disk is used up"
            _store(path, data)
        except OSError as error:
            return f"{mime} cannot be stored: {error.strerror or error}"
        self._n_kept += 1
        return Artifact(str(path), mime, len(data))


def _store(path: Path, data: bytes) -> None:
    """The whole file or none."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except BaseException:  # also an interrupt: no half a file stays
        Path(name).unlink(missing_ok=True)
        raise
