"""`python -m toolcoder_worker READ WRITE`: serve one source's functions over two pipes, given as file descriptors."""

from __future__ import annotations

import os
import sys

from . import marks
from .serve import Server


def main() -> None:
    """Serve until the host closes its end. Started by `agent.tools.python.process`."""
    incoming, outgoing = (int(number) for number in sys.argv[1:3])
    for descriptor in (incoming, outgoing):
        os.set_inheritable(descriptor, False)  # what a tool starts must not keep the pipes open
    # The module's own folder comes first on the path, as where Python runs a file; ours must shadow nothing.
    sys.path[:] = [p for p in sys.path if p != os.environ.get("TOOLCODER_WORKER_PATH")]
    os.environ.pop("TOOLCODER_WORKER_PATH", None)
    sys.argv[:] = [sys.argv[0]]
    sys.modules["toolcoder_tools"] = marks
    Server(os.fdopen(incoming, "rb"), os.fdopen(outgoing, "wb")).run()
    sys.stdout.flush()
    os._exit(0)  # threads of tools that still run, atexit handlers that hang: none keeps this process


main()
