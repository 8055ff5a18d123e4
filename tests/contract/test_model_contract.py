"""What every `Model` keeps: the same tests over each implementation. A new one is one line in `MODELS`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from agent.errors import ContextTooSmall, ModelError, ModelFilesError
from agent.models.base import Delta, Finish, Message, Model, TextDelta, Usage
from agent.models.endpoint import EndpointModel
from agent.models.endpoint_pace import EndpointLimits
from agent.models.script import Failure, Reply, Script
from agent.models.scripted import ScriptedModel
from agent.models.scripted_handler import Behaviour
from agent.models.scripted_ollama import OllamaBehaviour
from agent.models.scripted_server import ScriptedServer

ANSWER = "def solve():\n    return 7  # " + "as the tools say, " * 20
LIMITS = EndpointLimits(connect_s=2, first_token_s=10, between_tokens_s=10, base_wait_s=0.01)
PROMPT = [Message("system", "You write programs."), Message("user", "How many films did she direct?")]
CONTEXT = "this prompt does not fit"


@dataclass(frozen=True)
class Case:
    """A model under test, and how it is seen to be idle again after a completion was given up."""

    model: Model
    is_idle: Callable[[], Awaitable[bool]]
    too_long: str = CONTEXT
    """A prompt that does not fit its window."""


def script() -> Script:
    return Script(lambda messages: Reply(failure=Failure.CONTEXT) if CONTEXT in messages[-1].content else ANSWER)


@asynccontextmanager
async def scripted(folder: Path) -> AsyncIterator[Case]:
    model = ScriptedModel(script(), chunk_delay_s=0.002)

    async def is_idle() -> bool:
        return model.n_open == 0

    yield Case(model, is_idle)


@asynccontextmanager
async def over_http(behaviour: Behaviour) -> AsyncIterator[Case]:
    with ScriptedServer(script(), behaviour) as server:
        model = EndpointModel("scripted", server.url, limits=LIMITS)

        async def is_idle() -> bool:
            return await asyncio.to_thread(server.state.client_left.wait, 5)

        yield Case(model, is_idle)


def endpoint(folder: Path) -> AbstractAsyncContextManager[Case]:
    return over_http(Behaviour(token_delay_s=0.01))


def ollama(folder: Path) -> AbstractAsyncContextManager[Case]:
    return over_http(Behaviour(token_delay_s=0.01, ollama=OllamaBehaviour()))


@asynccontextmanager
async def in_process(model: Model, too_long: str = "x" * 5000) -> AsyncIterator[Case]:
    """A model that computes here, one completion at a time: it is idle when it answers again."""

    async def is_idle() -> bool:
        async with asyncio.timeout(60):
            return len(await collect(model, max_tokens=1)) > 0

    yield Case(model, is_idle, too_long)


def checkpoint(folder: Path) -> AbstractAsyncContextManager[Case]:
    from agent.models.checkpoint import CheckpointModel
    from tests.tiny_checkpoint import make_tiny_checkpoint

    return in_process(CheckpointModel(make_tiny_checkpoint(folder / "tiny", window_tokens=4096)))


MODELS = [
    pytest.param(scripted, id="scripted"),
    pytest.param(endpoint, id="endpoint"),
    pytest.param(ollama, id="ollama"),
    pytest.param(checkpoint, id="checkpoint", marks=pytest.mark.torch),
]


@pytest.fixture(params=MODELS)
async def case(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Case]:
    async with request.param(tmp_path) as made:
        yield made
        await made.model.aclose()
        await made.model.aclose()  # twice is safe


async def collect(model: Model, messages: list[Message] = PROMPT, max_tokens: int | None = 60) -> list[Delta]:
    return [delta async for delta in model.complete(messages, max_tokens=max_tokens)]


async def test_it_has_a_name_and_a_prompt_style(case: Case) -> None:
    assert case.model.name
    assert case.model.prompt_style in ("full", "compact")


async def test_a_completion_ends_with_finish_and_exactly_one_usage(case: Case) -> None:
    deltas = await collect(case.model)
    assert isinstance(deltas[-2], Finish)
    assert isinstance(deltas[-1], Usage)
    assert sum(isinstance(delta, Usage | Finish) for delta in deltas) == 2
    assert "".join(delta.text for delta in deltas if isinstance(delta, TextDelta)).strip()
    assert deltas[-1].prompt_tokens > 10
    assert deltas[-1].completion_tokens > 0


async def test_no_empty_deltas(case: Case) -> None:
    assert all(delta.text for delta in await collect(case.model) if not isinstance(delta, Usage | Finish))


async def test_it_can_be_asked_again_and_after_temperature(case: Case) -> None:
    assert await collect(case.model) != []
    hot = [delta async for delta in case.model.complete(PROMPT, max_tokens=5, temperature=0.7)]
    assert isinstance(hot[-1], Usage)


async def test_two_at_once(case: Case) -> None:
    both = await asyncio.gather(collect(case.model), collect(case.model))
    assert all(isinstance(deltas[-1], Usage) for deltas in both)


async def test_closing_the_iterator_frees_it(case: Case) -> None:
    await collect(case.model, max_tokens=3)  # some hold the first answer back until it is whole
    stream = cast(AsyncGenerator[Delta, None], case.model.complete(PROMPT, max_tokens=2000))
    await anext(stream)
    await stream.aclose()
    assert await case.is_idle()


async def test_cancelling_the_task_frees_it(case: Case) -> None:
    await collect(case.model, max_tokens=3)
    first = asyncio.Event()

    async def read() -> None:
        async for _ in case.model.complete(PROMPT, max_tokens=2000):
            first.set()

    task = asyncio.create_task(read())
    await asyncio.wait_for(first.wait(), 60)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await case.is_idle()


async def test_a_prompt_that_does_not_fit_is_a_typed_error_and_the_model_lives_on(case: Case) -> None:
    with pytest.raises(ContextTooSmall) as caught:
        await collect(case.model, [Message("user", case.too_long)])
    assert isinstance(caught.value, ModelError)
    assert await collect(case.model)


def test_a_model_without_files_says_so(tmp_path: Path) -> None:
    from agent.models.choose import ModelRequest, choose_model

    for flag in (str(tmp_path), f"scripted:{tmp_path / 'none'}"):
        with pytest.raises(ModelFilesError):
            choose_model(ModelRequest(flag=flag))
