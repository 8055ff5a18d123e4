"""A kernel for tests of what uses kernels: the code runs in a thread of this very process. No isolation at all.

It fulfils the contract as far as a thread can: state, output of `print`, results, structured errors, tool calls with
the real stubs and the real broker's rules, time-outs. It cannot survive `os._exit`, cannot end code that blocks in C
(such a thread is left behind, and the next cell starts with a fresh namespace), and sees no output but `print`'s.
"""

from __future__ import annotations

import ast
import asyncio
import builtins
import ctypes
import io
import itertools
import json
import linecache
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Literal, Self

from sandbox.broker import Broker, encode_reply
from sandbox.cell_files import CellFiler
from sandbox.clock import CellClock
from sandbox.collect import Collector
from sandbox.errors import KernelClosed, KernelStartFailed
from sandbox.events import CellEnd, CellLimits, Death, KernelEvent, KernelOptions
from sandbox.framing import parse
from sandbox.kernel import ToolHandler
from sandbox.process import Crash
from sandbox.runtime import toolcoder_runtime
from sandbox.runtime.toolcoder_runtime import tracebacks, values
from sandbox.runtime.toolcoder_runtime.calls import make_tool
from sandbox.runtime.toolcoder_runtime.cells import carry_cells, enter_cell
from sandbox.runtime.toolcoder_runtime.displays import escaped
from sandbox.runtime.toolcoder_runtime.record import Record

_ENDED = object()


