"""The rules of the house, executed: layers, who may import what, file sizes, folder READMEs."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("agent", "sandbox", "train", "tui")
MAX_LINES = 500


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders or PACKAGES:
        yield from sorted(path for path in (ROOT / folder).rglob("*.py") if "__pycache__" not in path.parts)


def imported_roots(path: Path) -> set[str]:
    """First parts of all absolute imports, also those inside functions."""
    roots = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                roots |= {name.name.partition(".")[0] for name in names}
            case ast.ImportFrom(module=str(module), level=0):
                roots.add(module.partition(".")[0])
    return roots


def test_the_contracts_of_pyproject_hold() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import sys; from importlinter.cli import lint_imports_command; lint_imports_command()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert "0 broken" in told.stdout


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("agent", "textual"),
        ("agent", "train.bundled"),
        ("agent", "docker"),
        ("agent", "torch"),
        ("sandbox", "agent.events"),
        ("train", "agent.loop"),
        ("train", "sandbox"),
        ("tui", "docker"),
        ("tui", "chromadb"),
    ],
)
def test_each_contract_would_notice(tmp_path: Path, importer: str, imported: str) -> None:
    """The rules above are worth something only if breaking one is seen: break it in a copy of the import graph."""
    for package in PACKAGES:
        for path in sources(package):
            copied = tmp_path / path.relative_to(ROOT)
            copied.parent.mkdir(parents=True, exist_ok=True)
            copied.write_bytes(path.read_bytes())
    (tmp_path / importer / "trespass.py").write_text(f"def later():\n    import {imported}\n", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 1, told.stdout + told.stderr
    assert "trespass" in told.stdout


def test_what_runs_before_the_packages_are_there_needs_none_of_them() -> None:
    for path in sources("tui/setup"):
        foreign = imported_roots(path) - set(sys.stdlib_module_names) - {"tui"}
        assert not foreign, f"{path.relative_to(ROOT)} imports {foreign}"
    assert imported_roots(ROOT / "tui" / "__init__.py") <= {"__future__"}


def test_what_runs_in_the_kernel_needs_what_the_image_has() -> None:
    in_the_image = {"IPython", "ipykernel", "traitlets", "zmq", "numpy", "pandas", "matplotlib"}
    for path in sources("sandbox/runtime"):
        own = {module.stem for module in path.parent.glob("*.py")} | {path.parent.name}
        foreign = imported_roots(path) - set(sys.stdlib_module_names) - own - in_the_image
        assert not foreign, f"{path.relative_to(ROOT)} imports {foreign}"


def test_no_file_becomes_a_god() -> None:
    long = {
        str(path.relative_to(ROOT)): n
        for path in sources()
        if (n := len(path.read_text("utf-8").splitlines())) > MAX_LINES
    }
    assert not long


def test_no_module_is_named_after_nothing() -> None:
    assert not [path for path in sources() if path.stem in {"utils", "util", "helpers", "misc", "common"}]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_folder_explains_itself(package: str) -> None:
    readme = (ROOT / package / "README.md").read_text(encoding="utf-8")
    assert 10 <= len(readme.splitlines()) <= 45
    for heading in ("Decisions", "Not covered"):
        assert heading in readme, f"{package}/README.md has no section {heading}"


def test_every_source_is_typed_for_others() -> None:
    for package in PACKAGES:
        assert (ROOT / package / "__init__.py").exists()
