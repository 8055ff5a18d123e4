"""Frames of the broker's socket, checked before they are parsed: what the sandbox sends may be hostile."""

from __future__ import annotations

import asyncio
import json
import math
import re
import struct
from itertools import accumulate
from typing import Any

from sandbox.json_pieces import encode

LIMIT_BYTES = 64 << 20
_DEPTH = 64
_FEW_VALUES = 100_000
# Possessive: the matcher must not remember each byte of a string of 64 MB. Up to the end where nothing closes it: else
# each quote in such a string would be tried as the start of another one.
_STRING = re.compile(rb'(?s)"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)')
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


class BadFrame(Exception):
    """A frame that is too large, too deep, or no JSON object."""


async def read_size(reader: asyncio.StreamReader) -> int:
    """The length of the next request, whose bytes follow.

    Raises:
        BadFrame: it is too large; the connection cannot be used any more.
        asyncio.IncompleteReadError: the other side closed the connection.
    """
    (size,) = struct.unpack(">I", await reader.readexactly(4))
    if size > LIMIT_BYTES:
        raise BadFrame(f"a request of {size} bytes; the limit is {LIMIT_BYTES}")
    return int(size)


async def skip(reader: asyncio.StreamReader, size: int) -> None:
    """Pass over a request without keeping it."""
    while size > 0:
        piece = await reader.read(min(size, 1 << 16))
        if not piece:
            raise asyncio.IncompleteReadError(piece, size)
        size -= len(piece)


def parse(payload: bytes) -> dict[str, Any]:
    """The JSON object of a request; its depth is capped before the parser sees it."""
    if too_deep(payload):
        raise BadFrame(f"a request nested deeper than {_DEPTH} levels")
    try:
        value = json.loads(payload, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise BadFrame("a request that is not JSON") from error
    if not isinstance(value, dict):
        raise BadFrame("a request that is not a JSON object")
    return value


def _refuse(text: str) -> None:
    """Python's parser takes NaN and Infinity, which are no JSON: a tool's own checks would let them through."""
    raise ValueError(text)


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(text)
    return value


def too_deep(payload: bytes) -> bool:
    """Whether JSON text is nested deeper than the cap. Linear in its size; may also say so of broken JSON."""
    if payload.count(b"[") + payload.count(b"{") <= _DEPTH:
        return False
    brackets = _STRING.sub(b"", payload).translate(None, _NOT_BRACKETS)
    return any(depth > _DEPTH for depth in accumulate(map(_STEPS.__getitem__, brackets)))


def n_values(payload: bytes) -> int:
    """About how many values JSON text holds; at most one is counted for a string, however long."""
    n = payload.count(b",") + payload.count(b"[") + payload.count(b"{")
    if n <= _FEW_VALUES:
        return n
    outside = _STRING.sub(b"", payload)
    return outside.count(b",") + outside.count(b"[") + outside.count(b"{")


def frame(message: dict[str, Any]) -> bytes:
    """A reply as it goes over the socket.

    Raises:
        TypeError, ValueError: the message holds what JSON cannot.
        BadFrame: it is too large.
    """
    payload = encode(message)
    if len(payload) > LIMIT_BYTES:
        raise BadFrame(f"a result of {len(payload)} bytes; the limit is {LIMIT_BYTES}")
    return struct.pack(">I", len(payload)) + payload
