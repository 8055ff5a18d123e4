"""All attempts as rows: `python -m tests.abuse.catalogue` prints the table of README.md, which a test compares."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType

CATEGORIES = {
    "network": "network",
    "files and links": "files",
    "processes": "processes",
    "resources": "resources",
    "kernel protocol": "kernel_protocol",
    "broker": "broker",
    "terminal output": "terminal",
    "lifetime": "lifetime",
    "image build": "image_build",
    "host-side reading": "host_reading",
}
_NAMED = re.compile(r"(?s)`([a-z]+-[a-z0-9-]+)`: (.*)")


@dataclass(frozen=True)
class Row:
    """An attempt: its id, what it tries, what is observed on the host."""

    id: str
    tries: str
    observed: str


def rows(category: str) -> list[Row]:
    """Of one category, in the order of its file."""
    module = importlib.import_module(f"tests.abuse.test_{CATEGORIES[category]}")
    return [*_of_table(module), *_of_docstrings(module)]


def _of_table(module: ModuleType) -> Iterator[Row]:
    from tests.abuse.arena import Attempt

    listed = [*getattr(module, "ATTEMPTS", ()), *(v for v in vars(module).values() if isinstance(v, Attempt))]
    for attempt in listed:
        yield Row(attempt.id, attempt.tries, attempt.expected)


def _of_docstrings(module: ModuleType) -> Iterator[Row]:
    """Tests that are no cell: their docstring has the id and, after a semicolon or a colon, what is observed."""
    for _, function in inspect.getmembers(module, inspect.isfunction):
        found = _NAMED.match(inspect.getdoc(function) or "")
        if found and function.__module__ == module.__name__:
            tries, _, observed = found[2].replace("\n", " ").partition("; ")
            yield Row(found[1], tries, observed.rstrip("."))


def table() -> str:
    """Markdown: a section per category."""
    parts = []
    for category in CATEGORIES:
        lines = [f"### {category}", "", "| id | tries | observed on the host |", "|---|---|---|"]
        lines += [f"| `{row.id}` | {row.tries} | {row.observed} |" for row in rows(category)]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table())