class FakeKernel:
    """`sandbox.open_kernel(options, handler, kind="fake")` makes one; no setting of the program does."""

    description = "FAKE: the code runs inside this process, without any isolation (for tests only)"

    def __init__(self, options: KernelOptions, handler: ToolHandler | None) -> None:
        self.life = 0
        self.came_back = False
        self._stubs = options.stubs
        self._files = CellFiler(options)
        self._inbox: asyncio.Queue[Any] = asyncio.Queue()
        self._broker = Broker(Path(), handler, lambda error: self._inbox.put_nowait(Crash(error))) if handler else None
        if self._broker is not None:
            self._broker.serve(handler, itertools.count(options.first_call))
        self._space: dict[str, Any] | None = None
        self._n_cells = 0
        self._name = ""
        self._thread: threading.Thread | None = None
        self._running = False
        self._insisted = False
        self._reason: Literal["timeout", "interrupted"] | None = None
        self._closed = False
        carry_cells()

    async def start(self) -> None:
        """Define the stubs in a fresh namespace (idempotent)."""
        if self._closed:
            raise KernelClosed("The kernel was closed.")
        if self._space is not None:
            return
        self._loop = asyncio.get_running_loop()
        self.life += 1
        self._space = {"__name__": "__main__", "__builtins__": self._builtins()}
        try:
            exec(compile(self._stubs, "<stubs>", "exec", dont_inherit=True), self._space)
        except Exception as error:  # whatever is wrong with them, they are ours and not the code's
            raise KernelStartFailed(f"The stubs of the tools are not valid Python:\n{error}") from error

    async def run(self, code: str, limits: CellLimits = CellLimits()) -> AsyncIterator[KernelEvent]:  # noqa: B008
        """Run one cell; see `sandbox.kernel.Kernel.run`."""
        if self._space is not None:  # else its thread was left behind
            await self._last_words()
        await self.start()
        self._n_cells += 1
        self._inbox = asyncio.Queue()
        self._forget_reason()
        self._name = name = f"<fake cell {self._n_cells}>"
        started = time.monotonic()
        collector = Collector(name, limits.output_bytes, self._files.begin_cell())
        if self._broker is not None:
            self._broker.open_cell(name, limits.n_tool_calls)
        self._thread = threading.Thread(target=self._thread_main, args=(code, name), daemon=True, name=name)
        self._running = True
        self._thread.start()
        clock = CellClock(limits.wall_s, self._broker, lambda: self._stop("timeout"))
        crash: BaseException | None = None
        died: Death | None = None
        ended = False
        try:
            while True:
                patience_s = limits.interrupt_grace_s if self._reason else None
                try:
                    item = await asyncio.wait_for(self._inbox.get(), 0.0 if self._insisted else patience_s)
                except TimeoutError:
                    cause: Literal["timeout", "interrupted"] = self._reason or "timeout"
                    died = Death(cause, "The code did not stop when it was interrupted, so it was left behind.")
                    self._space = None
                    break
                if item is _ENDED:
                    self._running = False
                    break
                if isinstance(item, Crash):
                    crash = item.error
                    self._stop("interrupted")
                elif item is not None:
                    for event in collector.events(item):
                        yield event
            ended = True
        finally:
            clock.cancel()
            if not ended:
                self._stop("interrupted")
            if self._broker is not None:
                self._broker.close_cell()
        if crash is not None:
            raise crash
        for event in collector.rest():
            yield event
        status: Any = self._reason or ("error" if collector.error else "ok")
        n, seconds = collector.n_bytes, time.monotonic() - started
        yield CellEnd(
            status, seconds, collector.error, died, n["stdout"], n["stderr"], collector.cut, collector.spooled
        )

    async def interrupt(self) -> None:
        self._insisted = self._running and self._reason is not None
        self._stop("interrupted")
        self._inbox.put_nowait(None)

    async def restart(self) -> None:
        self._space = None

    async def close(self) -> None:
        self._stop("interrupted")
        self._closed = True
        await self._last_words()
        if self._broker is not None:
            self._broker.close_cell()

    async def _last_words(self) -> None:
        """Of a cell that was broken off: they go to this loop, which may be gone soon. Code that blocks in C is not
        waited for."""
        if self._thread is not None and self._thread.is_alive():
            await asyncio.to_thread(self._thread.join, 2.0)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _stop(self, reason: Literal["timeout", "interrupted"]) -> None:
        if self._thread is not None and self._running and self._reason is None:
            self._reason = reason
            thread_id = ctypes.c_ulong(self._thread.ident or 0)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(thread_id, ctypes.py_object(KeyboardInterrupt))
            self._inbox.put_nowait(None)  # wakes the reader, whose patience is limited from now on

    def _forget_reason(self) -> None:
        self._reason, self._insisted = None, False

    def _builtins(self) -> dict[str, Any]:
        """Python's own, with `print` captured, IPython's `display` for objects that say what they look like, and
        `toolcoder_runtime` answered by this kernel's broker."""
        runtime = ModuleType("toolcoder_runtime")
        runtime.__dict__.update(toolcoder_runtime.__dict__ | {"tool": make_tool(self._exchange)})

        def import_(name: str, *args: Any, **kwargs: Any) -> Any:
            return runtime if name == "toolcoder_runtime" else builtins.__import__(name, *args, **kwargs)

        def print_(*args: Any, file: Any = None, flush: bool = False, **kwargs: Any) -> None:
            import sys

            if file not in (None, sys.stdout, sys.stderr):
                builtins.print(*args, file=file, flush=flush, **kwargs)
                return
            text = io.StringIO()
            builtins.print(*args, file=text, **kwargs)
            stream = "stderr" if file is not None and file is sys.stderr else "stdout"
            self._tell("stream", {"name": stream, "text": text.getvalue()})

        def display(*objects: Any) -> None:
            for shown in objects:
                data = {"text/plain": values.to_text(shown)[0], **_rich(shown)}
                data = {mime: escaped(text) if isinstance(text, str) else text for mime, text in data.items()}
                self._tell("display_data", {"data": data}, self._name)

        return vars(builtins) | {"__import__": import_, "print": print_, "display": display}

    def _exchange(self, payload: bytes) -> Record:
        if self._broker is None:
            raise ConnectionError("this kernel has no connection to tools")
        answer = asyncio.run_coroutine_threadsafe(self._broker.answer(parse(payload)), self._loop)
        while True:
            try:
                reply = answer.result(timeout=0.02)  # short, because an interrupt reaches the thread only in between
                break
            except TimeoutError:
                continue
        decoded: Record = json.loads(encode_reply(reply)[4:], object_hook=Record)
        return decoded

    def _thread_main(self, code: str, name: str) -> None:
        """The thread of one cell."""
        inbox = self._inbox
        try:
            self._execute(code, name, inbox)
        except KeyboardInterrupt:  # it came just after the code's own end
            pass
        finally:
            self._loop.call_soon_threadsafe(inbox.put_nowait, _ENDED)

    def _execute(self, code: str, name: str, inbox: asyncio.Queue[Any]) -> None:
        enter_cell(name)
        linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
        try:
            value = _evaluate(code, name, self._space or {})
            if value is not None:
                text, cut = values.to_text(value)
                data = {
                    "text/plain": text,
                    "application/vnd.toolcoder.value+json": values.to_json(value),
                    **_rich(value),
                }
                self._tell("execute_result", {"data": data, "metadata": {"toolcoder": {"cut": cut}}}, name, inbox)
        except BaseException as error:  # noqa: BLE001  also SystemExit and KeyboardInterrupt are outcomes of the cell
            content = {"toolcoder": tracebacks.describe(error, lambda file: file.startswith("<fake cell "))}
            self._tell("error", content, name, inbox)

    def _tell(
        self, kind: str, content: dict[str, Any], cell: str = "", inbox: asyncio.Queue[Any] | None = None
    ) -> None:
        message = {"msg_type": kind, "content": content, "parent_header": {"msg_id": cell}}
        self._loop.call_soon_threadsafe((inbox or self._inbox).put_nowait, message)


def _rich(value: Any) -> dict[str, Any]:
    """What an object says it looks like; one whose methods fail says nothing."""
    try:
        return dict(value._repr_mimebundle_()) if hasattr(type(value), "_repr_mimebundle_") else {}
    except Exception:  # noqa: BLE001  any class may have a broken method; the cell itself was fine
        return {}


def _evaluate(code: str, name: str, space: dict[str, Any]) -> Any:
    """Run the code; the value of its last expression, or None."""
    tree = ast.parse(code, name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec", dont_inherit=True), space)
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), name, "eval", dont_inherit=True), space)
