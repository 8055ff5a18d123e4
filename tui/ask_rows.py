"""The results of `ask --file`: JSON Lines, each written when its question ends; what is there is not asked again."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tui.failures import UsageProblem
from tui.output_file import OutputFile
from tui.plain import plain_json
from tui.standard_streams import emit

Key = tuple[str, str]


class Rows:
    """Use as `with`. `path` None: to stdout, where nothing can be looked up.

    Raises:
        UsageProblem: on construction, where the file can never be written; on entering, where another run writes to it.
    """

    def __init__(self, path: Path | None) -> None:
        if path is not None:
            OutputFile(path)  # checks what can be known before the tokens are spent
        self._path = path
        self._is_regular = path is None or path.is_file() or not path.exists()
        self._handle = -1

    def __enter__(self) -> Self:
        if self._path is not None:
            self._open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._handle >= 0:
            os.close(self._handle)

    def answered(self, keys: Collection[Key]) -> set[Key]:
        """Those of the questions (id and hash) that have an answer here.

        Rows of other ways in which they ended go, so that each question has one row in the end; so does half a row, of
        a run that was killed. Rows of other questions stay.

        Raises:
            UsageProblem: the file holds something else.
            OSError: it cannot be read or written.
        """
        if self._path is None or not self._is_regular:
            return set()
        found: set[Key] = set()
        kept: list[str] = []
        text = self._path.read_text("utf-8")
        *lines, torn = text.split("\n")
        for number, line in enumerate(lines, start=1):
            row = self._row(line, number) if line.strip() else None
            if row is None:
                continue
            key = str(row.get("id")), str(row.get("question_sha256"))
            if key not in keys or (row.get("status") == "answered" and key not in found):
                kept.append(line)
                found |= {key} & set(keys)
        if torn and not lines:
            self._row(torn, 1)
        content = "".join(f"{line}\n" for line in kept)
        if content != text:
            file = OutputFile(self._path)
            file.write(content)
            file.finish()
            os.close(self._handle)
            self._open()
        return found

    def add(self, row: dict[str, Any]) -> None:
        """One more, whole or not at all, and on the disk.

        Raises:
            OSError: it cannot be written.
        """
        line = plain_json(row) + "\n"
        if self._path is None:
            emit(line)
            return
        size = os.fstat(self._handle).st_size
        try:
            data = memoryview(line.encode())
            while data:
                data = data[os.write(self._handle, data) :]
            if self._is_regular:
                os.fsync(self._handle)
        except OSError as error:
            with contextlib.suppress(OSError):  # half a row is read as none
                os.ftruncate(self._handle, size)
            raise OSError(error.errno, error.strerror, str(self._path)) from error

    def _open(self) -> None:
        assert self._path is not None
        self._handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageProblem(f"--output {self._path}: another run writes to it", "wait for it to end") from None

    def _row(self, line: str, number: int) -> dict[str, Any]:
        with contextlib.suppress(ValueError):
            row = json.loads(line)
            if isinstance(row, dict) and "id" in row and "question" in row:
                return row
        raise UsageProblem(
            f"--output {self._path}, line {number}: that is no result of a list of questions",
            "name another file; results are added to one that has some already",
        )
