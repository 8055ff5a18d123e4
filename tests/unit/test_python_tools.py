"""Python functions as tools, and where they are loaded from."""

import asyncio
from typing import Literal, TypedDict

import pytest

from agent.errors import ToolSourceError
from agent.tools.base import schema_hash
from agent.tools.python.in_process import FunctionTool, spec_of
from agent.tools.python.toolcoder_worker.docstrings import parse_docstring
from agent.tools.python.toolcoder_worker.types_json import text_of
from agent.tools.sources import load_tools


class Row(TypedDict):
    id: int
    tags: list[str]


def rows(name: str, order: Literal["up", "down"] = "up", limit: int | None = None) -> list[Row]:
    """Find rows.

    Longer words.

    Args:
        name: What to look for,
            on two lines.
        limit (int): How many.

    Returns:
        Rows.
    """
    return [{"id": limit or 0, "tags": [name, order]}]


def test_the_spec_of_a_function() -> None:
    spec = spec_of(rows)
    assert (
        spec.signature == "rows(name: str, order: Literal['up', 'down'] = 'up', limit: int | None = None) -> list[Row]"
    )
    assert spec.purpose == "Find rows." and spec.description == "Longer words."
    assert spec.parameters[0].description == "What to look for, on two lines."
    assert spec.parameters[2].description == "How many."
    assert spec.records[0].fields == (("id", "int"), ("tags", "list[str]"))
    assert spec.schema["required"] == ["name"] and spec.schema["additionalProperties"] is False
    assert spec.schema["properties"]["order"]["enum"] == ["up", "down"]


def test_calls_of_sync_async_and_generator_functions() -> None:
    async def later(x: int) -> int:
        return x + 1

    def many(n: int) -> list[int]:
        yield from range(n)  # type: ignore[misc]

    async def go() -> list[object]:
        return [
            (await FunctionTool(rows, source="t").call({"name": "a"})).value,
            (await FunctionTool(later, source="t").call({"x": 1})).value,
            (await FunctionTool(many, source="t").call({"n": 3})).value,
        ]

    assert asyncio.run(go()) == [[{"id": 0, "tags": ["a", "up"]}], 2, [0, 1, 2]]


def test_parameters_that_no_model_could_fill_are_refused() -> None:
    def anything(*values: int) -> int:
        return len(values)

    with pytest.raises(ToolSourceError, match="values"):
        spec_of(anything)

    def odd(x: "Nowhere") -> int:  # type: ignore[name-defined]  # noqa: F821
        return 1

    with pytest.raises(ToolSourceError, match="type hints"):
        spec_of(odd)


def test_the_schema_hash_follows_the_signature_not_the_words() -> None:
    def one(x: int) -> int:
        """A."""
        return x

    before = schema_hash(spec_of(one))
    one.__doc__ = "B."
    assert schema_hash(spec_of(one)) == before
    one.__annotations__["x"] = str
    assert schema_hash(spec_of(one)) != before


def test_annotations_as_text() -> None:
    assert text_of(dict[str, list[int]]) == "dict[str, list[int]]"
    assert text_of(tuple[int, ...]) == "tuple[int, ...]"
    assert text_of(None) == "None"


def test_docstrings_without_sections() -> None:
    assert parse_docstring("").purpose == ""
    assert parse_docstring("One line\nwrapped.\n\nRest.").purpose == "One line wrapped."


def test_the_bundled_catalogue_loads() -> None:
    tools = load_tools(["catalogue"]).tools
    assert {"search_films", "add_to_playlist"} <= {t.spec.name for t in tools}
    assert {t.spec.name for t in tools if t.spec.effect == "write"} == {
        "create_playlist",
        "add_to_playlist",
        "remove_from_playlist",
    }
    assert all(t.spec.purpose and t.spec.schema for t in tools)
