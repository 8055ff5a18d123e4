"""Pictures in the terminal. They come from the sandbox: checked before they are decoded, reduced before they are kept.

Decoding happens in a thread, under limits on bytes and pixels, by the decoders of four formats only. SVG and HTML are
never rendered: they are files with a path.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import io
import os
import stat
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from textual.containers import Vertical

from agent.events import CellDisplayed
from tui.chat.transcript import graphics
from tui.chat.transcript.blocks import Line
from tui.plain import plain_line

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}
LIMIT_BYTES = 16 << 20
LIMIT_PIXELS = 16_000_000
_KEPT_PIXELS = (1_600, 1_000)


class NotShown(ValueError):
    """A picture that is not decoded; the message says why."""


@dataclass(frozen=True)
class PictureSource:
    """Where the bytes are: `path` of a file of the session, or `encoded` as base64."""

    mime: str
    path: Path | None = None
    encoded: str = ""


def picture_of(event: CellDisplayed) -> PictureSource | None:
    """The first picture of a display that a terminal can show."""
    for artifact in event.artifacts:
        if (mime := str(artifact.get("mime"))) in FORMATS and artifact.get("path"):
            return PictureSource(mime, Path(str(artifact["path"])))
    for mime in FORMATS:
        if encoded := event.data.get(mime):
            return PictureSource(mime, encoded=encoded)
    return None


def load(source: PictureSource) -> Image:
    """The picture, reduced to what a screen can show.

    Raises:
        NotShown: it is too large, damaged, or not what it says.
    """
    from PIL import Image, UnidentifiedImageError

    data = _bytes_of(source)
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(data), formats=[FORMATS[source.mime]]) as opened:
            warnings.simplefilter("error")  # Pillow warns of a bomb before it refuses one
            width, height = opened.size
            if width * height > LIMIT_PIXELS:
                raise NotShown(f"{width:,} x {height:,} pixels are more than are decoded")
            opened.draft("RGB", _KEPT_PIXELS)
            opened.load()
            reduced = opened.convert("RGBA")
            reduced.thumbnail(_KEPT_PIXELS)
            ground = Image.new("RGBA", reduced.size, "white")
            ground.alpha_composite(reduced)
            return ground.convert("RGB")
    except NotShown:
        raise
    except (OSError, ValueError, SyntaxError, MemoryError, UnidentifiedImageError, Warning) as error:
        raise NotShown(f"not a picture that can be read: {error}") from error
    except Image.DecompressionBombError as error:
        raise NotShown("more pixels than are decoded") from error


def _bytes_of(source: PictureSource) -> bytes:
    if source.path is None:
        if len(source.encoded) > LIMIT_BYTES * 4 // 3:
            raise NotShown(f"more than {LIMIT_BYTES >> 20} MB")
        try:
            return base64.b64decode(source.encoded, validate=False)
        except (binascii.Error, ValueError) as error:
            raise NotShown("not base64") from error
    try:
        descriptor = os.open(source.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise NotShown("not a file")
            data = file.read(LIMIT_BYTES + 1)
    except NotShown:
        raise
    except OSError as error:
        raise NotShown(error.strerror or str(error)) from error
    except ValueError as error:  # a path that none can be
        raise NotShown(str(error)) from error
    if len(data) > LIMIT_BYTES:
        raise NotShown(f"more than {LIMIT_BYTES >> 20} MB")
    return data


class PictureBlock(Vertical):
    """Empty until the picture is decoded; a line where it cannot be shown."""

    def __init__(self, source: PictureSource) -> None:
        super().__init__(classes="picture")
        self._source = source

    def on_mount(self) -> None:
        if graphics.is_off():
            self._say("shown as a file only")
        else:
            self.run_worker(self._show(), exit_on_error=True)

    async def _show(self) -> None:
        try:
            image = await asyncio.to_thread(load, self._source)
        except NotShown as why:
            self._say(plain_line(str(why), 200))
            return
        await self.mount(await graphics.widget(image, self.app.size.width))

    def _say(self, why: str) -> None:
        self.mount(Line(f"[picture: {why}]", "note"))
