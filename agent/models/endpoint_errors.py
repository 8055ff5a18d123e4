"""What an endpoint's failures mean: status, body or exception in, one of our errors with a hint out.

Nothing from here contains a key: servers echo keys in their messages, so every text from outside is redacted.
"""

from __future__ import annotations

import difflib
import email.utils
import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from agent.errors import ContextTooSmall, ModelBusy, ModelError, ModelRefusedKey, ModelUnknown, ModelUnreachable
from agent.models.context_window import is_context_error, window_hint

_KEY_LIKE = re.compile(r"\b(sk|pk|gsk|xai|hf|nvapi|key)[-_][\w*.-]{6,}|(?i:bearer)\s+[\w.*-]{6,}")
_NO_SUCH_MODEL = re.compile(
    r"model_not_found|model[^.\n]{0,120}(not found|does not exist|not exist|not available|unknown)"
    r"|(unknown|invalid|no such) model|not a valid model",
    re.IGNORECASE,
)
_SHOWN_CHARS = 300


class TransientFailure(Exception):
    """Worth another attempt as long as nothing was passed on; `error` is what it becomes otherwise. Stays in here."""

    def __init__(self, error: ModelError, *, retry_after_s: float | None = None, timed_out: bool = False) -> None:
        super().__init__(str(error))
        self.error = error
        self.retry_after_s = retry_after_s
        self.timed_out = timed_out


@dataclass(frozen=True)
class Endpoint:
    """Which model where; knows how to speak of itself without secrets."""

    model: str
    base_url: str
    api_key: str | None
    ollama: bool = False

    @property
    def shown_url(self) -> str:
        """The base URL without user, password and query."""
        return shown_url(self.base_url)

    @property
    def is_local(self) -> bool:
        return urlsplit(self.base_url).hostname in ("localhost", "127.0.0.1", "::1")

    def redact(self, text: str) -> str:
        parts = urlsplit(self.base_url)
        for secret in (self.api_key, parts.password, parts.query):
            if secret and len(secret) >= 8:
                text = text.replace(secret, "***")
        text = " ".join(_KEY_LIKE.sub("***", text).split())
        return text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + "..."


def shown_url(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}" if parts.scheme else host + parts.path


def body_message(body: str) -> str:
    """The sentence inside an error body, whatever the dialect; the body itself when it is no JSON."""
    try:
        value = json.loads(body)
    except ValueError:
        return body
    for key in ("error", "message", "detail"):
        while isinstance(value, Mapping) and key in value:
            value = value[key]
    return value if isinstance(value, str) else json.dumps(value)


def is_html(body: str, content_type: str = "") -> bool:
    return "html" in content_type.lower() or body.lstrip()[:15].lower().startswith(("<!doctype html", "<html"))


def html_error(endpoint: Endpoint, body: str) -> ModelUnreachable:
    title = re.search(r"<title[^>]*>(.*?)</title>", body, re.DOTALL | re.IGNORECASE)
    named = f' ("{endpoint.redact(title.group(1))}")' if title else ""
    return ModelUnreachable(
        f"{endpoint.shown_url} answered with a web page{named}, not with an API", url_hint(endpoint)
    )


def url_hint(endpoint: Endpoint) -> str:
    if not urlsplit(endpoint.base_url).path.rstrip("/").endswith("/v1"):
        return "Check the base URL (OPENAI_BASE_URL): for most servers it ends in /v1."
    return "Check the base URL (OPENAI_BASE_URL), and whether a proxy or a log-in page answers in its place."


