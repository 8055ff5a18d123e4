"""What a person writes to name a server: `mcp:[NAME=VALUE ...] COMMAND ARGS` or `mcp:URL[?key=NAME&header.H=NAME]`.

A stdio server gets the variables that are named here and nothing else of the environment but what a process needs to
run. Values may hold placeholders (`agent.tools.vault`); in a URL, `key=NAME` sends that key as a bearer token and
`header.X-Api-Key=NAME` as that header, to this address's origin and to no other.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from agent.errors import ToolSourceError

PREFIX = "mcp:"
_ASSIGNED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")
_HINT = "mcp:COMMAND with its arguments, or mcp:https://host/path"


@dataclass(frozen=True)
class StdioAddress:
    """A command, and the variables that it gets, with their placeholders. `shown` has no value in it."""

    command: str
    args: tuple[str, ...]
    env: Mapping[str, str]
    shown: str


@dataclass(frozen=True)
class HttpAddress:
    """A URL, and headers to the names of the keys that they carry. `shown` has no query."""

    url: str
    shown: str
    headers: Mapping[str, str] = field(default_factory=dict)
    bearer: str = ""


def parse_address(source: str) -> StdioAddress | HttpAddress:
    """Read a source as it stands after `--tools`.

    Raises:
        ToolSourceError: it names neither a command nor a usable URL.
    """
    text = source.removeprefix(PREFIX).strip()
    if re.match(r"https?://", text, re.IGNORECASE):
        return _http(text)
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ToolSourceError(f"the tool source {source!r} has an open quote: {error}", _HINT) from error
    env: dict[str, str] = {}
    while words and (assigned := _ASSIGNED.fullmatch(words[0])):
        env[assigned[1]] = assigned[2]
        words.pop(0)
    if not words:
        raise ToolSourceError(f"the tool source {source!r} names no command", _HINT)
    named = [f"{name}={value if '${' in value else '...'}" for name, value in env.items()]
    return StdioAddress(words[0], tuple(words[1:]), env, PREFIX + " ".join([*named, shlex.join(words)]))


def _http(text: str) -> HttpAddress:
    try:
        parts = urlsplit(text)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or any(c.isspace() for c in text):
        raise ToolSourceError("the MCP server's address cannot be used", _HINT)
    if parts.username or parts.password:
        raise ToolSourceError(
            "an address with a password in it would be shown and logged",
            "store the token with `toolcoder keys set NAME` and write ?key=NAME",
        )
    headers: dict[str, str] = {}
    bearer, rest = "", []
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name == "key":
            bearer = value
        elif name.startswith("header."):
            header = name.removeprefix("header.")
            if not _HEADER.fullmatch(header):
                raise ToolSourceError(f"{header!r} is no name of a header", "header.X-Api-Key=NAME")
            headers[header] = value
        else:
            rest.append((name, value))
    bare = urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
    return HttpAddress(bare + (f"?{urlencode(rest)}" if rest else ""), PREFIX + bare, headers, bearer)
