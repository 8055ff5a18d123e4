"""What a server answers as a value: structured content, else text, data in text, and the names of files."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import mimetypes
from pathlib import Path
from typing import Any

from agent.tools.feedback import ResultRefused, ToolReported

_FILE_BYTES = 32 << 20
_ERROR_CHARS = 4000


def value_of(result: Any, *, is_wrapped: bool, folder: Path | None) -> Any:
    """The value of the SDK's `CallToolResult`. Images and other bytes are stored in `folder` and named.

    Raises:
        ToolReported: the server says that the tool failed.
        ResultRefused: bytes that are none, or too many.
    """
    blocks = [_block(block, folder) for block in result.content] if result.structured_content is None else []
    if result.is_error:
        told = [b for b in (blocks or [_block(block, folder) for block in result.content]) if isinstance(b, str)]
        raise ToolReported(("\n".join(told) or "the tool reports an error without words")[:_ERROR_CHARS])
    if result.structured_content is not None:
        value = result.structured_content
        return value["result"] if is_wrapped and isinstance(value, dict) and "result" in value else value
    values = [_data(block) if isinstance(block, str) else block for block in blocks]
    return values[0] if len(values) == 1 else values or None


def _block(block: Any, folder: Path | None) -> Any:
    match block.type:
        case "text":
            return block.text
        case "image" | "audio":
            return _stored(block.data, block.mime_type, folder)
        case "resource":
            resource = block.resource
            if hasattr(resource, "blob"):
                return {"uri": str(resource.uri), **_stored(resource.blob, resource.mime_type, folder)}
            return {"uri": str(resource.uri), "text": resource.text, "mime": resource.mime_type}
        case "resource_link":
            return {"uri": str(block.uri), "name": block.name, "mime": block.mime_type}
        case kind:
            return {"unknown": kind}


def _data(text: str) -> Any:
    """The data where a text is a JSON object or list; else the text."""
    if text[:1] in ("{", "["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text


def _stored(data: str, mime: str | None, folder: Path | None) -> dict[str, Any]:
    try:
        content = base64.b64decode(data, validate=True)
    except (ValueError, binascii.Error) as error:
        raise ResultRefused("the server sent bytes that are no base64") from error
    if len(content) > _FILE_BYTES:
        raise ResultRefused(f"the server sent a file of {len(content):,} bytes, more than {_FILE_BYTES:,}")
    named: dict[str, Any] = {"mime": mime, "n_bytes": len(content), "file": None}
    if folder is not None:
        suffix = mimetypes.guess_extension((mime or "").partition(";")[0].strip()) or ".bin"
        path = folder / f"{hashlib.sha256(content).hexdigest()[:32]}{suffix}"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not path.exists():
                path.write_bytes(content)
        except OSError as error:
            raise ResultRefused(f"the server's file cannot be kept: {error.strerror}") from error
        named["file"] = str(path)
    return named
