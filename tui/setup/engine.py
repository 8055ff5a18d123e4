"""Is there a container engine, and does it answer? Asked over its socket: a client program takes ten times as long."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

DEFAULT_SOCKET = "/var/run/docker.sock"

State = Literal["answers", "absent", "stopped", "forbidden"]


@dataclass(frozen=True)
class Engine:
    """`host` as in DOCKER_HOST. `absent`: no such socket, `stopped`: nobody listens, `forbidden`: not our group."""

    host: str
    state: State
    detail: str = ""


def find() -> Engine:
    """The engine that DOCKER_HOST names, else the first that answers, else the one that says most about why not."""
    if named := os.environ.get("DOCKER_HOST", "").strip():
        return probe(named)
    found = probe(f"unix://{DEFAULT_SOCKET}")
    if found.state == "answers":
        return found
    for host in _other_hosts():
        other = probe(host)
        if other.state == "answers" or (found.state == "absent" and other.state != "absent"):
            found = other
        if found.state == "answers":
            break
    return found


def _other_hosts() -> list[str]:
    """Where `sandbox.engine` looks too: the client's context (Docker Desktop, Colima), rootless Docker, Podman."""
    hosts = [_context_host()]
    if runtime := os.environ.get("XDG_RUNTIME_DIR", "").strip():
        hosts += [f"unix://{runtime}/docker.sock", f"unix://{runtime}/podman/podman.sock"]
    hosts.append("unix:///run/podman/podman.sock")
    return [host for host in dict.fromkeys(hosts) if host and host != f"unix://{DEFAULT_SOCKET}"]


def probe(host: str) -> Engine:
    """Ask the engine at `host` for a sign of life; answers within about 5 seconds (10 for a remote one)."""
    if not host.startswith("unix://"):
        return _probe_with_client(host)
    try:
        status, _ = ask(host, "/_ping")
    except FileNotFoundError:
        return Engine(host, "absent", "no such socket")
    except PermissionError:
        return Engine(host, "forbidden", "no permission to use its socket")
    except (OSError, http.client.HTTPException) as error:
        return Engine(host, "stopped", str(error))
    return Engine(host, "answers") if status == 200 else Engine(host, "stopped", f"HTTP {status}")


def image_id(host: str, name: str) -> str | None:
    """The id of the image `name`; None when there is none, or when the engine cannot be asked over a socket."""
    if not host.startswith("unix://"):
        return None
    try:
        status, answer = ask(host, f"/images/{quote(name, safe='')}/json")
    except (OSError, http.client.HTTPException):
        return None
    found = answer.get("Id") if status == 200 and isinstance(answer, dict) else None
    return found if isinstance(found, str) else None


def ask(host: str, path: str) -> tuple[int, Any]:
    """GET `path` of the engine's API: status and decoded JSON (or the text, where it is none)."""
    connection = _SocketConnection(host.removeprefix("unix://"), timeout_s=5.0)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read().decode(errors="replace")
    finally:
        connection.close()
    try:
        return response.status, json.loads(body)
    except ValueError:
        return response.status, body


class _SocketConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _context_host() -> str:
    """The host of the docker client's current context (Docker Desktop, Colima); empty when there is no client."""
    if shutil.which("docker") is None:
        return ""
    command = ["docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return told.stdout.strip() if told.returncode == 0 else ""


def _probe_with_client(host: str) -> Engine:
    """tcp:// with its certificates and ssh:// are the docker client's business."""
    if shutil.which("docker") is None:
        return Engine(host, "stopped", "no docker client here to ask it")
    command = ["docker", "--host", host, "version", "--format", "{{.Server.Version}}"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Engine(host, "stopped", str(error))
    if told.returncode == 0:
        return Engine(host, "answers")
    return Engine(host, "stopped", (told.stderr.strip() or "no answer").splitlines()[-1])
