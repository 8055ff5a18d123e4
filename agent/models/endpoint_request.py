"""The body of a chat completion request, less what this server turned out to refuse."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agent.models.base import Message
from agent.models.context_window import is_context_error

_REFUSES = re.compile(
    r"unsupported|not support|not permitted|extra_forbidden|unknown|unrecognized|unexpected|invalid"
    r"|deprecated|only the default|not allowed|cannot be|too large|at most",
    re.IGNORECASE,
)


@dataclass
class Quirks:
    """What to leave out for this model: reasoning models take no `temperature` and another name for `max_tokens`,
    some servers no `stream_options`. Learned from the first refusal, kept as long as the model is used."""

    temperature: bool = True
    max_tokens_as: str | None = "max_tokens"
    stream_options: bool = True

    def request(
        self, model: str, messages: Sequence[Message], max_tokens: int | None, temperature: float
    ) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": model,
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "stream": True,
        }
        if self.temperature:
            body["temperature"] = temperature
        if max_tokens is not None and self.max_tokens_as is not None:
            body[self.max_tokens_as] = max_tokens
        if self.stream_options:
            body["stream_options"] = {"include_usage": True}
        return body

    def learn(self, status: int, error_body: str, request: dict[str, Any]) -> bool:
        """Whether a refused request is worth sending again without the parameter that was refused."""
        if status not in (400, 404, 415, 422, 501) or is_context_error(error_body) or not _REFUSES.search(error_body):
            return False
        if self.stream_options and "stream_options" in request and "stream_options" in error_body:
            self.stream_options = False
            return True
        sent = self.max_tokens_as if self.max_tokens_as in request else None
        if sent == "max_tokens" and re.search(r"max_tokens|max_completion_tokens", error_body):
            too_large = re.search(r"too large|at most|less than", error_body)
            self.max_tokens_as = None if too_large else "max_completion_tokens"
            return True
        if sent == "max_completion_tokens" and "max_completion_tokens" in error_body:
            self.max_tokens_as = None
            return True
        if self.temperature and "temperature" in request and "temperature" in error_body:
            self.temperature = False
            return True
        return False
