"""Starts the kernel: `python -m toolcoder_runtime -f CONNECTION_FILE`. The image's and the local kernel's command."""
# ipykernel's methods have no types.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import contextlib
import os
import shutil
import threading
import traceback
import warnings
from pathlib import Path
from typing import Any

import zmq
from ipykernel.kernelapp import IPKernelApp
from traitlets.config import Config

from . import channel
from .cells import carry_cells
from .shell import Kernel

_UNSENT_MESSAGES = 64
_START_LOG_VARIABLE = "TOOLCODER_START_LOG"
_FONT_CACHE_VARIABLE = "TOOLCODER_FONT_CACHE"


class KernelApp(IPKernelApp):
    """ipykernel's application whose output channel waits for a slow reader instead of dropping messages."""

    def _bind_socket(self, s: Any, port: int) -> Any:
        if s.socket_type == zmq.XPUB:
            s.setsockopt(zmq.XPUB_NODROP, 1)
            s.setsockopt(zmq.SNDHWM, _UNSENT_MESSAGES)
        return super()._bind_socket(s, port)


def settings() -> Config:
    """What differs from ipykernel's defaults: plain reprs, nothing kept or read on disk, our streams and shell."""
    config = Config()
    config.IPKernelApp.kernel_class = Kernel
    config.IPKernelApp.outstream_class = "toolcoder_runtime.streams.OrderedStream"
    config.IPKernelApp.exec_PYTHONSTARTUP = False
    config.IPKernelApp.default_extensions = []
    config.HistoryManager.enabled = False
    config.InteractiveShell.cache_size = 0  # results kept in `Out` would never be freed
    config.InteractiveShell.automagic = False
    config.PlainTextFormatter.pprint = False
    return config


def hold_on_to_client() -> None:
    """End this process when the client is gone, also when it was killed: no container is left behind.

    The broker never answers on this connection; it ends when the client's process does.
    """
    if not os.environ.get(channel.ADDRESS_VARIABLE):
        return
    connection = channel.connect()
    connection.sendall(b"\0\0\0\x0d" + b'{"op":"hold"}')

    def wait() -> None:
        with contextlib.suppress(OSError):
            while connection.recv(1):
                pass
        os._exit(0)

    threading.Thread(target=wait, name="client-watch", daemon=True).start()


def copy_font_cache() -> None:
    """matplotlib scans all fonts when it finds no cache, and the home of a container starts empty."""
    source = os.environ.get(_FONT_CACHE_VARIABLE)
    target = os.environ.get("MPLCONFIGDIR")
    if source and target and not Path(target).exists():
        with contextlib.suppress(OSError):
            shutil.copytree(source, target)


def main() -> None:
    try:
        hold_on_to_client()
        copy_font_cache()
        carry_cells()
        warnings.filterwarnings("ignore", message="To exit: use")
        KernelApp.launch_instance(config=settings())
    except Exception:
        # Nobody sees this process's stderr; the host reads the file when the kernel does not come up.
        if path := os.environ.get(_START_LOG_VARIABLE):
            with contextlib.suppress(OSError):
                Path(path).write_text(traceback.format_exc())
        raise


if __name__ == "__main__":
    main()
