"""Stored functions that the contract tests of repositories add and look for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from agent.functions.base import Found, FunctionEntry, FunctionRepository, RecordedCall
from agent.functions.chroma import ChromaRepository

TOOLS = {"search_films": "h1", "get_person": "h2"}
Opener = Callable[[], FunctionRepository]


def entry(name: str, subtask: str, **changes: Any) -> FunctionEntry:
    source = f'def {name}(director: str) -> int:\n    """{subtask}"""\n    return len(search_films(director))\n'
    made = FunctionEntry(
        name=name,
        signature=f"{name}(director: str) -> int",
        docstring=subtask,
        source=source,
        subtask=subtask,
        tools=(("search_films", "h1"),),
        calls=(RecordedCall("search_films", {"director": "Ada"}, [{"title": "Heat", "year": 1995, "x": [None, 1.5]}]),),
        verifying_call=f"{name}('Ada')",
        result_json="1",
        session="20261120-101500-k3f9",
        created="2026-11-20T10:15:00.000000Z",
    )
    return replace(made, **changes)


COUNT = entry("count_films", "Count the films that a director made.")
OLDEST = entry("oldest_film", "Find the oldest film of a director.", created="2026-11-20T10:16:00.000000Z")
BORN = entry("birthplace", "Tell where a person was born.", tools=(("get_person", "h2"),))


class Indexed(ChromaRepository):
    """Asks Chroma's index, as one does that is open for long."""

    def search(self, subtask: str, k: int, tools: Mapping[str, str] | None) -> list[Found]:
        assert self.open_index(60)
        return super().search(subtask, k, tools)
