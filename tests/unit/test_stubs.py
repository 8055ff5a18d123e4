"""Stubs: valid Python with the real signature, whatever the descriptions contain."""

import ast
import enum
import inspect
import sys
import types
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.calls.spec import Parameter, Record, ToolSpec
from agent.calls.stubs import documentation, record_types, stub, stub_module

FILMS = ToolSpec(
    "search_films",
    "Find films.",
    "More words.",
    (Parameter("limit", "int", required=False, default=5), Parameter("title", "str", description="A title.")),
    "list[Film]",
    "Films, best first.",
    (Record("Film", (("id", "int"), ("title", "str"))),),
)


def run(module: str) -> dict[str, object]:
    runtime = types.ModuleType("toolcoder_runtime")
    runtime.tool = lambda f: f  # type: ignore[attr-defined]
    runtime.ToolError = Exception  # type: ignore[attr-defined]
    sys.modules["toolcoder_runtime"] = runtime
    try:
        space: dict[str, object] = {}
        exec(compile(module, "<stubs>", "exec"), space)
        return space
    finally:
        del sys.modules["toolcoder_runtime"]


def test_a_stub_has_the_signature_required_parameters_first() -> None:
    function = run(stub_module([FILMS]))["search_films"]
    assert callable(function)
    assert str(inspect.signature(function)) == "(title: 'str', limit: 'int' = 5) -> 'list[Film]'"
    assert function.__doc__ is not None and "A title." in function.__doc__ and "Films, best first." in function.__doc__


@given(st.text(), st.text(), st.text())
def test_a_hostile_description_stays_a_string(purpose: str, description: str, annotation: str) -> None:
    spec = ToolSpec(
        "f", purpose, description, (Parameter("a", annotation or "Any", description=description),), annotation
    )
    tree = ast.parse(stub_module([spec]))
    functions = [n for n in tree.body if isinstance(n, ast.FunctionDef)]
    assert len(functions) == 1 and len(tree.body) == 4
    assert all(isinstance(s, ast.Expr) for s in functions[0].body)


@pytest.mark.parametrize("name", ["class", "a b", "1x", "x;import os", ""])
def test_names_that_are_no_identifiers_are_refused(name: str) -> None:
    with pytest.raises(ValueError):
        stub(ToolSpec(name, "p"))
    with pytest.raises(ValueError):
        stub(ToolSpec("f", "p", parameters=(Parameter(name),)))


def test_documentation_and_records_for_the_model() -> None:
    assert documentation(FILMS).startswith("def search_films(title: str, limit: int = 5) -> list[Film]:")
    assert record_types([FILMS, FILMS]) == 'Film: {"id": int, "title": str}'


class Order(enum.Enum):
    NEW = 1


@pytest.mark.parametrize("default", [Order.NEW, float("inf"), Path("x"), object()])
def test_a_default_that_is_no_literal_is_still_a_default(default: object) -> None:
    spec = ToolSpec("f", "p", parameters=(Parameter("order", required=False, default=default),))
    function = run(stub_module([spec]))["f"]
    assert callable(function) and function() is None
    assert "order: Any = ..." in spec.signature and "order: Any = ..." in documentation(spec)


@pytest.mark.parametrize(
    ("annotation", "stands"),
    [
        ("int, evil", "Any"),
        ("(int, str)", "Any"),
        ("int  # ) -> None: ...", "int"),
        ("(x := 1)", "Any"),
        ("(yield)", "Any"),
        ("dict[str, list[int]] | None", "dict[str, list[int]] | None"),
        ("Literal['a', \"b\"]", "Literal['a', 'b']"),
    ],
)
def test_an_annotation_is_one_expression_and_no_more(annotation: str, stands: str) -> None:
    function = run(stub_module([ToolSpec("f", "p", parameters=(Parameter("a", annotation),))]))["f"]
    assert callable(function) and str(inspect.signature(function)) == f"(a: {stands!r}) -> 'Any'"


def test_help_shows_the_records_and_a_prompt_lists_them_apart() -> None:
    spec = ToolSpec("find", "Find.", returns="list[Film]", records=(Record("Film", (("id", "int"), ("title", "str"))),))
    assert 'Film: {"id": int, "title": str}' in ast.literal_eval(stub(spec).splitlines()[1].strip())
    assert "Film:" not in documentation(spec)
    large = ToolSpec("find", "Find.", records=tuple(Record(f"R{i}", (("x" * 50, "int"),)) for i in range(500)))
    assert len(stub(large)) < 6000
