"""`--output FILE`: whole or not at all. A reader of the file never sees half of it."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from tui.failures import UsageProblem


class OutputFile:
    """Collects text and puts it in place when all is there.

    Raises:
        UsageProblem: on construction, where the file can never be written: better before the tokens are spent.
    """

    def __init__(self, path: Path) -> None:
        self._path = Path(os.path.realpath(path))
        self._parts: list[str] = []
        folder = self._path.parent
        if self._path.is_dir():
            raise UsageProblem(f"--output {path} is a folder", "name a file")
        if not folder.is_dir():
            raise UsageProblem(f"--output {path}: there is no folder {folder}", "make the folder first")
        if not os.access(self._path if self._is_special() else folder, os.W_OK):
            raise UsageProblem(f"--output {path} cannot be written: permission denied")

    def write(self, text: str) -> None:
        """Keep a piece of the content."""
        self._parts.append(text)

    def finish(self) -> None:
        """Put the content in place.

        Raises:
            OSError: no space, or the folder is gone; an older file of that name is untouched then.
        """
        content = "".join(self._parts)
        try:
            if self._is_special():  # a pipe or a device is written to, never replaced
                self._path.write_text(content, encoding="utf-8")
            else:
                self._replace(content)
        except OSError as error:  # a failed write knows no name
            raise OSError(error.errno, error.strerror, str(self._path)) from error

    def _replace(self, content: str) -> None:
        mode = stat.S_IMODE(self._path.stat().st_mode) if self._path.exists() else 0o666 & ~_umask()
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(mode)
            Path(name).replace(self._path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def _is_special(self) -> bool:
        return self._path.exists() and not self._path.is_file()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
