"""Finding and starting the engine: real sockets, a real daemon process (a small one of our own), no Docker needed."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tui.setup import engine
from tui.setup.engine import Engine
from tui.setup.engine_start import remove_stale_pid_file, start_dockerd, what_to_do
from tui.setup.steps import SetupError, Step

DAEMON = """
import os, signal, socket, sys
if os.environ["NEEDS"] not in sys.argv[1:] and os.environ["NEEDS"]:
    sys.exit("failed to start daemon: Error initializing network controller: iptables failed: nf_tables")
listener = socket.socket(socket.AF_UNIX)
listener.bind(os.environ["SOCKET"])
listener.listen()
print("API listen on", os.environ["SOCKET"], flush=True)
while True:
    client, _ = listener.accept()
    client.recv(4096)
    client.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nOK")
    client.close()
"""


@pytest.fixture
def fake_dockerd(private_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A `dockerd` on PATH that answers pings at the host that is handed out; ended after the test."""
    (private_home / "bin").mkdir()
    script = private_home / "bin" / "dockerd"
    script.write_text(f"#!{sys.executable}\n{DAEMON}", encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{private_home / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("SOCKET", str(private_home / "d.sock"))
    monkeypatch.setenv("NEEDS", "")
    yield f"unix://{private_home / 'd.sock'}"
    if (private_home / "dockerd.pid").exists():
        pid = int((private_home / "dockerd.pid").read_text(encoding="utf-8"))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def test_a_daemon_is_started_and_its_pid_noted(fake_dockerd: str, private_home: Path) -> None:
    pid = start_dockerd(fake_dockerd, private_home / "dockerd.log", Step("test"))
    assert int((private_home / "dockerd.pid").read_text(encoding="utf-8")) == pid
    assert engine.probe(fake_dockerd).state == "answers"
    assert os.getsid(pid) == pid, "Ctrl-C at our terminal must not end the daemon"
    assert "API listen" in (private_home / "dockerd.log").read_text(encoding="utf-8")


def test_a_daemon_that_cannot_set_up_networks_is_started_without(
    fake_dockerd: str, private_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEEDS", "--bridge=none")
    start_dockerd(fake_dockerd, private_home / "dockerd.log", Step("test"))
    assert "--iptables=false" in (private_home / "dockerd.log").read_text(encoding="utf-8")


def test_a_daemon_that_does_not_start_is_quoted(
    fake_dockerd: str, private_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEEDS", "--something-else")
    with pytest.raises(SetupError, match="network controller") as caught:
        start_dockerd(fake_dockerd, private_home / "dockerd.log", Step("test"))
    assert str(private_home / "dockerd.log") in str(caught.value)
    assert not (private_home / "dockerd.pid").exists()


def test_a_stale_pid_file_goes_and_that_of_a_daemon_stays(
    tmp_path: Path, fake_dockerd: str, private_home: Path
) -> None:
    path = tmp_path / "docker.pid"
    path.write_text(str(os.getpid()), encoding="utf-8")
    remove_stale_pid_file(path)
    assert not path.exists()
    path.write_text("no number", encoding="utf-8")
    remove_stale_pid_file(path)
    assert path.exists(), "what we do not understand is dockerd's to judge"


def test_states_of_a_socket(private_home: Path) -> None:
    path = private_home / "s"
    assert engine.probe(f"unix://{path}").state == "absent"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        assert engine.probe(f"unix://{path}").state == "stopped", "bound, and nobody listens: a daemon that was killed"
        listener.listen()

        def answer(reply: bytes) -> None:
            client, _ = listener.accept()
            client.recv(4096)
            client.sendall(reply)
            client.close()

        for reply, state in [
            (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK", "answers"),
            (b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", "stopped"),
            (b"", "stopped"),
            (b"SSH-2.0-nonsense\r\n", "stopped"),
        ]:
            thread = threading.Thread(target=answer, args=(reply,))
            thread.start()
            assert engine.probe(f"unix://{path}").state == state
            thread.join()


def test_the_variable_decides(private_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{private_home}/none")
    assert engine.find() == Engine(f"unix://{private_home}/none", "absent", "no such socket")


def test_a_remote_engine_without_a_client_is_no_engine(private_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(private_home))
    assert engine.probe("tcp://127.0.0.1:1").state == "stopped"


@pytest.mark.parametrize("state", ["absent", "stopped", "forbidden"])
@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("system", ["Linux", "Darwin"])
def test_two_lines_for_a_person(
    state: engine.State, named: bool, system: str, monkeypatch: pytest.MonkeyPatch, private_home: Path
) -> None:
    monkeypatch.setattr("platform.system", lambda: system)
    monkeypatch.setenv("PATH", str(private_home))
    if named:
        monkeypatch.setenv("DOCKER_HOST", "unix:///x")
    else:
        monkeypatch.delenv("DOCKER_HOST", raising=False)
    problem, remedy = what_to_do(Engine("unix:///x", state, "why")).splitlines()
    assert "Docker" in problem or "DOCKER_HOST" in problem
    assert any(word in remedy for word in ("nstall", "tart", "oin"))
