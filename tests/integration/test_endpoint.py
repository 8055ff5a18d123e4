"""The endpoint model against a real HTTP server that speaks the protocol and fails in every way we know."""

from __future__ import annotations

import asyncio
import traceback
from collections import deque
from collections.abc import Iterator
from dataclasses import replace

import pytest

from agent.errors import ContextTooSmall, ModelBusy, ModelError, ModelRefusedKey, ModelUnknown, ModelUnreachable
from agent.models.base import Delta, Finish, Message, TextDelta, ThinkingDelta, Usage
from agent.models.endpoint import EndpointModel
from agent.models.endpoint_pace import EndpointLimits
from agent.models.script import Failure, Reply, Script
from agent.models.scripted_server import Behaviour, ScriptedServer

LIMITS = EndpointLimits(connect_s=2, first_token_s=5, between_tokens_s=5, base_wait_s=0.01, max_wait_s=1)
KEY = "sk-test-0123456789abcdef"
PROMPT = [Message("system", "You answer."), Message("user", "How many films?")]


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    script = Script(lambda messages: Reply("Seven films, I am quite sure of it.", thinking="Let me count them."))
    with ScriptedServer(script, Behaviour()) as running:
        yield running


async def collect(model: EndpointModel, messages: list[Message] = PROMPT, max_tokens: int | None = None) -> list[Delta]:
    return [delta async for delta in model.complete(messages, max_tokens=max_tokens)]


async def ask(server: ScriptedServer, limits: EndpointLimits = LIMITS, max_tokens: int | None = None) -> list[Delta]:
    model = EndpointModel("scripted", server.url, limits=limits)
    try:
        return await collect(model, max_tokens=max_tokens)
    finally:
        await model.aclose()


def text_of(deltas: list[Delta]) -> str:
    return "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))


def thinking_of(deltas: list[Delta]) -> str:
    return "".join(delta.text for delta in deltas if isinstance(delta, ThinkingDelta))


def chats(server: ScriptedServer) -> list[dict[str, object]]:
    return [request.body for request in server.state.requests if request.path.endswith(("completions", "/api/chat"))]


async def test_streams_text_thinking_and_usage(server: ScriptedServer) -> None:
    deltas = await ask(server, max_tokens=50)
    assert text_of(deltas) == "Seven films, I am quite sure of it."
    assert thinking_of(deltas) == "Let me count them."
    assert sum(isinstance(delta, TextDelta) for delta in deltas) > 2
    assert deltas[-2:] == [Finish("stop"), Usage(15, 14)]
    body = chats(server)[0]
    assert (body["temperature"], body["max_tokens"], body["stream"]) == (0.0, 50, True)


async def test_usage_is_estimated_where_none_is_reported(server: ScriptedServer) -> None:
    server.behaviour.reports_usage = False
    usage = (await ask(server))[-1]
    assert isinstance(usage, Usage)
    assert usage.estimated
    assert usage.prompt_tokens == 15
    assert usage.completion_tokens > 5


async def test_a_server_that_ignores_stream(server: ScriptedServer) -> None:
    server.behaviour.ignores_stream = True
    deltas = await ask(server)
    assert text_of(deltas) == "Seven films, I am quite sure of it."
    assert deltas[-1] == Usage(15, 14)


@pytest.mark.parametrize("failure", [Failure.BUSY, Failure.BROKEN, Failure.EMPTY, Failure.CUT])
async def test_passing_failures_are_retried(server: ScriptedServer, failure: Failure) -> None:
    server.behaviour.failures = deque([failure] if failure is not Failure.CUT else [Failure.BROKEN, Failure.BUSY])
    assert text_of(await ask(server)).startswith("Seven")
    assert len(chats(server)) >= 2


async def test_retry_after_is_honoured(server: ScriptedServer) -> None:
    server.behaviour.failures = deque([Failure.BUSY])
    server.behaviour.retry_after_s = 0.4
    started = asyncio.get_running_loop().time()
    await ask(server)
    assert asyncio.get_running_loop().time() - started >= 0.4


async def test_a_long_retry_after_is_not_waited_for(server: ScriptedServer) -> None:
    server.behaviour.failures = deque([Failure.BUSY])
    server.behaviour.retry_after_s = 3600
    with pytest.raises(ModelBusy) as caught:
        await ask(server)
    assert "3600 s" in caught.value.hint
    assert len(chats(server)) == 1


