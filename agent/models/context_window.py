"""Whether a prompt fits the context window: what servers say, what to ask of Ollama, how a silent cut shows."""

from __future__ import annotations

import re

from agent.errors import ContextTooSmall

_CONTEXT_ERRORS = [
    r"context_length_exceeded",  # OpenAI's code
    r"exceed_context_size_error",  # llama.cpp's type
    r"maximum context length",  # OpenAI, vLLM
    r"exceeds? (the )?(available )?context (size|length|window)",  # llama.cpp, llama-cpp-python, Ollama
    r"longer than the (maximum )?(model|context) length",  # vLLM, SGLang
    r"too long to fit into the model|max_model_len",  # vLLM
    r"prompt is too long",  # Anthropic's compatible endpoint
    r"context (window|length)[^.]{0,40}(exceeded|too small|is full)",
    r"input (is )?too long|too many (input )?tokens",
    r"tokens to keep from the initial prompt is greater than the context",  # LM Studio
]
_CONTEXT_ERROR = re.compile("|".join(_CONTEXT_ERRORS), re.IGNORECASE)

CERTAIN_SHARE = 0.6
"""A prompt surely has more tokens than this share of the estimate (that is: more than one per 6.7 characters)."""
MIN_CHECKED_TOKENS = 1000
"""Below this the estimate says too little, and no window is that small."""
MIN_WINDOW_TOKENS = 8192
REPLY_TOKENS = 4096
"""Room for the answer and the thinking when the caller sets no limit."""


def is_context_error(text: str) -> bool:
    """Whether a server's error text says that the prompt is too long for the window."""
    return _CONTEXT_ERROR.search(text) is not None


def window_hint(*, ollama: bool = False) -> str:
    if ollama:
        return "Choose a model with a larger context window, or make the question and the tool list shorter."
    return (
        "Start the server with a larger context window (vLLM: --max-model-len, llama.cpp: -c, Ollama: "
        "OLLAMA_CONTEXT_LENGTH), or choose another model."
    )


def window_for(
    estimated_prompt_tokens: int, max_tokens: int | None, *, at_least: int = 0, at_most: int | None = None
) -> int:
    """Tokens of context to ask for: prompt (with a quarter to spare) and reply, as a power of two.

    Powers of two, because Ollama loads the model anew whenever the number changes.
    """
    needed = estimated_prompt_tokens * 5 // 4 + (max_tokens or REPLY_TOKENS)
    window = MIN_WINDOW_TOKENS
    while window < max(needed, at_least):
        window *= 2
    return window if at_most is None else min(window, at_most)


def surely_longer(estimated_tokens: int, window_tokens: int) -> bool:
    """Whether a prompt cannot fit, however wrong the estimate."""
    return estimated_tokens >= MIN_CHECKED_TOKENS and estimated_tokens * CERTAIN_SHARE > window_tokens


def check_not_cut(estimated_tokens: int, reported_tokens: int, *, ollama: bool = False) -> None:
    """Compare what we sent with what the server says it read. 0 reported means that it said nothing.

    Raises:
        ContextTooSmall: far fewer were read, so the server cut the prompt silently.
    """
    if reported_tokens > 0 and surely_longer(estimated_tokens, reported_tokens):
        raise ContextTooSmall(
            f"the server read only {reported_tokens:,} tokens of a prompt of about {estimated_tokens:,}: "
            "its context window is too small and it cut the prompt silently",
            window_hint(ollama=ollama),
        )
