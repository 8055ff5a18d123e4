"""A module of functions goes out and comes back the same; reading one runs nothing."""

from __future__ import annotations

import ast
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.functions.base import FunctionEntry, RecordedCall
from agent.functions.library import NotALibrary, read_library, write_library
from agent.functions.naming import renamed, taken_apart

FIND = 'def find(name: str) -> int:\n    """Find a person\'s id."""\n    return search_people(name)[0]["id"]\n'


def entry(name: str, body: str, helpers: str = "", call: str = "", value: object = None) -> FunctionEntry:
    return FunctionEntry(
        name=name,
        signature=f"{name}(name: str) -> int",
        docstring=f"Do {name}.",
        source=f'{helpers}\n\ndef {name}(name: str) -> int:\n    """Do {name}."""\n    {body}\n',
        subtask=f"Do {name}.",
        tools=(("search_people", "h1"),),
        calls=(RecordedCall("search_people", {"name": "Ada"}, [{"id": 7}]),),
        verifying_call=call or f"{name}(name='Ada')",
        result_json=json.dumps(value),
    )


COUNT = entry("count", "# keep me\n    return len(str(find(name)))", f"import math\n\n\n{FIND}", value=1)
AGES = entry("ages", "return find(name) + 1", FIND, value=8)


def test_what_goes_out_comes_back() -> None:
    text = write_library([COUNT, AGES], with_results=True)
    assert text.count("def find(") == 1 and "# keep me" in text
    ast.parse(text)
    back = {e.name: e for e in read_library(text, "team.py")}
    assert set(back) == {"count", "ages"}
    for old in (COUNT, AGES):
        new = back[old.name]
        assert (new.verifying_call, new.result_json, new.calls) == (old.verifying_call, old.result_json, old.calls)
        assert new.tools == old.tools and new.subtask == old.subtask and new.origin == "import:team.py"
        assert (new.state, new.seal, new.verified, new.n_uses) == ("unconfirmed", "", "", 0)
        assert "def find(" in new.source
    assert "[{'id': 7}]" not in write_library([COUNT])
    assert read_library(write_library([COUNT]), "x")[0].calls == ()


def test_the_module_runs_with_its_tools_and_its_tests_pass() -> None:
    space: dict[str, object] = {"search_people": lambda name: [{"id": 7}]}
    exec(write_library([COUNT, AGES]), space)
    for name in ("test_count", "test_ages"):
        space[name]()  # type: ignore[operator]


def test_different_functions_of_one_name_do_not_meet() -> None:
    other = FIND.replace("Find a person's id.", "Another.").replace('["id"]', '["id"] * 2')
    text = write_library(
        [COUNT, entry("twice", "return find(name)", other, value=14), entry("count", "return 3", value=3)]
    )
    space: dict[str, object] = {"search_people": lambda name: [{"id": 7}]}
    exec(text, space)
    for name in ("test_count", "test_twice", "test_count_2"):
        space[name]()  # type: ignore[operator]
    back = {e.name: e for e in read_library(text, "x")}
    assert set(back) == {"count", "twice", "count_2"}
    assert back["count_2"].verifying_call == "count_2(name='Ada')"
    assert "find_2" in back["twice"].source and "find_2" not in back["count"].source


def test_subtasks_that_are_no_docstrings_survive() -> None:
    odd = replace(COUNT, subtask="How many letters has 'x' \"y\"?\n")
    assert read_library(write_library([odd]), "x")[0].subtask == odd.subtask


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("def f(:", "no Python module"),
        ("x = 1", "defines no function"),
        ("TOOLCODER_FORMAT = 2\ndef f():\n    return 1\n", "format 2"),
        ("TOOLS = search()\ndef f():\n    return 1\n", "TOOLS is no literal"),
        ("TOOLS = [1]\ndef f():\n    return 1\n", "TOOLS is no dict"),
        ("RECORDED = {'f': [1]}\ndef f():\n    return 1\n", "RECORDED['f']"),
        ("def f():\n    return search_people('x')\n", "unknown name search_people"),
        ("def f():\n    return eval('1')\n", "uses eval"),
        ("LIMIT = 3\ndef f():\n    return LIMIT\n", "variable LIMIT"),
    ],
)
def test_what_is_no_library_is_told(text: str, why: str) -> None:
    with pytest.raises(NotALibrary) as caught:
        read_library(text, "x.py")
    assert why in str(caught.value) and "x.py" in str(caught.value)


def test_reading_runs_nothing() -> None:
    text = "import os\nos._exit(9)\ndef f():\n    return 1\ndef test_f():\n    assert f() == 1\n"
    (found,) = read_library(text, "x")
    assert found.name == "f" and "_exit" not in found.source


def test_renaming_keeps_layout_attributes_and_texts() -> None:
    source = "def a(b):  # ä a\n    return a(b.a, a='a', **{'ü': a}) if a else [x.a for a in ()]\n"
    assert renamed(source, {"a": "long_name"}) == (
        "def long_name(b):  # ä a\n"
        "    return long_name(b.a, a='a', **{'ü': long_name}) if long_name else [x.a for long_name in ()]\n"
    )
    assert taken_apart(f"import x\n\n{source}") == (["import x"], {"a": source.rstrip("\n")})


@settings(max_examples=60)
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(exclude_categories=["Cs"])),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=3)
        ),
        max_leaves=8,
    )
)
def test_any_json_value_survives(value: object) -> None:
    kept = replace(COUNT, result_json=json.dumps(value), calls=(RecordedCall("search_people", {"name": value}, value),))
    (back,) = read_library(write_library([kept], with_results=True), "x")
    assert json.loads(back.result_json or "") == value and back.calls == kept.calls
