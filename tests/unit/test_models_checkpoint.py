"""A local checkpoint, with a tiny random one made on the spot."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agent.errors import ContextTooSmall, ModelFilesError
from agent.models.base import Delta, Finish, Message, TextDelta, ThinkingDelta, Usage
from agent.models.checkpoint import CheckpointModel
from tests.tiny_checkpoint import CHAT_TEMPLATE, make_tiny_checkpoint

pytestmark = pytest.mark.torch
HELLO = [Message("system", "Be brief."), Message("user", "Hello")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_checkpoint(tmp_path_factory.mktemp("tiny") / "tiny-qwen")


async def collect(model: CheckpointModel, messages: list[Message] = HELLO, max_tokens: int = 20) -> list[Delta]:
    return [delta async for delta in model.complete(messages, max_tokens=max_tokens)]


async def test_it_completes_and_counts_exactly(folder: Path) -> None:
    model = CheckpointModel(folder)
    assert model.name == "tiny-qwen"
    deltas = await collect(model)
    assert any(isinstance(delta, TextDelta) for delta in deltas)
    # <|im_start|>, role, newline, text, <|im_end|>, newline: one token per byte
    n_prompt = (1 + 7 + 9 + 1 + 1) + (1 + 5 + 5 + 1 + 1) + (1 + 10)
    assert deltas[-2:] == [Finish("length"), Usage(n_prompt, 20)]
    assert await collect(model) == deltas  # greedy
    await model.aclose()


async def test_a_prompt_beyond_the_window(folder: Path) -> None:
    with pytest.raises(ContextTooSmall, match="256"):
        await collect(CheckpointModel(folder), [Message("user", "x" * 300)])


async def test_the_reply_is_limited_by_the_window(folder: Path) -> None:
    usage = (await collect(CheckpointModel(folder), [Message("user", "x" * 200)], max_tokens=5000))[-1]
    assert isinstance(usage, Usage)
    assert usage.prompt_tokens + usage.completion_tokens <= 256


async def test_a_template_that_opens_thinking(tmp_path: Path) -> None:
    template = CHAT_TEMPLATE.replace("assistant\n", "assistant\n<think>\n")
    deltas = await collect(CheckpointModel(make_tiny_checkpoint(tmp_path, template=template)))
    assert any(isinstance(delta, ThinkingDelta) for delta in deltas)
    assert not any(isinstance(delta, TextDelta) for delta in deltas)


async def test_a_template_without_a_system_role(tmp_path: Path) -> None:
    template = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}" + CHAT_TEMPLATE
    deltas = await collect(CheckpointModel(make_tiny_checkpoint(tmp_path, template=template)))
    assert isinstance(deltas[-1], Usage)


async def test_damaged_weights(tmp_path: Path) -> None:
    folder = make_tiny_checkpoint(tmp_path)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ModelFilesError, match="cannot load"):
        await collect(CheckpointModel(folder))


async def test_missing_weights_are_not_made_up(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = make_tiny_checkpoint(tmp_path) / "model.safetensors"
    tensors = load_file(weights)
    del tensors["model.layers.1.mlp.up_proj.weight"]
    save_file(tensors, weights, metadata={"format": "pt"})
    with pytest.raises(ModelFilesError, match=r"lacks weights: model\.layers\.1"):
        await collect(CheckpointModel(tmp_path))


async def test_closing_stops_the_generation(tmp_path: Path) -> None:
    model = CheckpointModel(make_tiny_checkpoint(tmp_path, window_tokens=100_000))
    stream = model.complete(HELLO, max_tokens=90_000)
    async for _ in stream:
        break
    async with asyncio.timeout(5):  # far less than 90,000 tokens take
        await stream.aclose()  # type: ignore[attr-defined]  # an async generator behind the protocol's iterator
        assert (await collect(model, max_tokens=3))[-2] == Finish("length")
