"""How an operation's results come in pages, said in a line of its documentation: a program has to ask for the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agent.tools.openapi.references import References

_PAGE = ("page", "page_number", "pageNumber", "pageNo", "p")
_OFFSET = ("offset", "start", "skip", "startIndex", "start_index", "startAt")
_SIZE = ("limit", "per_page", "perPage", "page_size", "pageSize", "size", "count", "max_results", "maxResults", "rows")
_CURSOR = (
    "cursor", "page_token", "pageToken", "next_token", "nextToken", "continuation_token", "continuationToken",
    "continue", "starting_after", "after", "marker", "bookmark", "scroll_id", "next_cursor",
)  # fmt: skip
_NEXT = (
    "next", "next_page", "nextPage", "next_cursor", "nextCursor", "next_page_token", "nextPageToken", "next_token",
    "nextToken", "continuation_token", "continuationToken", "cursor", "cursors", "after", "links", "_links",
    "nextLink", "@odata.nextLink", "response_metadata",
)  # fmt: skip
_TOTAL = (
    "total_pages", "totalPages", "total_results", "totalResults", "total", "total_count", "totalCount", "count",
    "has_more", "hasMore", "page_count", "pageCount",
)  # fmt: skip


def paging_text(names: Mapping[str, str], response: Any, references: References) -> str:
    """One sentence, or "" where nothing speaks of pages.

    `names` maps the names that the document gives to the parameters to those of the Python function.
    """
    fields = _fields(response, references)
    size = _first(_SIZE, names)
    at_a_time = f" with at most `{names[size]}` items" if size else ""
    total = _first(_TOTAL, fields)
    until = f", up to `{total}`" if total in {"total_pages", "totalPages", "pageCount", "page_count"} else ""
    if cursor := _first(_CURSOR, names):
        where = _first(_NEXT, fields)
        found = f"from the result's `{where}`" if where else "from the result"
        return f"Results come in pages{at_a_time}: pass `{names[cursor]}` {found} to get the next one."
    if (offset := _first(_OFFSET, names)) and (size or total):
        until = f"; the result's `{total}` says how many there are" if total else ""
        return f"Results come in pages{at_a_time}: raise `{names[offset]}` to get the next ones{until}."
    if page := _first(_PAGE, names):
        return f"Results come in pages{at_a_time}: raise `{names[page]}` to get the next one{until}."
    if names and (where := _first(_NEXT[:3], fields)):
        return f"The result may be one page of several: its `{where}` says where the next one is."
    return ""


def _first(wanted: Sequence[str], there: Mapping[str, Any] | Sequence[str]) -> str | None:
    return next((name for name in wanted if name in there), None)


def _fields(schema: Any, references: References, depth: int = 0) -> list[str]:
    """The result's fields; also those of the one object in it that pages are often wrapped in."""
    if depth > 3:
        return []
    node = references.schema(schema)
    properties, parts = node.get("properties"), node.get("allOf")
    found = list(properties) if isinstance(properties, dict) else []
    if isinstance(properties, dict) and len(found) == 1:
        found += _fields(properties[found[0]], references, depth + 1)
    for part in parts if isinstance(parts, list) else ():
        found += _fields(part, references, depth + 1)
    return found
