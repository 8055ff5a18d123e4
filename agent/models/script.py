"""A script: which reply a scripted model gives to which prompt.

Used by `ScriptedModel` (in process) and by `scripted_server` (over HTTP), in tests and by people who want to see the
loop work without a model. A script file is JSON (a list) or JSONL, one rule each::

    {"when": "regex over the prompt", "say": "text" | ["first time", "second time, and from then on"],
     "think": "reasoning", "finish": "length", "times": 1, "fail": "429"}

Only `say` or `fail` is needed. The first rule that matches and is not used up (`times`) replies; without `when` a rule
matches any prompt. `fail` names a `Failure`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from threading import Lock
from typing import Any

from agent.errors import ModelError, ModelFilesError
from agent.models.base import Message


class Failure(StrEnum):
    """How a scripted reply goes wrong; over HTTP each really happens, in process the matching error is raised."""

    HANG = "hang"
    """Accepts and never answers."""
    STALL = "stall"
    """Sends half of the answer, then nothing."""
    CUT = "cut"
    """Breaks the connection in the middle of the answer."""
    UNFINISHED = "unfinished"
    """Ends the stream in good order, but without a finish reason."""
    HTML = "html"
    """Status 200 and a web page."""
    GARBAGE = "garbage"
    """A stream whose events are no JSON."""
    EMPTY = "empty"
    """A well-formed answer without choices."""
    KEY = "401"
    FORBIDDEN = "403"
    MODEL = "404"
    BUSY = "429"
    """With `Retry-After`."""
    BROKEN = "500"
    CONTEXT = "context"
    """Status 400, `context_length_exceeded`."""


@dataclass(frozen=True)
class Reply:
    """One completion to give, or one failure."""

    text: str = ""
    thinking: str = ""
    finish: str = "stop"
    failure: Failure | None = None
    error: ModelError | None = None
    """Raised as it is, in process only."""


ReplyLike = str | Reply | ModelError
Answerer = Callable[[Sequence[Message]], ReplyLike]


def as_reply(value: ReplyLike) -> Reply:
    if isinstance(value, Reply):
        return value
    return Reply(error=value) if isinstance(value, ModelError) else Reply(text=value)


@dataclass
class _Rule:
    when: re.Pattern[str] | None
    replies: tuple[Reply, ...]
    times: int | None
    n_used: int = 0

    def matches(self, prompt: str) -> bool:
        unused = self.times is None or self.n_used < self.times
        return unused and (self.when is None or self.when.search(prompt) is not None)

    def take(self) -> Reply:
        self.n_used += 1
        return self.replies[min(self.n_used, len(self.replies)) - 1]


class Script:
    """Answers prompts; safe to ask from several threads.

    Made of replies in order (each used once), of a function of the messages, or of a file (`Script.load`).
    """

    def __init__(self, source: Sequence[ReplyLike] | Answerer) -> None:
        self._lock = Lock()
        self._answer: Answerer | None = source if callable(source) else None
        self._rules: list[_Rule] = [] if callable(source) else [_Rule(None, (as_reply(item),), 1) for item in source]

    @classmethod
    def load(cls, path: Path) -> Script:
        """Read a script file.

        Raises:
            ModelFilesError: no such file, or not a script; the message names the rule.
        """
        script = cls([])
        script._rules = [_parse_rule(path, number, rule) for number, rule in enumerate(_read_rules(path), start=1)]
        return script

    def reply(self, messages: Sequence[Message]) -> Reply:
        """The next reply.

        Raises:
            ModelError: no rule is left for this prompt.
        """
        if self._answer is not None:
            return as_reply(self._answer(messages))
        prompt = "\n".join(message.content for message in messages)
        with self._lock:
            for rule in self._rules:
                if rule.matches(prompt):
                    return rule.take()
        raise ModelError("the script has no reply for this prompt", f"The prompt ends in: {prompt[-200:]!r}")


def _read_rules(path: Path) -> list[Any]:
    try:
        text = path.read_text(encoding="utf-8")
        if text.lstrip().startswith("["):
            rules: list[Any] = json.loads(text)
            return rules
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise ModelFilesError(f"cannot read the script {path}: {error}", "It is JSON (a list) or JSONL.") from None


def _parse_rule(path: Path, number: int, rule: Any) -> _Rule:
    try:
        unknown = set(rule) - {"when", "say", "think", "finish", "times", "fail"}
        if unknown:
            raise ValueError(f"unknown key {min(unknown)!r}")
        say = rule.get("say", "" if "fail" in rule else None)
        texts = [say] if isinstance(say, str) else say
        if not texts or not all(isinstance(text, str) for text in texts):
            raise ValueError("`say` must be a text or a list of texts")
        failure = Failure(str(rule["fail"])) if "fail" in rule else None
        think, finish = str(rule.get("think", "")), str(rule.get("finish", "stop"))
        replies = tuple(Reply(text, think, finish, failure) for text in texts)
        when = re.compile(rule["when"], re.DOTALL) if "when" in rule else None
        return _Rule(when, replies, int(rule["times"]) if "times" in rule else None)
    except (TypeError, ValueError, AttributeError, re.error) as error:
        raise ModelFilesError(f"{path}, rule {number}: {error}", 'A rule is {"when": regex, "say": text}.') from None
