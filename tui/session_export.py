"""A session in the forms that it can be exported in, for the command and for the chat's panel."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from agent.log.exports import atif, chat_messages
from agent.log.reader import LoggedSession
from tui.failures import UsageProblem
from tui.plain import plain_json
from tui.session_text import session_object, session_text

ExportForm = Literal["json", "text", "messages", "atif"]
SUFFIXES: dict[ExportForm, str] = {"json": ".json", "text": ".txt", "messages": ".messages.jsonl", "atif": ".atif.json"}


def exported(logged: LoggedSession, form: ExportForm) -> str:
    """The whole text, with a newline at its end."""
    match form:
        case "json":
            return plain_json(session_object(logged), indent=2) + "\n"
        case "text":
            return session_text(logged)
        case "messages":
            return plain_json(chat_messages(logged)) + "\n"
        case "atif":
            return plain_json(atif(logged), indent=2) + "\n"


def write_new(path: Path, text: str) -> None:
    """Write a file that did not exist, readable by its owner alone: a session may hold what others should not see.

    Raises:
        UsageProblem: it exists, or cannot be written there.
    """
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise UsageProblem(f"{path} exists already", "name another file, or remove that one") from error
    except OSError as error:
        raise UsageProblem(f"{path} cannot be written: {error.strerror or error}", "name another place") from error
