"""The scripted server as an Ollama: the native API as far as a client needs it, with Ollama's way of cutting prompts.

Modelled on what Ollama does: without `truncate: false` a prompt longer than the window is cut and answered with status
200, and only `prompt_eval_count` shows it; with it, newer versions answer 400. The OpenAI-compatible path takes no
`num_ctx` and always uses the default window.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from agent.models.script import Reply
from agent.models.scripted_wire import count, parse_messages, pieces
from agent.models.token_estimate import estimate_prompt_tokens


@dataclass(frozen=True)
class OllamaBehaviour:
    default_context_tokens: int = 4096
    max_context_tokens: int = 32768
    """Of the model, as its file says."""
    honours_truncate: bool = True
    """Versions before autumn 2025 do not know `truncate: false` and cut silently."""

    def show(self) -> dict[str, Any]:
        info = {"general.architecture": "qwen2", "qwen2.context_length": self.max_context_tokens}
        return {"model_info": info, "parameters": "stop    <|im_end|>", "capabilities": ["completion"]}

    def window_tokens(self, body: dict[str, Any]) -> int:
        asked = (body.get("options") or {}).get("num_ctx", self.default_context_tokens)
        return min(int(asked), self.max_context_tokens)

    def refusal(self, body: dict[str, Any]) -> str | None:
        """The error of a version that honours `truncate: false`, when the prompt does not fit."""
        n_prompt = estimate_prompt_tokens(parse_messages(body))
        if body.get("truncate") is False and self.honours_truncate and n_prompt > self.window_tokens(body):
            return "the input length exceeds the context length"
        return None


def answer_get(path: str, models: Sequence[str]) -> dict[str, Any] | None:
    match path:
        case "/api/version":
            return {"version": "0.12.6"}
        case "/api/tags":
            return {"models": [{"name": name, "model": name, "size": 1_000_000} for name in models]}
        case "/api/ps":
            return {"models": []}
    return None


def streamed(body: dict[str, Any], reply: Reply, ollama: OllamaBehaviour) -> Iterator[bytes]:
    """Lines of JSON: thinking, text, and a last one with the counts."""
    model = body["model"]
    for field, text in (("thinking", reply.thinking), ("content", reply.text)):
        for piece in pieces(text):
            yield _line(model, {"role": "assistant", "content": "", field: piece}, done=False)
    n_window = ollama.window_tokens(body)
    n_prompt = estimate_prompt_tokens(parse_messages(body))
    # A prompt that is too long is cut to half of the window, to leave room for the answer.
    usage = count(parse_messages(body), reply, n_window // 2 + 2 if n_prompt > n_window else None)
    counts = {"done_reason": reply.finish, "prompt_eval_count": usage.prompt, "eval_count": usage.completion}
    yield _line(model, {"role": "assistant", "content": ""}, done=True, **counts)


def _line(model: str, message: dict[str, str], *, done: bool, **more: object) -> bytes:
    return json.dumps({"model": model, "message": message, "done": done, **more}).encode() + b"\n"
