"""`mcp:COMMAND` and `mcp:URL` as sources of tools."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.errors import ToolSourceError
from agent.tools.base import LoadedSource, ToolOutcome
from agent.tools.mcp.address import HttpAddress, StdioAddress, parse_address
from agent.tools.mcp.connection import Connection
from agent.tools.mcp.results import value_of
from agent.tools.mcp.specs import Described, described
from agent.tools.naming import unique_names

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.tools.mcp.connection import OpenTransport
    from agent.tools.sources import SourceOptions
    from agent.tools.vault import Vault


class McpTool:
    """A tool of a server."""

    def __init__(self, tool: Described, source: str, connection: Connection, folder: Path | None) -> None:
        self.spec = tool.spec
        self.source = source
        self._tool = tool
        self._connection = connection
        self._folder = folder

    async def call(self, args: Mapping[str, Any]) -> ToolOutcome:
        """One `tools/call`.

        Raises:
            ToolReported: the server says that the tool failed.
            ToolUnstable: the server ended, cannot be reached, or has changed the tool.
            ToolFault: it answers with an error of the protocol.
        """
        wire = {self._tool.wire[name]: value for name, value in args.items()}
        result = await self._connection.call(self._tool.wire_name, wire, self._is_same)
        return ToolOutcome(value_of(result, is_wrapped=self._tool.is_wrapped, folder=self._folder))

    def _is_same(self, now: Any) -> bool:
        """Signature, schema and what it says of its effect; a text that was improved is no other tool."""
        other = described(now, self._tool.spec.name, is_trusted=self._tool.spec.is_trusted).spec
        mine = self._tool.spec
        return (mine.signature, mine.schema, mine.effect) == (other.signature, other.schema, other.effect)


def load_mcp(source: str, options: SourceOptions) -> LoadedSource:
    """Connect to the server and list its tools. Blocking.

    Raises:
        ToolSourceError: the server cannot be started or reached, or offers nothing; a key or variable is missing.
    """
    address = parse_address(source)
    is_process = isinstance(address, StdioAddress)
    transport = _stdio(address, options) if isinstance(address, StdioAddress) else _http(address, options)
    connection = Connection(address.shown, transport, options.say, options.start_s, is_process=is_process)
    listed = connection.start()
    if not listed:
        connection.close_now()
        raise ToolSourceError(f"{address.shown} offers no tools")
    names = unique_names([tool.name for tool in listed])
    is_trusted = source in options.trusted or address.shown in options.trusted
    found = [described(tool, name, is_trusted=is_trusted) for tool, name in zip(listed, names, strict=True)]
    tools = [McpTool(tool, address.shown, connection, options.files) for tool in found]
    return LoadedSource(address.shown, tools, tuple(tool.problem for tool in found if tool.problem), connection.close)


def _stdio(address: StdioAddress, options: SourceOptions) -> OpenTransport:
    from agent.tools.mcp.stdio import stdio_transport

    where = f"the variable of {address.shown}"
    env = {name: options.vault.fill(text, where) for name, text in address.env.items()}
    for text in address.env.values():
        if "${" not in text and len(text) >= 8:  # written out: it may be a secret, and is shown nowhere either
            options.vault.remember(text)

    def opened(on_end: Callable[[str], None], heard: Callable[[str], None]) -> Any:

        return stdio_transport((address.command, *address.args), env, heard, on_end)

    return opened


def _http(address: HttpAddress, options: SourceOptions) -> OpenTransport:
    headers = {header: _key(name, options.vault, address) for header, name in address.headers.items()}
    if address.bearer:
        headers["Authorization"] = f"Bearer {_key(address.bearer, options.vault, address)}"

    def opened(on_end: Callable[[str], None], heard: Callable[[str], None]) -> Any:
        from agent.tools.mcp.web import http_transport

        return http_transport(address.url, headers, options.start_s)

    return opened


def _key(name: str, vault: Vault, address: HttpAddress) -> str:
    value = vault.get(name)
    if value is None:
        raise ToolSourceError(
            f"there is no key {name!r} for {address.shown}", f"store it with `toolcoder keys set {name}`"
        )
    return value
