"""A prover over the tools and the sandbox that the settings name, for commands that verify stored functions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from agent.calls.stubs import stub_module
from agent.functions.proof import Prover
from agent.log.redact import Redactor
from agent.tools.base import schema_hash
from agent.tools.host import ToolHost
from agent.tools.sources import load_tools
from sandbox import open_kernel
from sandbox.events import KernelOptions
from tui.from_settings import container_limits
from tui.images import image_name
from tui.settings_load import load_settings
from tui.tools_factory import host_rules, make_vault, source_options, sources_of

T = TypeVar("T")


async def with_prover(
    sources: tuple[str, ...], work: Callable[[Prover, dict[str, str]], Awaitable[T]], *, live: bool = False
) -> T:
    """`work(prover, schemas)` in a clean kernel, closed afterwards with all that the tools' sources started.

    `live`: tools that only read are really called where a record lacks an answer; those that change something never.

    Raises:
        AgentError, SandboxError: the tools or the sandbox cannot be used.
    """
    import asyncio

    settings = load_settings()
    vault = make_vault()
    wanted = sources_of(settings.tools, sources)
    redactor = Redactor(vault.known_values)
    loaded = await asyncio.to_thread(load_tools, wanted, source_options(settings.tools, vault, redactor))
    try:
        rules = host_rules(settings.tools, redactor)
        host = ToolHost(loaded.tools, lambda _: None, approve="no", interactive=False, rules=rules)
        specs = [tool.spec for tool in host.tools]
        options = KernelOptions(
            image=image_name(settings.sandbox.image),
            limits=container_limits(settings.sandbox),
            stubs=stub_module(specs),
            transport=settings.sandbox.transport,
            runtime=settings.sandbox.runtime,
        )
        kind = settings.sandbox.kind
        schemas = {spec.name: schema_hash(spec) for spec in specs}
        call = host.call if live else None
        async with Prover(lambda handler: open_kernel(options, handler, kind), list(schemas), call) as prover:
            return await work(prover, schemas)
    finally:
        await loaded.close()
