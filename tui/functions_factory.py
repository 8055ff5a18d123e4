"""The function repository that the settings name. The first search loads an embedder: half a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.functions.base import FunctionRepository
from agent.functions.embed import LazyEmbedder, choose_embedder
from agent.functions.factory import open_repository
from agent.home import state_home
from tui.failures import UsageProblem
from tui.from_settings import embedding_endpoint, key_value

if TYPE_CHECKING:
    from tui.settings import FunctionsSettings


def open_functions(functions: FunctionsSettings) -> FunctionRepository:
    """Open the repository in the state home.

    Raises:
        UsageProblem: the settings turn it off.
        RepositoryError: the folder cannot be used.
    """
    if functions.kind == "off":
        raise UsageProblem(
            "the function repository is turned off", 'set kind = "chroma" in [functions] of the settings'
        )
    embedder = LazyEmbedder(lambda: choose_embedder(embedding_endpoint(functions)).embedder)
    if functions.kind == "chroma" and functions.url is not None:
        return open_repository("server", state_home(), embedder, functions.url, key_value("chroma") or "")
    return open_repository(functions.kind, state_home(), embedder)