def status_error(
    endpoint: Endpoint, status: int, body: str, headers: Mapping[str, str]
) -> ModelError | TransientFailure | None:
    """What an answer with an error status means; None for a model or a path that does not exist (ask which)."""
    said = "a web page" if is_html(body) else endpoint.redact(body_message(body))
    if is_context_error(body):
        # Before the status: llama.cpp says this with 400 or 500, some with 413 or 422.
        return ContextTooSmall(
            f"the prompt does not fit the context window of {endpoint.model}: {said}",
            window_hint(ollama=endpoint.ollama),
        )
    if status in (401, 403):
        what = "refuses the key" if endpoint.api_key else "asks for a key, and none is set"
        return ModelRefusedKey(
            f"{endpoint.shown_url} {what} ({status}): {said}",
            "Set the right one with `toolcoder keys set` or OPENAI_API_KEY; it must belong to this base URL.",
        )
    if status == 404 or (status in (400, 422) and _NO_SUCH_MODEL.search(body)):
        return None
    if status == 429:
        if "insufficient_quota" in body:
            return ModelBusy(
                f"no credit is left at {endpoint.shown_url}: {said}", "Add credit, or choose another model."
            )
        wait_s = retry_after_s(headers)
        hint = "Wait a little and ask again." if wait_s is None else f"Ask again in {wait_s:.0f} s."
        return TransientFailure(
            ModelBusy(f"{endpoint.shown_url} is over its rate limit (429): {said}", hint), retry_after_s=wait_s
        )
    if status >= 500 or status in (408, 409, 425):
        if "more system memory" in body or "out of memory" in body.lower():
            return ModelError(
                f"{endpoint.shown_url} has too little memory for {endpoint.model}: {said}",
                "Choose a smaller model, or close what else uses its memory.",
            )
        error = ModelBusy(
            f"{endpoint.shown_url} failed ({status}): {said}", "Look at the server's own log, or try again later."
        )
        return TransientFailure(error, retry_after_s=retry_after_s(headers))
    if is_html(body):
        return html_error(endpoint, body)
    return ModelError(f"{endpoint.shown_url} refused the request ({status}): {said}")


def unknown_model(endpoint: Endpoint, offered: Sequence[str]) -> ModelUnknown:
    """The hint lists what the endpoint offers, the closest name first."""
    close = difflib.get_close_matches(endpoint.model, offered, n=3, cutoff=0.4)
    names = [*close, *(name for name in offered if name not in close)]
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    hint = f"It offers {', '.join(names[:8])}{more}." if names else "It does not say which models it offers."
    if endpoint.ollama:
        hint += f" To download it: `ollama pull {endpoint.model}`."
    return ModelUnknown(f"{endpoint.shown_url} knows no model {endpoint.model!r}", hint)


def no_such_path(endpoint: Endpoint) -> ModelUnreachable:
    return ModelUnreachable(f"{endpoint.shown_url} has no chat completions (404)", url_hint(endpoint))


def connection_failure(endpoint: Endpoint, cause: str) -> TransientFailure:
    hint = "Check the base URL (OPENAI_BASE_URL) and your network."
    if endpoint.is_local:
        hint = "Is the server running? Ollama starts with `ollama serve`. Else check the base URL (OPENAI_BASE_URL)."
    why = endpoint.redact(cause)
    return TransientFailure(ModelUnreachable(f"cannot reach {endpoint.shown_url}: {why}", hint))


def timeout_failure(endpoint: Endpoint, waited_s: float, *, started: bool) -> TransientFailure:
    where = "stopped in the middle of its answer" if started else "accepted the request but sent no answer"
    return TransientFailure(
        ModelUnreachable(
            f"{endpoint.shown_url} {where}: nothing for {waited_s:g} s",
            "A local model that is still loading may need longer: raise the model time-outs in the settings.",
        ),
        timed_out=True,
    )


def cut_failure(endpoint: Endpoint, cause: str = "the stream ended without a finish reason") -> TransientFailure:
    return TransientFailure(
        ModelUnreachable(
            f"the answer of {endpoint.shown_url} was cut off: {endpoint.redact(cause)}",
            "Try again; if it stays so, look at the server's log or at a proxy's time limit.",
        )
    )


def empty_failure(endpoint: Endpoint) -> TransientFailure:
    return TransientFailure(
        ModelUnreachable(f"{endpoint.shown_url} sent an answer without choices", "Look at the server's own log.")
    )


def not_an_api(endpoint: Endpoint, sample: str) -> ModelUnreachable:
    return ModelUnreachable(
        f"{endpoint.shown_url} does not speak the chat completions protocol; it sent {endpoint.redact(sample)!r}",
        url_hint(endpoint),
    )


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds from `Retry-After` (a number or a date) or `retry-after-ms`."""
    if (milliseconds := _number(headers.get("retry-after-ms"))) is not None:
        return milliseconds / 1000
    value = headers.get("retry-after")
    if (seconds := _number(value)) is not None:
        return seconds
    date = email.utils.parsedate_tz(value) if value else None
    return max(0.0, email.utils.mktime_tz(date) - time.time()) if date else None


def _number(value: str | None) -> float | None:
    try:
        return max(0.0, float(value)) if value else None
    except ValueError:
        return None
