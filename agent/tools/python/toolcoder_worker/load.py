"""A person's module: importing it, and which of its functions are tools."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any


class SourceFailed(Exception):
    """The module cannot be used; `hint` says what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def load_functions(source: str) -> list[Callable[..., Any]]:
    """The functions of `path/to/file.py` or `package.module`: those in `__all__`, else every public one defined there.

    Raises:
        SourceFailed: it does not exist, fails on import, or defines no function.
    """
    module = _from_file(source) if source.endswith(".py") else _guarded(source, lambda: importlib.import_module(source))
    functions = _functions(module)
    if not functions:
        raise SourceFailed(
            f"the tool source {source} defines no public function", "define functions with type hints and docstrings"
        )
    return functions


def _functions(module: ModuleType) -> list[Callable[..., Any]]:
    names = getattr(module, "__all__", None)
    if names is None:
        names = [
            n
            for n, f in vars(module).items()
            if not n.startswith("_") and inspect.isfunction(f) and f.__module__ == module.__name__
        ]
    return [getattr(module, n) for n in names if inspect.isfunction(getattr(module, n, None))]


def _from_file(source: str) -> ModuleType:
    path = Path(source).expanduser().absolute()
    if not path.is_file():
        raise SourceFailed(f"there is no file {source}", "check the path given to --tools, or sources in the settings")
    spec = importlib.util.spec_from_file_location(f"toolcoder_tools_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise SourceFailed(f"{source} is no Python module", "a tool file ends in .py")
    module = importlib.util.module_from_spec(spec)
    # Registered before it runs: dataclasses and type hints look their module up by name.
    sys.modules[spec.name] = module
    # As if it were run: the modules beside it can be imported.
    sys.path.insert(0, str(path.parent))
    loader = spec.loader

    def load() -> ModuleType:
        loader.exec_module(module)
        return module

    return _guarded(source, load)


def _guarded(source: str, load: Callable[[], ModuleType]) -> ModuleType:
    try:
        return load()
    except BaseException as error:
        where = _where(error, source)
        hint = "run it with Python to see the whole traceback"
        if isinstance(error, ModuleNotFoundError):
            hint = (
                f"{sys.executable} has no {error.name}: name an interpreter that has, with "
                f"--tools '{source}?python=/path/to/venv/bin/python' or python in [tools] of the settings"
            )
        raise SourceFailed(
            f"the tool source {source} failed on import ({where}): {type(error).__name__}: {error}", hint
        ) from error


def _where(error: BaseException, source: str) -> str:
    """The line of the person's own file: of a syntax error the line that does not parse."""
    name = Path(source).name
    if isinstance(error, SyntaxError) and error.lineno:
        return f"{Path(error.filename or name).name}, line {error.lineno}"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if Path(frame.filename).name == name:
            return f"line {frame.lineno}"
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "importlib" not in f.filename]
    last = frames[-1] if frames and "toolcoder_worker" not in frames[-1].filename else None
    return f"{Path(last.filename).name}, line {last.lineno}" if last else "import"
