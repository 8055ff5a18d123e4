"""The README, checked against the code: commands, exit codes, the map of folders."""

from __future__ import annotations

import re
from pathlib import Path

import typer

from tui.cli import build_app
from tui.exit_codes import ExitCode

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_every_command_that_is_named_exists() -> None:
    program = typer.main.get_command(build_app())
    known = {"": program, **program.commands}  # type: ignore[attr-defined]
    named = re.findall(r"^\| `toolcoder ?([a-z-]*) ?((?!--)[a-z|\\-]*)", section("Commands"), re.MULTILINE)
    assert len(named) >= 6
    for command, parts in named:
        assert command in known, command
        for part in filter(None, re.split(r"\\?\|", parts)):
            assert part in known[command].commands, f"{command} {part}"


def test_the_exit_codes_are_those_of_the_code() -> None:
    told = dict.fromkeys(
        int(code) for code in re.findall(r"\b(\d+) [a-z]", section("Commands").partition("Exit codes")[2])
    )
    assert set(told) >= {int(code) for code in ExitCode}


def test_the_map_shows_what_is_there() -> None:
    drawn = section("For developers").partition("```\n")[2].partition("```")[0]
    folder = ""
    for line in drawn.splitlines():
        path = line.split()[0]
        if not line.startswith(" "):
            folder = path
        assert (ROOT / path).exists() or (ROOT / folder / path).exists(), line
    for package in ("agent", "sandbox", "tui"):
        for child in (ROOT / package).iterdir():
            if child.is_dir() and (child / "__init__.py").exists():
                assert f"  {child.name}/" in drawn, f"{package}/{child.name} is not on the map"


def test_every_file_that_is_named_exists() -> None:
    for name in re.findall(r"`([\w./]+\.(?:txt|toml|md|py|jsonl?))`", README):
        assert (ROOT / name).exists() or name in {"weather.py", "config.toml"}, name
