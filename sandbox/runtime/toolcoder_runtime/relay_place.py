"""What the kernel does itself where the relay carries its channels, since nothing of the host is mounted."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path

END_SOCKET = "/run/toolcoder/end.sock"
_LAST_WORDS_S = 2.0
_FILE_VARIABLE = "TOOLCODER_CONNECTION_FILE"
_TEXT_VARIABLE = "TOOLCODER_CONNECTION"


def is_relayed() -> bool:
    return _FILE_VARIABLE in os.environ


def place_connection_file() -> None:
    """Write the connection file, which came as a variable, to where the kernel looks for it."""
    text = os.environ.pop(_TEXT_VARIABLE, None)
    if is_relayed() and text is not None:
        Path(os.environ[_FILE_VARIABLE]).write_text(text)


def open_to_relay(endpoint: str) -> None:
    """Let the relay connect to a socket of the kernel: it is another user."""
    if is_relayed():
        Path(endpoint.removeprefix("ipc://")).chmod(0o666)


def wait_for_last_words() -> None:
    """By process 1, when the kernel has ended: what it said last is on its way through the relay, which ends too."""
    if not is_relayed():
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_LAST_WORDS_S)
        connection.connect(END_SOCKET)
        connection.recv(1)
