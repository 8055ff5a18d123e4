"""Looking around for a model: an Ollama on this machine, and what an endpoint offers."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from agent.errors import ModelError, ModelUnreachable
from agent.models.endpoint_errors import Endpoint, TransientFailure, connection_failure, no_such_path, status_error

PROBE_TIMEOUT_S = 0.15
"""For the whole probe: it runs at each start where nothing is configured."""
LIST_TIMEOUT_S = 10.0
OLLAMA_PORT = 11434
_EMBEDDERS = ("bert", "nomic-bert")


@dataclass(frozen=True)
class FoundOllama:
    root: str
    """Without `/v1`."""
    models: tuple[str, ...]
    """That can chat, the last changed first."""


def ollama_root(env: Mapping[str, str]) -> str:
    """Where an Ollama would be: `OLLAMA_HOST` as Ollama itself reads it, else localhost.

    Raises:
        ValueError: an address that nothing can have.
    """
    value = env.get("OLLAMA_HOST", "").strip().strip("\"'").rstrip("/")
    parts = urlsplit(value if "://" in value else f"//{value}")
    try:
        port = parts.port
    except ValueError:
        port = None
    scheme = parts.scheme or "http"
    if port is None:
        port = {"http": 80, "https": 443}.get(parts.scheme, OLLAMA_PORT)
    host = parts.hostname or "127.0.0.1"
    if host in ("0.0.0.0", "::", "localhost"):
        host = "127.0.0.1"  # what it listens on is no address to call; and `localhost` may be tried twice
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def find_ollama(env: Mapping[str, str]) -> FoundOllama | None:
    """Ask for its models, for at most `PROBE_TIMEOUT_S`; None when nothing answers as an Ollama does."""
    try:
        root = ollama_root(env)
        answer = _get_json(root, "/api/tags")
        models = answer["models"]
        names = tuple(str(model["name"]) for model in models if _can_chat(model))
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return None
    return FoundOllama(root, names)


def _can_chat(model: dict[str, Any]) -> bool:
    family = str((model.get("details") or {}).get("family", ""))
    return family not in _EMBEDDERS and "embed" not in str(model["name"])


def _get_json(root: str, path: str) -> Any:
    """The standard library's client: nothing to import, and it uses no proxy."""
    parts = urlsplit(root)
    deadline = time.monotonic() + PROBE_TIMEOUT_S
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=PROBE_TIMEOUT_S)
    try:
        connection.request("GET", path)
        connection.sock.settimeout(max(0.01, deadline - time.monotonic()))
        response = connection.getresponse()
        if response.status != 200:
            raise ValueError(f"status {response.status}")
        return json.loads(response.read())
    finally:
        connection.close()


def offered_models(base_url: str, api_key: str | None) -> list[str]:
    """What `/models` lists.

    Raises:
        ModelError: unreachable, refused, or no such list.
    """
    import httpx

    endpoint = Endpoint("", base_url, api_key)
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    try:
        with httpx.Client(headers=headers, timeout=LIST_TIMEOUT_S, trust_env=not endpoint.is_local) as client:
            response = client.get(f"{base_url.rstrip('/')}/models")
    except httpx.HTTPError as error:
        raise connection_failure(endpoint, str(error) or type(error).__name__).error from None
    if response.status_code != 200:
        failure = status_error(endpoint, response.status_code, response.text, response.headers)
        raise _final(failure) or no_such_path(endpoint)
    try:
        return [str(model["id"]) for model in response.json()["data"] or []]
    except (ValueError, KeyError, TypeError):
        raise ModelUnreachable(
            f"{endpoint.shown_url} gives no list of models",
            "Check the base URL (OPENAI_BASE_URL), or name the model: --model NAME.",
        ) from None


def _final(failure: ModelError | TransientFailure | None) -> ModelError | None:
    return failure.error if isinstance(failure, TransientFailure) else failure
