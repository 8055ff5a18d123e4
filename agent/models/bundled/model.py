"""`BundledModel`: the `Model` that ships with the package and answers questions about the bundled catalogue only."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from agent.errors import ContextTooSmall, ModelError, ModelFilesError
from agent.models.base import Delta, Finish, Message, PromptStyle, TextDelta, Usage

if TYPE_CHECKING:
    from agent.models.bundled.decoding import Decoder, Prompt, Token

WEIGHTS = Path(__file__).parent / "weights"
ROOM = 900
"""Tokens kept free for the question and all stages."""
LEAST_ROUTE = 0.70
LEAST_SCAFFOLD = 0.30
LEAST_ROUTE_IF_SURE = 0.02
SURE_SCAFFOLD = 0.90
"""Least probabilities of `code` and of the least certain scaffold token; below them a question is called beyond the
model. A scaffold that is sure in every token makes up for a route that is not ("who is in tomboy?"). Chosen on
generated and hand-written questions that are not reported (see the model card)."""
_BURST = 12


class BundledModel:
    """Runs in the process on NumPy; each prompt pays only for what the one before it did not have."""

    name = "bundled"
    prompt_style: PromptStyle = "compact"

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._lock = asyncio.Lock()
        self._ahead: dict[str, list[Token]] = {}

    @classmethod
    def load(cls, weights: Path = WEIGHTS) -> BundledModel:
        """Read tokenizer and weights (about 0.2 s).

        Raises:
            ModelFilesError: a file is missing or damaged.
        """
        # One token is a chain of small products: more threads only wait for each other.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        from agent.models.bundled.decoding import Decoder
        from agent.models.bundled.forward import Network
        from agent.prompts.compact_tokens import CompactTokenizer

        try:
            return cls(Decoder(Network(weights / "model.safetensors"), CompactTokenizer(weights / "tokenizer.json")))
        except Exception as error:  # safetensors and tokenizers raise exceptions of their own kinds
            raise ModelFilesError(
                f"the bundled model's files cannot be read: {error}",
                "reinstall the package or run `make bundled-model`",
            ) from error

    async def complete(
        self, messages: Sequence[Message], *, max_tokens: int | None = None, temperature: float = 0.0
    ) -> AsyncIterator[Delta]:
        """Write one section of a compact document; always greedy, whatever the temperature."""
        prompt = self._prompt(messages[-1].content)
        if prompt.tag == "review" and (text := self._mended(prompt)) is not None:
            yield TextDelta(text)
            yield Finish("stop")
            yield Usage(len(prompt.ids), 0)
            return
        async with self._lock:
            tokens: list[Token] = []
            written_ahead = prompt.text in self._ahead
            n_cached = len(prompt.ids) if written_ahead else self._decoder.n_cached(prompt)
            source = await asyncio.to_thread(self._tokens, prompt, max_tokens or ROOM)
            # In bursts, so that closing the iterator stops the work soon.
            while burst := await asyncio.to_thread(_take, source, _BURST):
                tokens += burst
        yield TextDelta(self._text(tokens, prompt))
        ended = bool(tokens) and tokens[-1].id < _first_pointer()
        yield Finish("stop" if ended else "length")
        yield Usage(len(prompt.ids), len(tokens), cached_tokens=n_cached)

    def _text(self, tokens: list[Token], prompt: Prompt) -> str:
        """A route that says `code` goes on with the scaffold that was looked ahead at: one call for both."""
        from agent.prompts.compact_tokens import tag_id

        text = self._decoder.tokenizer.text
        ids = [t.id for t in tokens]
        if prompt.tag != "route" or tag_id("scaffold") not in ids:
            return text(ids, prompt.words)
        at = ids.index(tag_id("scaffold"))
        return f"{text(ids[:at], prompt.words).rstrip()}\n<scaffold>\n{text(ids[at + 1 :], prompt.words)}"

    @staticmethod
    def _mended(prompt: Prompt) -> str | None:
        from agent.models.bundled.second_look import mended

        return mended(prompt.text)

    async def aclose(self) -> None:
        """Nothing is held open."""

    def _prompt(self, text: str) -> Prompt:
        from agent.models.bundled.decoding import read_prompt

        try:
            prompt = read_prompt(self._decoder.tokenizer, text)
        except ValueError as error:
            raise ModelError(f"the bundled model reads its own prompts only: {error}") from None
        if len(prompt.ids) + (ROOM if prompt.tag == "route" else 0) > self._decoder.network.n_positions:
            raise ContextTooSmall(
                f"the bundled model reads {self._decoder.network.n_positions} tokens, and tools and question take"
                f" {len(prompt.ids)}",
                "name fewer tools or configure another model",
            )
        return prompt

    def _tokens(self, prompt: Prompt, max_tokens: int) -> Iterator[Token]:
        if prompt.text in self._ahead:
            return iter(self._ahead.pop(prompt.text))
        if prompt.tag != "route":
            return self._decoder.write(prompt, max_tokens)
        return iter(self._route(prompt))

    def _route(self, prompt: Prompt) -> list[Token]:
        """`code` only where the route and a look ahead at the scaffold are both certain enough."""
        from agent.models.bundled.coverage import leaves_a_number, with_whole_names
        from agent.models.bundled.decoding import Token, read_prompt
        from agent.prompts.compact_pointers import N_POINTERS, question_words
        from agent.prompts.compact_tokens import END, tag_id

        tokenizer = self._decoder.tokenizer
        refusal = [*(Token(i, 1.0) for i in tokenizer.plain("beyond")), Token(END, 1.0)]
        question = prompt.text.rpartition("<route>")[0].rpartition("<question>\n")[2]
        if len(question.split()) > N_POINTERS:
            return refusal
        first = next(self._decoder.write(prompt, 4))
        code = tokenizer.plain("code")
        chance = first.probability if first.id == code[0] else 1 - first.probability  # there are two routes
        if chance < LEAST_ROUTE_IF_SURE:
            return refusal
        text = f"{prompt.text}code\n<scaffold>\n"
        scaffold = self._decoder.write_best(read_prompt(tokenizer, text), 160)
        if min(t.probability for t in scaffold) < (LEAST_SCAFFOLD if chance >= LEAST_ROUTE else SURE_SCAFFOLD):
            return refusal
        words, ids = question_words(question), [t.id for t in scaffold]
        if leaves_a_number(ids, words, tokenizer.piece):
            return refusal
        whole = with_whole_names(ids, words, tokenizer.piece)
        scaffold = [replace(token, id=i) for token, i in zip(scaffold, whole, strict=True)]
        self._ahead = {text: scaffold}
        return [*(Token(i, 1.0) for i in code), Token(tag_id("scaffold"), 1.0), *scaffold]


def _take(source: Iterator[Token], n: int) -> list[Token]:
    return list(islice(source, n))


def _first_pointer() -> int:
    from agent.prompts.compact_tokens import FIRST_POINTER

    return FIRST_POINTER
