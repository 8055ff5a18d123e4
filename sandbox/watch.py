"""Watches a container die: the engine's events, read in a thread, because a kernel that is gone says nothing itself."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.events import ContainerLimits, Death

if TYPE_CHECKING:
    from docker import DockerClient

    from sandbox.relay import HostRelay

_OOM_NOTICE_S = 0.5
_OOM_RECENT_S = 10.0
_SIGKILL_CODE = 128 + signal.SIGKILL
_SIGBUS_CODE = 128 + signal.SIGBUS
CLIENT_LOST_CODE = 84
"""Of `toolcoder_runtime/guard.py`: it ended the kernel because the connection to its client was gone."""
_OUT_OF_MEMORY_CODE = 85
"""Of the guard too, where the engine's events do not tell (`sandbox/podman.py`)."""
_RELAY_ENDS_S = 1.0
"""Longest wait for what the kernel said last, once its end is known."""
_NO_END_S = 10.0
"""Longest wait for the container's end once the relay has ended, which busy machines tell of seconds later."""


@dataclass(frozen=True)
class Exit:
    """How a kernel's process ended: its exit code as a shell shows it (128 + n for signal n), None where unknown."""

    code: int | None
    out_of_memory: bool = False
    engine_gone: bool = False


def watch_events(client: DockerClient, container: str) -> Any:
    """The engine's stream of events of one container, from now on. Blocks until the engine has answered."""
    # Of all kinds: podman refuses to filter by kinds that it does not have.
    return client.api.events(filters={"container": container}, decode=True)


def end_events(stream: Any) -> None:
    """Close a stream of events and its connection, which docker's own `close` only shuts down: its socket would wait
    for the collector. Not while another thread reads from it."""
    parts: tuple[Any, ...] = (stream, getattr(stream, "_response", None))
    for part in parts:
        with contextlib.suppress(Exception):  # the engine may have closed it already
            part.close()


class ContainerWatch:
    """From before the container's start to its end; `exited` is set in the event loop that made the watch.

    `events` is what `watch_events` returned for the container.
    """

    def __init__(self, events: Any) -> None:
        self._loop = asyncio.get_running_loop()
        self.exited: asyncio.Future[Exit] = self._loop.create_future()
        self._stream = events
        self._closed = False
        self.is_killed = False
        """Set by whoever kills the container: then nobody asks whether its memory was used up."""
        self.relay: HostRelay | None = None
        """Brings what the kernel said last: nobody is told of the end before that has been handed on."""
        self._thread = threading.Thread(target=self._read, name="container-watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop watching; `exited` keeps what is known. Safe to call twice."""
        self._closed = True
        self.relay = None  # it knows us: together we would wait for the collector, and the stream's socket with us
        with contextlib.suppress(Exception):  # the stream's socket may be closed by the engine already
            self._stream.close()

    def relay_ended(self) -> None:
        """The relay ended by itself: with the container, whose end is known soon then; else it is the reason."""
        timer = threading.Timer(_NO_END_S, self._tell, [Exit(CLIENT_LOST_CODE)])
        timer.daemon = True
        timer.start()

    def _read(self) -> None:
        oom_at: float | None = None
        code: int | None = None
        try:
            for event in self._stream:
                if event.get("status") == "oom":
                    oom_at = time.monotonic()
                elif event.get("status") == "die":
                    code = int(event["Actor"]["Attributes"].get("exitCode", -1))
                # The limit may have ended a child process long ago, which the kernel survived.
                is_recent = oom_at is not None and time.monotonic() - oom_at < _OOM_RECENT_S
                is_oom = code == _OUT_OF_MEMORY_CODE or (code in (_SIGKILL_CODE, CLIENT_LOST_CODE) and is_recent)
                if code == _SIGKILL_CODE and not (
                    is_oom or self.is_killed or event.get("status") in ("destroy", "remove")
                ):
                    # The notice of the memory limit comes on its own way and may be later.
                    timer = threading.Timer(_OOM_NOTICE_S, self._tell, [Exit(code)])
                    timer.daemon = True
                    timer.start()
                elif code is not None:
                    self._tell(Exit(code, is_oom))
                    return
        except Exception:  # noqa: BLE001  the stream broke; what that means is decided below
            pass
        finally:
            end_events(self._stream)
        if not self._closed:
            self._tell(Exit(code, engine_gone=code is None))

    def _tell(self, ended: Exit) -> None:
        relay = self.relay
        if relay is not None:
            relay.ended.wait(_RELAY_ENDS_S)

        def tell() -> None:
            if not self.exited.done():
                self.exited.set_result(ended)

        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(tell)


def death_of(ended: Exit, limits: ContainerLimits | None) -> Death:
    """The name and the sentence for a kernel that ended by itself. `limits` is None where nothing limits it."""
    if ended.out_of_memory:
        limit = f" of {limits.memory_bytes >> 20} MiB" if limits else ""
        return Death(
            "out_of_memory", f"The code used more memory than the limit{limit}. Process the data in smaller parts."
        )
    if ended.engine_gone:
        return Death("engine_gone", "The container engine stopped answering. Start it again and repeat the question.")
    match ended.code:
        case None:
            return Death("unknown", "The kernel's process is gone and left no exit code. Run the code again.")
        case code if code == _SIGBUS_CODE and limits is not None:
            # Writing to a file in memory has no other way to say that there is no room.
            size = f"{limits.disk_bytes >> 20} MiB"
            return Death("disk_full", f"A file mapped into memory did not fit on /tmp, which holds {size}. Write less.")
        case code if code == CLIENT_LOST_CODE:
            why = "The connection into the kernel's container broke, so it was ended. Run the code again."
            return Death("connection_lost", why)
        case code if code > 128 and code - 128 in set(signal.Signals):
            name = signal.Signals(code - 128).name
            return Death(
                "signal", f"The kernel was ended by {name}. Native code crashed, or the code killed its process."
            )
        case code:
            return Death("exit_code", f"The code ended its process with exit code {code}. Do not call os._exit.")
