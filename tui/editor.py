"""A text in the person's own editor."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.home import private_folder, replace_file, state_home
from tui.failures import UsageProblem
from tui.standard_streams import narrate


def edited(text: str, suffix: str) -> str | None:
    """The text as it was saved; None where it was not changed.

    Raises:
        UsageProblem: there is no editor, or it failed.
    """
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or shutil.which("nano") or shutil.which("vi")
    if not command:
        raise UsageProblem("no editor was found", "set EDITOR to one, or give the text as a file")
    with tempfile.TemporaryDirectory(prefix="toolcoder-edit-") as folder:
        file = Path(folder) / f"function{suffix}"
        file.write_text(text, encoding="utf-8")
        try:
            done = subprocess.run([*shlex.split(command), str(file)], check=False)
        except OSError as error:
            raise UsageProblem(f"the editor {command!r} cannot be started: {error}", "set EDITOR to another") from error
        if done.returncode != 0:
            raise UsageProblem(f"the editor {command!r} ended with {done.returncode}", "nothing was changed")
        saved = file.read_text(encoding="utf-8")
    return None if saved == text else saved


@contextmanager
def kept_on_failure(text: str, name: str, again: str) -> Iterator[None]:
    """What a person typed outlives what goes wrong with it: it is kept in a file, and `again` with its path is told.

    `name` is the file's, in the state folder. `again` is the command that takes the text from a file.
    """
    try:
        yield
    except BaseException:  # also Ctrl-C, and a no
        file = private_folder(state_home() / "edits") / name
        replace_file(file, text)
        narrate(f"your text is kept: {again} {shlex.quote(str(file))}\n")
        raise
