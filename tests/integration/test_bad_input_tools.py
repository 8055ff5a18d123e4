"""Tools and models that misbehave, through the real command and sandbox: exit status, words, log, containers."""

from __future__ import annotations

import resource
import signal
import time
from pathlib import Path

import pytest

from tests.cli_process import Cli, Ended, containers_of, end_of

pytestmark = pytest.mark.docker

TOOLS = '''
import time


class Mute(Exception):
    def __str__(self):
        raise RuntimeError("no words")


def fails() -> int:
    """Raise an error whose text cannot be had."""
    raise Mute()


def large(n: int) -> str:
    """Return n bytes."""
    return "x" * n


def hangs() -> int:
    """Never return."""
    print("a tool hangs")
    time.sleep(600)
    return 1
'''


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    (tmp_path / "tools.py").write_text(TOOLS)
    return Cli(tmp_path)


def ask(cli: Cli, program: str, *arguments: str, **variables: str) -> Ended:
    tools = str(cli.folder / "tools.py")
    return cli.ask("--json", "--tools", tools, "--model", cli.script(program=program), *arguments, variables=variables)


@pytest.mark.parametrize(
    ("program", "words", "hint"),
    [
        ("fails()", "fails() failed: Mute: its text cannot be shown", "hint: ask in other words"),
        (
            "len(large(50_000_000))",
            "large() failed: ResultError: large() returned 50,000,002 bytes, more than the 33,554,432",
            "[tools] result_mb",
        ),
    ],
)
def test_a_tool_that_fails_ends_with_1_and_no_program_is_run_again_as_it_was(
    program: str, words: str, hint: str, cli: Cli
) -> None:
    done = ask(cli, program)
    done.check(1, words, hint, "the model gave the same program again")
    assert done.result["status"] == "failed" and words in done.result["error"] and done.result["repairs"] == 1
    made = [c["category"] for c in done.result["tool_calls"] if c["name"] in program]
    assert made == ["Tool Call Failure"]
    log = cli.log()
    assert end_of(log) == "failed"
    assert [r.kind for r in log.records].count("tool_call") == [r.kind for r in log.records].count("tool_return")
    assert containers_of(done.pid) == []


def test_a_large_result_is_passed_on_and_kept_beside_the_log(cli: Cli) -> None:
    done = ask(cli, "len(large(20_000_000))")
    done.check(0)
    log = cli.log()
    returned = next(r for r in log.records if r.kind == "tool_return" and r.fields["name"] == "large")
    assert log.path.stat().st_size < 200_000
    assert log.resolved(returned).fields["value"] == "x" * 20_000_000


def test_a_tool_that_hangs_is_given_up_and_keeps_nobody_from_leaving(cli: Cli) -> None:
    done = ask(cli, "hangs()", TOOLCODER_TOOLS_CALL_S="0.5")
    done.check(1, "hangs() did not answer within 0.5 s", "[tools] call_s")
    assert done.result["repairs"] == 1  # and stdout is the object alone, whatever the tool printed
    assert end_of(cli.log()) == "failed" and containers_of(done.pid) == []


def test_ctrl_c_while_a_tool_hangs(cli: Cli) -> None:
    tools = str(cli.folder / "tools.py")
    process = cli.start("--tools", tools, "--model", cli.script(program="hangs()"))
    assert process.stderr is not None
    while "a tool hangs" not in (line := process.stderr.readline()):
        assert line, "it ended before the tool was called"
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in err, err
    assert time.monotonic() - began < 55
    assert end_of(cli.log()) == "interrupted" and containers_of(process.pid) == []


def test_half_characters_of_a_model_are_mended(cli: Cli) -> None:
    """JSON can carry half a surrogate pair, in a program and in an answer; nothing else can."""
    script = cli.script(implementation="```python\nlen('\ud83d\ude00 \ud800')\n```", answer="3\ud800")
    done = cli.ask("--model", script)
    done.check(0)
    assert done.out == "3\ufffd\n"
    assert next(r for r in cli.log().records if r.kind == "cell_end").fields["result_json"] == "3"


def test_two_questions_at_once(cli: Cli) -> None:
    """One home, one index of functions, one engine: neither waits for ever, and each has its own log."""
    (cli.folder / "config.toml").write_text('[functions]\nkind = "chroma"\n')
    script = cli.script()
    running = [cli.start("--json", "--model", script) for _ in range(2)]
    ended = [(process, *process.communicate(timeout=90)) for process in running]
    for process, out, err in ended:
        assert process.returncode == 0, err
        assert '"status": "answered"' in out and err == ""
        assert containers_of(process.pid) == []
    logs = list((cli.home / "sessions").glob("*.jsonl"))
    assert len(logs) == 2 and all(path.read_text().count('"kind":"answer"') == 1 for path in logs)


def test_a_disk_that_is_full_at_the_last_record(cli: Cli) -> None:
    """The answer is given, the missing end of the log is told, and what there is of it can be read."""
    script = cli.script()
    cli.ask("--model", script).check(0)
    size = cli.log().path.stat().st_size - 150  # within the last record

    def full_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    done = cli.ask("--model", script, before_exec=full_disk)
    done.check(0, "warning: the session log cannot be written: File too large")
    assert done.out == "Sofia Coppola directed 8 films.\n"
    kinds = [record.kind for record in cli.log().records]
    assert "cell_end" in kinds and kinds[-1] != "answer"
