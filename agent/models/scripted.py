"""A model that replies from a script: for tests, demos and whoever builds on the loop; part of the package."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import assert_never

from agent.errors import ContextTooSmall, ModelBusy, ModelError, ModelRefusedKey, ModelUnknown, ModelUnreachable
from agent.models.base import Delta, Finish, Message, PromptStyle, TextDelta, ThinkingDelta, Usage
from agent.models.script import Answerer, Failure, Reply, ReplyLike, Script
from agent.models.thinking import split_thinking
from agent.models.token_estimate import estimate_prompt_tokens, estimate_tokens


class ScriptedModel:
    """Fulfils `Model` from a `Script`, a list of replies, a function of the messages, or a script file's path.

    `calls` keeps every prompt, so that a test can look at what was asked. `n_open` counts the completions that are
    neither finished nor closed.
    """

    def __init__(
        self,
        script: Script | Sequence[ReplyLike] | Answerer | Path,
        *,
        name: str = "scripted",
        prompt_style: PromptStyle = "full",
        chunk_chars: int = 12,
        chunk_delay_s: float = 0.0,
    ) -> None:
        self.name = name
        self.prompt_style: PromptStyle = prompt_style
        self.calls: list[tuple[Message, ...]] = []
        self.n_open = 0
        self._script = _as_script(script)
        self._chunk_chars = chunk_chars
        self._chunk_delay_s = chunk_delay_s

    async def complete(
        self, messages: Sequence[Message], *, max_tokens: int | None = None, temperature: float = 0.0
    ) -> AsyncIterator[Delta]:
        self.calls.append(tuple(messages))
        self.n_open += 1
        try:
            reply = self._script.reply(messages)
            failure = reply.error or (failure_error(reply.failure) if reply.failure is not None else None)
            tagged_thinking, text = split_thinking(reply.text)
            thinking, finish = reply.thinking + tagged_thinking, reply.finish
            if max_tokens is not None and estimate_tokens(text) > max_tokens:
                text, finish = text[: max_tokens * 4], "length"
            if failure is None or reply.failure in (Failure.CUT, Failure.STALL, Failure.UNFINISHED):
                shown = text if failure is None else text[: len(text) // 2]
                async for delta in self._stream(thinking, shown):
                    yield delta
            if failure is not None:
                raise failure
            yield Finish(finish)
            yield Usage(estimate_prompt_tokens(messages), estimate_tokens(thinking) + estimate_tokens(text))
        finally:
            self.n_open -= 1

    async def aclose(self) -> None:
        """Nothing is held."""

    async def _stream(self, thinking: str, text: str) -> AsyncIterator[Delta]:
        for kind, whole in ((ThinkingDelta, thinking), (TextDelta, text)):
            for start in range(0, len(whole), self._chunk_chars):
                # Even without a delay the loop gets its turn, as it does with a real model.
                await asyncio.sleep(self._chunk_delay_s)
                yield kind(whole[start : start + self._chunk_chars])


def _as_script(script: Script | Sequence[ReplyLike] | Answerer | Path) -> Script:
    if isinstance(script, Script):
        return script
    return Script.load(script) if isinstance(script, Path) else Script(script)


def failure_error(failure: Failure) -> ModelError:
    """The error that an endpoint which fails in this way ends in."""
    match failure:
        case Failure.KEY | Failure.FORBIDDEN:
            return ModelRefusedKey("the scripted model refuses the key")
        case Failure.MODEL:
            return ModelUnknown("the scripted endpoint knows no such model")
        case Failure.BUSY | Failure.BROKEN:
            return ModelBusy("the scripted model is busy")
        case Failure.CONTEXT:
            return ContextTooSmall("the prompt does not fit the scripted model's context window")
        case (
            Failure.HANG
            | Failure.STALL
            | Failure.CUT
            | Failure.UNFINISHED
            | Failure.HTML
            | Failure.GARBAGE
            | Failure.EMPTY
        ):
            return ModelUnreachable(f"the scripted model failed: {failure.value}")
    assert_never(failure)


__all__ = ["Failure", "Reply", "Script", "ScriptedModel", "failure_error"]
