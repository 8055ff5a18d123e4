"""Running the demo on 127.0.0.1 until it is told to end."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from agent.demo_api.app import build_app
from agent.demo_api.auth import Access
from agent.errors import AgentError

HOST = "127.0.0.1"
_START_S = 30.0


class PortTaken(AgentError):
    """The port cannot be used."""


def listen(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1; port 0 takes a free one.

    Raises:
        PortTaken: somebody else has it, or it is not for ordinary users.
    """
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise PortTaken(
            f"port {port} cannot be used: {error.strerror or error}", "choose another with --port, or 0 for a free one"
        ) from error
    listener.listen(128)
    return listener


def serve(
    listener: socket.socket, *, access: Access | None = None, n_per_10_s: int | None = None, ready: Callable[[], None]
) -> None:
    """Answer until SIGINT or SIGTERM; `ready` is called once requests are answered.

    uvicorn takes the signals while it runs and raises SIGINT anew afterwards: a KeyboardInterrupt passes through.
    """
    server = _server(access, n_per_10_s, ready)
    with listener:
        server.run(sockets=[listener])


@contextmanager
def served(*, access: Access | None = None, n_per_10_s: int | None = None) -> Iterator[str]:
    """A server in a thread of this process, for tests and the benchmark: its address, until the block ends."""
    began = threading.Event()
    listener = listen(0)
    server = _server(access, n_per_10_s, began.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="demo-api", daemon=True)
    thread.start()
    try:
        if not began.wait(_START_S):
            raise AgentError("the demo API did not start")
        yield f"http://{HOST}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()


def _server(access: Access | None, n_per_10_s: int | None, ready: Callable[[], None]) -> uvicorn.Server:
    app = build_app(access, n_per_10_s=n_per_10_s)
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=1, ws="none"
    )
    return _Server(config, ready)


class _Server(uvicorn.Server):
    """uvicorn's server, which says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            self._ready()
