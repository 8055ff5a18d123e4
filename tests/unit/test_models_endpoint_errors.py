"""What an endpoint's answers are taken for."""

from __future__ import annotations

import email.utils
import json
import time
from collections.abc import Iterator

import pytest

from agent.errors import ContextTooSmall, ModelBusy, ModelError, ModelRefusedKey, ModelUnreachable
from agent.models.base import Delta, Finish, Message, TextDelta, ThinkingDelta, Usage
from agent.models.endpoint_chat import deltas_of
from agent.models.endpoint_errors import Endpoint, TransientFailure, body_message, retry_after_s, status_error
from agent.models.endpoint_errors import unknown_model as unknown
from agent.models.endpoint_ollama import OllamaNative, configured_window, model_window
from agent.models.endpoint_pace import EndpointLimits
from agent.models.endpoint_request import Quirks

HERE = Endpoint("qwen3", "http://user:hunter2pass@host:8000/v1?token=abcdef99", "sk-my-own-key-123")


@pytest.mark.parametrize(
    ("status", "body", "expected", "message"),
    [
        (401, '{"error": {"message": "Incorrect API key provided: sk-my-own-key-123."}}', ModelRefusedKey, r"\*\*\*"),
        (403, '{"detail": "no"}', ModelRefusedKey, "403"),
        (400, '{"error": "This model\'s maximum context length is 10"}', ContextTooSmall, "does not fit"),
        (500, '{"error": {"type": "exceed_context_size_error", "message": "too big"}}', ContextTooSmall, "too big"),
        (429, '{"error": {"code": "insufficient_quota", "message": "pay"}}', ModelBusy, "credit"),
        (500, '{"error": "model requires more system memory (9 GiB) than is available"}', ModelError, "memory"),
        (400, "<html><title>Proxy</title></html>", ModelUnreachable, "web page"),
        (418, '{"message": "I am a teapot"}', ModelError, "teapot"),
    ],
)
def test_final_failures(status: int, body: str, expected: type[ModelError], message: str) -> None:
    failure = status_error(HERE, status, body, {})
    assert type(failure) is expected
    with pytest.raises(expected, match=message) as caught:
        raise failure
    shown = str(caught.value) + caught.value.hint
    assert not any(secret in shown for secret in ("sk-my-own-key-123", "hunter2pass", "abcdef99"))


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 408, 529])
def test_passing_failures(status: int) -> None:
    failure = status_error(HERE, status, "<html><body>Bad Gateway</body></html>", {"retry-after": "2"})
    assert isinstance(failure, TransientFailure)
    assert isinstance(failure.error, ModelBusy)
    assert failure.retry_after_s == 2


@pytest.mark.parametrize(
    ("status", "body"),
    [(404, '{"error": {"code": "model_not_found"}}'), (400, '{"error": {"message": "invalid model ID"}}'), (404, "")],
)
def test_a_model_or_path_that_is_not_there_has_to_be_asked_about(status: int, body: str) -> None:
    assert status_error(HERE, status, body, {}) is None


def test_the_closest_name_comes_first_and_the_list_is_short() -> None:
    hint = unknown(HERE, ["aya", *[f"model-{number}" for number in range(20)], "qwen3:8b"]).hint
    assert hint.startswith("It offers qwen3:8b, aya")
    assert "and 14 more" in hint
    assert "does not say" in unknown(HERE, []).hint


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('{"error": {"message": "a"}}', "a"),
        ('{"error": "a"}', "a"),
        ('{"message": "a"}', "a"),
        ('{"detail": "a"}', "a"),
        ('{"message": {"detail": [{"msg": "x"}]}}', '[{"msg": "x"}]'),
        ("plain", "plain"),
    ],
)
def test_the_sentence_in_an_error_body(body: str, message: str) -> None:
    assert body_message(body) == message


