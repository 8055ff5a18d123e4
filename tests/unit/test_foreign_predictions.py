"""Answers that something else wrote: every shape in which they are found, and what is refused."""

import json
from pathlib import Path

import pytest

from train.errors import DataError
from train.evaluate.foreign_predictions import read_predictions, read_text
from train.templates import template_named

CALL = ("find", {"who": "Kim", "n": 2})
REACT = 'Thought: look\nAction: find\nAction Input: {"who": "Kim", "n": 2}'
ARGS = CALL[1]


@pytest.mark.parametrize(
    "entry",
    [
        REACT,
        "find(who='Kim', n=2)",
        "```python\nfind(who='Kim', n=2)\n```",
        '{"name": "find", "arguments": {"who": "Kim", "n": 2}}',
        '<tool_call>\n{"name": "find", "arguments": {"who": "Kim", "n": 2}}\n</tool_call>',
        {"output": REACT},
        {"prediction": {"name": "find", "args": ARGS}},
        {"prediction": [{"name": "find", "args": ARGS}]},
        {"name": "find", "arguments": json.dumps(ARGS)},
        {"Action": "find", "Action_Input": json.dumps(ARGS)},
        {"tool_calls": [{"id": "1", "type": "function", "function": {"name": "find", "arguments": json.dumps(ARGS)}}]},
        {"calls": [{"name": "find", "args": ARGS}], "text": "x"},
        {"conversations": [{"from": "user", "value": "?"}, {"from": "assistant", "value": REACT}]},
        {"conversations": [{"from": "user", "value": "?"}, {"from": "assistant", "value": [REACT, "other"]}]},
        [{"name": "find", "args": ARGS}],
    ],
)  # fmt: skip
def test_every_shape_says_the_same_call(tmp_path: Path, entry: object) -> None:
    for name, content in {
        "array.json": json.dumps([entry, None]),
        "lines.jsonl": "\n".join(map(json.dumps, [entry, None])),
        "by_id.json": json.dumps({"a": entry, "b": None, "c": 1}),
    }.items():
        if name == "lines.jsonl" and isinstance(entry, list):
            continue  # a file that begins with [ is an array
        path = tmp_path / name
        path.write_text(content)
        answers = read_predictions(path, ["a", "b"])
        calls = answers["a"].calls
        assert calls is not None
        assert [(call.name, dict(call.args)) for call in calls] == [CALL], name
        assert answers["b"].calls is None


def test_ids_of_ours_come_in_any_order_and_some_may_be_missing(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text(json.dumps({"id": "b", "text": REACT}) + "\n" + json.dumps({"id": "z", "text": "x"}))
    assert set(read_predictions(path, ["a", "b", "c"])) == {"b"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('["a"]', "1 predictions without the ids of these 2 items"),
        ('["a", "b"', "does not end"),
        ('[{"x": 1}, "b"]', "no prediction in it"),
        ("", "empty"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "p.json"
    path.write_text(content)
    with pytest.raises(DataError, match=words):
        read_predictions(path, ["a", "b"])


def test_words_are_no_call_and_a_broken_one_cannot_be_read() -> None:
    assert read_text("I do not know.").calls == ()
    assert read_text('{"name": "find", "arguments": ').calls is None
    assert read_text("Action: find\nAction Input: {").calls is None


def test_a_templates_own_parser_is_taken() -> None:
    parse = template_named("qwen2.5").parse
    assert read_text("find(who='Kim')", parse).calls == ()
    assert read_text('<tool_call>\n{"name": "find", "arguments": {}}\n</tool_call>', parse).calls != ()
