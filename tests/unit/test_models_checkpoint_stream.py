"""Text pieces of a byte-level tokenizer: whole characters, and nothing lost."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from agent.models.checkpoint_stream import TextPieces


def decode(ids: Sequence[int]) -> str:
    return bytes(ids).decode("utf-8", "replace")


@given(st.text())
def test_pieces_join_to_the_text_and_no_character_is_torn(text: str) -> None:
    pieces = TextPieces(decode)
    shown = [pieces.feed(byte) for byte in text.encode()] + [pieces.flush()]
    assert "".join(shown) == text
    assert "\ufffd" in text or not any("\ufffd" in piece for piece in shown)


def test_broken_bytes_do_not_stop_the_stream() -> None:
    pieces = TextPieces(decode)
    shown = [pieces.feed(0xFF) for _ in range(20)]
    assert any(shown)
    assert "".join([*shown, pieces.flush()]) == "\ufffd" * 20