@pytest.mark.parametrize(
    ("failure", "error", "message", "n_attempts"),
    [
        (Failure.KEY, ModelRefusedKey, "none is set", 1),
        (Failure.FORBIDDEN, ModelRefusedKey, "403", 1),
        (Failure.MODEL, ModelUnreachable, "no chat completions", 1),
        (Failure.BUSY, ModelBusy, "rate limit", 4),
        (Failure.BROKEN, ModelBusy, "500", 4),
        (Failure.CONTEXT, ContextTooSmall, "does not fit", 1),
        (Failure.HTML, ModelUnreachable, "web page .*Welcome to the proxy", 1),
        (Failure.GARBAGE, ModelUnreachable, "does not speak", 1),
        (Failure.EMPTY, ModelUnreachable, "without choices", 4),
        (Failure.CUT, ModelUnreachable, "cut off", 1),
        (Failure.UNFINISHED, ModelUnreachable, "without a finish reason", 1),
    ],
)
async def test_lasting_failures_are_typed(
    server: ScriptedServer, failure: Failure, error: type[ModelError], message: str, n_attempts: int
) -> None:
    server.behaviour.failures = deque([failure] * 10)
    with pytest.raises(error, match=message) as caught:
        await ask(server)
    assert caught.value.hint
    assert len(chats(server)) == n_attempts


async def test_a_hanging_server_is_given_up(server: ScriptedServer) -> None:
    server.behaviour.failures = deque([Failure.HANG] * 5)
    with pytest.raises(ModelUnreachable, match=r"sent no answer: nothing for 0\.2 s"):
        await ask(server, replace(LIMITS, first_token_s=0.2))
    assert len(chats(server)) == 2


async def test_a_server_that_stalls_in_its_answer(server: ScriptedServer) -> None:
    server.behaviour.failures = deque([Failure.STALL])
    with pytest.raises(ModelUnreachable, match="stopped in the middle"):
        await ask(server, replace(LIMITS, between_tokens_s=0.2))
    assert len(chats(server)) == 1


async def test_slow_tokens_are_no_failure(server: ScriptedServer) -> None:
    server.behaviour.token_delay_s = 0.1
    deltas = await ask(server, replace(LIMITS, first_token_s=0.8, between_tokens_s=0.5))
    assert text_of(deltas).startswith("Seven")


async def test_an_unreachable_host() -> None:
    model = EndpointModel("m", "http://127.0.0.1:9/v1", limits=LIMITS)
    with pytest.raises(ModelUnreachable, match=r"cannot reach http://127\.0\.0\.1:9/v1") as caught:
        await collect(model)
    assert "ollama serve" in caught.value.hint
    await model.aclose()


async def test_an_unknown_host() -> None:
    model = EndpointModel("m", "http://no-such-host.invalid/v1", limits=replace(LIMITS, max_attempts=1))
    with pytest.raises(ModelUnreachable, match=r"cannot reach http://no-such-host\.invalid/v1"):
        await collect(model)
    await model.aclose()


async def test_a_wrong_model_name_lists_the_offered_ones(server: ScriptedServer) -> None:
    server.behaviour.models = ("llama3", "qwen3-coder", "scripted-1")
    model = EndpointModel("qwen3-code", server.url, limits=LIMITS)
    with pytest.raises(ModelUnknown, match="'qwen3-code'") as caught:
        await collect(model)
    assert caught.value.hint == "It offers qwen3-coder, llama3, scripted-1."
    await model.aclose()


async def test_a_wrong_path_is_told_apart_from_a_wrong_model(server: ScriptedServer) -> None:
    model = EndpointModel("scripted", server.root + "/api", limits=LIMITS)
    with pytest.raises(ModelUnreachable, match="404") as caught:
        await collect(model)
    assert "ends in /v1" in caught.value.hint
    await model.aclose()


async def test_no_key_in_any_error(server: ScriptedServer) -> None:
    server.behaviour.api_key = "another"
    base_url = server.url.replace("http://", "http://user:hunter2-secret@") + "?token=abcdef123456"
    model = EndpointModel("scripted", base_url, KEY, limits=LIMITS)
    with pytest.raises(ModelError) as caught:
        await collect(model)
    await model.aclose()
    shown = "".join(traceback.format_exception(caught.value)) + caught.value.hint + repr(model)
    for secret in (KEY, "hunter2", "abcdef123456"):
        assert secret not in shown


async def test_a_wrong_key(server: ScriptedServer) -> None:
    server.behaviour.api_key = "another"
    model = EndpointModel("scripted", server.url, KEY, limits=LIMITS)
    with pytest.raises(ModelRefusedKey, match=r"refuses the key \(401\).*\*\*\*") as caught:
        await collect(model)
    assert "toolcoder keys set" in caught.value.hint
    assert "0123456789" not in str(caught.value)
    await model.aclose()


async def test_the_right_key_is_sent(server: ScriptedServer) -> None:
    server.behaviour.api_key = KEY
    model = EndpointModel("scripted", server.url, KEY, limits=LIMITS)
    assert text_of(await collect(model)).startswith("Seven")
    await model.aclose()


