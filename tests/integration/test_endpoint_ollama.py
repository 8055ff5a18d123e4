"""The endpoint model against a server that behaves like Ollama, with its small default window."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from agent.errors import ContextTooSmall, ModelUnknown, ModelUnreachable
from agent.models.base import Delta, Finish, Message, TextDelta, ThinkingDelta, Usage
from agent.models.endpoint import EndpointModel
from agent.models.endpoint_pace import EndpointLimits
from agent.models.script import Failure, Reply, Script
from agent.models.scripted_handler import Behaviour
from agent.models.scripted_ollama import OllamaBehaviour
from agent.models.scripted_server import ScriptedServer

LIMITS = EndpointLimits(connect_s=2, first_token_s=5, between_tokens_s=5, base_wait_s=0.01, max_wait_s=1)
LONG = [Message("user", "Which film is the longest of all? " * 1000)]  # about 8,500 tokens


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    script = Script(lambda messages: Reply("Seven films.", thinking="Counting."))
    with ScriptedServer(script, Behaviour(models=("qwen3:8b",), ollama=OllamaBehaviour())) as running:
        yield running


@pytest.fixture
async def model(server: ScriptedServer) -> AsyncIterator[EndpointModel]:
    model = EndpointModel("qwen3:8b", server.url, limits=LIMITS)
    yield model
    await model.aclose()


async def collect(model: EndpointModel, messages: list[Message], max_tokens: int | None = None) -> list[Delta]:
    return [delta async for delta in model.complete(messages, max_tokens=max_tokens)]


def chats(server: ScriptedServer) -> list[dict[str, Any]]:
    return [request.body for request in server.state.requests if request.path == "/api/chat"]


async def test_the_native_api_is_used_with_the_window_that_is_needed(
    server: ScriptedServer, model: EndpointModel
) -> None:
    deltas = await collect(model, LONG)
    assert "".join(delta.text for delta in deltas if isinstance(delta, TextDelta)) == "Seven films."
    assert [delta.text for delta in deltas if isinstance(delta, ThinkingDelta)] == ["Counting."]
    assert deltas[-2:] == [Finish("stop"), Usage(8504, 6)]
    assert chats(server)[0]["options"]["num_ctx"] == 16384


async def test_the_window_never_shrinks_since_that_reloads_the_model(
    server: ScriptedServer, model: EndpointModel
) -> None:
    for messages, max_tokens in (([Message("user", "hi")], 100), (LONG, 100), ([Message("user", "hi")], 100)):
        await collect(model, messages, max_tokens)
    assert [body["options"]["num_ctx"] for body in chats(server)] == [8192, 16384, 16384]
    assert chats(server)[0]["options"]["num_predict"] == 100
    n_version_questions = sum(request.path == "/api/version" for request in server.state.requests)
    assert n_version_questions == 1


@pytest.mark.parametrize("honours_truncate", [True, False])
async def test_a_prompt_that_the_model_cannot_hold(
    server: ScriptedServer, model: EndpointModel, honours_truncate: bool
) -> None:
    server.behaviour.ollama = OllamaBehaviour(max_context_tokens=8192, honours_truncate=honours_truncate)
    with pytest.raises(ContextTooSmall) as caught:
        await collect(model, LONG)
    assert "larger context window" in caught.value.hint
    assert len(chats(server)) == 1


async def test_a_prompt_that_surely_does_not_fit_is_not_even_sent(server: ScriptedServer, model: EndpointModel) -> None:
    server.behaviour.ollama = OllamaBehaviour(max_context_tokens=4096)
    with pytest.raises(ContextTooSmall, match="has 4,096"):
        await collect(model, LONG)
    assert not chats(server)


async def test_a_model_that_was_not_pulled(server: ScriptedServer) -> None:
    model = EndpointModel("qwen3:14b", server.url, limits=LIMITS)
    with pytest.raises(ModelUnknown) as caught:
        await collect(model, LONG)
    assert "qwen3:8b" in caught.value.hint
    assert "ollama pull qwen3:14b" in caught.value.hint
    await model.aclose()


@pytest.mark.parametrize("failure", [Failure.CUT, Failure.UNFINISHED, Failure.HTML])
async def test_broken_answers(server: ScriptedServer, model: EndpointModel, failure: Failure) -> None:
    server.behaviour.failures = deque([failure] * 9)
    with pytest.raises(ModelUnreachable):
        await collect(model, LONG)


async def test_a_busy_server_is_tried_again(server: ScriptedServer, model: EndpointModel) -> None:
    server.behaviour.failures = deque([Failure.BUSY, Failure.BROKEN])
    assert (await collect(model, LONG))[-2] == Finish("stop")
    assert len(chats(server)) == 3
