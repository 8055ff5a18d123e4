"""Names of tools and parameters: valid Python, shadowing nothing that programs use, unique, the same at every load."""

from __future__ import annotations

import builtins
import hashlib
import keyword
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from agent.calls.spec import ToolSpec
from agent.tools.base import LoadedSource, Tool, ToolOutcome

MAX_CHARS = 64
RESERVED = frozenset({"ask_user", "tool", "ToolError", "Any", "Literal", "In", "Out", "get_ipython", "display"})
"""What the stubs' module and the kernel's shell define."""


def python_name(text: str, fallback: str = "tool") -> str:
    """`get-file contents` as `get_file_contents`; a keyword, a builtin or a name of the kernel's gets an underscore."""
    name = _words(text) or _words(fallback)
    if name[0].isdigit():
        name = f"{_words(fallback)}_{name}"
    if is_taken(name):
        name += "_"
    return name if len(name) <= MAX_CHARS else _hashed(name, text)


def is_taken(name: str) -> bool:
    """Whether a tool of this name would be no Python, or would hide something that programs use."""
    return keyword.iskeyword(name) or keyword.issoftkeyword(name) or hasattr(builtins, name) or name in RESERVED


def parameter_names(wanted: Iterable[str]) -> dict[str, str]:
    """Python name to wire name, in order. A builtin may stand as a parameter (`id`, `type`), a keyword may not."""
    names: dict[str, str] = {}
    for wire in wanted:
        name = _words(wire) or "value"
        if name[0].isdigit() or keyword.iskeyword(name):
            name = f"p_{name}" if name[0].isdigit() else f"{name}_"
        stem, n = name[:MAX_CHARS], 2
        name = stem
        while name in names:
            name, n = f"{stem}_{n}", n + 1
        names[name] = wire
    return names


def unique_names(wanted: Sequence[str]) -> list[str]:
    """Valid names for the tools of one source, in order. Where two become one name, the one that is written so keeps
    it, and the others get a hash of their own."""
    names = [python_name(text) for text in wanted]
    count = Counter(names)
    return [n if count[n] == 1 or n == text else _hashed(n, text) for n, text in zip(names, wanted, strict=True)]


def source_label(source: str) -> str:
    """A short name of a source, for a prefix: `./my-tools.py` is `my_tools`, `mcp:uvx some-server` `some_server`."""
    text = re.sub(r"^(?:openapi|mcp):", "", source)
    text = re.split(r"[?#]", text, maxsplit=1)[0].strip()
    if found := re.match(r"https?://([^/:]+)", text):
        text = found[1].removeprefix("www.").removeprefix("api.")
    else:
        words = [w for w in text.split() if not w.startswith("-") and "=" not in w]
        text = re.split(r"[/@]", (words or [text])[-1].rstrip("/"))[-1]
        text = re.sub(r"\.(?:py|json|ya?ml)$", "", text)
    return _words(text)[:24].lower() or "tools"


def without_clashes(sources: Sequence[LoadedSource]) -> list[Tool]:
    """The tools of all sources. A name that several sources use, or that hides something, is prefixed in each of them.

    In each, and not in the later ones alone: so names do not depend on the order in which sources are named.
    """
    count = Counter(tool.spec.name for source in sources for tool in source.tools)
    tools: list[Tool] = []
    for source in sources:
        for tool in source.tools:
            name = tool.spec.name
            if count[name] > 1:
                name = python_name(f"{source_label(source.name)}_{name}")
            tools.append(_named(tool, python_name(name) if is_taken(name) else name))
    count = Counter(tool.spec.name for tool in tools)
    return [t if count[t.spec.name] == 1 else _named(t, _hashed(t.spec.name, t.source)) for t in tools]


class _Renamed:
    """A tool under another name."""

    def __init__(self, inner: Tool, spec: ToolSpec) -> None:
        self.inner = inner
        self.spec = spec
        self.source = inner.source

    async def call(self, args: Mapping[str, Any]) -> ToolOutcome:
        return await self.inner.call(args)


def _named(tool: Tool, name: str) -> Tool:
    return tool if tool.spec.name == name else _Renamed(tool, replace(tool.spec, name=name))


def _words(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"\W+", "_", plain).strip("_")


def _hashed(name: str, whole: str) -> str:
    return f"{name[: MAX_CHARS - 7].rstrip('_')}_{hashlib.sha256(whole.encode('utf-8', 'replace')).hexdigest()[:6]}"
