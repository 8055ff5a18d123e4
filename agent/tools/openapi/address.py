"""What a person writes to name a document: `openapi:FILE_OR_URL[?server=URL&key=NAME&auth=ORIGIN&token=NAME]`.

Only these options are taken out of the query; whatever else stands there belongs to the document's own address.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from agent.errors import ToolSourceError

PREFIX = "openapi:"
_HINT = "openapi:FILE_OR_URL, with ?server=URL and &key=NAME where they are needed"
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class OpenApiAddress:
    """`keys` maps a security scheme's name to a key's name; the empty name stands for whichever scheme is used.

    `auth` is the origin of the authorization server, where it is another than the API's: the person names it, because
    a document could name any.
    """

    text: str
    document: str
    server: str | None = None
    keys: dict[str, str] = field(default_factory=dict)
    token: str | None = None
    auth: str | None = None

    @property
    def is_url(self) -> bool:
        return self.document.startswith(("http://", "https://"))

    @property
    def has_credentials(self) -> bool:
        return bool(self.keys or self.token)

    @property
    def named_origin(self) -> str | None:
        """The origin that the person named: credentials go there and nowhere else. None for a local file alone."""
        if self.server:
            return origin_of(self.server)
        return origin_of(self.document) if self.is_url else None


def parse_address(text: str) -> OpenApiAddress:
    """Read a source as it stands after `--tools`.

    Raises:
        ToolSourceError: nothing is named, an address is none, or it holds a password.
    """
    whole = text.removeprefix(PREFIX).strip()
    document, _, query = whole.partition("?")
    server = token = auth = None
    keys: dict[str, str] = {}
    rest = []
    for name, value in parse_qsl(query, keep_blank_values=True):
        match name:
            case "server":
                server = _http(value, text)
            case "auth":
                auth = origin_of(_http(value, text))
            case "token":
                token = value
            case "key":
                keys[""] = value
            case _ if name.startswith("key."):
                keys[name.removeprefix("key.")] = value
            case _:
                rest.append((name, value))
    if not document:
        raise ToolSourceError(f"the tool source {text!r} names no document", _HINT)
    if "://" in document:
        document = _http(document, text) + (f"?{urlencode(rest)}" if rest else "")
    elif rest:
        raise ToolSourceError(
            f"the tool source {text!r} has unknown options: {', '.join(name for name, _ in rest)}", _HINT
        )
    return OpenApiAddress(text, document, server, keys, token, auth)


def origin_of(url: str) -> str:
    """`scheme://host:port` in small letters, the port always there: what a credential is bound to."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    host = (parts.hostname or "").lower()
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{parts.port or _DEFAULT_PORTS.get(scheme, 0)}"


def without_secrets(text: str) -> str:
    """An address without user, password and query: what may stand in a message."""
    parts = urlsplit(text)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def _http(value: str, source: str) -> str:
    try:
        parts = urlsplit(value)
        good = parts.scheme.lower() in _DEFAULT_PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or any(character.isspace() for character in value):
        raise ToolSourceError(
            f"the tool source {without_secrets(source)!r} has no usable address in it", "http://... or https://..."
        )
    if parts.username or parts.password:
        raise ToolSourceError(
            "an address with a password in it would be shown and logged",
            "store it with `toolcoder keys set NAME` and write &key=NAME",
        )
    return value
