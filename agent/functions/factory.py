"""Opening the repository that the settings name."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, assert_never

from agent.functions.base import FunctionRepository
from agent.functions.embed import Embedder

RepositoryKind = Literal["chroma", "server", "memory"]


def open_repository(
    kind: RepositoryKind, home: Path, embedder: Embedder, url: str = "", token: str = ""
) -> FunctionRepository:
    """`home` is the state home; `memory` leaves nothing there. `url` is that of the Chroma `server`.

    Raises:
        agent.errors.RepositoryError: the folder cannot be used.
    """
    match kind:
        case "chroma":
            from agent.functions.chroma import ChromaRepository

            return ChromaRepository(home, embedder)
        case "server":
            from agent.functions.server import ServerRepository

            return ServerRepository(url, home, embedder, token)
        case "memory":
            from agent.functions.memory import MemoryRepository

            return MemoryRepository(embedder)
        case _:
            assert_never(kind)
