"""A killed `ask` and the one that goes on with its session: within the lease in the same kernel, after it in a fresh
one that ran the log's programs again. Processes, the real sandbox, a scripted model."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli_process import Cli, containers_of

pytestmark = pytest.mark.docker

FIRST = "people = search_people('Sofia Coppola')\nfilms = films_directed_by(people[0]['id'])\nlen(films)"
MARKED = "import os, time\nmarker = os.urandom(8).hex()\nprint('marker', marker, flush=True)\ntime.sleep(60)"
LOOKED = "['marker' in globals() and marker, len(films)]"


@pytest.fixture
def cli(tmp_path: Path, private_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cli]:
    """Run folders of this test only: no other test's reaper takes what is left here."""
    folder = private_home / "run"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    yield Cli(tmp_path)
    left = kernels(Cli(tmp_path))
    if left:
        subprocess.run(["docker", "rm", "-f", *left], capture_output=True, check=True)
    assert left == []


def here(cli: Cli, **variables: str) -> dict[str, str]:
    return {"TOOLCODER_MACHINE": cli.folder.parent.name + cli.folder.name, **variables}


def kernels(cli: Cli, which: str = "-aq") -> list[str]:
    """Those that the commands of a test left; with `-q` only those that run."""
    query = ["--filter", "label=app=toolcoder", "--filter", f"label=toolcoder.host={here(cli)['TOOLCODER_MACHINE']}"]
    listed = subprocess.run(["docker", "ps", which, *query], capture_output=True, text=True, check=True)
    return listed.stdout.split()


def killed_in_its_second_turn(cli: Cli, **variables: str) -> tuple[str, str]:
    """A session whose second program was running when its client was killed: its id, and what that program made up."""
    first = cli.ask("--model", cli.script(program=FIRST), "--json", variables=here(cli, **variables))
    assert first.code == 0, first
    process = cli.start(
        "--events", "--continue", "--model", cli.script(program=MARKED), variables=here(cli, **variables)
    )
    assert process.stdout is not None
    for line in process.stdout:
        event = json.loads(line)
        if event["kind"] == "cell_output":
            break
    else:
        raise AssertionError(process.communicate())
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert len(containers_of(process.pid)) in (1, 2)  # the one that proves functions may be up beside it
    return first.result["session"], event["text"].split()[1]


def looked(cli: Cli, *arguments: str, **variables: str) -> tuple[list[object], str, list[str]]:
    """What a further question finds in the kernel, what was said of it, and the tools called so far."""
    seen = cli.ask(
        *arguments, "--model", cli.script(program=LOOKED, answer="done"), "--events", variables=here(cli, **variables)
    )
    assert seen.code == 0, seen
    events = [json.loads(line) for line in seen.out.splitlines()]
    value = json.loads(next(e for e in events if e["kind"] == "answer")["value_json"])
    calls = [r.fields["name"] for r in cli.log_of(events[0]["session"]).records if r.kind == "tool_call"]
    return value, seen.err, calls


def test_within_the_lease_a_killed_session_is_back_in_its_kernel(cli: Cli) -> None:
    session, marker = killed_in_its_second_turn(cli)
    found, said, calls = looked(cli, "--resume", session[:-1])
    assert found == [marker, 8] and "back in the kernel" in said
    assert calls == ["search_people", "films_directed_by"]


def test_after_the_lease_the_programs_of_the_log_run_again(cli: Cli) -> None:
    short = {"TOOLCODER_SANDBOX_LEASE_S": "0.5"}
    session, _ = killed_in_its_second_turn(cli, **short)
    deadline = time.monotonic() + 60
    # Only what runs: a kernel that was being made as its client was killed may be left, never started; it holds nothing
    # but a name until the next start takes it away, which the fixture looks at.
    while kernels(cli, "-q"):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    found, said, calls = looked(cli, "--continue", **short)
    assert found == [False, 8], "the program that was cut short must not run again"
    assert "ran again in a fresh kernel" in said and "lost: marker, os, result_2, time" in said
    assert calls == ["search_people", "films_directed_by"]
    held = [r for r in cli.log_of(session).records if r.kind == "session"]
    assert [r.fields["resumed_from"] for r in held] == [None, session, session]


def test_a_session_that_another_process_holds_is_refused(cli: Cli) -> None:
    holder = cli.start("--events", "--model", cli.script(program=MARKED), variables=here(cli))
    assert holder.stdout is not None
    for line in holder.stdout:
        if json.loads(line)["kind"] == "cell_output":
            break
    second = cli.ask("--continue", "--model", cli.script(), variables=here(cli))
    second.check(3, "is open in another toolcoder", "hint: ")
    os.kill(holder.pid, signal.SIGINT)
    holder.communicate(timeout=60)
    assert holder.returncode == 130
    cli.ask("--resume", "2020", "--model", cli.script(), variables=here(cli)).check(
        2, "no session has the id or the name '2020'"
    )
