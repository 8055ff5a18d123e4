"""Repair examples: a reference program with one mistake, and the real traceback that running it gives."""

from __future__ import annotations

import dataclasses
import re
import traceback
from random import Random
from typing import Any

from train.bundled.task import Task
from train.bundled.world import World

_INDEX = re.compile(r'\["(\w+)"\]')
_CALL = re.compile(
    r"\b(search_\w+|film_\w+|films_\w+|series_\w+|artist_\w+|album_\w+|playlist_\w+|list_playlists)\((?=\w|\))"
)
_WRONG_FIELDS = (
    "name",
    "title",
    "label",
    "runtime",
    "rating",
    "released",
    "date",
    "duration",
    "minutes",
    "born",
    "length",
)


def _mutate(source: str, rng: Random) -> str:
    """One small mistake of the kind that models make; may leave the source unchanged."""
    match rng.randint(0, 6):
        case 0 | 1:  # a field that does not exist
            found = list(_INDEX.finditer(source))
            if found:
                m = rng.choice(found)
                wrong = rng.choice([w for w in _WRONG_FIELDS if w != m[1]])
                return f'{source[: m.start()]}["{wrong}"]{source[m.end() :]}'
        case 2:  # a record treated as an object
            found = list(_INDEX.finditer(source))
            if found:
                m = rng.choice(found)
                return f"{source[: m.start()]}.{m[1]}{source[m.end() :]}"
        case 3:  # the list of a search treated as a record
            places = [m.start() for m in re.finditer(r"\)\[0\]$", source, re.MULTILINE)]
            if places:
                at = rng.choice(places)
                return source[: at + 1] + source[at + 4 :]
        case 4:  # a tool with another name
            found = list(_CALL.finditer(source))
            if found:
                m = rng.choice(found)
                name = rng.choice((m[1] + "s", "get_" + m[1], m[1].replace("_", "", 1), m[1].split("_")[0]))
                return source[: m.start(1)] + name + source[m.end(1) :]
        case 5:  # a variable that is not defined
            found = list(
                re.finditer(r"\b(films|tracks|albums|roles|film|person|artist|album|series|playlist)\b(?= =)", source)
            )
            if found:
                m = rng.choice(found)
                return source[: m.start()] + m[1] + "_list" + source[m.end() :]
        case _:  # a keyword that the tool does not have
            found = list(re.finditer(r"search_\w+\((?=\w)", source))
            if found:
                m = rng.choice(found)
                return source[: m.end()] + "query=" + source[m.end() :]
    return source


def broken(task: Task, world: World, rng: Random) -> Task | None:
    """The task with a broken program and its traceback, or None where the mistake does not raise."""
    functions = _mutate(task.functions, rng)
    program = f"{functions}\n\n{task.call}"
    if functions == task.functions or task.call in functions:
        return None
    before = world.playlists_state()
    scope: dict[str, Any] = dict(world.namespace())
    try:
        exec(compile(functions, "<cell>", "exec"), scope)
        eval(compile(task.call, "<cell>", "eval"), scope)
    except Exception as error:  # noqa: BLE001 - whatever the mistake raises is the example
        return dataclasses.replace(task, broken=program, traceback=_text(error, functions))
    finally:
        world.restore(before)
    return None


def _text(error: BaseException, source: str) -> str:
    """The last frame inside the program, with its line, and the exception, as a traceback ends."""
    lines = source.splitlines()
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == "<cell>" and f.name != "<module>"]
    where = f"    {lines[(frames[-1].lineno or 1) - 1].strip()}\n" if frames else ""
    return f"Traceback (most recent call last):\n{where}{type(error).__name__}: {error}"
