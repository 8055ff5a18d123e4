"""The manual page and shell completion know every command and flag, since both are made of them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import typer.main

from tests.on_pty import ROOT
from tui.cli import build_app
from tui.completion import install_script, script, session_ids
from tui.exit_codes import ExitCode
from tui.man_page import man_page


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


@pytest.fixture(scope="module")
def page() -> str:
    return man_page(typer.main.get_command(build_app()), "9.9", date(2026, 11, 20))


def test_every_command_and_flag_is_on_the_page(page: str) -> None:
    sections = re.split(r"^\.SS ", page.replace(r"\-", "-").replace(r"\fB", ""), flags=re.MULTILINE)
    found = list(commands(typer.main.get_command(build_app())))
    assert len(found) > 20
    for path, command in found:
        head = rf"toolcoder {re.escape(path)}(?: [^a-z]+)?$"
        (section,) = [s for s in sections if re.match(head, s, re.MULTILINE)]
        for parameter in command.params:
            for name in (*parameter.opts, *parameter.secondary_opts):
                if name.startswith("-"):
                    assert re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", section), (path, name)


def test_exit_statuses_are_on_the_page_and_in_the_readme(page: str) -> None:
    statuses = page.partition(".SH EXIT STATUS")[2].partition(".SH ")[0]
    readme = (ROOT / "README.md").read_text()
    for code in ExitCode:
        assert f"\n.B {code.value}\n" in statuses
        assert re.search(rf"\b{code.value} (done|the agent|usage|the environment|refused|a budget|interrupted)", readme)


def test_the_page_has_no_broken_requests(page: str) -> None:
    known = {".TH", ".SH", ".SS", ".TP", ".PP", ".B"}
    for line in page.splitlines():
        assert not line.startswith("'"), line
        if line.startswith("."):
            assert line.split()[0] in known, line


def test_the_command_prints_it() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tui.main", "man"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(".TH TOOLCODER 1 ") and done.stderr == ""


def test_a_shell_completes_commands_flags_and_sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from agent.events import QuestionAsked
    from agent.log.writer import SessionLog
    from tui.places import sessions_folder

    with SessionLog(sessions_folder(), "20261120-101500-k3f9") as log:
        log.write(QuestionAsked("How many?"))
    assert session_ids("2026") == [("20261120-101500-k3f9", "How many?")] and session_ids("1999") == []
    program = tmp_path / "toolcoder"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m tui.main "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{Path('/usr/bin')}:/bin")
    asked = "".join(
        f'COMP_WORDS=(toolcoder {words}); COMP_CWORD={n}; _toolcoder_completion toolcoder; echo "${{COMPREPLY[@]}}"\n'
        for words, n in (("sess", 1), ("ask --res", 2), ("ask --resume 2026", 3))
    )
    done = subprocess.run(["bash", "-c", script("bash") + asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:3] == ["sessions", "--resume", "20261120-101500-k3f9"], done


@pytest.mark.parametrize(
    ("shell", "mark"), [("bash", "complete -o"), ("zsh", "#compdef"), ("fish", "complete --command")]
)
def test_installing_touches_no_file_of_the_person(
    shell: str, mark: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    (tmp_path / "HOME").mkdir()
    path, what_next = install_script(shell)
    assert mark in path.read_text() and what_next
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [path]
