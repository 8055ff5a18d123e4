"""From the settings to what `agent` and `sandbox` ask for: model, embeddings, a kernel's limits.

Shared by sessions and by the doctor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.models.choose import ModelRequest
from agent.models.endpoint_pace import EndpointLimits
from tui.keys import find_key

if TYPE_CHECKING:
    from agent.functions.embed import EmbeddingEndpoint
    from sandbox.events import ContainerLimits
    from tui.settings import FunctionsSettings, ModelSettings, SandboxSettings

_MB = 1 << 20


def model_request(model: ModelSettings, flag: str | None = None) -> ModelRequest:
    """What `agent.models.choose` decides by; `flag` is `--model`."""
    return ModelRequest(
        flag=flag,
        name=model.name,
        base_url=model.base_url,
        key_name=model.key,
        limits=EndpointLimits(first_token_s=model.first_token_s),
        get_key=key_value,
    )


def embedding_endpoint(functions: FunctionsSettings, key_name: str = "openai") -> EmbeddingEndpoint | None:
    """The endpoint for embeddings; None where the settings name none, or none of its models."""
    from agent.functions.embed import EmbeddingEndpoint

    if functions.embedding_url is None or functions.embedding_model is None:
        return None
    return EmbeddingEndpoint(functions.embedding_url, functions.embedding_model, key_value(key_name) or "")


def container_limits(sandbox: SandboxSettings) -> ContainerLimits:
    """The limits of a kernel's container."""
    from sandbox.events import ContainerLimits

    return ContainerLimits(
        memory_bytes=sandbox.memory_mb * _MB,
        cpus=sandbox.cpus,
        n_pids=sandbox.n_pids,
        disk_bytes=sandbox.disk_mb * _MB,
        open_files=sandbox.open_files,
    )


def key_value(name: str) -> str | None:
    """The key's value, wherever it is kept."""
    found = find_key(name)
    return found.value if found else None
