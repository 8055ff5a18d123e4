"""Canaries: secrets are planted wherever tools use them, and then everything written and sent is searched."""

from __future__ import annotations

import http.server
import json
import shlex
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from tests.cli_process import Cli

pytestmark = [pytest.mark.docker, pytest.mark.timeout(240)]
IN_ENVIRONMENT = "canary-Env+4711/abcdef"
IN_KEYS = "canary-Key+0815/ghijkl"
WRITTEN_OUT = "canary-Arg+2342/mnopqr"
CANARIES = (IN_ENVIRONMENT, IN_KEYS, WRITTEN_OUT)
RAW_SERVER = Path(__file__).parents[1] / "mcp_raw_server.py"

TOOLS = '''
import os

KEY = os.environ["WEATHER_TOKEN"]


def returned() -> list[str]:
    """Return the secret, as it is and in an address."""
    return [KEY, "https://host/?q=1&api_key=" + KEY]


def raised() -> int:
    """Raise with the secret."""
    raise RuntimeError(f"401 for https://host/data?api_key={KEY} with Authorization: Bearer {KEY}")


def printed() -> int:
    """Print the secret."""
    print("the key is", KEY)
    return 1
'''
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "t", "version": "1"},
    "security": [{"k": []}],
    "components": {"securitySchemes": {"k": {"type": "apiKey", "in": "query", "name": "appid"}}},
    "paths": {
        f"/{name}": {"get": {"operationId": f"get_{name}", "responses": {"200": {"description": "x"}}}}
        for name in ("good", "broken", "elsewhere", "cut")
    },
}
PROGRAM = """
import os
found = []
for call in (returned, raised, printed, get_good, get_broken, get_elsewhere, get_cut, act):
    try:
        found.append(call())
    except Exception as error:
        found.append(repr(error))
found.append(dict(os.environ))
found.append(open("/proc/self/environ").read())
found"""


class Api(http.server.BaseHTTPRequestHandler):
    """Answers with what it was asked, which holds the key."""

    asked: list[str] = []  # noqa: RUF012  one list for the test
    elsewhere = ""

    def do_GET(self) -> None:
        self.asked.append(self.path)
        match urlsplit(self.path).path:
            case "/good":
                self._send(200, json.dumps({"you_asked": self.path}))
            case "/broken":
                self._send(500, f"no {self.path} here")
            case "/elsewhere":
                self.send_response(302)
                self.send_header("Location", f"{self.elsewhere}{self.path}")
                self.end_headers()
            case "/cut":
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(self.path.encode())

    def _send(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if status == 200 else "text/plain")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args: object) -> None:
        return None


class Other(Api):
    asked: list[str] = []  # noqa: RUF012


@pytest.fixture
def servers() -> Iterator[tuple[str, str]]:
    """The API that the key is for, and another origin, to which the first one redirects."""
    started = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) for handler in (Api, Other)]
    for server in started:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    here, there = (f"http://127.0.0.1:{server.server_address[1]}" for server in started)
    Api.elsewhere = there
    yield here, there
    for server in started:
        server.shutdown()
        server.server_close()


def test_no_secret_is_written_or_sent_anywhere(tmp_path: Path, servers: tuple[str, str]) -> None:
    cli = Cli(tmp_path)
    cli.environment()  # writes the settings
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"weather": {"place": "file", "value": IN_KEYS}}))
    keys.chmod(0o600)
    (tmp_path / "tools.py").write_text(TOOLS)
    (tmp_path / "api.json").write_text(json.dumps(DOCUMENT))
    server = f"{shlex.quote(sys.executable)} {shlex.quote(str(RAW_SERVER))} leaks"
    sources = (
        str(tmp_path / "tools.py"),
        f"openapi:{tmp_path / 'api.json'}?server={servers[0]}&key=weather",
        f"mcp:OTHER={WRITTEN_OUT} TOKEN=${{keys:weather}} {server}",
    )
    flags = [part for source in sources for part in ("--tools", source)]
    done = cli.ask(
        *("--events", "--yes", "-v", "--model", cli.script(program=PROGRAM), *flags),
        variables={"WEATHER_TOKEN": IN_ENVIRONMENT, "TOOLCODER_TOOLS_N_TRIES": "1"},
        timeout_s=200,
    )
    assert done.code == 0, done.err
    events = [json.loads(line) for line in done.out.splitlines()]
    returns = {e["name"]: e for e in events if e["kind"] == "tool_return"}
    assert returns["returned"]["value"][0] == "[redacted]"
    assert "appid" in json.dumps(returns["get_good"]["value"]), "the key was sent there, and the server told it back"
    assert any(quote(IN_KEYS, safe="") in path for path in Api.asked), "it was really used"
    assert Other.asked == [], "and went nowhere else"
    assert {"raised", "get_broken", "get_elsewhere", "get_cut", "act"} <= set(returns)
    assert "the key is" in done.err, "the print arrived"

    written = {"stdout": done.out, "stderr": done.err}
    for path in cli.home.rglob("*"):
        if path.is_file():
            written[str(path)] = path.read_bytes().decode("utf-8", "replace")
    assert any(name.endswith(".jsonl") for name in written), "there is a log"
    for name, text in written.items():
        for canary in CANARIES:
            for form in (canary, quote(canary, safe=""), quote(canary), json.dumps(canary)[1:-1]):
                assert form not in text, (name, canary)


def test_a_source_that_fails_does_not_tell_its_secret(tmp_path: Path) -> None:
    (tmp_path / "tools.py").write_text("import os\nraise RuntimeError(os.environ['WEATHER_TOKEN'])\n")
    cli = Cli(tmp_path)
    tools = str(tmp_path / "tools.py")
    done = cli.ask("--tools", tools, "--model", cli.script(), variables={"WEATHER_TOKEN": IN_ENVIRONMENT})
    done.check(2, "failed on import (line 2): RuntimeError: [redacted]")
    assert IN_ENVIRONMENT not in done.out + done.err
