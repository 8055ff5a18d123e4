"""Which server an operation is called on: the one the person names, else the document's, made absolute."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urljoin, urlsplit

from agent.errors import ToolSourceError
from agent.tools.openapi.address import OpenApiAddress, origin_of
from agent.tools.openapi.document import ApiDocument


def base_url(address: OpenApiAddress, document: ApiDocument, servers: Sequence[Mapping[str, Any]]) -> str:
    """The address that an operation's path is appended to.

    Raises:
        ToolSourceError: none is named, or a document from elsewhere points into this machine or its network.
    """
    if address.server:
        return address.server.rstrip("/")
    url = _filled(servers[0]) if servers else "/"
    if document.is_remote:
        url = urljoin(document.location, url)
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or "{" in url:
        raise ToolSourceError(
            f"the document does not say where its server is ({url[:100]!r})", "add ?server=URL to the source"
        )
    if document.is_remote and origin_of(url) != origin_of(document.location) and _is_private(parts.hostname):
        raise ToolSourceError(
            f"the document from {urlsplit(document.location).hostname} wants calls into your network: {parts.hostname}",
            "if that is right, add ?server=URL to the source",
        )
    return url.rstrip("/")


def _filled(server: Mapping[str, Any]) -> str:
    url = str(server.get("url", "/"))
    variables = server.get("variables")
    for name, variable in variables.items() if isinstance(variables, dict) else ():
        if isinstance(variable, dict) and "default" in variable:
            url = url.replace(f"{{{name}}}", str(variable["default"]))
    return url


def _is_private(host: str) -> bool:
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False
