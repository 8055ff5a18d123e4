"""No control sequence survives, whatever comes; text that people write does."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.plain import PlainStream, plain, plain_json, plain_line, plain_value

ESC = "\x1b"
TRICKS = [ESC, "\x9b", "\x9d", "\x90", "\x07", "\x9c", "[31m", "]8;;http://x", "\r", "\n", "\u202e", "\u200d"]
TRICKS.extend(["\u200b", "\ufe0f", "👩", "🏽", "क", "م", "\ud800", "\u2028", "\x85", "a"])
HOSTILE = st.lists(
    st.one_of(
        st.text(),
        st.text(alphabet=st.characters(min_codepoint=0, max_codepoint=0xA0)),
        st.sampled_from(TRICKS),
    ),
    max_size=30,
).map("".join)


def is_harmless(text: str) -> bool:
    return all(c in "\n\t" or (c >= " " and not "\x7f" <= c <= "\x9f") for c in text)


@given(HOSTILE)
def test_nothing_but_newline_tab_and_printable_is_left(text: str) -> None:
    cleaned = plain(text)
    assert is_harmless(cleaned)
    assert not any("\u202a" <= c <= "\u202e" or "\u2066" <= c <= "\u2069" for c in cleaned)
    cleaned.encode("utf-8")


@given(HOSTILE)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert plain(plain(text)) == plain(text)


@given(st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_ascii_is_left_alone(text: str) -> None:
    assert plain(text) == text


@given(st.lists(HOSTILE, max_size=8))
def test_a_stream_in_pieces_is_as_harmless_as_the_whole(pieces: list[str]) -> None:
    stream = PlainStream()
    shown = "".join(stream.feed(piece) for piece in pieces) + stream.flush()
    assert is_harmless(shown)


@given(st.text(alphabet=f"ab\r\n\x07{ESC}[]m0;\x9b\x9c", max_size=40), st.integers(0, 40))
def test_where_a_stream_is_split_does_not_matter(text: str, at: int) -> None:
    stream = PlainStream()
    assert stream.feed(text[:at]) + stream.feed(text[at:]) + stream.flush() == plain(text)


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        (f"{ESC}[31mred{ESC}[0m", "red"),
        ("\x9b31mred\x9b0m", "red"),
        (f"{ESC}[2J{ESC}[H{ESC}[?1049hgone", "gone"),
        (f"{ESC}[>4;2mkeys", "keys"),
        (f"{ESC}]0;title\x07text", "text"),
        (f"{ESC}]52;c;c2VjcmV0{ESC}\\clipboard", "clipboard"),
        (f"{ESC}]8;;http://evil.example{ESC}\\link{ESC}]8;;{ESC}\\", "link"),
        ("\x9d0;title\x9ctext", "text"),
        (f"{ESC}P1$r0m{ESC}\\dcs", "dcs"),
        (f"{ESC}_Gf=100;AAAA{ESC}\\apc", "apc"),
        (f"{ESC}^pm{ESC}\\{ESC}Xsos{ESC}\\rest", "rest"),
        (f"{ESC}c{ESC}(0{ESC}7{ESC}8{ESC}=reset", "reset"),
        (f"{ESC}]0;never ended\nnext line", "0;never ended\nnext line"),
        (f"{ESC}[31\x07mbroken", "31mbroken"),
        (f"ab{ESC}", "ab"),
        ("safe\rrm -rf", "safe\nrm -rf"),
        ("a\r\nb\r\n", "a\nb\n"),
        ("a\x08\x08b\x07\x00\x0b\x7f", "ab"),
        ("\u202egnp.exe", "<U+202E>gnp.exe"),
        ("pay\u200bpal \ufeff", "pay<U+200B>pal <U+FEFF>"),
        ("a\U000e0041\ufe0e", "a<U+E0041><U+FE0E>"),
        ("half \ud800", "half \ufffd"),
    ],
)
def test_known_tricks(dirty: str, clean: str) -> None:
    assert plain(dirty) == clean


@pytest.mark.parametrize(
    "text", ["👩‍👩‍👧", "❤️", "👩🏽‍🚀", "1️⃣", "می‌خواهم", "क्‍ष", "naïve Amélie 千と千尋", "→ ✓ …", "a\tb\n"]
)
def test_what_people_write_stays(text: str) -> None:
    assert plain(text) == text


def test_one_line() -> None:
    assert plain_line("a\n\tb  c\x1b[1m d") == "a b c d"
    assert plain_line("x" * 50, 10) == "x" * 9 + "…"


@given(HOSTILE)
def test_json_is_exact_and_ascii(text: str) -> None:
    line = plain_json({"answer": text})
    assert line.isascii() and line.isprintable()
    assert json.loads(line)["answer"] == text


def test_an_argument_cannot_fake_a_second_line() -> None:
    shown = plain_value({"name": "x\nApprove? y", "n": 1})
    assert "\n" not in shown and "\\n" in shown
