"""`python3 -m tui.setup` in copies of the checkout: what is done is skipped, what fails says so, interruptions heal."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tui.setup import debian, environment, image
from tui.setup.checkout import Checkout, fingerprint, only_one, state_home
from tui.setup.steps import SetupError, Step, run_logged

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """The files that setting up looks at, in a folder of their own; nothing is installed there."""
    for name in ("pyproject.toml", "constraints.txt", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path / name)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "tui" / "setup", tmp_path / "tui" / "setup", ignore=ignored)
    shutil.copy(ROOT / "tui" / "__init__.py", tmp_path / "tui" / "__init__.py")
    for folder in ("image", "runtime"):
        shutil.copytree(ROOT / "sandbox" / folder, tmp_path / "sandbox" / folder, ignore=ignored)
    return Checkout(tmp_path)


def pretend_installed(checkout: Checkout, profile: str = "develop") -> None:
    """The note that `environment` leaves when all went well."""
    checkout.venv_python.parent.mkdir(parents=True, exist_ok=True)
    checkout.venv_python.unlink(missing_ok=True)
    checkout.venv_python.symlink_to(sys.executable)
    wanted = fingerprint([checkout.root / "pyproject.toml", checkout.root / "constraints.txt"])
    checkout.write_note(environment.NOTE, {"fingerprint": wanted, "profile": profile, "root": str(checkout.root)})


def pretend_built(checkout: Checkout, image_id: str) -> None:
    sources = fingerprint([checkout.root / "sandbox" / "image", checkout.root / "sandbox" / "runtime"])
    checkout.write_note(image.NOTE, {"sources": sources, "image": image_id})


def set_up(checkout: Checkout, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tui.setup", *arguments],
        cwd=checkout.root,
        env={**os.environ, "PYTHONPATH": "", **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=230,
    )


@pytest.fixture
def engine_with_image(private_home: Path) -> Iterator[str]:
    """An engine's socket that knows one image."""
    path = private_home / "e.sock"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client:
                asked = client.recv(4096).decode()
                body = b'{"Id": "sha256:abc"}' if "/images/toolcoder-kernel/json" in asked else b"OK"
                client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"unix://{path}"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def test_a_second_run_is_silent(checkout: Checkout, engine_with_image: str) -> None:
    pretend_installed(checkout)
    pretend_built(checkout, "sha256:abc")
    told = set_up(checkout, "run", DOCKER_HOST=engine_with_image)
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")
    assert set_up(checkout, "run", "--announce", DOCKER_HOST=engine_with_image).stderr.startswith("Ready")


def test_another_image_than_the_one_that_was_built_is_looked_at(checkout: Checkout, engine_with_image: str) -> None:
    pretend_installed(checkout)
    pretend_built(checkout, "sha256:another")
    told = set_up(checkout, "run", DOCKER_HOST=engine_with_image)
    assert "Kernel image" in told.stderr


def test_without_an_engine_two_lines_say_what_to_do(checkout: Checkout, private_home: Path) -> None:
    pretend_installed(checkout)
    told = set_up(checkout, "run", DOCKER_HOST=f"unix://{private_home}/none")
    assert told.returncode == 3
    assert told.stdout == ""
    assert len(told.stderr.strip().splitlines()) == 2
    assert "DOCKER_HOST" in told.stderr


@pytest.mark.parametrize(
    ("done", "wanted", "is_done"),
    [("run", "run", True), ("develop", "run", True), ("develop", "develop", True), ("run", "develop", False)],
)
def test_what_a_profile_includes(
    checkout: Checkout, done: str, wanted: str, is_done: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "/nowhere")
    pretend_installed(checkout, done)
    if is_done:
        assert environment.make_ready(checkout, wanted) == 0
    else:
        with pytest.raises(SetupError):
            environment.make_ready(checkout, wanted)


