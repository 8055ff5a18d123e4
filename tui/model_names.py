"""The models that one can switch to: the bundled one, and what the endpoint of the settings or an Ollama offers."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from agent.errors import AgentError
from agent.models.choose import OPENAI_KEY, OPENAI_URL
from agent.models.discover import find_ollama, offered_models
from tui.from_settings import key_value, model_request
from tui.settings import ModelSettings


def model_names(settings: ModelSettings) -> list[tuple[str, str]]:
    """Name and where it comes from. Blocking: it asks the network; an endpoint that does not answer offers nothing."""
    found = [("bundled", "the small model that comes with toolcoder: no network, no key")]
    if settings.name is not None:
        found.append((settings.name, "named in the settings"))
    for name, where in _offered(settings):
        if name not in dict(found):
            found.append((name, where))
    return found


def _offered(settings: ModelSettings) -> Iterator[tuple[str, str]]:
    request = model_request(settings)
    named = settings.base_url or request.env.get("OPENAI_BASE_URL", "").strip()
    key = key_value(settings.key if settings.base_url else OPENAI_KEY)
    if (base_url := named or (OPENAI_URL if key else "")) and (host := base_url.split("//")[-1].split("/")[0]):
        with contextlib.suppress(AgentError):  # it offers nothing now; a question to it will say why
            yield from ((name, f"offered at {host.split('@')[-1]}") for name in offered_models(base_url, key))
    if not named and (ollama := find_ollama(request.env)) is not None:
        yield from ((name, "an Ollama on this machine") for name in ollama.models)
