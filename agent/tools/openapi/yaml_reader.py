"""YAML as JSON-like values, in one pass over the parser's events.

Not `yaml.safe_load`: its C loader recurses without a limit (200,000 brackets end the process), expands aliases without
one, and reads dates and `no` as something else than text. Here depth and expanded size are limited, and scalars follow
YAML 1.2's core schema, which is what OpenAPI asks for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

MAX_DEPTH = 200
MAX_NODES = 5_000_000
"""Values after all aliases are followed: a few lines of aliases can stand for more than any memory holds."""

_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_MERGE = "<<"


class YamlProblem(ValueError):
    """The text is no YAML, or YAML made to do harm."""


def read_yaml(text: str) -> Any:
    """The first document's value; mappings' keys become text.

    Raises:
        YamlProblem: no YAML, nested too deeply, aliases that expand too far or refer to themselves.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Builder().build(yaml.parse(text, Loader=loader))
    except yaml.YAMLError as error:
        raise YamlProblem(" ".join(str(error).split())[:300]) from error


class _Open:
    """A sequence or mapping that is not closed yet."""

    __slots__ = ("anchor", "items", "key", "merges", "size", "value")

    def __init__(self, value: list[Any] | dict[str, Any], anchor: str | None) -> None:
        self.value = value
        self.anchor = anchor
        self.key: Any = _Open
        self.merges: list[dict[str, Any]] = []
        self.size = 1


class _Builder:
    def __init__(self) -> None:
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._stack: list[_Open] = []
        self._root: Any = None

    def build(self, events: Iterator[Any]) -> Any:
        from yaml import events as kinds

        for event in events:
            match event:
                case kinds.ScalarEvent():
                    self._add(_scalar(event), 1, event.anchor)
                case kinds.AliasEvent():
                    if event.anchor not in self._anchors:
                        raise YamlProblem(f"the alias *{event.anchor} stands for nothing, or for what contains it")
                    value, size = self._anchors[event.anchor]
                    self._add(value, size, None)
                case kinds.MappingStartEvent():
                    self._open({}, event.anchor)
                case kinds.SequenceStartEvent():
                    self._open([], event.anchor)
                case kinds.MappingEndEvent() | kinds.SequenceEndEvent():
                    self._close()
                case kinds.DocumentEndEvent():
                    return self._root
        return self._root

    def _open(self, value: list[Any] | dict[str, Any], anchor: str | None) -> None:
        if len(self._stack) >= MAX_DEPTH:
            raise YamlProblem(f"it is nested more than {MAX_DEPTH} levels deep")
        self._stack.append(_Open(value, anchor))

    def _close(self) -> None:
        done = self._stack.pop()
        if isinstance(done.value, dict):
            for merged in done.merges:
                for key, value in merged.items():
                    done.value.setdefault(key, value)
        self._add(done.value, done.size, done.anchor)

    def _add(self, value: Any, size: int, anchor: str | None) -> None:
        if anchor is not None:
            self._anchors[anchor] = (value, size)
        if not self._stack:
            self._root = value
            return
        top = self._stack[-1]
        top.size += size
        if top.size > MAX_NODES:
            raise YamlProblem(f"it expands to more than {MAX_NODES:,} values")
        if isinstance(top.value, list):
            top.value.append(value)
        elif top.key is _Open:
            top.key = _key(value)
        else:
            key, top.key = top.key, _Open
            if key == _MERGE and isinstance(value, dict | list):
                top.merges += [
                    part for part in (value if isinstance(value, list) else [value]) if isinstance(part, dict)
                ]
            else:
                top.value[key] = value


def _key(value: Any) -> str:
    if isinstance(value, dict | list):
        raise YamlProblem("a mapping's key is no text")
    if isinstance(value, str):
        return value
    return {None: "null", True: "true", False: "false"}.get(value) or str(value)


def _scalar(event: Any) -> Any:
    text: str = event.value
    if not event.implicit[0] and event.tag is None:  # quoted, or a block of text
        return text
    if event.tag == "tag:yaml.org,2002:str":
        return text
    if text in _WORDS:
        return _WORDS[text]
    first = text[0]
    if first in "+-.0123456789" and len(text) <= 300:
        if _INT.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            return float(text)
    return text
