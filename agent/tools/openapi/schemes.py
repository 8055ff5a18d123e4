"""From the security schemes of a document and the keys that a person named to credentials.

A credential is bound to the origin that the person named (`?server=`, or where the document was fetched); what a
document says about servers or token addresses changes nothing about that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

from pydantic import ValidationError

from agent.errors import ToolSourceError
from agent.tools.openapi.address import OpenApiAddress, origin_of
from agent.tools.openapi.credentials import ApiKey, Basic, Bearer, Credential, Credentials, OAuthClient, SecretStore
from agent.tools.openapi.document import ApiDocument, models_of
from agent.tools.openapi.references import ReferenceProblem, References


def find_credentials(
    address: OpenApiAddress, document: ApiDocument, references: References, secrets: SecretStore
) -> Credentials:
    """The credentials that the person named for this document.

    Raises:
        ToolSourceError: a key is not there, names no scheme of the document, or has nowhere to be sent.
    """
    given = document.raw.get("security")
    default = tuple(tuple(map(str, e)) for e in given if isinstance(e, dict)) if isinstance(given, list) else ()
    if not address.has_credentials:
        return Credentials({}, None, default)
    origin = address.named_origin
    if origin is None:
        raise ToolSourceError(
            "a key was named, but not the server that it is for: a document could name any",
            "add ?server=URL to the source",
        )
    found: dict[str, Credential] = {}
    if address.token:
        found[""] = Bearer(_secret(secrets, address.token))
    schemes = security_schemes(document, references)
    for scheme, key in address.keys.items():
        names = [scheme] if scheme else _unambiguous(schemes)
        for name in names:
            if name not in schemes:
                known = ", ".join(sorted(schemes)) or "none"
                raise ToolSourceError(
                    f"the document has no security scheme {name!r}; it has {known}",
                    "write key.SCHEME=NAME with one of these, or token=NAME for a ready bearer token",
                )
            found[name] = _credential(schemes[name], key, address, origin, document, secrets)
    return Credentials(found, origin, default)


def security_schemes(document: ApiDocument, references: References) -> dict[str, Any]:
    """The document's schemes by name, as openapi-pydantic's models; broken ones are left out."""
    models = models_of(document)
    components = document.raw.get("components")
    given = components.get("securitySchemes") if isinstance(components, dict) else None
    found = {}
    for name, node in given.items() if isinstance(given, dict) else ():
        try:
            found[str(name)] = models.SecurityScheme.model_validate(references.resolved(node))
        except (ReferenceProblem, ValidationError):
            continue  # a broken scheme is one that nobody can name
    return found


def _unambiguous(schemes: Mapping[str, Any]) -> list[str]:
    if len(schemes) > 1:
        raise ToolSourceError(
            f"the document has several security schemes: {', '.join(sorted(schemes))}",
            "say which one the key is for: key.SCHEME=NAME",
        )
    if not schemes:
        raise ToolSourceError(
            "the document describes no security scheme that the key could be for",
            "write token=NAME for a ready bearer token",
        )
    return list(schemes)


def _credential(
    scheme: Any, key: str, address: OpenApiAddress, origin: str, document: ApiDocument, secrets: SecretStore
) -> Credential:
    value = _secret(secrets, key)
    match scheme.type:
        case "apiKey":
            return ApiKey(
                str(getattr(scheme.security_scheme_in, "value", scheme.security_scheme_in)), scheme.name, value
            )
        case "http" if (scheme.scheme or "").lower() == "basic":
            return Basic(value)
        case "http" if (scheme.scheme or "").lower() == "bearer":
            return Bearer(value)
        case "oauth2":
            return _oauth(scheme.flows, key, value, address, origin, document, secrets)
        case "openIdConnect":
            return Bearer(value)
    raise ToolSourceError(
        f"security schemes of the kind {scheme.type} {scheme.scheme or ''} are not supported".replace("  ", " "),
        "if a ready bearer token works, write token=NAME",
    )


def _oauth(
    flows: Any,
    key: str,
    value: str,
    address: OpenApiAddress,
    origin: str,
    document: ApiDocument,
    secrets: SecretStore,
) -> Credential:
    client_id, _, client_secret = value.partition(":")
    if client_secret:
        secrets.remember(client_secret)
    flow = (flows.clientCredentials if flows else None) if client_secret else None
    login = secrets.get(login_key(key))
    if login is not None or flow is None:
        flow = (flows.authorizationCode if flows else None) or flow
        if flow is None:
            raise ToolSourceError(
                "the document describes no OAuth flow that works without a browser's form",
                "get a token yourself and write token=NAME",
            )
        if login is None:
            raise ToolSourceError(
                f"nobody has logged in for the key {key!r} yet", f"run: toolcoder keys login {address.text!r}"
            )
    token_url = bound_token_url(str(flow.tokenUrl), address, origin, document)
    return OAuthClient(
        token_url,
        client_id,
        client_secret or None,
        tuple((flow.scopes or {}).keys()) if login is None else (),
        refresh_token=login,
        login_key=login_key(key) if login is not None else None,
    )


def login_key(key: str) -> str:
    """The name under which the token of a login is kept."""
    return f"{key}-login"


def bound_token_url(url: str, address: OpenApiAddress, origin: str, document: ApiDocument) -> str:
    """The document's address for tokens or logins, if it lies where the person said that secrets may go.

    A relative one is relative to the document, or to the server that the person named for a file.

    Raises:
        ToolSourceError: it lies elsewhere.
    """
    url = urljoin(document.location if document.is_remote else f"{origin}/", url)
    if origin_of(url) not in {origin, address.auth}:
        named = origin_of(url).removesuffix(":443").removesuffix(":80")
        raise ToolSourceError(
            f"the document wants the secret sent to {named}, which you did not name",
            f"if that is right, add &auth={named}",
        )
    return url


def _secret(secrets: SecretStore, name: str) -> str:
    value = secrets.get(name)
    if not value:
        raise ToolSourceError(f"there is no key {name!r}", f"toolcoder keys set {name}")
    return value