@pytest.mark.parametrize("change", ["pin", "root", "python", "note"])
def test_a_change_is_noticed(checkout: Checkout, change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever changed, packages are looked at again; with no index to ask, that shows as a failure of pip."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "/nowhere")
    pretend_installed(checkout)
    assert environment.make_ready(checkout, "run") == 0
    match change:
        case "pin":
            with (checkout.root / "constraints.txt").open("a", encoding="utf-8") as pins:
                pins.write("something-new==1.0\n")
        case "root":
            checkout.write_note(environment.NOTE, {**checkout.note(environment.NOTE), "root": "/elsewhere"})
        case "python":
            checkout.venv_python.unlink()
            checkout.venv_python.symlink_to("/nowhere/python3")
        case "note":
            (checkout.venv / "toolcoder-packages.json").write_text("{", encoding="utf-8")
    with pytest.raises(SetupError, match="failed"):
        environment.make_ready(checkout, "run")


@pytest.mark.slow
def test_a_half_made_environment_is_made_whole(checkout: Checkout) -> None:
    """As after Ctrl-C in the middle: a .venv without pip. With no index the next step fails, and says how to go on."""
    (checkout.venv / "bin").mkdir(parents=True)
    (checkout.venv / "pyvenv.cfg").write_text("home = /usr/bin\n", encoding="utf-8")
    no_index = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/nowhere"}
    told = set_up(checkout, "run", "--no-sandbox", **no_index)
    assert told.returncode == 3
    assert "✓  Virtual environment" in told.stderr
    assert "✗  Installer" in told.stderr
    assert "again" in told.stderr
    assert "Virtual environment" not in set_up(checkout, "run", "--no-sandbox", **no_index).stderr


def test_a_python_without_venv_is_explained(checkout: Checkout, private_home: Path) -> None:
    (private_home / "ensurepip.py").write_text("raise ImportError('Debian keeps it apart')", encoding="utf-8")
    told = set_up(checkout, "run", "--no-sandbox", PYTHONPATH=str(private_home), PATH=str(private_home))
    assert told.returncode == 3
    assert len(told.stderr.strip().splitlines()) == 2
    assert "apt-get install python3" in told.stderr


def test_packages_of_debian_are_announced_with_their_undoing(
    private_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("apt-get", "dpkg"):
        program = private_home / name
        program.write_text(f'#!/bin/sh\necho {name} "$@" >> {private_home}/calls\n', encoding="utf-8")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{private_home}:{os.environ['PATH']}")
    debian.install(["docker.io", "debootstrap"], private_home / "log", why="kernels run in Docker containers")
    said = capsys.readouterr()
    assert said.out == ""
    assert "To undo: apt-get remove docker.io debootstrap" in said.err
    calls = (private_home / "calls").read_text(encoding="utf-8").splitlines()
    assert calls[0] == "dpkg --configure -a"
    assert calls[-1].startswith("apt-get install -y")
    assert calls[-1].endswith("docker.io debootstrap")


def test_a_failing_command_shows_its_last_lines(private_home: Path) -> None:
    log = private_home / "log"
    code = "import sys; [print('line', i) for i in range(100)]; sys.exit(7)"
    with pytest.raises(SetupError) as caught:
        run_logged([sys.executable, "-c", code], Step("The step"), log, advice="Do this.")
    assert "The step failed (exit 7)" in str(caught.value)
    assert "line 99" in str(caught.value)
    assert "line 50" not in str(caught.value)
    assert str(caught.value).endswith("Do this.")
    assert "line 0\n" in log.read_text(encoding="utf-8")


def test_ctrl_c_ends_the_step_and_its_child(checkout: Checkout, private_home: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from tui.setup.steps import Step, run_logged
try:
    run_logged([sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(60)"],
               Step("x"), Path({str(private_home / "log")!r}))
except KeyboardInterrupt:
    sys.exit(130)
"""
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    deadline = time.monotonic() + 60
    child = 0
    while not child and time.monotonic() < deadline:
        time.sleep(0.05)
        lines = (
            (private_home / "log").read_text(encoding="utf-8").splitlines() if (private_home / "log").exists() else []
        )
        child = next((int(line) for line in lines if line.isdigit()), 0)
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 130
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_two_at_once_take_turns(checkout: Checkout, engine_with_image: str) -> None:
    pretend_installed(checkout)
    pretend_built(checkout, "sha256:abc")
    with only_one(checkout):
        second = subprocess.Popen(
            [sys.executable, "-m", "tui.setup", "run"],
            cwd=checkout.root,
            env={**os.environ, "DOCKER_HOST": engine_with_image},
            stderr=subprocess.PIPE,
            text=True,
        )
        assert second.stderr is not None
        assert "waiting" in second.stderr.readline()
        assert second.poll() is None
    assert second.wait(10) == 0
    second.stderr.close()


def test_the_state_folder_is_the_agents(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two functions, because one has to work before any package is there."""
    from agent.home import state_home as of_the_agent

    assert state_home() == of_the_agent()
    monkeypatch.delenv("TOOLCODER_HOME")
    monkeypatch.setenv("XDG_STATE_HOME", os.environ["XDG_CONFIG_HOME"])
    assert state_home() == of_the_agent()


def test_every_pin_is_exact_and_names_no_place() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert len(pins) > 100
    for pin in pins:
        name, equals, version = pin.partition("==")
        assert equals, pin
        assert name
        assert version
        assert not set("/@+ ") & set(pin), pin


def test_make_help_lists_every_target() -> None:
    told = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in ("run", "ask", "test", "check", "bench", "eval-bundled", "bundled-model", "help"):
        assert f"make {target} " in told
    assert subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout == told
