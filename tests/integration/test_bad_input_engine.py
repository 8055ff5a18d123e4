"""An engine that stops, hangs or refuses, through the real command."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import engine
from sandbox.errors import EngineMissing
from tests.cli_process import Cli, containers_of, end_of

pytestmark = pytest.mark.docker

SLOW = 'import time\nprint("started", flush=True)\ntime.sleep(60)'


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    return Cli(tmp_path)


class Relay:
    """The engine's socket at another place, which can be cut, as by a daemon that is killed, or held, as by one that is
    stopped with SIGSTOP or starved of its disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._flowing = threading.Event()
        self._flowing.set()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._open: list[socket.socket] = [self._listener]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> str:
        return f"unix://{self.path}"

    def hold(self) -> None:
        """Take everything and pass nothing on."""
        self._flowing.clear()

    def cut(self) -> None:
        """Drop all connections and refuse new ones."""
        self.path.unlink(missing_ok=True)
        self._flowing.set()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # cut
            while True:
                client, _ = self._listener.accept()
                theirs = socket.socket(socket.AF_UNIX)
                theirs.connect(engine_socket())
                self._open += [client, theirs]
                for source, target in ((client, theirs), (theirs, client)):
                    threading.Thread(target=self._copy, args=(source, target), daemon=True).start()

    def _copy(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._flowing.wait()
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


def engine_socket() -> str:
    """The path of the socket that this machine's engine answers at."""
    client = engine.connect()
    with contextlib.closing(client):
        base = client.api.get_adapter(client.api.base_url).socket_path
    return str(base)


@pytest.fixture
def relay(private_home: Path) -> Iterator[Relay]:
    relay = Relay(private_home / "engine.sock")  # its path is short enough for a socket
    yield relay
    relay.cut()


def started(cli: Cli, relay: Relay, *arguments: str, program: str = SLOW) -> subprocess.Popen[str]:
    """A question whose program runs at this engine now. Without functions, for which a second kernel would come up."""
    script = cli.script(program=program)
    variables = {"DOCKER_HOST": relay.address, "TOOLCODER_FUNCTIONS_KIND": "off"}
    process = cli.start("--events", "--model", script, *arguments, variables=variables)
    assert process.stdout is not None
    while '"cell_output"' not in (line := process.stdout.readline()):
        assert line, process.stderr.read() if process.stderr else ""
    assert len(containers_of(process.pid)) == 1
    return process


def none_left_of(pid: int) -> None:
    """The kernel ends by itself when its owner is gone, although no engine could be asked to remove it."""
    deadline = time.monotonic() + 60
    while containers_of(pid):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_an_engine_that_is_killed_during_a_program(cli: Cli, relay: Relay) -> None:
    process = started(cli, relay)
    began = time.monotonic()
    relay.cut()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 3 and "Traceback" not in err, err
    assert err.startswith("error: The container engine stopped answering.\nhint: Start it again")
    assert time.monotonic() - began < 55
    assert end_of(cli.log()) == "failed"
    none_left_of(process.pid)


def test_an_engine_that_ends_its_containers_and_stops(cli: Cli, relay: Relay) -> None:
    """As dockerd does on SIGTERM: the program dies first, and its repair finds no engine."""
    process = started(cli, relay)
    subprocess.run(["docker", "kill", "--signal", "TERM", *containers_of(process.pid)], capture_output=True, check=True)
    relay.cut()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 3 and "Traceback" not in err and "hint: Start it" in err, err
    assert end_of(cli.log()) == "failed"
    none_left_of(process.pid)


def test_an_engine_that_hangs_during_a_program_delays_neither_the_answer_nor_the_end_for_ever(
    cli: Cli, relay: Relay
) -> None:
    code = 'import time\nprint("started", flush=True)\ntime.sleep(1)\n3'
    process = started(cli, relay, program=code)
    relay.hold()
    out, err = process.communicate(timeout=100)
    assert process.returncode == 0 and '"status": "answered"' in out.splitlines()[-1], err
    relay.cut()
    none_left_of(process.pid)


def test_an_engine_that_takes_connections_and_never_answers(
    private_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(private_home / "silent.sock"))
        silent.listen()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{private_home}/silent.sock")
        monkeypatch.setattr(engine, "_PROBE_S", 0.3)
        began = time.monotonic()
        with pytest.raises(EngineMissing, match="No engine answers"):
            engine.connect()
        assert time.monotonic() - began < 30


def test_a_missing_image_and_a_name_that_cannot_be_one(cli: Cli) -> None:
    script = cli.script()
    missing = cli.ask("--model", script, variables={"TOOLCODER_SANDBOX_IMAGE": "toolcoder-no-such-image"})
    missing.check(3, "The kernel image toolcoder-no-such-image is not built", "hint: Run `toolcoder sandbox build`")
    odd = cli.ask("--model", script, variables={"TOOLCODER_SANDBOX_IMAGE": "No Such:::"})
    odd.check(3, "The engine refused to create the container", "hint: Look at [sandbox] in the settings")
    assert end_of(cli.log()) == "failed"


def test_more_processors_than_there_are_is_all_there_are(cli: Cli) -> None:
    """The default is two, and an engine with one refuses that."""
    done = cli.ask("--model", cli.script(), variables={"TOOLCODER_SANDBOX_CPUS": "1000"})
    done.check(0)
    assert done.out == "Sofia Coppola directed 8 films.\n"
