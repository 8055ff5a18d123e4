"""A script for `--model scripted:FILE` that answers one question with the full prompts, and its variations."""

from __future__ import annotations

import json
from pathlib import Path

QUESTION = "How many films did Sofia Coppola direct?"
SCAFFOLD = '''def count_films(name: str) -> int:
    """How many films a person directed."""
    ...

count_films("Sofia Coppola")'''
PLAN = SCAFFOLD.replace("...", "# Step 1. find the person\n    # Step 2. count the films that the person directed", 1)
PSEUDO = '''def count_films(name: str) -> int:
    """How many films a person directed."""
    # Step 1. find the person
    people = search_people(name)
    # Step 2. count the films that the person directed
    films = films_directed_by(people[0]["id"])
    return len(films)

count_films("Sofia Coppola")'''
PROGRAM = '''def count_films(name: str) -> int:
    """How many films a person directed."""
    people = search_people(name)
    return len(films_directed_by(people[0]["id"]))

count_films("Sofia Coppola")'''


def write_script(path: Path, **changes: str) -> Path:
    """A script that answers `QUESTION`; `changes` name stages (`answer`) or replace the program (`program`)."""
    program = changes.pop("program", PROGRAM)
    replies = {
        "route": "CODE",
        "recall": "NONE",
        "scaffold": _fenced(SCAFFOLD),
        "plan": _fenced(PLAN),
        "tool selection": _fenced(PSEUDO),
        "implementation": _fenced(program),
        "code review": _fenced(program),
        "answer": "Sofia Coppola directed 8 films.",
        **changes,
    }
    # The last stage that a prompt names is the one that is asked for; earlier ones are history.
    rules = [{"when": rf"STAGE: {stage}(?!.*STAGE: )", "say": said} for stage, said in replies.items()]
    path.write_text(json.dumps(rules))
    return path


def _fenced(source: str) -> str:
    return f"```python\n{source}\n```\n"
