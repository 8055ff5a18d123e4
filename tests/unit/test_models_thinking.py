"""The splitter keeps reasoning apart whatever the chunks."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.models.base import TextDelta, ThinkingDelta
from agent.models.thinking import Lead, ThinkSplitter, split_thinking

PIECES = ("<think>", "</think>", "<thinking>", "</thinking>", "<", "</", "think", ">", " ", "\n", "a", "x < y", "```")
texts = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


def run(chunks: list[str], lead: Lead) -> tuple[list[tuple[str, str]], bool]:
    """Runs of equal kind joined: `[("text" | "thinking", ...)]`."""
    splitter = ThinkSplitter(lead)
    deltas = [delta for chunk in chunks for delta in splitter.feed(chunk)] + splitter.flush()
    joined: list[tuple[str, str]] = []
    for delta in deltas:
        kind = "thinking" if isinstance(delta, ThinkingDelta) else "text"
        if joined and joined[-1][0] == kind:
            joined[-1] = (kind, joined[-1][1] + delta.text)
        else:
            joined.append((kind, delta.text))
    return joined, splitter.unopened_close


@given(text=texts, cuts=st.lists(st.integers(0, 60)), lead=st.sampled_from(Lead))
def test_any_chunking_gives_the_same_result(text: str, cuts: list[int], lead: Lead) -> None:
    bounds = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    chunks = [text[start:end] for start, end in pairwise(bounds)]
    assert "".join(chunks) == text
    assert run(chunks, lead) == run([text], lead) == run(list(text), lead)


@given(text=texts, lead=st.sampled_from(Lead))
def test_nothing_but_tags_is_lost(text: str, lead: Lead) -> None:
    kept = "".join(piece for _, piece in run([text], lead)[0])
    for char in "axy` \n":  # characters that no tag contains
        assert kept.count(char) == text.count(char)


@given(thought=st.text("abc \n<", max_size=20), answer=st.text("xyz \n>", max_size=20))
def test_a_block_is_thinking_and_the_rest_text(thought: str, answer: str) -> None:
    for name in ("think", "thinking"):
        assert split_thinking(f"<{name}>{thought}</{name}>{answer}") == (thought, answer)


@pytest.mark.parametrize(
    ("text", "thinking", "answer"),
    [
        ("just text", "", "just text"),
        ("bare thought</think>answer", "bare thought", "answer"),
        ("</think>answer", "", "answer"),
        ("before<think>t</think>after", "t", "beforeafter"),
        ("<think>never closed", "never closed", ""),
        ("<think>a</think>1<think>b</think>2", "ab", "12"),
        ("<think>a<think>b</think>c", "a<think>b", "c"),
        ("<think>a</think>b</think>c", "a", "b</think>c"),
        ("a < b and <thin", "", "a < b and <thin"),
        ("", "", ""),
    ],
)
def test_the_cases_servers_send(text: str, thinking: str, answer: str) -> None:
    assert split_thinking(text) == (thinking, answer)


def test_text_streams_at_once_when_the_lead_is_known() -> None:
    assert ThinkSplitter(Lead.TEXT).feed("hello") == [TextDelta("hello")]
    assert ThinkSplitter(Lead.THINKING).feed("hello") == [ThinkingDelta("hello")]
    assert ThinkSplitter(Lead.UNKNOWN).feed("hello") == []


def test_a_late_unopened_close_is_reported() -> None:
    splitter = ThinkSplitter(Lead.TEXT)
    assert splitter.feed("oh</think>answer") == [TextDelta("oh"), TextDelta("answer")]
    assert splitter.unopened_close
    assert run(["\n </think>answer"], Lead.TEXT) == ([("thinking", "\n "), ("text", "answer")], True)
