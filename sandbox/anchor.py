"""What a kernel holds on to where no broker is: other people's Jupyter clients, which have no tools to answer for."""

from __future__ import annotations

import socket
from pathlib import Path

_QUEUE = 16


class Anchor:
    """A listening socket that nobody answers on. The system breaks its connections when our process ends, however.

    Connections wait in its queue, so no event loop and no thread is needed: some clients run theirs only now and then.
    """

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(str(path))
        path.chmod(0o666)  # the folder keeps others out; the kernel's user is another one
        self._socket.listen(_QUEUE)

    def close(self) -> None:
        """Tell the kernel that its client is gone. Safe to call twice."""
        self._socket.close()
        self._path.unlink(missing_ok=True)
