"""OpenAPI tools in the real sandbox: what `help` says, Python's own TypeError, errors where they happen, no key."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent.demo_api.auth import Access
from agent.demo_api.server import served
from tests.answer_script import QUESTION, write_script
from tests.on_pty import ROOT

pytestmark = pytest.mark.docker

PROGRAM = '''import io, contextlib, os
from toolcoder_runtime import ToolError

def count_films(name: str) -> int:
    """How many films a person directed."""
    person = search_person(query=name)["results"][0]
    crew = person_movie_credits(person_id=person["id"])["crew"]
    return len([film for film in crew if film["job"] == "Director"])

text = io.StringIO()
with contextlib.redirect_stdout(text):
    help(search_person)
print(text.getvalue())
for call in (
    lambda: search_person(name="x"),
    lambda: movie_details(),
    lambda: movie_details(movie_id="x"),
    lambda: movie_details(movie_id=1),
):
    try:
        call()
    except (TypeError, ToolError) as error:
        print(type(error).__name__, error)
print("environment:", [v for v in os.environ.values() if "demo-key" in v])
count_films("Sofia Coppola")'''
SELECTED = '''def count_films(name: str) -> int:
    """How many films a person directed."""
    # Step 1. find the person
    person = search_person(name)
    # Step 2. count the films
    films = person_movie_credits(person)
    details = movie_details(1)
    return len(films)

count_films("Sofia Coppola")'''


def test_a_program_calls_a_service_that_asks_for_a_key(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (tmp_path / "config.toml").write_text('[functions]\nkind = "memory"\n')
    script = write_script(
        tmp_path / "script.json", program=PROGRAM, **{"tool selection": f"```python\n{SELECTED}\n```"}
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "TOOLCODER_"))}
    access = Access()
    with served(access=access) as url:
        told = subprocess.run(
            [
                sys.executable, "-m", "tui.main", "ask", QUESTION, "--model", f"scripted:{script}", "--json",
                "--tools", f"openapi:{url}/3/openapi.json?key=demo_films",
            ],
            cwd=ROOT,
            env={
                **kept,
                "TOOLCODER_HOME": str(home),
                "TOOLCODER_CONFIG": str(tmp_path / "config.toml"),
                "DEMO_FILMS_API_KEY": access.api_key,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )  # fmt: skip
    assert told.returncode == 0, told.stdout + told.stderr
    answer = json.loads(told.stdout)
    assert answer["status"] == "answered"
    calls = [(call["name"], call["category"]) for call in answer["tool_calls"]]
    assert calls == [
        ("search_person", "Parameter Hallucination"),
        ("movie_details", "Parameter Missing"),
        ("movie_details", "Tool Call Failure"),
        ("movie_details", "Tool Instability"),
        ("search_person", "All Right"),
        ("person_movie_credits", "All Right"),
    ]
    written = "\n".join(path.read_text(errors="replace") for path in home.rglob("*") if path.is_file())
    for said in (
        "People whose names match, the best match first.",
        "search_person(query: 'str', page: 'int' = 1",
        "TypeError search_person() got an unexpected keyword argument 'name'",
        "TypeError movie_details() missing 1 required positional argument: 'movie_id'",
        "NotFound: 404 Not Found: The resource you requested could not be found.",
        "environment: []",
    ):
        assert said in written.replace("\\n", "\n").replace('\\"', '"'), said
    assert access.api_key not in written + told.stdout + told.stderr
