"""`$ref`: pointers are followed within the document; other files were brought into it before (`bundle`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

_MAX_HOPS = 32


class ReferenceProblem(ValueError):
    """A reference leads nowhere, in a circle, or out of the document."""


class References:
    """Looks pointers up in one document; nothing is copied. `unread`: see `ApiDocument`."""

    def __init__(self, raw: dict[str, Any], unread: Mapping[str, str] | None = None) -> None:
        self._raw = raw
        self._unread = unread or {}
        self._known: dict[str, Any] = {}

    def at(self, pointer: str) -> Any:
        """What `#/components/schemas/Film` points to.

        Raises:
            ReferenceProblem: another file, or nothing there.
        """
        if pointer in self._known:
            return self._known[pointer]
        if not pointer.startswith("#"):
            why = self._unread.get(pointer, "it is not there")
            raise ReferenceProblem(f"it refers to another file, {pointer[:80]!r}: {why[:300]}")
        node: Any = self._raw
        for part in pointer.lstrip("#").split("/")[1:]:
            name = unquote(part).replace("~1", "/").replace("~0", "~")
            if isinstance(node, dict) and name in node:
                node = node[name]
            elif isinstance(node, list) and re.fullmatch(r"\d{1,9}", name) and int(name) < len(node):
                node = node[int(name)]
            else:
                raise ReferenceProblem(f"the reference {pointer[:120]!r} leads nowhere")
        if node is self._raw or (pointer != "#" and not pointer.startswith("#/")):
            raise ReferenceProblem(f"the reference {pointer[:120]!r} is not of the form #/components/...")
        self._known[pointer] = node
        return node

    def resolved(self, node: Any) -> dict[str, Any]:
        """An object, itself or where its `$ref` leads; what stands beside `$ref` wins (3.1 allows that).

        Raises:
            ReferenceProblem: it is no object, or its references go in a circle.
        """
        beside: dict[str, Any] = {}
        for _ in range(_MAX_HOPS):
            if not isinstance(node, dict):
                raise ReferenceProblem("an object was expected")
            target = node.get("$ref")
            if not isinstance(target, str):
                return {**node, **beside} if beside else node
            beside = {**{k: v for k, v in node.items() if k != "$ref"}, **beside}
            node = self.at(target)
        raise ReferenceProblem("its references go in a circle")

    def schema(self, node: Any) -> dict[str, Any]:
        """A schema, itself or where its `$ref` leads; an empty one, which allows anything, where it is broken."""
        try:
            return self.resolved(node)
        except ReferenceProblem:
            return {}
