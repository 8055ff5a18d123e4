"""What a command loads, looked at from outside: heavy libraries stay out until they are needed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = {"torch", "transformers", "trl", "peft", "chromadb", "openai"}
NOT_FOR_HELP = HEAVY | {
    "docker",
    "jupyter_client",
    "textual",
    "numpy",
    "httpx",
    "onnxruntime",
    "jsonschema",
    "rich",
}

REPORT = "import sys, json; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"


def loaded_after(code: str) -> set[str]:
    """Top-level modules in a fresh interpreter after `code`."""
    told = subprocess.run(
        [sys.executable, "-c", f"{code}\n{REPORT}"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    return set(json.loads(told.stdout.splitlines()[-1]))


def test_importing_everything_loads_nothing_heavy() -> None:
    code = """
import importlib, pkgutil
for package in ("agent", "sandbox", "tui"):
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, package + "."):
        if "__main__" not in module.name and ".image." not in module.name and ".runtime." not in module.name:
            importlib.import_module(module.name)
"""
    slow = loaded_after(code) & HEAVY
    assert not slow


@pytest.mark.parametrize("package", ["agent", "sandbox", "tui", "train"])
def test_a_package_alone_loads_next_to_nothing(package: str) -> None:
    slow = loaded_after(f"import {package}") & (NOT_FOR_HELP | {"typer", "asyncio"})
    assert not slow


@pytest.mark.parametrize(
    "arguments", [["--help"], ["ask", "--help"], ["doctor", "--help"], ["keys", "--help"], ["--version"]]
)
def test_help_loads_nothing_that_takes_time(arguments: list[str]) -> None:
    code = f"""
import sys
sys.argv = ["toolcoder", *{arguments!r}]
from tui.main import main
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
"""
    # Options of commands have defaults from the settings, which are pydantic's.
    slow = loaded_after(code) & (NOT_FOR_HELP | {"pydantic"} if arguments == ["--help"] else NOT_FOR_HELP)
    assert not slow


def test_reading_logs_for_training_loads_neither_the_loop_nor_a_sandbox() -> None:
    code = """
import sys, agent.log.reader
assert not {"agent.loop", "agent.tools", "sandbox.kernel"} & set(sys.modules)
"""
    slow = loaded_after(code) & HEAVY
    assert not slow
