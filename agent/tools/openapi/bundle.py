"""References into other files: each file is read once and put into the document, and what points to it points there.

A document may be a stranger's, so it brings in only what lies where it lies itself: files beneath its own folder, links
followed first, or addresses of its own origin.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin

from agent.errors import ToolSourceError
from agent.tools.openapi.address import origin_of

FILES = "x-toolcoder-files"
"""The key of the document under which the others lie, by their names without suffixes."""
N_FILES = 300
LIMIT_BYTES = 32 << 20

Read = Callable[[str], tuple[dict[str, Any], int]]
"""A file's or an address's content, and its size in bytes. May raise `ToolSourceError`."""


def bundle(raw: dict[str, Any], location: str, is_remote: bool, read: Read) -> dict[str, str]:
    """Bring the other files into `raw`, in place. What is returned: references that were left, and why.

    `location`: of the document, a path or an address; `read` is given others of the same kind.
    """
    return _Bundle(raw, location, is_remote, read).run()


class _Bundle:
    def __init__(self, raw: dict[str, Any], location: str, is_remote: bool, read: Read) -> None:
        self._raw = raw
        self._is_remote = is_remote
        self._home = location if is_remote else str(Path(location).expanduser().resolve())
        self._read = read
        self._keys: dict[str, str] = {self._home: ""}
        """Where each file is to its key among the files; the document itself has none."""
        self._refused: dict[str, str] = {}
        self._n_bytes = 0
        self._left: dict[str, str] = {}
        self._waiting: list[tuple[Any, str]] = [(raw, self._home)]

    def run(self) -> dict[str, str]:
        seen: set[int] = set()  # aliases of YAML are one object in several places
        while self._waiting:
            root, where = self._waiting.pop()
            stack = [root]
            while stack:
                node = stack.pop()
                if isinstance(node, dict | list) and id(node) not in seen:
                    seen.add(id(node))
                    if isinstance(node, dict) and isinstance(node.get("$ref"), str):
                        node["$ref"] = self._rewritten(node["$ref"], where)
                    stack.extend(node.values() if isinstance(node, dict) else node)
        return self._left

    def _rewritten(self, reference: str, where: str) -> str:
        target, fragment = urldefrag(reference)
        if not target and where == self._home:
            return reference
        try:
            key = self._key(self._place(target, where) if target else where)
        except ToolSourceError as error:
            self._left[reference] = str(error)
            return reference
        inside = f"/{FILES}/{key}" if key else ""
        return f"#{inside}{fragment.rstrip('/')}"

    def _place(self, target: str, where: str) -> str:
        """Where a reference leads.

        Raises:
            ToolSourceError: to a place that the document has no business with.
        """
        if self._is_remote:
            address = urljoin(where, target)
            if not address.startswith(("http://", "https://")) or origin_of(address) != origin_of(self._home):
                raise ToolSourceError("it lies at another origin than the document, and is not fetched")
            return address
        if "://" in target:
            raise ToolSourceError("it is an address, and a document on disk fetches nothing")
        path = (Path(where).parent / unquote(target)).resolve()
        if not path.is_relative_to(Path(self._home).parent):
            raise ToolSourceError("it lies outside of the document's folder, and is not opened")
        return str(path)

    def _key(self, place: str) -> str:
        """The key of a file; it is read where that was not tried before.

        Raises:
            ToolSourceError: it cannot be read, or there are too many of them.
        """
        if place in self._refused:
            raise ToolSourceError(self._refused[place])
        if place not in self._keys:
            try:
                if len(self._keys) > N_FILES or self._n_bytes > LIMIT_BYTES:
                    raise ToolSourceError(f"more than {N_FILES} files or {LIMIT_BYTES >> 20} MB are not read")
                content, n_bytes = self._read(place)
            except ToolSourceError as error:
                self._refused[place] = str(error)
                raise
            self._n_bytes += n_bytes
            files = self._raw.setdefault(FILES, {})
            key = stem = place.rstrip("/").rpartition("/")[2].partition(".")[0].replace("~", "_").replace("%", "_")
            n = 1
            while key in files:
                n += 1
                key = f"{stem}_{n}"
            self._keys[place] = key
            files[key] = content
            self._waiting.append((content, place))
        return self._keys[place]
