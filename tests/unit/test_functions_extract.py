"""What is taken from a program that ran; every entry that is kept must run on its own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent.functions.extract import Extraction, extract_functions

TOOLS = {"search_people": "h1", "films_of": "h2", "add_to_playlist": "h3"}
CALLS: list[tuple[str, dict[str, Any], Any]] = [
    ("search_people", {"name": "Ada"}, [{"id": 7}]),
    ("films_of", {"person_id": 7}, [{"title": "B", "year": 2001}, {"title": "A", "year": 1999}]),
]
PROGRAM = '''
import math
from collections import Counter as C, defaultdict

def find_person(name: str) -> int:
    """Find a person's id by name.

    More words.
    """
    return search_people(name=name)[0]["id"]

def films(person_id: int, newest: bool = False) -> list[dict]:
    """List the films of a person, sorted by year."""
    # the comment stays
    return sorted(films_of(person_id=person_id), key=lambda f: f["year"], reverse=newest)

def years(person_id: int) -> dict[int, int]:
    """Count films per year."""
    return dict(C(f["year"] for f in films(person_id)))

def oldest_film(name: str) -> str:
    """Name the oldest film of a person."""
    return films(find_person(name))[0]["title"]

def never(name: str) -> str:
    """Is not called."""
    return oldest_film(name)

oldest_film('Ada')
'''


def run(source: str, calls: list[tuple[str, dict[str, Any], Any]] = CALLS, **more: Any) -> Extraction:
    return extract_functions(source, tools=TOOLS, calls=calls, **more)


def reason(body: str, name: str = "f", calls: list[tuple[str, dict[str, Any], Any]] = CALLS) -> str:
    found = run(body, calls)
    assert name not in [e.name for e in found]
    return dict(found.left)[name]


def test_the_functions_that_ran_are_kept_with_what_they_need() -> None:
    found = run(PROGRAM, session="s", task="What is Ada's oldest film?")
    kept = {e.name: e for e in found}
    assert list(kept) == ["find_person", "films", "oldest_film"]
    assert found.left == (("years", "it was not called"), ("never", "it was not called"))
    main = kept["oldest_film"]
    assert main.signature == "oldest_film(name: str) -> str"
    assert main.subtask == "Name the oldest film of a person."
    assert (main.verifying_call, main.result_json, main.calls) == ("", None, ())  # the prover's work
    assert main.tools == (("films_of", "h2"), ("search_people", "h1"))
    assert main.session == "s" and main.created.endswith("Z")
    person, films = kept["find_person"], kept["films"]
    assert person.subtask == "Find a person's id by name." and "More words." in person.docstring
    assert person.tools == (("search_people", "h1"),)
    assert films.signature == "films(person_id: int, newest: bool=False) -> list[dict]"
    assert "# the comment stays" in films.source and "def find_person" not in films.source
    assert "import" not in films.source


def test_each_source_is_complete_on_its_own() -> None:
    source = PROGRAM.replace("oldest_film('Ada')", "print(years(7))\noldest_film('Ada')")
    found = run(source)
    assert len(found.kept) == 4
    results = {name: value for name, _, value in CALLS}
    for entry in found:
        space: dict[str, Any] = {name: lambda *, _v=results[name], **_: _v for name, _ in entry.tools}
        exec(entry.source, space)
        if entry.name == "years":
            assert entry.source.startswith("from collections import Counter as C\n")
            assert space["years"](7) == {1999: 1, 2001: 1}
        if entry.name == "oldest_film":
            assert space["oldest_film"]("Ada") == "A"


WORK = 'def f(name: str) -> int:\n    """Do it."""\n    return len(search_people(name=name))\n'


@pytest.mark.parametrize(
    "ending", ["f('Ada')", "x = f('Ada')", "x = f('Ada')\nprint(x)", "print(f('Ada'))", "f('Ada') + 1", "f(*['Ada'])"]
)
def test_the_question_stands_in_for_the_docstring_of_the_function_that_answered(ending: str) -> None:
    mute = WORK.replace('    """Do it."""\n', "")
    helper = "def g(n):\n    return len(search_people(name=n))\n"
    found = run(f"{helper}{mute}\ng('Bob')\n{ending}\n", task="How many  Adas?")
    assert [(e.name, e.subtask) for e in found] == [("f", "How many Adas?")]
    assert found.left == (("g", "it has no docstring"),)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (WORK, "was not called"),
        ("LIMIT = 3\ndef f():\n    'D.'\n    return films_of(LIMIT)\nf()", "the program's variable LIMIT"),
        ("def f():\n    'D.'\n    global x\n    x = films_of(1)\nf()", "writes global variables"),
        ("def f():\n    'D.'\n    def g():\n        global x\n        x = films_of(1)\n    g()\nf()", "writes global"),
        ("def f():\n    'D.'\n    return films_of(earlier_cell)\nf()", "unknown name earlier_cell"),
        ("def f(x=earlier):\n    'D.'\n    return films_of(x)\nf()", "unknown name earlier"),
        ("def f(x: Film):\n    'D.'\n    return films_of(x)\nf(1)", "unknown name Film"),
        ("class A: pass\ndef f():\n    'D.'\n    return A(), films_of(1)\nf()", "variable A"),
        ("import functools\n@functools.cache\ndef f():\n    'D.'\n    return films_of(1)\nf()", "decorated"),
        ("def f():\n    return films_of(1)\nf()", "no docstring"),
        ("def f():\n    'D.'\n    return add_to_playlist(1)\nf()", "none of its tools was called"),
        ("def f(x):\n    'D.'\n    return x + 1\nf(1)", "nothing to speak of"),
        ("def f(x):\n    'D.'\n    return eval(films_of(x))\nf(1)", "uses eval"),
        ("def f(x):\n    'D.'\n    return g(x)\ndef g(x):\n    return films_of(y)\nf(1)", "g uses the unknown name y"),
        ("from os.path import *\ndef f(x):\n    'D.'\n    return join(films_of(x))\nf(1)", "unknown name join"),
        (
            "try:\n    import re\nexcept ImportError:\n    pass\ndef f(x):\n    'D.'\n    return re, films_of(x)\nf(1)",
            "re",
        ),
        ("def f(x):\n    'D.'\n    return films_of(x)\nf = f\nf(1)", "bound more than once"),
        ("list = 3\ndef f(x):\n    'D.'\n    return list, films_of(x)\nf(1)", "variable list"),
    ],
)
def test_what_is_left_and_why(source: str, why: str) -> None:
    name = "f"
    found = run(source, calls=[("films_of", {}, 1)], task="")
    assert found.kept == () or name not in [e.name for e in found]
    assert why in dict(found.left)[name]


def test_a_function_named_like_a_tool_is_left() -> None:
    body = "def films_of(x):\n    'D.'\n    return search_people(name=x)\nfilms_of(1)"
    assert "name of a tool" in reason(body, "films_of")


def test_a_name_that_the_program_binds_is_no_tool() -> None:
    found = run(
        "def g(x):\n    'G.'\n    return search_people(name=x)\n"
        "def f(films_of):\n    'F.'\n    return g(films_of)\nf(1)"
    )
    assert [e.tools for e in found] == [(("search_people", "h1"),)] * 2


def test_the_question_stands_in_for_the_missing_docstring_of_the_answer_alone() -> None:
    body = "def g(n):\n    return search_people(name=n)\ndef f(n):\n    return g(n)[0]\nf('Ada')"
    found = run(body, task="Who is\n Ada?")
    assert [(e.name, e.subtask, e.docstring) for e in found] == [("f", "Who is Ada?", "")]
    assert found.left == (("g", "it has no docstring"),)
    assert "def g" in found.kept[0].source


def test_work_without_tools_is_kept_too() -> None:
    loop = (
        "def f(n: int) -> int:\n    'Add up.'\n    t = 0\n    for i in range(n):\n        t += i\n    return t\nf(10)"
    )
    library = "import math\ndef f(x):\n    'Area of a circle.'\n    return math.pi * x * x\nf(2)"
    for body in (loop, library):
        (entry,) = run(body, calls=[])
        assert entry.tools == ()


def test_names_that_the_kernel_provides_are_known() -> None:
    body = "def f(x: Film) -> Film:\n    'D.'\n    return films_of(x)\nf(1)"
    assert [e.name for e in run(body, provided={"Film"})] == ["f"]


def test_recursion_nesting_and_redefinition() -> None:
    body = (
        "def f(n):\n    'Old.'\n    return films_of(n)\n"
        "def f(n):\n    'New.'\n    def inner(m=n):\n        return [films_of(x) for x in (lambda: [m])()]\n"
        "    return inner() if n else f(n - 1)\nf(1)"
    )
    (entry,) = run(body)
    assert entry.subtask == "New." and entry.source.count("def f(") == 1


def test_secrets_stay_out() -> None:
    def redact(value: Any) -> Any:
        return json.loads(json.dumps(value).replace("SECRET", "[redacted]"))

    (entry,) = run(f"{WORK.replace('Do it.', '')}\nf('Ada')", task="Find SECRET", redact=redact)
    assert entry.subtask == "Find [redacted]"
    held = run(f"{WORK.replace('Do it', 'SECRET')}\nf('Ada')", redact=redact)
    assert held.left == (("f", "its source holds a secret"),)


@pytest.mark.parametrize("source", ["", "def f(:", "\x00", "x = (" * 500, "1"])
def test_anything_else_gives_nothing(source: str) -> None:
    assert run(source) == Extraction()
