"""Getting the engine to answer: install it where we may, start its daemon where no init system does."""

from __future__ import annotations

import os
import platform
import shutil
import signal
import time
from pathlib import Path

from tui.setup import debian, engine
from tui.setup.checkout import Checkout, state_home
from tui.setup.engine import Engine
from tui.setup.steps import SetupError, Step, run_logged, say, step

START_WAIT_S = 60.0
# Kernels have no network at all, so a daemon that cannot set up its bridge and its packet filter serves as well.
WITHOUT_NETWORKS = ["--iptables=false", "--ip6tables=false", "--bridge=none"]
SIGNS_OF_NETWORK_TROUBLE = ("iptables", "ip6tables", "nf_tables", "bridge", "network controller", "docker0")


def make_ready(checkout: Checkout) -> int:
    """An engine that answers. Returns how many steps were taken (0: it answered at once).

    Raises:
        SetupError: there is none and we may not or could not get one; the message says what to do.
    """
    found = engine.find()
    if found.state == "answers":
        return 0
    if os.environ.get("DOCKER_HOST", "").strip() or not _may_start(found):
        raise SetupError(what_to_do(found))
    n_steps = 0
    if shutil.which("dockerd") is None:
        debian.install(["docker.io", "debootstrap"], checkout.log_path, why="kernels run in Docker containers")
        n_steps += 1
    host = f"unix://{engine.DEFAULT_SOCKET}"
    if _wait_for_answer(host, 3.0 if n_steps else 0.0) is None:  # an init system may have started it by now
        return n_steps
    _start(host, checkout)
    return n_steps + 1


def _may_start(found: Engine) -> bool:
    return (
        platform.system() == "Linux"
        and os.geteuid() == 0
        and found.state in {"absent", "stopped"}
        and (shutil.which("dockerd") is not None or debian.is_debian())
    )


def what_to_do(found: Engine) -> str:
    """Two lines for a person: what is wrong, and the commands that mend it on this kind of machine."""
    if os.environ.get("DOCKER_HOST", "").strip():
        return (
            f"The engine that DOCKER_HOST names does not answer: {found.host} ({found.detail}).\n"
            "Start it, or unset DOCKER_HOST to use this machine's own."
        )
    if found.state == "forbidden":
        return (
            f"Docker runs, but you may not use it: {found.host} ({found.detail}).\n"
            "Join its group with `sudo usermod -aG docker $USER`, log in again, and run the same command."
        )
    if platform.system() == "Darwin":
        return (
            "toolcoder runs code in Docker containers, and no Docker answers here.\n"
            "Install Docker Desktop (or `brew install colima docker; colima start`) and try again."
        )
    if shutil.which("dockerd") is not None:
        return (
            f"Docker is installed, but its daemon does not answer: {found.host} ({found.detail}).\n"
            "Start it with `sudo systemctl start docker` (or `sudo service docker start`) and run the same command."
        )
    if debian.is_debian():
        return (
            "toolcoder runs code in Docker containers, and there is none here (as root, `make` installs it).\n"
            "Run `sudo apt-get install docker.io debootstrap && sudo usermod -aG docker $USER`, log in again."
        )
    return (
        "toolcoder runs code in Docker containers, and there is no Docker here.\n"
        "Install Docker Engine (https://docs.docker.com/engine/install/), start it, and run the same command."
    )


def _start(host: str, checkout: Checkout) -> None:
    if Path("/run/systemd/system").is_dir():
        with step("Docker daemon (systemctl start docker)") as running:
            run_logged(["systemctl", "start", "docker"], running, checkout.log_path)
            if (last := _wait_for_answer(host, START_WAIT_S)) is not None:
                raise SetupError(f"The Docker daemon was started, but does not answer: {host} ({last.detail}).")
        return
    remove_stale_pid_file(Path("/var/run/docker.pid"))
    log_path = state_home() / "dockerd.log"
    say("  No init system starts the Docker daemon here: starting dockerd in the background.")
    with step("Docker daemon") as running:
        pid = start_dockerd(host, log_path, running)
    say(f"  To undo: kill {pid}   (log: {log_path})")


def start_dockerd(host: str, log_path: Path, running: Step) -> int:
    """Start the daemon apart from us and wait until it answers; returns its pid, which is also noted beside the log.

    Raises:
        SetupError: it ends at once; the message has the last lines it said.
    """
    log_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    pid = _start_dockerd(host, log_path, [], running)
    if pid is None and _has_network_trouble(log_path):
        running.progress("its networks cannot be set up here; starting it without them")
        pid = _start_dockerd(host, log_path, WITHOUT_NETWORKS, running)
    if pid is None:
        raise SetupError(f"dockerd does not start. The last it said:\n{_tail(log_path)}\n  All of it: {log_path}")
    log_path.with_suffix(".pid").write_text(f"{pid}\n", encoding="utf-8")
    return pid


def _start_dockerd(host: str, log_path: Path, flags: list[str], running: Step) -> int | None:
    """One attempt: the pid once it answers, None when it ended instead or stayed silent."""
    with log_path.open("ab") as log:
        log.write(f"\n--- dockerd {' '.join(flags)} {time.strftime('%Y-%m-%d %H:%M:%S')}\n".encode())
        log.flush()
        # Not subprocess.Popen, whose object expects its child to end before we do.
        stdio = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, log.fileno(), 1),
            (os.POSIX_SPAWN_DUP2, log.fileno(), 2),
        ]
        pid = os.posix_spawnp("dockerd", ["dockerd", *flags], os.environ, file_actions=stdio, setsid=True)
    deadline = time.monotonic() + START_WAIT_S
    while time.monotonic() < deadline:
        if engine.probe(host).state == "answers":
            return pid
        if os.waitpid(pid, os.WNOHANG) != (0, 0):
            return None
        running.progress("waiting for its first answer")
        time.sleep(0.1)
    os.kill(pid, signal.SIGTERM)
    os.waitpid(pid, 0)
    return None


def _wait_for_answer(host: str, wait_s: float) -> Engine | None:
    """None as soon as the engine answers, else its last state after `wait_s`."""
    deadline = time.monotonic() + wait_s
    while True:
        found = engine.probe(host)
        if found.state == "answers":
            return None
        if time.monotonic() >= deadline:
            return found
        time.sleep(0.2)


def remove_stale_pid_file(path: Path) -> None:
    """A killed daemon leaves its pid behind; once another process has that number, dockerd refuses to start."""
    try:
        pid = int(path.read_text(encoding="utf-8"))
        name = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return
    if name != "dockerd":
        path.unlink(missing_ok=True)


def _has_network_trouble(log_path: Path) -> bool:
    said = _tail(log_path, n_lines=5).lower()
    return any(sign in said for sign in SIGNS_OF_NETWORK_TROUBLE)


def _tail(log_path: Path, n_lines: int = 12) -> str:
    lines = log_path.read_text(encoding="utf-8", errors="replace").splitlines()[-n_lines:]
    return "\n".join(f"    {line}" for line in lines)
