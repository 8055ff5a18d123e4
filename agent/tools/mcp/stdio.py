"""The transport to a server that is a child process: lines of JSON on stdin and stdout.

The SDK's own has no bound: a server that writes a line without an end fills the memory. This one counts, gives the
process nothing but the environment that was named, keeps what it says on stderr, and ends its whole process group.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcp.client._transport import TransportStreams

LINE_BYTES = 64 << 20
UNASKED_BYTES = 8 << 20
"""What a server may send while it owes no answer; progress and logs take thousands of times less."""
_INHERITED = ("HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER")
_LEAVE_S = 1.0


@asynccontextmanager
async def stdio_transport(
    command: tuple[str, ...], env: Mapping[str, str], heard: Callable[[str], None], on_end: Callable[[str], None]
) -> AsyncGenerator[TransportStreams, None]:
    """Start the server; streams of messages from and to it. Its process group is ended at the exit.

    `heard` gets what it says on stderr. `on_end` is called when it has said its last, by itself or by saying too much.

    Raises:
        OSError: the command cannot be started.
    """
    import anyio
    from mcp.shared.message import SessionMessage

    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ} | dict(env)
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
        start_new_session=True,
        limit=LINE_BYTES,
    )
    from_server, incoming = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    outgoing, to_server = anyio.create_memory_object_stream[SessionMessage](0)

    async def read() -> None:
        n_unasked, misbehaved = 0, ""
        assert process.stdout is not None
        try:
            async with from_server:
                while line := await process.stdout.readline():
                    message = _parsed(line)
                    if message is None:
                        continue
                    n_unasked = 0 if _is_answer(message) else n_unasked + len(line)
                    if n_unasked > UNASKED_BYTES:
                        misbehaved = f"sent more than {UNASKED_BYTES:,} bytes without being asked"
                        return
                    await from_server.send(message)
        except ValueError:
            misbehaved = f"sent a line of more than {LINE_BYTES:,} bytes"
        except (anyio.ClosedResourceError, anyio.BrokenResourceError, ConnectionError):
            return
        finally:
            on_end(misbehaved)

    async def write() -> None:
        assert process.stdin is not None
        with contextlib.suppress(anyio.ClosedResourceError, OSError):
            async with to_server:
                async for message in to_server:
                    text = message.message.model_dump_json(by_alias=True, exclude_unset=True)
                    process.stdin.write(text.encode("utf-8", "backslashreplace") + b"\n")
                    await process.stdin.drain()

    async def hand_on() -> None:
        assert process.stderr is not None
        while piece := await process.stderr.read(65536):
            heard(piece.decode("utf-8", "replace"))

    tasks = [asyncio.create_task(work()) for work in (read, write, hand_on)]
    try:
        yield incoming, outgoing
    finally:
        await asyncio.shield(_stop(process, tasks))
        for stream in (incoming, outgoing, from_server, to_server):
            stream.close()


def _parsed(line: bytes) -> Any:
    """A message; an exception as a value where it is none (the session decides); None for an empty line."""
    import mcp_types as types
    from mcp.shared.message import SessionMessage

    if not line.strip():
        return None
    try:
        return SessionMessage(types.jsonrpc_message_adapter.validate_json(line, by_name=False))
    except ValueError as error:
        return error


def _is_answer(message: Any) -> bool:
    inner = getattr(message, "message", None)
    return inner is not None and not hasattr(inner, "method")


async def _stop(process: asyncio.subprocess.Process, tasks: list[asyncio.Task[None]]) -> None:
    """By closing stdin, as the protocol says; then by force."""
    if process.stdin is not None:
        process.stdin.close()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LEAVE_S):
            await process.wait()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await asyncio.wait(tasks, timeout=_LEAVE_S)  # its last words are still in the pipe
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    with contextlib.suppress(TimeoutError):  # asyncio holds the end back until the pipes are read to theirs
        async with asyncio.timeout(_LEAVE_S):
            await asyncio.gather(_emptied(process.stdout), _emptied(process.stderr), process.wait())
    process._transport.close()  # type: ignore[attr-defined]  # a stray child may hold a pipe; no public way


async def _emptied(pipe: asyncio.StreamReader | None) -> None:
    while pipe is not None and await pipe.read(1 << 20):
        pass
