"""An OpenAPI document as a source of tools: one tool per operation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agent.calls.spec import ToolSpec
from agent.errors import ToolSourceError
from agent.tools.base import LoadedSource, ToolOutcome
from agent.tools.openapi.address import parse_address
from agent.tools.openapi.arguments import Binding
from agent.tools.openapi.calling import ApiClient, CallLimits
from agent.tools.openapi.credentials import Credentials, NoSecrets, SecretStore
from agent.tools.openapi.document import ApiDocument, read_document
from agent.tools.openapi.naming import tool_names
from agent.tools.openapi.operations import ApiOperation, Operations
from agent.tools.openapi.references import References
from agent.tools.openapi.request import build_request
from agent.tools.openapi.schemes import find_credentials
from agent.tools.openapi.servers import base_url
from agent.tools.openapi.specs import SpecMaker

_MAX_PROBLEMS = 100


class OpenApiTool:
    """One operation. `method` and `path` are as the document writes them."""

    def __init__(
        self,
        spec: ToolSpec,
        source: str,
        operation: ApiOperation,
        bindings: Mapping[str, Binding],
        client: ApiClient,
        base: str,
        schemes: tuple[str, ...],
    ) -> None:
        self.spec = spec
        self.source = source
        self.method = operation.method.upper()
        self.path = operation.path
        self._operation = operation
        self._bindings = bindings
        self._client = client
        self._base = base
        self._schemes = schemes

    async def call(self, args: Mapping[str, Any]) -> ToolOutcome:
        """One request.

        Raises:
            ArgumentsRefused: a value that cannot be sent where it belongs.
            agent.tools.openapi.failures.ApiFailure: the server or the network failed.
            agent.tools.openapi.failures.ResponseRefused: the response cannot be passed on.
        """
        request = build_request(self._operation, self._bindings, args)
        return ToolOutcome(await self._client.call(self._base, request, self._schemes))


def load_openapi(source: str, secrets: SecretStore | None = None, *, limits: CallLimits | None = None) -> LoadedSource:
    """Read `openapi:FILE_OR_URL[?...]`. Blocking: a document by URL is fetched.

    Operations that cannot be understood are left out and told in `problems`.

    Raises:
        ToolSourceError: there is no such document, it is none, it has no usable operation or server, or a key is
            missing.
    """
    address = parse_address(source)
    secrets = secrets or NoSecrets()
    document = read_document(address)
    references = References(document.raw, document.unread)
    credentials = find_credentials(address, document, references, secrets)
    operations = Operations(document, references)
    read = list(operations)
    problems = list(operations.problems)
    if not read:
        raise ToolSourceError(
            f"the document {source} has no usable operation"
            + (f": {problems[0]}" if problems else ", its `paths` are empty"),
            "check the document with an OpenAPI linter",
        )
    client = ApiClient(credentials, secrets, limits=limits, hint=_hint(document, credentials, source))
    makes = SpecMaker(references)
    names = tool_names([(each.method, each.path, each.operation_id) for each in read])
    tools = []
    for name, operation in zip(names, read, strict=True):
        operation = _without(operation, credentials)
        base = base_url(address, document, operation.servers)
        try:
            spec, bindings = makes.spec(name, operation)
        except RecursionError:
            problems.append(f"{operation.method.upper()} {operation.path}: its schemas are nested too deeply")
            continue
        tools.append(
            OpenApiTool(spec, source, operation, bindings, client, base, credentials.needed(operation.security))
        )
    hidden = [f"... and {len(problems) - _MAX_PROBLEMS} more"] if len(problems) > _MAX_PROBLEMS else []
    return LoadedSource(source, tools, tuple(problems[:_MAX_PROBLEMS] + hidden), client.aclose)


def _without(operation: ApiOperation, credentials: Credentials) -> ApiOperation:
    """The operation without the parameters that carry a credential."""
    sent = credentials.sent_as_parameters
    kept = tuple(p for p in operation.parameters if (p.location, p.name) not in sent)
    return operation if len(kept) == len(operation.parameters) else replace(operation, parameters=kept)


def _hint(document: ApiDocument, credentials: Credentials, source: str) -> str:
    if credentials.origin is not None:
        return "check the key"
    return f"name a key for it: {source}{'&' if '?' in source else '?'}key=NAME"
