"""Counting tokens roughly, where no tokenizer is at hand.

About four characters of English or code make a token; of Chinese, Japanese or Korean nearly each character is one.
A run of one repeated character (rules of dashes, indentation) is counted once per sixteen, since tokenizers merge it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.models.base import Message

CHARS_PER_TOKEN = 4
TOKENS_PER_MESSAGE = 4
"""What a chat template adds around each message, about."""

_RUN = re.compile(r"(.)\1{15,}", re.DOTALL)
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def estimate_tokens(text: str) -> int:
    """At least 1 for any text but the empty one."""
    if not text:
        return 0
    n_run_chars = n_run_tokens = 0
    for run in _RUN.finditer(text):
        n_run_chars += len(run.group())
        n_run_tokens += len(run.group()) // 16
    n_wide = len(_WIDE.findall(text))
    n_other = max(0, len(text) - n_run_chars - n_wide)
    return max(1, n_run_tokens + n_wide + -(-n_other // CHARS_PER_TOKEN))


def estimate_prompt_tokens(messages: Sequence[Message]) -> int:
    return sum(estimate_tokens(message.content) + TOKENS_PER_MESSAGE for message in messages)