async def test_refused_parameters_are_left_out_and_remembered(server: ScriptedServer) -> None:
    server.behaviour.refuses = frozenset({"temperature", "max_tokens", "stream_options"})
    model = EndpointModel("scripted", server.url, limits=LIMITS)
    deltas = await collect(model, max_tokens=50)
    assert text_of(deltas).startswith("Seven")
    assert isinstance(deltas[-1], Usage)
    assert deltas[-1].estimated
    n_before = len(chats(server))
    assert n_before == 4
    await collect(model, max_tokens=50)
    assert len(chats(server)) == n_before + 1
    body = chats(server)[-1]
    assert body["max_completion_tokens"] == 50
    assert not {"temperature", "max_tokens", "stream_options"} & set(body)
    await model.aclose()


async def test_a_silently_cut_prompt_is_noticed(server: ScriptedServer) -> None:
    server.behaviour.prompt_limit_tokens = 2050
    model = EndpointModel("scripted", server.url, limits=LIMITS)
    assert text_of(await collect(model)).startswith("Seven")
    long_prompt = [Message("user", "Which film is the longest of all? " * 600)]
    with pytest.raises(ContextTooSmall, match="read only 2,050 tokens") as caught:
        await collect(model, long_prompt)
    assert "OLLAMA_CONTEXT_LENGTH" in caught.value.hint
    await model.aclose()


ODD_EVENTS = [
    '"only a string"',
    "[1, 2]",
    "7",
    '{"choices": "none"}',
    '{"choices": ["text"]}',
    '{"choices": [{"delta": "text"}]}',
    '{"choices": [{"delta": {"content": "a"}}], "usage": {"prompt_tokens": "many"}}',
    '{"choices": [{"delta": {"content": "a"}}], "usage": [3]}',
    '{"error": {"message": "out of slots", "code": 503}}',
    '{"error": "boom"}',
]


@pytest.mark.parametrize("odd", ODD_EVENTS)
async def test_odd_events_are_typed_errors(odd: str) -> None:
    """One connection each, from a server that sends this event and nothing else."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        header = await reader.readuntil(b"\r\n\r\n")
        status, kind = (
            ("200 OK", "text/event-stream") if header.startswith(b"POST") else ("404 Not Found", "text/plain")
        )
        writer.write(f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n".encode())
        writer.write(f"data: {odd}\n\n".encode())
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        model = EndpointModel("m", f"http://127.0.0.1:{port}/v1", limits=LIMITS)
        with pytest.raises((ModelUnreachable, ModelBusy)) as caught:
            await collect(model)
        assert caught.value.hint
        await model.aclose()


async def test_a_finish_reason_of_their_own(server: ScriptedServer) -> None:
    server.state.script = Script([Reply("Seven.", finish="eos_token")])
    assert (await ask(server))[-2] == Finish("eos_token")


async def test_thinking_in_tags_without_an_opening_one(server: ScriptedServer) -> None:
    server.state.script = Script(["I count the films.</think>Seven.", "Again.</think>Seven."])
    model = EndpointModel("scripted", server.url, limits=LIMITS)
    for thought in ("I count the films.", "Again."):
        deltas = await collect(model)
        assert (thinking_of(deltas), text_of(deltas)) == (thought, "Seven.")
    await model.aclose()


async def test_the_second_answer_streams_at_once(server: ScriptedServer) -> None:
    server.state.script = Script(["A first answer of some length.", "A second answer of some length."])
    model = EndpointModel("scripted", server.url, limits=LIMITS)
    n_pieces = [sum(isinstance(delta, TextDelta) for delta in await collect(model)) for _ in range(2)]
    assert n_pieces[0] == 1
    assert n_pieces[1] > 2
    await model.aclose()


async def test_closing_the_iterator_frees_the_connection(server: ScriptedServer) -> None:
    server.state.script = Script(["word " * 400])
    server.behaviour.token_delay_s = 0.02
    model = EndpointModel("scripted", server.url, limits=LIMITS)
    stream = model.complete([Message("user", "<think>"), *PROMPT])
    model._lead = type(model._lead).TEXT
    async for _ in stream:
        break
    await stream.aclose()  # type: ignore[attr-defined]  # an async generator behind the protocol's iterator
    assert await asyncio.to_thread(server.state.client_left.wait, 60)
    await model.aclose()
    await model.aclose()


async def test_cancelling_the_task_frees_the_connection(server: ScriptedServer) -> None:
    server.behaviour.token_delay_s = 0.05
    server.state.script = Script(["word " * 400])
    model = EndpointModel("scripted", server.url, limits=LIMITS)
    task = asyncio.create_task(collect(model))
    while not chats(server):  # noqa: ASYNC110 - the server runs in a thread
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(server.state.client_left.wait, 60)
    await model.aclose()
