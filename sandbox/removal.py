"""Requests to the engine that must not fail: a container that may be gone by now is signalled or removed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from sandbox.errors import EngineGone
from sandbox.uninterrupted import uninterrupted

if TYPE_CHECKING:
    from docker import DockerClient

REMOVAL_S = 10.0
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
    """Like `asyncio.to_thread`, but a cancellation waits for the call to end, so that what it made can be removed."""
    return await uninterrupted(asyncio.to_thread(function, *args))
