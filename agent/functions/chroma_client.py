"""Chroma, opened: embedded in a folder or a server by URL. The only file that imports chromadb."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from agent.errors import RepositoryError
from agent.functions.embed import Embedder
from agent.home import private_folder

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

__all__ = [  # with the types, for those who use what is opened here
    "ClientAPI",
    "Collection",
    "close",
    "collection_name",
    "forget_failures",
    "open_collection",
    "open_embedded",
    "open_server",
    "unreachable",
]

_INDEX: Any = {"hnsw": {"space": "cosine", "ef_construction": 200, "ef_search": 100, "max_neighbors": 32}}
"""A graph of twice Chroma's defaults, since subtasks are much alike. Searched with its default it finds all of the 5
nearest among 100,000 (200 questions), in three quarters of the time that twice as much takes."""


def open_embedded(folder: Path) -> ClientAPI:
    """A Chroma of this process over a folder, made with mode 0700. Raises whatever Chroma raises."""
    chromadb, settings = _chroma(is_persistent=True)
    private_folder(folder)
    client: ClientAPI = chromadb.PersistentClient(path=str(folder), settings=settings)
    return client


def open_server(url: str, token: str = "") -> ClientAPI:
    """A Chroma server; `token` is sent as a bearer token.

    Raises:
        RepositoryError: it is no URL, nobody answers there, or what answers is no Chroma server.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise RepositoryError(f"{url!r} is no address of a Chroma server", "it looks like http://host:8000")
    chromadb, settings = _chroma()
    headers = {"Authorization": f"Bearer {token}"} if token else None
    is_safe = parts.scheme == "https"
    port = parts.port or (443 if is_safe else 8000)
    try:
        client: ClientAPI = chromadb.HttpClient(parts.hostname, port, is_safe, headers, settings)
        client.heartbeat()
    except Exception as error:
        raise unreachable(url, error) from error
    return client


def unreachable(url: str, error: Exception) -> RepositoryError:
    return RepositoryError(
        f"the Chroma server at {url} cannot be used: {error}",
        "start it (chroma run), or correct url in [functions] of the settings",
    )


def open_collection(client: ClientAPI, name: str) -> Collection:
    return client.get_or_create_collection(name, embedding_function=None, configuration=_INDEX)


def forget_failures() -> None:
    """Chroma keeps one system per path and remembers that it failed to open."""
    from chromadb.api.shared_system_client import SharedSystemClient

    SharedSystemClient.clear_system_cache()


def close(client: ClientAPI | None) -> None:
    """Never fails: a damaged database may not even close; nothing is lost with it."""
    if client is None:
        return
    for part in (client, getattr(client, "_admin_client", None)):
        # Chroma stops its client without closing the connections to a server.
        connections = getattr(getattr(part, "_server", None), "_session", None)
        with suppress(Exception):
            if connections is not None:
                connections.close()
    with suppress(Exception):
        client.close()  # type: ignore[attr-defined]  # its type has no close


def collection_name(embedder: Embedder) -> str:
    """One collection per space of vectors, so that vectors of different embedders are never compared."""
    space = f"{embedder.id}-{embedder.dim}"
    readable = re.sub(r"[^a-zA-Z0-9]+", "-", space).strip("-")[:60]
    return f"functions-{readable}-{hashlib.sha256(space.encode()).hexdigest()[:8]}"


def preload() -> None:
    """Import Chroma, which takes a second. What is wrong with it is told by whoever needs it."""
    with suppress(Exception):  # besides ImportError: it validates the environment's CHROMA_... while importing
        import chromadb  # noqa: F401


def _chroma(**more: Any) -> tuple[Any, Any]:
    try:
        import chromadb
        from chromadb.config import Settings
    except Exception as error:  # besides ImportError: it validates the environment's CHROMA_... while importing
        raise RepositoryError(f"Chroma cannot be loaded: {error}", "Install chromadb again.") from error
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]  # else Chroma reads `.env` of whatever folder one works in
        anonymized_telemetry=False,
        chroma_otel_collection_endpoint="",
        **more,
    )
    return chromadb, settings
