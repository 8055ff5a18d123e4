"""What a process that answered a question has loaded: no torch, whichever model it was that needs none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent.models.script import Script
from agent.models.scripted_handler import Behaviour
from agent.models.scripted_server import ScriptedServer
from tests.answer_script import QUESTION, write_script

ROOT = Path(__file__).parents[2]
TORCH_FAMILY = {"torch", "transformers", "trl", "peft", "accelerate", "sentence_transformers", "textual"}

CODE = """
import json, sys
from pathlib import Path
from tui.main import main
try:
    main()
except SystemExit as ended:
    roots = sorted({name.partition(".")[0] for name in sys.modules})
    Path(NOTED).write_text(json.dumps(roots))
    raise
"""

pytestmark = pytest.mark.docker


def modules_after(tmp_path: Path, *arguments: str, **variables: str) -> set[str]:
    noted = tmp_path / "modules.json"
    told = subprocess.run(
        [sys.executable, "-c", f"NOTED = {str(noted)!r}\n{CODE}", "ask", QUESTION, *arguments],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert "8" in told.stdout
    return set(json.loads(noted.read_text(encoding="utf-8")))


def test_a_scripted_model(tmp_path: Path) -> None:
    loaded = modules_after(tmp_path, "--model", f"scripted:{write_script(tmp_path / 's.json')}")
    heavy = loaded & (TORCH_FAMILY | {"openai"})
    assert not heavy


def test_an_endpoint(tmp_path: Path) -> None:
    with ScriptedServer(Script.load(write_script(tmp_path / "s.json")), Behaviour(models=("m",))) as server:
        loaded = modules_after(tmp_path, "--model", "m", OPENAI_BASE_URL=server.url)
    heavy = loaded & TORCH_FAMILY
    assert not heavy
    assert "openai" in loaded


def test_the_bundled_model(tmp_path: Path) -> None:
    loaded = modules_after(tmp_path, "--model", "bundled")
    heavy = loaded & (TORCH_FAMILY | {"openai"})
    assert not heavy
