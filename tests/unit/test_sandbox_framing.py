"""Frames of the broker's socket: depth and size are known before anything is parsed."""

from __future__ import annotations

import asyncio
import json
import struct
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.broker import encode_reply
from sandbox.framing import LIMIT_BYTES, BadFrame, frame, parse, read_size, too_deep
from sandbox.kernel import ToolFailure, ToolValue

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=40,
)


def depth(value: Any) -> int:
    match value:
        case dict():
            return 1 + max(map(depth, value.values()), default=0)
        case list():
            return 1 + max(map(depth, value), default=0)
        case _:
            return 0


@given(JSON, st.integers(0, 70))
def test_the_depth_is_found_whatever_the_strings_hold(value: Any, n_around: int) -> None:
    for _ in range(n_around):
        value = [value, '"]}\\"[[[{{{']
    assert too_deep(json.dumps(value).encode()) == (depth(value) > 64)
    assert too_deep(json.dumps(value, ensure_ascii=False, indent=1).encode()) == (depth(value) > 64)


@pytest.mark.parametrize(
    "hostile",
    [
        b"[" * (32 << 20),
        b"[]" * (16 << 20),
        b'"' * (32 << 20),
        b'"' + b"\\\\" * (16 << 20),
        b"{}[" * (8 << 20),
        (b"[" * 64 + b"]" * 64) * (1 << 18),
        b"[" * 64 + b'"' + b'\\"' * (16 << 20),
    ],
)
def test_hostile_megabytes_are_refused_in_little_time(hostile: bytes) -> None:
    started = time.process_time()
    with pytest.raises(BadFrame):
        parse(hostile)
    assert time.process_time() - started < 10


def test_a_long_text_is_no_problem() -> None:
    payload = json.dumps({"text": '[\\"' * 2_000_000, "more": [[1]] * 1000}).encode()
    assert len(parse(payload)["text"]) == 6_000_000


@pytest.mark.parametrize("payload", [b"", b"[1]", b"1", b"{", b"\xff", b'{"a": 1} x', b"null"])
def test_what_is_no_object_is_refused(payload: bytes) -> None:
    with pytest.raises(BadFrame):
        parse(payload)


async def test_a_size_above_the_limit_is_refused_before_it_is_read() -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(struct.pack(">I", LIMIT_BYTES + 1))
    with pytest.raises(BadFrame, match="limit"):
        await read_size(reader)


async def test_a_frame_survives_the_way() -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(frame({"value": ["é\u2028", 1.5, None]}))
    assert parse(await reader.readexactly(await read_size(reader))) == {"value": ["é\u2028", 1.5, None]}


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (ToolValue({"a": [1]}), {"value": {"a": [1]}}),
        (ToolValue("\ud800"), {"value": "\ud800"}),
        (ToolFailure("LookupError", "no"), {"kind": "LookupError", "message": "no"}),
    ],
)
def test_replies(reply: Any, expected: dict[str, Any]) -> None:
    assert json.loads(encode_reply(reply)[4:]) == expected


@pytest.mark.parametrize(
    ("value", "kind"), [(object(), "ResultNotJson"), (b"x", "ResultNotJson"), ("x" * LIMIT_BYTES, "ResultTooLarge")]
)
def test_a_value_that_cannot_be_sent_becomes_a_failure_that_says_why(value: Any, kind: str) -> None:
    reply = json.loads(encode_reply(ToolValue(value))[4:])
    assert reply["kind"] == kind and reply["message"]
