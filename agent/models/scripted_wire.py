"""The bodies that the scripted server sends: OpenAI's chat completions, whole and streamed, and its errors."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agent.models.base import Message
from agent.models.script import Reply
from agent.models.token_estimate import CHARS_PER_TOKEN, estimate_prompt_tokens, estimate_tokens

CHUNK_CHARS = 12
CACHE_BLOCK_TOKENS = 16
WEB_PAGE = "<!DOCTYPE html><html><head><title>Welcome to the proxy</title></head><body>Please log in.</body></html>"


@dataclass(frozen=True)
class Count:
    """What is reported as usage."""

    prompt: int
    completion: int
    cached: int | None = None
    """Of the prompt's; None: the server does not tell."""

    def as_json(self) -> dict[str, Any]:
        told = {} if self.cached is None else {"prompt_tokens_details": {"cached_tokens": self.cached}}
        return {
            "prompt_tokens": self.prompt,
            "completion_tokens": self.completion,
            "total_tokens": self.prompt + self.completion,
            **told,
        }


def count(messages: Sequence[Message], reply: Reply, prompt_limit_tokens: int | None) -> Count:
    prompt = estimate_prompt_tokens(messages)
    if prompt_limit_tokens is not None:
        prompt = min(prompt, prompt_limit_tokens)
    return Count(prompt, estimate_tokens(reply.thinking) + estimate_tokens(reply.text))


def with_cache(count: Count, messages: Sequence[Message], earlier: list[str]) -> Count:
    """The count with what a prefix cache of whole blocks would have of this prompt, which `earlier` then holds too."""
    prompt = "\n".join(f"{m.role}: {m.content}" for m in messages)
    n_shared = max((_n_shared(prompt, other) for other in earlier), default=0)
    earlier.append(prompt)
    n_cached = n_shared // CHARS_PER_TOKEN // CACHE_BLOCK_TOKENS * CACHE_BLOCK_TOKENS
    return replace(count, cached=min(n_cached, count.prompt))


def _n_shared(one: str, two: str) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))


def parse_messages(body: dict[str, Any]) -> list[Message]:
    return [Message(item["role"], item["content"]) for item in body["messages"]]


def whole(model: str, reply: Reply, usage: Count | None) -> dict[str, Any]:
    message = {"role": "assistant", "content": reply.text}
    if reply.thinking:
        message["reasoning_content"] = reply.thinking
    body: dict[str, Any] = {
        **_envelope("chat.completion", model),
        "choices": [{"index": 0, "message": message, "finish_reason": reply.finish}],
    }
    if usage is not None:
        body["usage"] = usage.as_json()
    return body


def streamed(model: str, reply: Reply, usage: Count | None) -> Iterator[dict[str, Any]]:
    """The chunks in order: role, thinking, text, finish, usage."""
    yield _chunk(model, {"role": "assistant", "content": ""})
    for field, text in (("reasoning_content", reply.thinking), ("content", reply.text)):
        for piece in pieces(text):
            yield _chunk(model, {field: piece})
    yield _chunk(model, {}, reply.finish)
    if usage is not None:
        yield {**_envelope("chat.completion.chunk", model), "choices": [], "usage": usage.as_json()}


def pieces(text: str) -> Iterator[str]:
    for start in range(0, len(text), CHUNK_CHARS):
        yield text[start : start + CHUNK_CHARS]


def no_choices(model: str) -> dict[str, Any]:
    return {**_envelope("chat.completion.chunk", model), "choices": []}


def error(message: str, kind: str, code: str | None = None, param: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "code": code, "param": param}}


def event(data: dict[str, Any]) -> bytes:
    """One server-sent event."""
    return b"data: " + json.dumps(data, separators=(",", ":")).encode() + b"\n\n"


def model_list(names: Sequence[str]) -> dict[str, Any]:
    return {"object": "list", "data": [{"id": name, "object": "model", "owned_by": "scripted"} for name in names]}


def _envelope(kind: str, model: str) -> dict[str, Any]:
    return {"id": "chatcmpl-scripted", "object": kind, "created": 0, "model": model}


def _chunk(model: str, delta: dict[str, str], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {**_envelope("chat.completion.chunk", model), "choices": [choice]}
