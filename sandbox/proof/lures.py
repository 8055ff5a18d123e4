"""What the proof puts on the host for the kernel to find, if it can: listeners, an abstract socket, a canary.

The listeners take the addresses of this machine one by one, for the seconds that the proof takes, and answer nothing.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

CANARY_VARIABLE = "TOOLCODER_PROOF_CANARY"
# One address each of: the internet by both protocols, a cloud's metadata service, a private network, all hosts nearby.
_ELSEWHERE = (("192.0.2.1", 80), ("2001:db8::1", 80), ("169.254.169.254", 80), ("10.0.0.1", 53), ("224.0.0.1", 80))


@dataclass
class Lures:
    """Set up while the kernel runs."""

    canary: tuple[str, str]
    """Two halves, so that the cell that looks for the whole does not contain it."""
    abstract: str
    listeners: dict[str, socket.socket] = field(default_factory=dict)

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Where the kernel shall try to connect."""
        own = [listener.getsockname()[:2] for name, listener in self.listeners.items() if name != "abstract"]
        return [*own, *_ELSEWHERE]

    def reached(self) -> tuple[str, ...]:
        """The lures that somebody connected to."""
        found = []
        for name, listener in self.listeners.items():
            with contextlib.suppress(OSError):
                connection, _ = listener.accept()
                connection.close()
                found.append(name)
        return tuple(found)


@contextlib.contextmanager
def lures() -> Iterator[Lures]:
    """Put them up, take them away."""
    halves = (secrets.token_hex(8), secrets.token_hex(8))
    own = Lures(halves, f"toolcoder-proof-{secrets.token_hex(8)}")
    with contextlib.ExitStack() as stack:
        for address in _own_addresses():
            _listen(own, stack, address, socket.AF_INET6 if ":" in address else socket.AF_INET, (address, 0))
        if sys.platform == "linux":
            _listen(own, stack, "abstract", socket.AF_UNIX, "\0" + own.abstract)
        os.environ[CANARY_VARIABLE] = "-".join(halves)
        stack.callback(os.environ.pop, CANARY_VARIABLE, None)
        yield own


def _listen(own: Lures, stack: contextlib.ExitStack, name: str, family: int, address: object) -> None:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.bind(address)  # type: ignore[arg-type]
        listener.listen()
    except OSError:  # an address that this machine does not really have
        listener.close()
        return
    listener.setblocking(False)
    own.listeners[name] = stack.enter_context(listener)


def _own_addresses() -> list[str]:
    """The loopback and the addresses of this machine's interfaces, also those that engines made for containers."""
    found = ["127.0.0.1", "::1"]
    with contextlib.suppress(OSError):
        lines = Path("/proc/net/fib_trie").read_text().splitlines()
        found += [line.split()[-1] for line, below in pairwise(lines) if "32 host LOCAL" in below]
    with contextlib.suppress(OSError):
        found += [str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None, type=socket.SOCK_STREAM)]
    return list(dict.fromkeys(found))[:16]


def own_namespaces() -> dict[str, str]:
    """This process's, by name; empty where the system has none."""
    found = {}
    for name in ("cgroup", "ipc", "mnt", "net", "pid", "user", "uts"):
        with contextlib.suppress(OSError):
            found[name] = str(Path(f"/proc/self/ns/{name}").readlink())
    return found
