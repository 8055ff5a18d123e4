"""Context windows: servers' words, the size to ask for, and silent cuts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import ContextTooSmall
from agent.models.base import Message
from agent.models.context_window import REPLY_TOKENS, check_not_cut, is_context_error, surely_longer, window_for
from agent.models.token_estimate import estimate_prompt_tokens, estimate_tokens


@pytest.mark.parametrize(
    "text",
    [
        '{"error": {"code": "context_length_exceeded", "message": "..."}}',
        "This model's maximum context length is 16384 tokens. However, you requested 122946 tokens.",
        '{"error": {"code": 500, "type": "exceed_context_size_error", "n_prompt_tokens": 1407, "n_ctx": 256}}',
        "the request exceeds the available context size. try increasing the context size or enable context shift",
        "Requested tokens (2285) exceed context window of 2048",
        "The prompt (total length 25938) is too long to fit into the model (context length 4096).",
        "the input length exceeds the context length",
        "The decoder prompt (length 9000) is longer than the maximum model length of 4096.",
        "prompt is too long: 210000 tokens > 200000 maximum",
    ],
)
def test_servers_words_for_a_full_window(text: str) -> None:
    assert is_context_error(text)


@pytest.mark.parametrize(
    "text",
    [
        "Incorrect API key provided",
        "The model `gpt-5` does not exist",
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        "Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000.",
    ],
)
def test_other_errors_are_not_taken_for_it(text: str) -> None:
    assert not is_context_error(text)


@given(st.integers(0, 200_000), st.one_of(st.none(), st.integers(1, 50_000)), st.integers(0, 100_000))
def test_the_window_holds_prompt_and_reply_and_is_a_power_of_two(n: int, max_tokens: int | None, floor: int) -> None:
    window = window_for(n, max_tokens, at_least=floor)
    assert window >= n + (max_tokens or REPLY_TOKENS)
    assert window >= floor
    assert window & (window - 1) == 0


def test_never_more_than_the_model_has() -> None:
    assert window_for(100_000, None, at_most=32768) == 32768


@pytest.mark.parametrize(
    ("estimated", "reported", "cut"),
    [
        (4308, 2050, True),  # what Ollama leaves of a prompt beyond its default window
        (8500, 4096, True),
        (4308, 3300, False),  # text with long words: fewer tokens than estimated
        (4308, 6000, False),
        (4308, 0, False),  # nothing reported: older Ollama with a cached prompt
        (900, 100, False),  # too short to judge
    ],
)
def test_a_silent_cut(estimated: int, reported: int, cut: bool) -> None:
    assert surely_longer(estimated, reported) or not cut
    if cut:
        with pytest.raises(ContextTooSmall, match=f"{reported:,}"):
            check_not_cut(estimated, reported)
    else:
        check_not_cut(estimated, reported)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("", 0, 0),
        ("a", 1, 1),
        ("The quick brown fox jumps over the lazy dog. " * 100, 900, 1200),
        ("-" * 4000, 50, 500),  # rules are a handful of tokens
        ("映画は何本ありますか" * 100, 700, 1300),
    ],
)
def test_estimates_are_near(text: str, low: int, high: int) -> None:
    assert low <= estimate_tokens(text) <= high


def test_messages_cost_a_little_each() -> None:
    assert estimate_prompt_tokens([Message("user", "abcd")] * 3) == 15
