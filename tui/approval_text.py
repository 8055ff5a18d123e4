"""The words of an approval, at the terminal and in the chat: the call, why it is asked, and what can be replied."""

from __future__ import annotations

import json
from typing import Any

from agent.events import ApprovalAsked, ApprovalReply, Scope
from tui.plain import plain, plain_line, plain_value

_SHOWN_CHARS = 400
KEYS: dict[str, Scope] = {"y": "once", "s": "session", "a": "always"}
_MEANING = {"y": "yes, once", "s": "for this session", "a": "always", "e": "with other arguments", "n": "no"}


def call_text(asked: ApprovalAsked) -> str:
    """`create_playlist(name="X") of ./mine.py changes something`, long values cut and said so."""
    parts = []
    for name, value in asked.args.items():
        cut = len(json.dumps(value, ensure_ascii=False, default=str)) - _SHOWN_CHARS
        more = f" ({cut:,} more characters; v shows all)" if cut > 0 else ""
        parts.append(f"{plain_line(name)}={plain_value(value, _SHOWN_CHARS)}{more}")
    return f"{plain_line(asked.tool)}({', '.join(parts)}){_origin(asked)}, which {asked.reason}"


def heading(asked: ApprovalAsked) -> str:
    """`create_playlist() of ./mine.py, which changes something`: what is called, without the arguments."""
    return f"{plain_line(asked.tool)}(){_origin(asked)}, which {asked.reason}"


def keys_line(asked: ApprovalAsked) -> str:
    """What the chat offers: the choices, and how to see more."""
    offered = "   ".join(f"{key}: {text}" for key, text in choices(asked).items())
    return f"Allow it?  {offered}   v: larger   ↑↓: scroll"


def whole_arguments(asked: ApprovalAsked) -> str:
    """Every argument in full, as JSON that a terminal may have and that reads back as the same: what would steer it,
    be invisible or reorder the text stands there as JSON's escape."""
    text = json.dumps(asked.args, ensure_ascii=False, indent=2, default=str)
    if plain(text) == text:
        return text
    return "".join(c if c == "\n" or plain(c) == c else json.dumps(c)[1:-1] for c in text)


def choices(asked: ApprovalAsked) -> dict[str, str]:
    """Key to meaning, in the order in which they are offered."""
    return {key: text for key, text in _MEANING.items() if KEYS.get(key, "once") in asked.scopes}


def reply_of(key: str, asked: ApprovalAsked) -> ApprovalReply | None:
    """What a key decides; None: nothing yet (it edits, shows, or means nothing)."""
    if key == "n":
        return ApprovalReply(False)
    scope = KEYS.get(key)
    return ApprovalReply(True, scope) if scope is not None and scope in asked.scopes else None


def _origin(asked: ApprovalAsked) -> str:
    return f" of {plain_line(asked.source, 100)}" if asked.source and asked.source != "catalogue" else ""


def edited(text: str) -> dict[str, Any]:
    """Arguments that a person wrote as a JSON object.

    Raises:
        ValueError: it is none; the text says what is wrong.
    """
    try:
        args = json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except ValueError as error:
        raise ValueError(f"that is no JSON: {error}") from error
    if not isinstance(args, dict):
        raise ValueError('arguments are an object, such as {"name": "X"}')
    return args
