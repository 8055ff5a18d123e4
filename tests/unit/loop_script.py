"""A scripted conversation about one question, and a session around it. Replies are keyed by the stage's name."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from agent.errors import ModelError
from agent.events import Answered, Event
from agent.functions.embed import HashingEmbedder
from agent.functions.memory import MemoryRepository
from agent.loop.options import SessionOptions
from agent.loop.session import Session
from agent.models.base import Message
from agent.models.script import Reply
from agent.models.scripted import ScriptedModel
from agent.tools.sources import load_tools

QUESTION = "How many films did Sofia Coppola direct?"
SCAFFOLD = '''def count_films(name: str) -> int:
    """How many films a person directed."""
    ...

count_films("Sofia Coppola")'''
STEPS = "# Step 1. find the person\n    # Step 2. the films that the person directed\n    # Step 3. count them"
PLAN = SCAFFOLD.replace("...", STEPS, 1)
PSEUDO = '''def count_films(name: str) -> int:
    """How many films a person directed."""
    # Step 1. find the person
    people = search_people(name)
    # Step 2. the films that the person directed
    films = films_directed_by(people[0]["id"])
    # Step 3. count them
    return len(films)

count_films("Sofia Coppola")'''
PROGRAM = '''def films_of_director(name: str) -> list[dict]:
    """The films that a person directed."""
    people = search_people(name)
    if not people:
        raise LookupError(f"nobody is called {name!r}")
    return films_directed_by(people[0]["id"])


def count_films(name: str) -> int:
    """How many films a person directed."""
    return len(films_of_director(name))


count_films("Sofia Coppola")'''


def fenced(source: str) -> str:
    return f"Here it is:\n```python\n{source}\n```\n"


GOOD: dict[str, Any] = {
    "route": "CODE",
    "recall": "NONE",
    "scaffold": fenced(SCAFFOLD),
    "plan": fenced(PLAN),
    "tool selection": fenced(PSEUDO),
    "implementation": fenced(PROGRAM),
    "answer": "Sofia Coppola directed 8 films.",
}
"""A reply per stage; a list gives one reply per attempt, the last again and again."""


def scripted(**changes: Any) -> ScriptedModel:
    """A model that says `GOOD`, but for the stages named here (`tool_selection` for 'tool selection')."""
    replies = {**GOOD, **{k.replace("_", " "): v for k, v in changes.items()}}
    n_asked: dict[str, int] = {}

    def answer(messages: Sequence[Message]) -> str | Reply | ModelError:
        stages = [m.group(1) for msg in messages if (m := re.match(r"STAGE: (.+)", msg.content))]
        said = replies[stages[-1]]
        if isinstance(said, list):
            n_asked[stages[-1]] = n_asked.get(stages[-1], 0) + 1
            said = said[min(n_asked[stages[-1]], len(said)) - 1]
        assert isinstance(said, str | Reply | ModelError)
        return said

    return ScriptedModel(answer)


def session(model: ScriptedModel, **options: Any) -> Session:
    """A session over the catalogue in the fake kernel, unless told otherwise."""
    defaults: dict[str, Any] = {
        "tools": load_tools().tools,
        "kernel_kind": "fake",
        "interactive": False,
        "approve": "no",
    }
    return Session(SessionOptions(model, **{**defaults, **options}))


async def ask(
    model: ScriptedModel, question: str = QUESTION, person: Callable[[Event], None] | None = None, **options: Any
) -> tuple[Answered, list[Event]]:
    """One question in a session of its own: the answer and all events."""
    async with session(model, **options) as talk:
        return await events_of(talk, question, person)


async def events_of(
    talk: Session, question: str = QUESTION, person: Callable[[Event], None] | None = None
) -> tuple[Answered, list[Event]]:
    events: list[Event] = []
    async for event in talk.ask(question):
        events.append(event)
        if person:
            person(event)
    assert isinstance(events[-1], Answered) and sum(isinstance(e, Answered) for e in events) == 1
    return events[-1], events


def of(kind: type[Event], events: Sequence[Event]) -> list[Any]:
    return [e for e in events if isinstance(e, kind)]


__all__ = [
    "GOOD",
    "PLAN",
    "PROGRAM",
    "PSEUDO",
    "QUESTION",
    "SCAFFOLD",
    "HashingEmbedder",
    "MemoryRepository",
    "ask",
    "events_of",
    "fenced",
    "of",
    "scripted",
    "session",
]
