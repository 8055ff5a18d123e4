"""`toolcoder ask` as a process with a home of its own, and what it leaves behind: for tests of how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agent.log.reader import LoggedSession, read_session
from agent.log.schema import SUFFIX
from tests.answer_script import QUESTION, write_script
from tests.on_pty import ROOT

OF_THE_PERSON = ("OPENAI_", "TOOLCODER_", "OLLAMA_")


@dataclass(frozen=True)
class Ended:
    """What a person sees of a command, and its process id."""

    pid: int
    code: int
    out: str
    err: str

    @property
    def result(self) -> dict[str, Any]:
        """The object of `--json`."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    def check(self, code: int, *words: str) -> None:
        """It ended so, said this on stderr, and showed no traceback of ours."""
        assert self.code == code, (self.code, self.out, self.err)
        for word in words:
            assert word in self.err, (word, self.err)
        assert "Traceback" not in self.err and "never retrieved" not in self.err, self.err


@dataclass(frozen=True)
class Cli:
    """Commands in one folder, which holds their settings, their home and what they are given."""

    folder: Path

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def environment(self, **variables: str) -> dict[str, str]:
        """That of whoever runs the tests without their keys and settings; functions stay in memory."""
        settings = self.folder / "config.toml"
        if not settings.exists():
            settings.write_text('[functions]\nkind = "memory"\n')
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OF_THE_PERSON)}
        return {**kept, "TOOLCODER_HOME": str(self.home), "TOOLCODER_CONFIG": str(settings), **variables}

    def script(self, **changes: str) -> str:
        """`--model` for a scripted model; `changes` as in `tests.answer_script`."""
        return f"scripted:{write_script(self.folder / 'script.json', **changes)}"

    def start(self, *arguments: str, variables: dict[str, str] | None = None, **options: Any) -> subprocess.Popen[str]:
        """`toolcoder ask` with the usual question."""
        return subprocess.Popen(
            [sys.executable, "-m", "tui.main", "ask", QUESTION, *arguments],
            cwd=ROOT,
            env=self.environment(**(variables or {})),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    def ask(
        self,
        *arguments: str,
        variables: dict[str, str] | None = None,
        timeout_s: float = 100,
        before_exec: Callable[[], None] | None = None,
    ) -> Ended:
        """The same, to its end."""
        process = self.start(*arguments, variables=variables, preexec_fn=before_exec)
        try:
            out, err = process.communicate(timeout=timeout_s)
        finally:
            process.kill()
        return Ended(process.pid, process.returncode, out, err)

    def ask_here(
        self, patch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *arguments: str, **variables: str
    ) -> Ended:
        """The same in this process, for what needs none of its own: starting one costs a second of CPU."""
        from tui import cli

        environment = self.environment(**variables)
        with patch.context() as here:
            for name in os.environ.keys() - environment.keys():
                here.delenv(name)
            for name, value in environment.items():
                here.setenv(name, value)
            code = cli.run(["ask", QUESTION, *arguments])
        return Ended(os.getpid(), int(code), *capfd.readouterr())

    def log(self, home: Path | None = None) -> LoggedSession:
        """The newest session's log, which must have no damaged line."""
        session = read_session(max((home or self.home).glob(f"sessions/*{SUFFIX}")))
        assert not session.bad_lines and not session.torn
        return session

    def log_of(self, session: str) -> LoggedSession:
        """The log of this session; of a process that was killed it may end in half a line."""
        return read_session(self.home / "sessions" / f"{session}{SUFFIX}")


def end_of(log: LoggedSession) -> str:
    """The status of the last turn, as its log tells it."""
    assert log.records[-1].kind == "answer", [record.kind for record in log.records]
    return str(log.records[-1].fields["status"])


def containers_of(pid: int) -> list[str]:
    """Containers that a process started and left."""
    query = ["--filter", "label=app=toolcoder", "--filter", f"label=toolcoder.pid={pid}"]
    listed = subprocess.run(["docker", "ps", "-aq", *query], capture_output=True, text=True, check=True)
    return listed.stdout.split()
