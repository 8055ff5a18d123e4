"""What a Tab completes an argument with, where only a look at the person's things can tell. A shell calls these; a look
that fails offers nothing, since a Tab is no place for an error."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tui.settings import ModelSettings

Offers = list[tuple[str, str]]
"""What can stand there, and a word about it, which zsh and fish show."""

_N_MOST = 40
_MODELS_S = 1.5
"""So long may an endpoint on this machine take to say what it has."""


def _quiet(look: Callable[[], Iterator[tuple[str, str]]]) -> Callable[[str], Offers]:
    """The offers that begin so, each once, whatever fails."""

    def offers(incomplete: str) -> Offers:
        found: dict[str, str] = {}
        try:
            for value, about in look():
                # What is no line cannot be typed, and a shell would take each line for an offer.
                if value.startswith(incomplete) and value.isprintable() and value.strip() and value not in found:
                    found[value] = about
                    if len(found) == _N_MOST:
                        break
        except Exception:  # noqa: BLE001  # settings that are wrong, a file that cannot be read: see above
            return list(found.items())
        return list(found.items())

    offers.__doc__ = look.__doc__
    return offers


@_quiet
def sessions() -> Iterator[tuple[str, str]]:
    """Their ids and names, the newest first."""
    from agent.log.reader import list_sessions
    from tui.places import sessions_folder
    from tui.plain import plain_line

    for session in list_sessions(sessions_folder()):
        yield session.id, plain_line(session.title, 60)
        yield session.name, plain_line(session.question, 60)


@_quiet
def kept_changes() -> Iterator[tuple[str, str]]:
    """Sessions whose changes of a copied folder were not applied."""
    from sandbox.files.work_copy import kept_copies
    from tui.files_factory import copies_folder
    from tui.plain import plain_line

    for copy in kept_copies(copies_folder()):
        yield copy.folder.name, plain_line(str(copy.root), 60)


@_quiet
def functions() -> Iterator[tuple[str, str]]:
    """Names of the stored functions; those on a team's server are not asked for at a Tab."""
    from tui.functions_factory import open_functions
    from tui.plain import plain_line
    from tui.settings_load import load_settings

    settings = load_settings().functions
    if settings.kind == "off" or settings.url is not None:
        return
    opened = open_functions(settings)
    try:
        entries = opened.list()
    finally:
        opened.close()
    for entry in entries:
        yield entry.name, f"{entry.state}: {plain_line(entry.subtask, 60)}"


@_quiet
def models() -> Iterator[tuple[str, str]]:
    """The bundled one, the settings' one, the runs, and what an endpoint on this machine offers in time."""
    from tui.settings_load import load_settings

    yield "bundled", "the small model that comes with toolcoder"
    settings = load_settings().model
    if settings.name is not None:
        yield settings.name, "named in the settings"
    yield from _runs()
    found: list[str] = []
    asking = threading.Thread(target=lambda: found.extend(_near_models(settings)), daemon=True)
    asking.start()
    asking.join(_MODELS_S)
    yield from ((name, "offered on this machine") for name in found)


@_quiet
def runs() -> Iterator[tuple[str, str]]:
    """Training runs by name."""
    yield from _runs()


@_quiet
def sources() -> Iterator[tuple[str, str]]:
    """Where tools come from: the settings' sources and the catalogue. Files are the shell's to complete."""
    from tui.settings_load import load_settings

    yield from ((source, "in the settings") for source in load_settings().tools.sources)
    yield "catalogue", "the demo tools"


@_quiet
def kept_sources() -> Iterator[tuple[str, str]]:
    """Only those that stand in the settings."""
    from tui.settings_load import load_settings

    yield from ((source, "") for source in load_settings().tools.sources)


@_quiet
def approved_tools() -> Iterator[tuple[str, str]]:
    """Tools that were allowed for good."""
    from tui.tools_factory import open_approvals

    yield from ((approved.tool, approved.source) for approved in open_approvals().list())


@_quiet
def keys() -> Iterator[tuple[str, str]]:
    """Names of keys, never a value."""
    from tui.keys import list_keys

    yield from ((key.name, key.place) for key in list_keys())
    yield "openai", ""


@_quiet
def packages() -> Iterator[tuple[str, str]]:
    """What was added to the image by name."""
    from tui.images import image_name, open_packages
    from tui.settings_load import load_settings

    yield from ((name, "") for name in open_packages().lock.of(image_name(load_settings().sandbox.image)).wanted)


@_quiet
def sft_settings() -> Iterator[tuple[str, str]]:
    """`section.key=` of `train sft --set`."""
    from train.configs.schema import SftConfig

    for section, field in SftConfig.model_fields.items():
        kind: Any = field.annotation
        for name, setting in kind.model_fields.items():
            yield f"{section}.{name}=", f"{setting.description or ''} ({setting.default})".strip()


@_quiet
def rl_settings() -> Iterator[tuple[str, str]]:
    """`key=` of `train rl --set`."""
    from dataclasses import fields

    from train.rl.config import PpoConfig

    yield from ((f"{field.name}=", str(field.default)) for field in fields(PpoConfig))


def _runs() -> Iterator[tuple[str, str]]:
    from tui.run_places import runs_folder

    if runs_folder().is_dir():
        names = sorted((path.name for path in runs_folder().iterdir() if path.is_dir()), reverse=True)
        yield from ((name, "a training run") for name in names)


def _near_models(settings: ModelSettings) -> list[str]:
    """What an endpoint or an Ollama on this machine offers: for a Tab nothing is sent elsewhere."""
    from urllib.parse import urlsplit

    from agent.errors import AgentError
    from agent.models.discover import find_ollama, offered_models
    from tui.from_settings import key_value, model_request

    request = model_request(settings)
    named = settings.base_url or request.env.get("OPENAI_BASE_URL", "").strip()
    if not named:
        ollama = find_ollama(request.env)
        return list(ollama.models) if ollama is not None else []
    if urlsplit(named).hostname not in ("localhost", "127.0.0.1", "::1"):
        return []
    try:
        return offered_models(named, key_value(settings.key))
    except AgentError:  # it does not run now
        return []
