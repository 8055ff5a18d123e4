"""From settings and keys to tools: the vault, what loading needs, and the rules of the host."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from agent.errors import ToolSourceError
from agent.functions.embed import choose_embedder
from agent.home import state_home
from agent.log.redact import Redactor
from agent.loop.shortlist import needs_index
from agent.tools.approvals import FILE, Approvals
from agent.tools.host import HostRules
from agent.tools.policy import HostLimits, Policy, ToolLimits
from agent.tools.retrieval import ToolIndex
from agent.tools.sources import CATALOGUE, SourceOptions, load_tools
from agent.tools.vault import Vault
from tui.from_settings import embedding_endpoint, key_value
from tui.keys import known_secrets, set_key
from tui.plain import plain
from tui.standard_streams import narrate

if TYPE_CHECKING:
    from agent.tools.base import LoadedSource, Tool
    from tui.settings import FunctionsSettings
    from tui.settings_tools import ToolLimitsSettings, ToolsSettings

MB = 1 << 20


def make_vault() -> Vault:
    """Over the environment and `toolcoder keys`."""
    return Vault(key_value, set_key, known_secrets)


def source_options(tools: ToolsSettings, vault: Vault, redactor: Redactor) -> SourceOptions:
    """What loading the sources needs."""
    return SourceOptions(
        vault=vault,
        trusted=frozenset(tools.trusted),
        python=tools.python,
        files=state_home() / "tool-files",
        say=lambda text: narrate(plain(redactor.text(text))),
        hide=redactor.text,
        start_s=tools.start_s,
    )


def sources_of(tools: ToolsSettings, flags: tuple[str, ...]) -> tuple[str, ...]:
    """What `--tools` named, else the settings, else the demo catalogue."""
    return flags or tools.sources or (CATALOGUE,)


def load_for_session(tools: ToolsSettings, flags: tuple[str, ...], options: SourceOptions) -> LoadedSource:
    """The tools of `--tools` or the settings.

    Raises:
        ToolSourceError: a source cannot be used; one of the settings is named, and how to remove it.
    """
    try:
        return load_tools(sources_of(tools, flags), options)
    except ToolSourceError as error:
        if flags or not tools.sources:
            raise
        raise ToolSourceError(f"the tool source {error.source}: {error}", how_to_remove(error)) from None


def how_to_remove(error: ToolSourceError) -> str:
    """What helps against a source of the settings that cannot be used: its own hint, or to do without it."""
    removal = f"to do without it: toolcoder tools remove {shlex.quote(error.source)}"
    return f"{error.hint.rstrip('.')}; {removal}" if error.hint else removal


def host_rules(tools: ToolsSettings, redactor: Redactor) -> HostRules:
    """The person's rules, limits and earlier approvals."""
    return HostRules(
        policy=policy_of(tools),
        limits=HostLimits(
            call_s=tools.call_s,
            n_calls=tools.n_calls,
            n_at_once=tools.n_at_once,
            n_tries=tools.n_tries,
            result_bytes=int(tools.result_mb * MB),
        ),
        approvals=open_approvals(),
        hiding=redactor,
    )


def policy_of(tools: ToolsSettings) -> Policy:
    """The person's rules and limits per tool."""
    return Policy(dict(tools.policy), {pattern: _limits(own) for pattern, own in tools.limits.items()})


def tool_index(tools: Sequence[Tool], functions: FunctionsSettings) -> ToolIndex | None:
    """What finds among tools that are too many to list, already at work; None where all are listed."""
    specs = [tool.spec for tool in tools]
    if not needs_index(specs):
        return None
    index = ToolIndex(
        specs, lambda: choose_embedder(embedding_endpoint(functions)).embedder, state_home() / "tool-vectors"
    )
    index.start()
    return index


def open_approvals() -> Approvals:
    """What the person approved for good."""
    return Approvals(state_home() / FILE)


def _limits(own: ToolLimitsSettings) -> ToolLimits:
    result_bytes = None if own.result_mb is None else int(own.result_mb * MB)
    return ToolLimits(own.call_s, own.n_calls, own.n_at_once, own.n_tries, result_bytes)
