"""The kernel itself: ipykernel with our settings, streams and shell."""
# ipykernel's methods have no types.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import contextlib
import os
import shutil
import warnings
from pathlib import Path
from typing import Any

import zmq
from ipykernel.kernelapp import IPKernelApp
from traitlets.config import Config

from .cells import carry_cells
from .channel import ADDRESS_VARIABLE
from .notebook import configure, is_notebook
from .relay_place import is_relayed, open_to_relay
from .shell import Kernel
from .streams import keep_last_words
from .syscalls import FILTER_VARIABLE, install

_UNSENT_MESSAGES = 8
_FONT_CACHE_VARIABLE = "TOOLCODER_FONT_CACHE"


class KernelApp(IPKernelApp):
    """ipykernel's application whose output channel waits for a slow reader instead of dropping messages."""

    def _bind_socket(self, s: Any, port: int) -> Any:
        if s.socket_type == zmq.XPUB:
            s.setsockopt(zmq.XPUB_NODROP, 1)
            s.setsockopt(zmq.SNDHWM, _UNSENT_MESSAGES)
        bound = super()._bind_socket(s, port)
        open_to_relay(s.last_endpoint.decode())
        return bound

    def init_sockets(self) -> None:
        super().init_sockets()
        # Only for a client of ours, which unlinks the file at once, and where its folder is the host's.
        if ADDRESS_VARIABLE in os.environ and not is_relayed() and self.transport == "ipc":
            keep_last_words(str(Path(self.ip).parent))


def settings() -> Config:
    """What differs from ipykernel's defaults: plain reprs, nothing kept or read on disk, our streams and shell."""
    config = Config()
    config.IPKernelApp.kernel_class = Kernel
    config.IPKernelApp.outstream_class = "toolcoder_runtime.streams.OrderedStream"
    config.IPKernelApp.exec_PYTHONSTARTUP = False
    config.IPKernelApp.default_extensions = []
    if is_notebook():
        configure(config)
        return config
    config.HistoryManager.enabled = False
    config.InteractiveShell.cache_size = 0  # results kept in `Out` would never be freed
    config.InteractiveShell.automagic = False
    config.PlainTextFormatter.pprint = False
    return config


def copy_font_cache() -> None:
    """matplotlib scans all fonts when it finds no cache, and the home of a container starts empty."""
    source = os.environ.get(_FONT_CACHE_VARIABLE)
    target = os.environ.get("MPLCONFIGDIR")
    if source and target and not Path(target).exists():
        with contextlib.suppress(OSError):
            shutil.copytree(source, target)


def run() -> None:
    """Serve requests until the end."""
    if os.environ.get(FILTER_VARIABLE):
        install()
    copy_font_cache()
    carry_cells()
    warnings.filterwarnings("ignore", message="To exit: use")
    KernelApp.launch_instance(config=settings())
