"""What a session is put together from: tools, kernel, files, functions; how they begin and how they end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import sandbox
from agent.calls.stubs import stub_module
from agent.events import Event, SessionStarted
from agent.functions.proof import Prover
from agent.loop.code_gate import CodeGate
from agent.loop.execution import Runner
from agent.loop.header import header
from agent.loop.keeper import Keeper
from agent.loop.options import SessionOptions
from agent.loop.packages import MissingPackages
from agent.loop.past import Past
from agent.loop.restoring import State
from agent.loop.session_files import SessionFiles
from agent.loop.shortlist import Shortlist
from agent.tools.asking import Asker
from agent.tools.base import schema_hash
from agent.tools.host import ToolHost
from sandbox.events import KernelOptions
from sandbox.kernel import Kernel
from sandbox.pool import Pool
from sandbox.replay import RecordingHandler
from sandbox.shelf import Shelf


@dataclass(frozen=True)
class Parts:
    """Made by `build`, where an event loop runs; `close` ends all of them."""

    options: SessionOptions
    shelf: Shelf
    host: ToolHost
    shortlist: Shortlist
    files: SessionFiles
    pool: Pool
    kernel: Kernel
    packages: MissingPackages | None
    keeper: Keeper
    state: State
    runner: Runner

    def header(self) -> SessionStarted:
        """The session's first event, and the first after each resumption."""
        options = self.options
        started = header(options.session_id, options.model, options.model_reason, self.kernel, self.host.tools)
        resumed_from = options.session_id if options.past is not None else None
        return replace(started, resumed_from=resumed_from, asked_with=dict(options.asked_with))

    async def close(self) -> None:
        """Safe to call twice. One part that fails keeps no other from closing."""
        options = self.options
        async with contextlib.AsyncExitStack() as stack:  # the last one first
            if options.log is not None:
                stack.callback(options.log.close)
            if not options.shares:
                stack.push_async_callback(close_shared, options)
            stack.push_async_callback(self.files.close)
            stack.callback(self.shelf.close)
            stack.push_async_callback(self._close_kernels)

    async def _close_kernels(self) -> None:
        """At once: an engine that hangs makes each of them wait."""
        closing = (self.kernel.close(), self.pool.close(), self.keeper.close())
        for ended in await asyncio.gather(*closing, return_exceptions=True):
            if isinstance(ended, BaseException):
                raise ended


async def close_shared(options: SessionOptions) -> None:
    """End what several sessions can be made from: functions, model, tools."""
    async with contextlib.AsyncExitStack() as stack:  # the last one first
        if options.repository is not None:
            stack.push_async_callback(asyncio.to_thread, options.repository.close)
        stack.push_async_callback(options.model.aclose)
        if options.tool_index is not None:
            stack.callback(options.tool_index.stop)
        if options.close_tools is not None:
            stack.push_async_callback(options.close_tools)


def build(options: SessionOptions, emit: Callable[[Event], None]) -> Parts:
    """The parts, wired; nothing is started but spare kernels."""
    past = options.past or Past()
    shelf = Shelf()
    host = ToolHost(
        options.tools,
        emit,
        approve=options.approve,
        interactive=options.interactive,
        rules=options.rules,
        shelf=shelf,
        n_before=past.n_ids,
    )
    shortlist = Shortlist(tuple(tool.spec for tool in host.tools), options.tool_index)
    # A function that needs the work folder is of no use elsewhere.
    alone = KernelOptions(
        image=options.image,
        limits=options.container,
        stubs=stub_module(shortlist.tools),
        transport=options.transport,
        runtime=options.runtime,
    )
    ask = Asker(emit, interactive=options.interactive).ask
    files = SessionFiles(options.files, emit, ask, past.n_ids)
    calls = RecordingHandler(host, shelf)
    pool = Pool(options.n_spares)
    kernel: Kernel = sandbox.open_kernel(
        replace(files.kernel_options(alone), spool=options.spool, lease=options.lease, first_call=past.n_ids + 1),
        calls,
        options.kernel_kind,
        pool,
    )
    packages = (
        MissingPackages(options.packages, kernel, emit, ask, files.holds_module)
        if options.packages is not None
        else None
    )

    def image_now() -> str | None:
        return packages.image if packages is not None else None

    def prover() -> Prover:
        # With the packages that were added meanwhile: a function that was just written may need them.
        image = image_now()
        made = alone if image is None else replace(alone, image=image)
        return Prover(lambda handler: sandbox.open_kernel(made, handler, options.kernel_kind), list(schemas))

    schemas = {tool.spec.name: schema_hash(tool.spec) for tool in host.tools}
    state = State(kernel, calls, emit, options.past)
    code_gate = CodeGate(options.approve_code, emit, ask, past.n_cells)
    return Parts(
        options,
        shelf,
        host,
        shortlist,
        files,
        pool,
        kernel,
        packages,
        Keeper(options.repository, schemas, emit, prover, options.n_functions, image_now),
        state,
        Runner(kernel, host, emit, options.cell, files, state, past.n_cells, code_gate=code_gate),
    )
