"""`toolcoder doctor` where everything is there: the engine, the image and a kernel are really looked at."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.docker


def doctor(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tui.main", "doctor", *arguments],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_sandbox_is_ready() -> None:
    told = doctor("--sandbox", "--json")
    assert told.returncode == 0, told.stdout
    found = {check["name"]: check["status"] for check in json.loads(told.stdout)["checks"]}
    assert found["engine"] == found["image"] == found["kernel"] == found["disk"] == "ok"


def test_an_image_that_is_not_there_is_named_with_its_remedy() -> None:
    told = doctor("--sandbox", TOOLCODER_SANDBOX_IMAGE="toolcoder-nowhere")
    assert told.returncode == 3
    assert "✗ image" in told.stdout
    assert "toolcoder sandbox build" in told.stdout
    assert "kernel " not in told.stdout.partition("toolcoder-nowhere")[2], "no second failure from the same cause"
