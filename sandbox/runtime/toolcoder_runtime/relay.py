"""The relay inside the container: `python -S -m toolcoder_runtime.relay`, started by `docker exec` with its stdio.

Where the sockets of the host do not reach into the container (an engine in a machine of its own), it carries them. It
runs as a user of its own, so that the code of the session can neither stop nor impersonate it, and ends with its stdin.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path

from .relay_frames import BrokenRules
from .relay_place import END_SOCKET
from .relay_streams import Relay

BROKER_SOCKET = Path("/run/toolcoder/tools.sock")
KERNEL_SOCKETS = "/run/kernel"
CHANNELS = (b"k-1", b"k-2", b"k-3", b"k-4", b"k-5")
START_LOG = Path(KERNEL_SOCKETS, "error.txt")
TOOLS = b"tools"
_PATIENCE_S = 60.0
_READ_BYTES = 256 << 10
_LAST_WORDS_BYTES = 20_000


class Stdio:
    """Standard input and output of this process, which nobody else uses."""

    read_fd = 0
    write_fd = 1

    def __init__(self) -> None:
        os.set_blocking(self.read_fd, False)
        os.set_blocking(self.write_fd, False)

    def read(self) -> bytes | None:
        try:
            return os.read(self.read_fd, _READ_BYTES)
        except BlockingIOError:
            return None

    def write(self, data: memoryview) -> int:
        try:
            return os.write(self.write_fd, data)
        except BlockingIOError:
            return 0


class StartLog:
    """Passes on what a kernel that does not come up has to say: the host cannot look into this file system."""

    def __init__(self) -> None:
        self._said = False

    def look(self) -> None:
        if not self._said and START_LOG.exists():
            self._said = True
            with suppress(OSError), START_LOG.open("rb") as log:
                sys.stderr.buffer.write(log.read(_LAST_WORDS_BYTES))
                sys.stderr.flush()


def address_of(name: bytes) -> str | None:
    """The host may reach the kernel's channels, and nothing else."""
    return f"{KERNEL_SOCKETS}/{name.decode()}" if name in CHANNELS else None


class LastWords:
    """Process 1 comes here when the kernel has ended, and ends the container when we have: then all was sent."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._guard: socket.socket | None = None

    def come(self, connection: socket.socket) -> None:
        pid, _, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        if pid == 1:
            self._guard = connection  # kept open to our end
            self._relay.finish()
        else:
            connection.close()


def listening(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    path.chmod(0o666)
    listener.listen(64)
    return listener


def main() -> int:
    relay = Relay(Stdio(), address_of, first=2, patience_s=_PATIENCE_S, on_wait=StartLog().look)
    # The host speaks first: what came earlier than the reply to its request would be lost on the way.
    relay.run(until=lambda: relay.greeted)
    relay.greet()
    relay.call_at(listening(Path(END_SOCKET)), LastWords(relay).come)
    relay.listen(listening(BROKER_SOCKET), TOOLS)
    try:
        relay.run()
    except (BrokenRules, OSError) as error:
        sys.stderr.write(f"relay: {error}\n")
        return 1
    finally:
        with suppress(OSError):
            BROKER_SOCKET.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
