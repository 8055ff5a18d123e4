"""Endpoints and settings that cannot work, through the real command: the exit status, the words, the log.

No engine is there (`DOCKER_HOST` leads nowhere) and none is missed: the turn ends before a program runs.
"""

from __future__ import annotations

import signal
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.errors import ModelUnreachable
from agent.models.endpoint_address import checked_url
from agent.models.script import Failure, Script
from agent.models.scripted_server import Behaviour, ScriptedServer
from tests.cli_process import Cli, end_of

KEY = "sk-canary-0123456789"


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    return Cli(tmp_path)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(Script(lambda messages: "CODE"), Behaviour()) as running:
        yield running


def at(url: str, **more: str) -> dict[str, str]:
    return {
        "OPENAI_BASE_URL": url,
        "OPENAI_API_KEY": KEY,
        "OPENAI_MODEL": "scripted",
        "TOOLCODER_MODEL_FIRST_TOKEN_S": "60",
        "DOCKER_HOST": "unix:///nowhere/docker.sock",
        **more,
    }


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (Failure.HANG, "sent no answer: nothing for 1 s"),
        (Failure.CUT, "was cut off"),
        (Failure.HTML, 'a web page ("Welcome to the proxy")'),
    ],
)
def test_an_endpoint_that_fails_ends_with_3(failure: Failure, words: str, cli: Cli, server: ScriptedServer) -> None:
    server.behaviour.failures = deque([failure] * 9)
    patience_s = "1" if failure is Failure.HANG else "60"  # nothing else may look like it where the machine is busy
    done = cli.ask("--json", variables=at(server.url, TOOLCODER_MODEL_FIRST_TOKEN_S=patience_s))
    done.check(3, words, "hint: ")
    assert words in done.result["error"] and done.result["status"] == "failed"
    assert end_of(cli.log()) == "failed"
    assert KEY not in done.out + done.err + cli.log().path.read_text()


def test_an_endless_answer_ends_with_the_budget(cli: Cli, server: ScriptedServer) -> None:
    server.state.script = Script(lambda messages: "bla " * 50_000)
    server.behaviour.token_delay_s = 0.05
    done = cli.ask("--json", "--max-seconds", "1.5", variables=at(server.url))
    done.check(5, "the budget of 1.5 seconds", "hint: ")
    assert done.result["status"] == "budget" and done.result["timings"]["total_s"] < 60
    assert end_of(cli.log()) == "budget"


def test_tokens_end_an_answer_while_it_is_written(cli: Cli, server: ScriptedServer) -> None:
    # The first answer is held back until it is whole: it may begin with thoughts. It is one that is asked for again.
    said = iter(["Yes."])
    server.state.script = Script(lambda messages: next(said, "bla " * 50_000))
    server.behaviour.token_delay_s = 0.002
    done = cli.ask("--json", "--max-tokens", "3000", variables=at(server.url))
    done.check(5, "the budget of 3000 tokens ended in mid-reply", "hint: ")
    usage = done.result["usage"]
    assert done.result["status"] == "budget" and 3000 <= usage["prompt_tokens"] + usage["completion_tokens"] < 3100
    assert usage["stages"]["route"]["n_calls"] == 2 and server.state.client_left.wait(60)
    asked = [request.body["max_tokens"] for request in server.state.requests if request.body]
    assert asked[-1] <= 1000, "and the endpoint is told how much room there is"
    assert end_of(cli.log()) == "budget"


def test_ctrl_c_while_an_endpoint_hangs(cli: Cli, server: ScriptedServer) -> None:
    server.behaviour.failures = deque([Failure.HANG] * 9)
    process = cli.start("--json", variables=at(server.url))
    deadline = time.monotonic() + 60
    while not server.state.requests and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in err, err
    assert end_of(cli.log()) == "interrupted"


def test_a_direct_answer_misses_no_engine(cli: Cli) -> None:
    """The kernel starts beside the first stage; that it cannot is nobody's business then."""
    done = cli.ask("--model", cli.script(route="Hello!"), variables={"DOCKER_HOST": "unix:///nowhere/docker.sock"})
    assert (done.code, done.out, done.err) == (0, "Hello!\n", "")


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"OPENAI_BASE_URL": "http://someone:secret@[::1/v1?token=secret"}, "'[::1/v1' is no base URL"),
        ({"OPENAI_BASE_URL": "localhost:11434/v1"}, "'localhost:11434/v1' is no base URL"),
        ({"OPENAI_API_KEY": "schlüssel-secret"}, "the API key holds characters that no key has"),
    ],
)
def test_an_address_or_a_key_that_can_be_none_ends_with_3(
    variables: dict[str, str], words: str, cli: Cli, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    done = cli.ask_here(monkeypatch, capfd, **at("http://127.0.0.1:9/v1") | variables)
    done.check(3, words, "hint: ")
    assert "secret" not in done.err


@pytest.mark.parametrize(
    "url", ["http://h/v1", "https://u:p@h:8443/v1?x=1", "http://[::1]:8000/v1", "http://ö.example"]
)
def test_addresses_that_can_be_are_taken(url: str) -> None:
    assert checked_url(url) == url


@pytest.mark.parametrize(
    "url", ["", "h", "//h", "ftp://h", "http://", "http://h:port", "http://h:99999", "http://a b/"]
)
def test_addresses_that_cannot_be_are_refused(url: str) -> None:
    with pytest.raises(ModelUnreachable, match="is no base URL"):
        checked_url(url)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (b"x = " + b"[" * 100_000, "config.toml: nested too deeply"),
        (b"[files]\nfolder = '/nowhere/at/all'", "files.folder: /nowhere/at/all is no folder"),
    ],
)
def test_settings_that_cannot_work_end_with_2(
    settings: bytes, words: str, cli: Cli, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (cli.folder / "config.toml").write_bytes(settings)
    done = cli.ask_here(monkeypatch, capfd, "--model", cli.script())
    done.check(2, words, "hint: ")
    assert done.out == "" and not list(cli.home.glob("sessions/*"))


@pytest.mark.parametrize(
    ("name", "source", "words"),
    [
        ("binary.py", bytes(range(256)), "null bytes"),
        ("exits.py", b"import sys; sys.exit(0)", "SystemExit"),
        ("tools.txt", b"def f(): ...", "neither a file of Python nor a module's name"),
    ],
)
def test_a_tools_file_that_cannot_be_read_ends_with_2(
    name: str, source: bytes, words: str, cli: Cli, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    path = cli.folder / name
    path.write_bytes(source)
    done = cli.ask_here(monkeypatch, capfd, "--model", cli.script(), "--tools", str(path))
    done.check(2, words, str(path), "hint: ")
    assert done.out == ""


def test_a_home_that_cannot_be_made(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (cli.folder / "home").write_text("a file stands here")
    done = cli.ask_here(monkeypatch, capfd, "--model", cli.script())
    done.check(3, "the folder for session logs cannot be made", "hint: ")