def test_retry_after_as_number_date_and_milliseconds() -> None:
    assert retry_after_s({"retry-after": "7"}) == 7
    assert retry_after_s({"retry-after-ms": "250", "retry-after": "7"}) == 0.25
    in_a_minute = email.utils.formatdate(time.time() + 60, usegmt=True)
    assert 55 < (retry_after_s({"retry-after": in_a_minute}) or 0) <= 60
    assert retry_after_s({"retry-after": "soon"}) is None
    assert retry_after_s({}) is None


OPENAI_TEMPERATURE = "Unsupported value: 'temperature' does not support 0.0 with this model. Only the default (1)"
OPENAI_MAX_TOKENS = "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead."
MISTRAL_STREAM = json.dumps({"detail": [{"type": "extra_forbidden", "loc": ["body", "stream_options"]}]})


def test_quirks_are_learned_one_by_one() -> None:
    quirks = Quirks()

    def refuse(body: str, status: int = 400) -> set[str]:
        assert quirks.learn(status, body, quirks.request("m", [Message("user", "q")], 10, 0.0))
        return set(quirks.request("m", [Message("user", "q")], 10, 0.0)) - {"model", "messages", "stream"}

    assert refuse(OPENAI_TEMPERATURE) == {"max_tokens", "stream_options"}
    assert refuse(OPENAI_MAX_TOKENS) == {"max_completion_tokens", "stream_options"}
    assert refuse(MISTRAL_STREAM, 422) == {"max_completion_tokens"}
    assert refuse("Unknown parameter: max_completion_tokens") == set()
    body = quirks.request("m", [Message("user", "q")], 10, 0.0)
    for refusal in (OPENAI_TEMPERATURE, OPENAI_MAX_TOKENS, MISTRAL_STREAM):
        assert not quirks.learn(400, refusal, body)  # nothing is left to leave out, so no endless loop


def test_other_refusals_teach_nothing() -> None:
    body = Quirks().request("m", [Message("user", "the temperature is unsupported")], 10, 0.0)
    assert not Quirks().learn(400, "maximum context length is 5, reduce max_tokens: too large", body)
    assert not Quirks().learn(401, OPENAI_TEMPERATURE, body)
    assert not Quirks().learn(400, "messages must alternate", body)


@pytest.mark.parametrize(
    ("body", "deltas"),
    [
        ({"choices": []}, []),
        ({"choices": None, "usage": {"prompt_tokens": 3, "completion_tokens": None}}, [Usage(3, 0)]),
        ({"choices": [{"delta": {"reasoning": "r", "content": ""}}]}, [ThinkingDelta("r")]),
        ({"choices": [{"delta": None, "finish_reason": "length"}]}, [Finish("length")]),
        ({"choices": [{"delta": {"content": None, "refusal": "I can't"}}]}, [TextDelta("I can't")]),
        (
            {"choices": [{"message": {"reasoning_content": "r", "content": "c"}, "finish_reason": "stop"}]},
            [ThinkingDelta("r"), TextDelta("c"), Finish("stop")],
        ),
    ],
)
def test_events_in_every_dialect(body: dict[str, object], deltas: list[Delta]) -> None:
    assert deltas_of(body) == deltas


def test_what_ollama_tells_about_a_model() -> None:
    about = {"model_info": {"qwen3.context_length": 40960, "qwen3.block_count": 36}, "parameters": "num_ctx 16384\nx 1"}
    assert (model_window(about), configured_window(about)) == (40960, 16384)
    for other in ({}, {"model_info": ["x"], "parameters": 3}, {"model_info": {"a.context_length": "long"}}):
        assert (model_window(other), configured_window(other)) == (None, 0)


async def test_a_server_that_only_looks_like_ollama_is_no_fault_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = OllamaNative(Endpoint("m", "http://x", None, ollama=True), EndpointLimits())
    answers: Iterator[dict[str, object]] = iter(
        [{"models": "none"}, {"models": [None, 3, {"name": "m", "context_length": "8k"}]}, {"models": None}]
    )

    async def says(*args: object) -> dict[str, object]:
        return next(answers)

    monkeypatch.setattr(wire, "_ask", says)
    assert await wire.model_names() == []
    assert await wire._loaded_window() == 0
    assert await wire.model_names() == []
