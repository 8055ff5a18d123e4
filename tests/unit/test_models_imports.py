"""Importing any module of `agent.models` loads nothing heavy."""

from __future__ import annotations

import pkgutil
import subprocess
import sys

import agent.models

HEAVY = ("openai", "httpx", "httpx2", "torch", "transformers", "tenacity", "pydantic", "numpy", "jinja2")


def test_no_heavy_import() -> None:
    names = [
        f"agent.models.{module.name}" for module in pkgutil.iter_modules(agent.models.__path__) if not module.ispkg
    ]
    assert "agent.models.endpoint" in names
    program = f"import sys, importlib\nfor name in {names!r}: importlib.import_module(name)\n"
    program += f"print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_choosing_the_bundled_model_or_a_script_loads_no_client(tmp_path: object) -> None:
    program = (
        "import sys\nfrom agent.models.choose import ModelRequest, choose, build_model\n"
        "choose(ModelRequest(env={'OLLAMA_HOST': '127.0.0.1:9'}))\n"
        "request = ModelRequest(flag='m', base_url='http://x/v1')\nbuild_model(choose(request), request)\n"
        f"print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
