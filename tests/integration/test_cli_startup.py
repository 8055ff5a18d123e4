"""How quickly the program starts, and what it must not load to do so."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEAVY = ("textual", "pydantic", "openai", "chromadb", "docker", "jupyter_client", "torch", "numpy", "rich", "httpx")


def test_help_takes_at_most_400_ms() -> None:
    seconds = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "tui.main", "--help"], cwd=ROOT, capture_output=True, check=True)
        seconds.append(time.perf_counter() - began)
    assert min(seconds) <= 0.4, seconds


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['toolcoder', '--help']\n"
        "from tui.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"loaded = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "assert not loaded, loaded"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
