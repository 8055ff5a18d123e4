"""Which model answers: the flag, the settings, the environment, an Ollama on this machine, else the bundled one.

`choose` looks around and decides without loading anything; `build_model` makes the model. Both may wait for the network
(an endpoint's list of models) or the disk, so an event loop calls them in a thread.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import assert_never
from urllib.parse import urlsplit

from agent.errors import ModelFilesError, NoModelConfigured
from agent.models.base import Model
from agent.models.discover import FoundOllama, find_ollama, offered_models
from agent.models.endpoint_address import checked_key, checked_url
from agent.models.endpoint_errors import shown_url
from agent.models.endpoint_pace import EndpointLimits

OPENAI_URL = "https://api.openai.com/v1"
OPENAI_DEFAULT = "gpt-4o-mini"
OPENAI_KEY = "openai"


class Kind(StrEnum):
    BUNDLED = "bundled"
    SCRIPTED = "scripted"
    CHECKPOINT = "checkpoint"
    ENDPOINT = "endpoint"


def no_key(name: str) -> str | None:
    """For callers without keys."""
    return None


@dataclass(frozen=True)
class ModelRequest:
    """All that the choice depends on."""

    flag: str | None = None
    """`--model`."""
    name: str | None = None
    """From the settings, as the three below."""
    base_url: str | None = None
    key_name: str = OPENAI_KEY
    """Which key goes to `base_url`."""
    limits: EndpointLimits = field(default_factory=EndpointLimits)
    get_key: Callable[[str], str | None] = no_key
    """Finds a key by its name (`openai`) in the environment, the keyring or the file of keys."""
    env: Mapping[str, str] = field(default_factory=lambda: os.environ)


@dataclass(frozen=True)
class Choice:
    """Which model, and why."""

    kind: Kind
    name: str
    """The endpoint's model, the folder, the script, or `bundled`."""
    reason: str
    """Part of a sentence: `because {reason}`."""
    base_url: str = ""
    key_name: str | None = None
    """None: no key is sent."""


def choose(request: ModelRequest) -> Choice:
    """
    Raises:
        NoModelConfigured: a name without an endpoint, or an endpoint that offers several models and none was named.
        ModelError: the endpoint that would have to be asked for its models cannot be, or its address is none.
    """
    if request.flag:
        return _named(request, request.flag, "--model names it")
    if request.name:
        return _named(request, request.name, "the settings name it")
    if request.base_url:
        return _unnamed(request, checked_url(request.base_url), request.key_name, "the settings name its endpoint")
    if (configured := _from_environment(request)) is not None:
        base_url, variable = configured
        return _unnamed(request, base_url, OPENAI_KEY, f"{variable} is set")
    found = find_ollama(request.env)
    if found is not None and found.models:
        return _at_ollama(found, found.models[0], "an Ollama answers on this machine")
    nothing = "no endpoint is configured and no Ollama answers"
    if found is not None:
        nothing = "no endpoint is configured and the Ollama on this machine has no model"
    return Choice(Kind.BUNDLED, "bundled", nothing)


def choose_model(request: ModelRequest) -> Model:
    """`choose` and `build_model` in one."""
    return build_model(choose(request), request)


def build_model(choice: Choice, request: ModelRequest) -> Model:
    """
    Raises:
        ModelFilesError: a script, a checkpoint or the bundled weights are missing or damaged.
        ModelRefusedKey: what is kept as the key can be none.
    """
    match choice.kind:
        case Kind.BUNDLED:
            from agent.models.bundled import BundledModel

            bundled: Model = BundledModel.load()
            return bundled
        case Kind.SCRIPTED:
            from agent.models.scripted import ScriptedModel

            return ScriptedModel(Path(choice.name).expanduser())
        case Kind.CHECKPOINT:
            from agent.models.checkpoint import CheckpointModel

            return CheckpointModel(Path(choice.name).expanduser())
        case Kind.ENDPOINT:
            from agent.models.endpoint import EndpointModel

            key = checked_key(request.get_key(choice.key_name)) if choice.key_name is not None else None
            return EndpointModel(choice.name, choice.base_url, key, limits=request.limits)
    assert_never(choice.kind)


def describe_choice(choice: Choice) -> str:
    """The sentence for a session's header."""
    match choice.kind:
        case Kind.BUNDLED:
            what = "the small bundled model"
        case Kind.SCRIPTED:
            what = f"the script {choice.name}"
        case Kind.CHECKPOINT:
            what = f"the checkpoint {choice.name}"
        case Kind.ENDPOINT:
            what = f"{choice.name} at {shown_url(choice.base_url)}"
        case _:
            assert_never(choice.kind)
    return f"Answers come from {what}, because {choice.reason}."


def _named(request: ModelRequest, name: str, reason: str) -> Choice:
    if name == Kind.BUNDLED:
        return Choice(Kind.BUNDLED, name, reason)
    if name.startswith("scripted:"):
        return Choice(Kind.SCRIPTED, name.removeprefix("scripted:"), reason)
    if _is_folder(name):
        return Choice(Kind.CHECKPOINT, name, reason)
    if request.base_url:
        return Choice(Kind.ENDPOINT, name, reason, checked_url(request.base_url), request.key_name)
    if (configured := _from_environment(request)) is not None:
        return Choice(Kind.ENDPOINT, name, reason, configured[0], OPENAI_KEY)
    if (found := find_ollama(request.env)) is not None:
        return _at_ollama(found, name, reason)
    raise NoModelConfigured(
        f"there is no endpoint to ask for the model {name!r}",
        "Set OPENAI_API_KEY, or OPENAI_BASE_URL for another server, or start Ollama; --model bundled needs none.",
    )


def _is_folder(name: str) -> bool:
    """Whether a name means a checkpoint. A bare one never does: what lies where one works chooses no model."""
    if not (name.startswith(("./", "../", "/", "~")) or name in (".", "..")):
        return False
    if not Path(name).expanduser().is_dir():
        raise ModelFilesError(f"there is no folder {name}", "--model takes a checkpoint's folder or a model's name.")
    return True


def _from_environment(request: ModelRequest) -> tuple[str, str] | None:
    """The base URL, and which variable says so."""
    if base_url := request.env.get("OPENAI_BASE_URL", "").strip():
        return checked_url(base_url), "OPENAI_BASE_URL"
    return (OPENAI_URL, "an OpenAI key") if request.get_key(OPENAI_KEY) else None


def _unnamed(request: ModelRequest, base_url: str, key_name: str, reason: str) -> Choice:
    """An endpoint is known, but not which of its models."""
    name = request.env.get("OPENAI_MODEL", "").strip()
    if not name and urlsplit(base_url).hostname == urlsplit(OPENAI_URL).hostname:
        name = OPENAI_DEFAULT
    if not name:
        offered = offered_models(base_url, checked_key(request.get_key(key_name)))
        if len(offered) != 1:
            listed = f"It offers {', '.join(offered[:8])}." if offered else "It offers none."
            raise NoModelConfigured(
                f"which model of {shown_url(base_url)}?", f"{listed} Name one: --model NAME, or OPENAI_MODEL."
            )
        name, reason = offered[0], f"{reason} and it is the only model there"
    return Choice(Kind.ENDPOINT, name, reason, base_url, key_name)


def _at_ollama(found: FoundOllama, name: str, reason: str) -> Choice:
    # No key: one that is kept for another endpoint is none of Ollama's business.
    return Choice(Kind.ENDPOINT, name, reason, f"{found.root}/v1")
