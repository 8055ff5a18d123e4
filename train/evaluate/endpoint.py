"""Any OpenAI-compatible endpoint as a predictor, several requests at once, with the client's own retries.

Three ways to ask: `tools` puts the tools into the field of that name and reads `tool_calls`; `chat` sends a template's
whole text as one user's message and reads the answer as that template does; `completions` sends the text as it is to
`/completions` (vLLM, llama.cpp), which is how a model of a family that has no chat format wants it.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from train.errors import EndpointError
from train.evaluate.answers import Answer, Ask
from train.rows import Called, CallsRow, CodeRow, Said
from train.templates import Template, template_named
from train.templates.openai_tools import read_message, request

Wire = Literal["tools", "chat", "completions"]
WIRES: tuple[Wire, ...] = get_args(Wire)
_ODD = re.compile(r"[^a-zA-Z0-9_-]")
_LONGEST_NAME = 64


@dataclass(frozen=True)
class Address:
    """Where the endpoint is. `key`: None where it needs none."""

    model: str
    base_url: str
    key: str | None = None


@dataclass(frozen=True)
class Requests:
    """How it is asked. `n_new`: the most new tokens. `attempts`: of each request, with a growing pause between."""

    wire: Wire = "tools"
    template: str = "tl-codellama"
    concurrency: int = 4
    n_new: int = 512
    timeout_s: float = 120.0
    attempts: int = 4


class EndpointPredictor:
    """Fulfils `Predictor`."""

    def __init__(self, address: Address, requests: Requests | None = None) -> None:
        self.name = address.model
        self._address = address
        self._requests = requests or Requests()
        self._template: Template = template_named(self._requests.template)

    def settings(self) -> Mapping[str, Any]:
        wire = self._requests.wire
        asked = {} if wire == "tools" else {"template": self._requests.template}
        host = urlsplit(self._address.base_url).hostname or ""
        return {"model": self._address.model, "host": host, "wire": wire, "n_new": self._requests.n_new, **asked}

    def answers(self, asks: Sequence[Ask]) -> Iterator[tuple[int, Answer]]:
        """
        Raises:
            EndpointError: refused, unreachable after all attempts, or no API; answers that came before are not lost.
        """
        # A loop of our own, so that Ctrl-C ends the requests that wait instead of waiting with them.
        with asyncio.Runner() as loop:
            stream = self._stream(asks)
            try:
                while (found := loop.run(_next(stream))) is not None:
                    yield found
            finally:
                loop.run(stream.aclose())

    def close(self) -> None:
        """Connections live as long as `answers` runs."""

    async def _stream(self, asks: Sequence[Ask]) -> AsyncGenerator[tuple[int, Answer]]:
        free = asyncio.Semaphore(self._requests.concurrency)

        async def one(index: int, ask: Ask) -> tuple[int, Answer]:
            async with free:
                return index, await self._one(client, ask)

        async with self._client() as client:
            tasks = [asyncio.create_task(one(index, ask)) for index, ask in enumerate(asks)]
            try:
                for done in asyncio.as_completed(tasks):
                    yield await done
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    def _client(self) -> Any:
        import openai

        host = urlsplit(self._address.base_url).hostname or ""
        # Proxies of the environment are for other hosts than this one.
        is_local = host in ("localhost", "::1") or host.startswith("127.")
        return openai.AsyncOpenAI(
            api_key=self._address.key or "none",
            base_url=self._address.base_url,
            max_retries=self._requests.attempts - 1,
            timeout=self._requests.timeout_s,
            http_client=openai.DefaultAsyncHttpxClient(trust_env=False) if is_local else None,
        )

    async def _one(self, client: Any, ask: Ask) -> Answer:
        import openai

        try:
            return await self._asked(client, ask)
        except openai.BadRequestError as error:
            if _is_too_long(str(error)):
                return Answer("", None, end="length")
            raise self._failure(f"refuses a request: {error}", "Look at --wire and the model's name.") from None
        except openai.APIStatusError as error:
            hint = "Check the key (toolcoder keys) and the model's name; a run goes on where it stopped."
            raise self._failure(f"answers {error.status_code}: {error}", hint) from None
        except openai.OpenAIError as error:
            raise self._failure(f"cannot be asked: {error}", "Is it running? A run goes on where it stopped.") from None
        except (json.JSONDecodeError, AttributeError, IndexError, TypeError, KeyError) as error:
            raise self._failure(f"sends no completion: {error}", "Is this address that of an OpenAI API?") from None

    async def _asked(self, client: Any, ask: Ask) -> Answer:
        common: dict[str, Any] = {"model": self._address.model, "temperature": 0}
        if isinstance(ask, CallsRow) and self._requests.wire == "completions":
            common |= {"prompt": self._template.prompt(ask), "stop": list(self._template.stop)[:4]}
            said = await client.completions.create(max_tokens=self._requests.n_new, **common)
            done = said.model_dump(warnings=False)
            choice = done["choices"][0]
            return self._read(str(choice["text"]), done, choice)
        if isinstance(ask, CodeRow):
            messages = [{"role": role, "content": content} for role, content in ask.messages]
            done = await self._chat(client, messages=messages, **common)
            text = str(done["choices"][0]["message"].get("content") or "")
            return Answer(text, (), text, **_numbers(done, done["choices"][0]))
        if self._requests.wire == "chat":
            messages = [{"role": "user", "content": self._template.prompt(ask)}]
            done = await self._chat(client, messages=messages, **common)
            choice = done["choices"][0]
            return self._read(str(choice["message"].get("content") or ""), done, choice)
        renamed, back = with_allowed_names(ask)
        done = await self._chat(client, **request(renamed), **common)
        choice = done["choices"][0]
        turn = read_message(choice["message"])
        if isinstance(turn, Called):
            turn = replace(turn, calls=tuple(replace(call, name=back.get(call.name, call.name)) for call in turn.calls))
        text = json.dumps({key: choice["message"].get(key) for key in ("content", "tool_calls")}, ensure_ascii=False)
        return Answer.of(text, turn, **_numbers(done, choice))

    async def _chat(self, client: Any, **body: Any) -> dict[str, Any]:
        import openai

        try:
            done = await client.chat.completions.create(max_tokens=self._requests.n_new, **body)
        except openai.BadRequestError as error:
            if "max_completion_tokens" not in str(error) and "temperature" not in str(error):
                raise
            # Reasoning models take another name for the limit and no temperature.
            del body["temperature"]
            done = await client.chat.completions.create(max_completion_tokens=self._requests.n_new, **body)
        found: dict[str, Any] = done.model_dump(warnings=False)
        return found

    def _read(self, text: str, done: Mapping[str, Any], choice: Mapping[str, Any]) -> Answer:
        return Answer.of(text, self._template.parse(text), **_numbers(done, choice))

    def _failure(self, what: str, hint: str) -> EndpointError:
        shown = what.replace(self._address.key, "***") if self._address.key else what
        return EndpointError(f"{self._address.model} at {urlsplit(self._address.base_url).netloc} {shown[:600]}", hint)


async def _next(stream: AsyncGenerator[tuple[int, Answer]]) -> tuple[int, Answer] | None:
    return await anext(stream, None)


def with_allowed_names(row: CallsRow) -> tuple[CallsRow, Mapping[str, str]]:
    """The row with names that the interface takes (letters, digits, `_`, `-`, at most 64), and the way back."""
    names: dict[str, str] = {}
    for tool in row.tools:
        plain = _ODD.sub("_", tool.name)[:_LONGEST_NAME] or "tool"
        while plain in names.values():
            plain = f"{plain[: _LONGEST_NAME - 1]}_"
        names[tool.name] = plain
    if all(name == plain for name, plain in names.items()):
        return row, {}
    turns = tuple(_renamed(turn, names) for turn in row.turns)
    tools = tuple(replace(tool, name=names[tool.name]) for tool in row.tools)
    return replace(row, tools=tools, turns=turns), {plain: name for name, plain in names.items()}


def _renamed(turn: Said | Called, names: Mapping[str, str]) -> Said | Called:
    if isinstance(turn, Said):
        return turn
    return replace(turn, calls=tuple(replace(call, name=names.get(call.name, call.name)) for call in turn.calls))


def _numbers(done: Mapping[str, Any], choice: Mapping[str, Any]) -> dict[str, Any]:
    usage = done.get("usage") or {}
    end = str(choice.get("finish_reason") or "stop")
    return {
        "n_prompt": int(usage.get("prompt_tokens") or 0),
        "n_new": int(usage.get("completion_tokens") or 0),
        "end": "length" if end == "length" else "stop",
    }


def _is_too_long(words: str) -> bool:
    return re.search(r"context|too long|maximum.{0,20}tokens|prompt is too", words, re.IGNORECASE) is not None
