"""Failures of our machinery in `agent`. A failure of the user's code is a value, not one of these.

AgentError
├── ModelError                 the model cannot be used; `.hint` says what to do
│   ├── ModelUnreachable       host down, DNS, refused, hung past the time-out, stream cut, answer is no API (HTML)
│   ├── ModelRefusedKey        401, 403
│   ├── ModelUnknown           404 for the model's name; the hint lists names that exist
│   ├── ModelBusy              429 or 5xx after all retries
│   ├── ContextTooSmall        the prompt does not fit, or the endpoint cut it silently
│   └── ModelFilesError        weights or checkpoint missing, damaged, of an unsupported kind
├── ToolSourceError            a tool source cannot be loaded
├── RepositoryError            the function repository cannot be read or written
├── SessionLogError            the session log cannot be read or written (no disk space, unknown version)
└── NoModelConfigured          nothing chosen and nothing found
"""

from __future__ import annotations


class AgentError(Exception):
    """Base of all; `hint` is one sentence that says what to do, shown below the message."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class ModelError(AgentError):
    """The model cannot be used."""


class ModelUnreachable(ModelError):
    """No usable connection."""


class ModelRefusedKey(ModelError):
    """The key is missing, wrong or not allowed."""


class ModelUnknown(ModelError):
    """The endpoint knows no model of this name."""


class ModelBusy(ModelError):
    """Rate limit or server errors, after all retries."""


class ContextTooSmall(ModelError):
    """The prompt does not fit the context window, or was cut silently."""


class ModelFilesError(ModelError):
    """A local model's files are missing, damaged or of an unsupported kind."""


class NoModelConfigured(ModelError):
    """Nothing was chosen and nothing was found."""


class ToolSourceError(AgentError):
    """A tool source cannot be loaded. `source`: which, as the person wrote it; '' where that is not known."""

    source = ""


class RepositoryError(AgentError):
    """The function repository cannot be read or written."""


class SessionLogError(AgentError):
    """The session log cannot be read or written."""
