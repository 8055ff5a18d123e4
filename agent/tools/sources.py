"""From what a person writes after `--tools` to a list of tools."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from agent.errors import ToolSourceError
from agent.tools.base import Tool
from agent.tools.python_source import PythonTool

CATALOGUE = "catalogue"


def load_tools(sources: Sequence[str] = (CATALOGUE,)) -> list[Tool]:
    """Load every source in order: `catalogue`, `path/to/file.py` or `package.module`.

    Raises:
        ToolSourceError: a source does not exist, fails on import, or two tools share a name.
    """
    tools: list[Tool] = []
    owner: dict[str, str] = {}
    for source in sources:
        for tool in _load(source):
            if tool.spec.name in owner:
                raise ToolSourceError(
                    f"two tools are called {tool.spec.name!r}: one from {owner[tool.spec.name]}, one from {source}",
                    "rename one of them, or name only one of the sources",
                )
            owner[tool.spec.name] = source
            tools.append(tool)
    return tools


def _load(source: str) -> list[Tool]:
    if source == CATALOGUE:
        from agent.catalogue import tools as bundled

        return [PythonTool(f, source=CATALOGUE, notice_for=bundled.notice_for) for f in _functions(bundled, source)]
    if source.startswith(("openapi:", "mcp:", "http:", "https:")):
        raise ToolSourceError(
            f"tool sources of this kind are not supported in this version: {source}",
            "wrap the calls you need in a Python file and name it with --tools ./file.py",
        )
    if not source.endswith(".py") and not all(part.isidentifier() for part in source.split(".")):
        raise ToolSourceError(
            f"the tool source {source!r} is neither a file of Python nor a module's name",
            "name file.py, package.module or catalogue",
        )
    module = _from_file(Path(source)) if source.endswith(".py") else _from_name(source)
    return [PythonTool(f, source=source) for f in _functions(module, source)]


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise ToolSourceError(f"there is no file {path}", "check the path given to --tools, or sources in the settings")
    spec = importlib.util.spec_from_file_location(f"toolcoder_tools_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ToolSourceError(f"{path} is no Python module", "a tool file ends in .py")
    module = importlib.util.module_from_spec(spec)
    # Registered before it runs: dataclasses and type hints look their module up by name.
    sys.modules[spec.name] = module
    loader = spec.loader

    def load() -> ModuleType:
        loader.exec_module(module)
        return module

    return _guarded(str(path), load)


def _from_name(name: str) -> ModuleType:
    return _guarded(name, lambda: importlib.import_module(name))


def _guarded(source: str, load: Callable[[], ModuleType]) -> ModuleType:
    try:
        return load()
    except (KeyboardInterrupt, MemoryError):
        raise
    except BaseException as error:
        where = next((f"line {f.lineno}" for f in reversed(inspect.trace()) if f.filename.endswith(source)), "import")
        raise ToolSourceError(
            f"the tool source {source} failed on import ({where}): {type(error).__name__}: {error}",
            "run it with Python to see the whole traceback",
        ) from error


def _functions(module: ModuleType, source: str) -> list[Callable[..., Any]]:
    """What a module offers: the functions in `__all__`, else every public function that it defines itself."""
    names = getattr(module, "__all__", None)
    if names is None:
        names = [
            n
            for n, f in vars(module).items()
            if not n.startswith("_") and inspect.isfunction(f) and f.__module__ == module.__name__
        ]
    functions = [getattr(module, n) for n in names if inspect.isfunction(getattr(module, n, None))]
    if not functions:
        raise ToolSourceError(
            f"the tool source {source} defines no public function", "define functions with type hints and docstrings"
        )
    return functions
