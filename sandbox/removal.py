"""Requests to the engine that must not fail: a container that may be gone by now is signalled or removed."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from sandbox.errors import EngineGone
from sandbox.uninterrupted import uninterrupted

if TYPE_CHECKING:
    from docker import DockerClient

REMOVAL_S = 10.0
LEFT_S = 10.0
"""Longest wait for a request under way once nobody needs its answer."""
T = TypeVar("T")


def remove_container(client: DockerClient, name: str | None) -> None:
    """Returns when the container is gone: one that died by itself may still be on its way out. Blocking."""
    from docker.errors import APIError, NotFound
    from requests.exceptions import RequestException

    deadline = time.monotonic() + REMOVAL_S
    client.api.timeout = REMOVAL_S
    while name is not None and time.monotonic() < deadline:
        try:
            client.api.remove_container(name, v=True, force=True)
        except NotFound:
            return
        except APIError:
            time.sleep(0.02)
        except RequestException:
            return  # the engine is gone: the reaper of a later start sees to the rest


def ask_engine(ask: Callable[..., Any], *args: Any) -> None:
    """A request about a container that may be gone by now, which is no failure. Blocking.

    Raises:
        EngineGone: the engine refused or did not answer.
    """
    from docker.errors import APIError
    from requests.exceptions import RequestException

    try:
        ask(*args)
    except APIError as error:
        if error.status_code not in (404, 409):
            raise EngineGone(f"The container engine failed: {error.explanation}") from error
    except RequestException as error:
        raise EngineGone("The container engine stopped answering.", "Start it again.") from error


async def in_thread(function: Callable[..., T], *args: Any) -> T:
    """Like `asyncio.to_thread`, but a cancellation waits for the call to end, so that what it made can be removed.

    For a while: an engine that hangs must not keep a program from ending, so the thread is left behind then.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def tell(value: Any, error: BaseException | None) -> None:
        if done.cancelled():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(value)

    def work() -> None:
        value: Any = None
        failure: BaseException | None = None
        try:
            value = function(*args)
        except BaseException as error:  # noqa: BLE001  raised where it is waited for
            failure = error
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(tell, value, failure)

    threading.Thread(target=work, name="engine-request", daemon=True).start()
    try:
        return await asyncio.shield(done)
    except asyncio.CancelledError:
        await uninterrupted(asyncio.wait([done], timeout=LEFT_S))
        if done.done() and not done.cancelled():
            done.exception()  # looked at: the cancellation is what the waiting task hears of
        raise
