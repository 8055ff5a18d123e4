"""The list of escape and abuse attempts is whole: what is tried is written down, and every category has its share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.abuse.catalogue import CATEGORIES, rows, table

FOLDER = Path(__file__).parents[1] / "abuse"


def test_the_readme_has_the_attempts_that_are_made() -> None:
    assert (FOLDER / "README.md").read_text(encoding="utf-8").endswith(table()), (
        "python -m tests.abuse.catalogue prints the tables that belong into tests/abuse/README.md"
    )


@pytest.mark.parametrize("category", CATEGORIES)
def test_each_category_has_at_least_four(category: str) -> None:
    listed = rows(category)
    assert len(listed) >= 4
    assert all(row.tries and row.observed for row in listed), listed


def test_no_two_attempts_share_an_id() -> None:
    ids = [row.id for category in CATEGORIES for row in rows(category)]
    assert len(ids) == len(set(ids))
    assert {path.stem for path in FOLDER.glob("test_*.py")} == {f"test_{name}" for name in CATEGORIES.values()}
