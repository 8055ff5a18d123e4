"""The kernel's side, without a kernel: records, values, tracebacks, requests."""

from __future__ import annotations

import copy
import json
import pickle
import sys
from collections import namedtuple
from typing import Any

import pytest

from sandbox.runtime import toolcoder_runtime
from sandbox.runtime.toolcoder_runtime import Record, ToolError
from sandbox.runtime.toolcoder_runtime.channel import LIMIT_BYTES, encode
from sandbox.runtime.toolcoder_runtime.tracebacks import describe
from sandbox.runtime.toolcoder_runtime.values import JSON_LIMIT_BYTES, to_json, to_text


def test_a_record_is_a_dict_with_attributes() -> None:
    film = Record({"title": "Somewhere", "items": 3})
    assert film.title == film["title"] == "Somewhere"
    assert film == {"title": "Somewhere", "items": 3}
    assert repr(film) == "{'title': 'Somewhere', 'items': 3}"
    assert list(film.items()) == [("title", "Somewhere"), ("items", 3)]
    assert film.get("year") is None and "year" not in film
    film.year = 2010
    assert film["year"] == 2010 and "title" in dir(film)


def test_a_wrong_field_names_those_there_are() -> None:
    film = Record({f"field_{i}": i for i in range(40)})
    with pytest.raises(KeyError, match="field_29 and 10 more"):
        film["year"]
    with pytest.raises(AttributeError, match=r"no field 'year'; the fields are: field_0, "):
        film.year  # noqa: B018
    with pytest.raises(AttributeError, match="none"):
        Record().x  # noqa: B018


def test_records_and_tool_errors_can_be_copied_and_pickled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "toolcoder_runtime", toolcoder_runtime)  # its name inside the kernel
    film = Record({"title": "x", "cast": [Record({"name": "y"})]})
    for twin in (copy.deepcopy(film), copy.copy(film), pickle.loads(pickle.dumps(film))):
        assert twin == film and isinstance(twin, Record)
    error = pickle.loads(pickle.dumps(ToolError("LookupError", "no film")))
    assert (str(error), error.kind, error.message) == ("LookupError: no film", "LookupError", "no film")
    assert str(ToolError("TimeoutError", "")) == "TimeoutError"


Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Record({"a": (1, 2)}), {"a": [1, 2]}),
        (Point(1, 2), [1, 2]),
        (True, True),
        ("é", "é"),
        ({}, {}),
    ],
)
def test_plain_values_are_json(value: Any, expected: Any) -> None:
    encoded = to_json(value)
    assert encoded is not None and json.loads(encoded) == expected


@pytest.mark.parametrize("value", [{1: 2}, {1}, float("inf"), b"x", object(), [[[object()]]], 1j, range(3)])
def test_other_values_are_not(value: Any) -> None:
    assert to_json(value) is None


def test_too_deep_too_many_too_long_or_endless_is_no_json() -> None:
    deep: Any = []
    for _ in range(100):
        deep = [deep]
    endless: list[Any] = []
    endless.append(endless)
    for value in (deep, endless, [0] * 300_000, "x" * (JSON_LIMIT_BYTES + 1)):
        assert to_json(value) is None


def test_a_text_is_cut_and_says_so() -> None:
    assert to_text([1]) == ("[1]", False)
    text, cut = to_text("x" * 1_000_000)
    assert cut and len(text) == 200_000


def raised(code: str, name: str = "<cell 1>") -> dict[str, Any]:
    try:
        exec(compile(code, name, "exec"), {})
    except BaseException as error:  # noqa: BLE001  whatever the code raises is what is described
        return describe(error, lambda file: file.startswith("<cell"))
    raise AssertionError("the code raised nothing")


def test_frames_before_the_cells_first_are_left_out() -> None:
    found = raised("import json\n\n\ndef f():\n    return json.loads('x')\nf()")
    assert [(frame["file"], frame["line"]) for frame in found["frames"]][:2] == [("<cell>", 6), ("<cell>", 5)]
    assert __file__ not in found["text"]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("raise KeyError('title')", "'title'"),
        ("raise KeyError('no field x')", "no field x"),
        ("raise ValueError", ""),
        ("raise SystemExit(3)", "3"),
        ("assert 1 == 2, 'unequal'", "unequal"),
    ],
)
def test_messages(code: str, message: str) -> None:
    assert raised(code)["message"] == message


def test_groups_and_causes_are_cleaned_too() -> None:
    code = "try:\n    1/0\nexcept ZeroDivisionError as e:\n    raise ExceptionGroup('two', [ValueError('a'), e])"
    text = raised(code)["text"]
    assert "ValueError: a" in text and "<cell 1>" not in text and 'File "<cell>", line 2' in text
    assert __file__ not in text


def test_requests_hold_json_only() -> None:
    assert json.loads(encode({"a": ["é", (1, 2)]})) == {"a": ["é", [1, 2]]}
    with pytest.raises(TypeError, match="Object of type bytes is not JSON serializable"):
        encode({"a": b"x"})
    with pytest.raises(ValueError, match="limit"):
        encode({"a": "x" * LIMIT_BYTES})
    with pytest.raises(ValueError):
        encode({"a": float("nan")})
