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
from tui import completion_values
from tui.cli import build_app
from tui.completion import install_script, script
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


def test_a_shell_completes_commands_flags_and_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from agent.events import QuestionAsked
    from agent.log.naming import named
    from agent.log.writer import SessionLog
    from tui.places import config_file, sessions_folder

    with SessionLog(sessions_folder(), "20261120-101500-k3f9") as log:
        log.write(QuestionAsked("How many?"))
        log.write(named("The Coppola ones"))
    config_file().parent.mkdir(parents=True, exist_ok=True)
    config_file().write_text('[model]\nname = "qwen3:8b"\n[tools]\nsources = ["weather.py"]\n')
    assert completion_values.sessions("2026") == [("20261120-101500-k3f9", "The Coppola ones")]
    assert completion_values.sessions("1999") == [] and completion_values.keys("op") == [("openai", "")]
    assert dict(completion_values.sft_settings("optim.learn"))["optim.learning_rate="]
    config_file().write_text(config_file().read_text() + "nonsense")
    assert completion_values.sources("") == [], "settings that are wrong are no error at a Tab"
    config_file().write_text(config_file().read_text().removesuffix("nonsense"))
    program = tmp_path / "toolcoder"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m tui.main "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{Path('/usr/bin')}:/bin")
    wanted = {
        "sess": "sessions",
        "ask --resume 2026": "20261120-101500-k3f9",
        r"sessions show 'The\ C'": r"The\ Coppola\ ones",
        "ask --model qw": "qwen3:8b",
        "ask --tools nothing": "",
        "train rl --set actor_": "actor_lr=",
    }
    asked = "".join(
        f"COMP_WORDS=(toolcoder {words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _toolcoder_completion toolcoder;"
        ' echo "${COMPREPLY[@]}"\n'
        for words in wanted
    )
    done = subprocess.run(["bash", "-c", script("bash") + asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == list(wanted.values()), done


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
