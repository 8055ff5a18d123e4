"""The scripted model and its script files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.errors import ModelBusy, ModelError, ModelFilesError, ModelRefusedKey
from agent.models.base import Delta, Finish, Message, TextDelta, ThinkingDelta, Usage
from agent.models.script import Reply
from agent.models.scripted import ScriptedModel


async def ask(model: ScriptedModel, prompt: str, max_tokens: int | None = None) -> list[Delta]:
    return [delta async for delta in model.complete([Message("user", prompt)], max_tokens=max_tokens)]


def text_of(deltas: list[Delta]) -> str:
    return "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))


async def test_replies_come_in_order_and_end_with_finish_and_usage() -> None:
    model = ScriptedModel(["first answer, a bit longer", Reply("second", finish="length")])
    deltas = await ask(model, "one")
    assert text_of(deltas) == "first answer, a bit longer"
    assert sum(isinstance(delta, TextDelta) for delta in deltas) > 1
    assert deltas[-2:] == [Finish("stop"), Usage(5, 7)]
    assert (await ask(model, "two"))[-2] == Finish("length")
    with pytest.raises(ModelError, match="no reply") as caught:
        await ask(model, "three")
    assert "three" in caught.value.hint
    assert [call[0].content for call in model.calls] == ["one", "two", "three"]


async def test_a_function_of_the_messages() -> None:
    model = ScriptedModel(lambda messages: messages[-1].content.upper())
    assert text_of(await ask(model, "loud")) == "LOUD"


async def test_thinking_is_apart_in_both_spellings() -> None:
    model = ScriptedModel([Reply("answer", thinking="hm"), "<think>hm</think>answer"])
    for _ in range(2):
        deltas = await ask(model, "q")
        assert text_of(deltas) == "answer"
        assert "".join(delta.text for delta in deltas if isinstance(delta, ThinkingDelta)) == "hm"


async def test_given_errors_are_raised() -> None:
    error = ModelBusy("come back later")
    with pytest.raises(ModelBusy, match="come back later"):
        await ask(ScriptedModel([error]), "q")


async def test_max_tokens_cuts_with_length() -> None:
    deltas = await ask(ScriptedModel(["x" * 10 + " y" * 50]), "q", max_tokens=3)
    assert len(text_of(deltas)) == 12
    assert deltas[-2] == Finish("length")


@pytest.mark.parametrize("as_lines", [True, False])
async def test_a_script_file(tmp_path: Path, as_lines: bool) -> None:
    rules = [
        {"when": "films?", "say": ["buggy", "fixed"]},
        {"when": "key", "fail": 401},
        {"say": "once", "times": 1},
        {"say": "anything else", "think": "hm"},
    ]
    path = tmp_path / "script"
    path.write_text("\n".join(map(json.dumps, rules)) if as_lines else json.dumps(rules))
    model = ScriptedModel(path)
    said = [text_of(await ask(model, prompt)) for prompt in ("film", "films", "a\nfilm", "x", "y", "z")]
    assert said == ["buggy", "fixed", "fixed", "once", "anything else", "anything else"]
    with pytest.raises(ModelRefusedKey):
        await ask(model, "the key")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"when": "("', "cannot read"),
        ('{"when": "(", "say": "x"}', "rule 1"),
        ('{"say": "x"}\n{"says": "x"}', "rule 2.*'says'"),
        ('{"when": "x"}', "`say` must be"),
        ('{"fail": "no such failure"}', "no such failure"),
        ("[3]", "rule 1"),
    ],
)
def test_a_bad_script_file_names_the_rule(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "script.json"
    path.write_text(content)
    with pytest.raises(ModelFilesError, match=message):
        ScriptedModel(path)


def test_a_missing_script_file(tmp_path: Path) -> None:
    with pytest.raises(ModelFilesError, match="cannot read the script"):
        ScriptedModel(tmp_path / "none.jsonl")
