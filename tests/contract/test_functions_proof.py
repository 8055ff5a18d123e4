"""A function is kept with a test that it passed alone, in a kernel where no tool answers but the record."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

import sandbox
from agent.calls.spec import Parameter, ToolSpec
from agent.calls.stubs import stub_module
from agent.functions.base import FunctionEntry, RecordedCall
from agent.functions.entries import is_sealed, verified
from agent.functions.extract import extract_functions
from agent.functions.proof import MAX_RECORD_CHARS, Prover, Verdict
from sandbox.events import KernelOptions

SPECS = [
    ToolSpec("search_people", "Find people.", parameters=(Parameter("name", "str"),)),
    ToolSpec("films_of", "Films of a person.", parameters=(Parameter("person_id", "int"),)),
    ToolSpec("rename", "Rename.", parameters=(Parameter("name", "str"),), effect="write"),
]
TOOLS = {spec.name: f"hash of {spec.name}" for spec in SPECS}
ADA = RecordedCall("search_people", {"name": "Ada"}, [{"id": 7}])
FILMS = RecordedCall("films_of", {"person_id": 7}, [{"title": "B", "year": 2001}, {"title": "A", "year": 1999}])
PROGRAM = '''
from collections import Counter

def find_person(name: str) -> int:
    """Find a person's id by name."""
    return search_people(name=name)[0]["id"]

def films(person_id: int, newest: bool = False) -> list[dict]:
    """List the films of a person, sorted by year."""
    return sorted(films_of(person_id=person_id), key=lambda f: f.year, reverse=newest)

def per_year(films: list[dict]) -> dict[str, int]:
    """Count films per year."""
    return dict(Counter(str(film.year) for film in films))

def oldest_film(name: str) -> str:
    """Name the oldest film of a person."""
    found = films(find_person(name))
    per_year(found)
    return found[0]["title"]

oldest_film("Ada")
'''


DOCKER = pytest.param("docker", marks=pytest.mark.docker)
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(params=["fake", DOCKER], scope="module")
def kind(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def prover(kind: Any) -> AsyncIterator[Prover]:
    """One kernel for all tests: that is what it is for."""
    options = KernelOptions(stubs=stub_module(SPECS))
    async with Prover(lambda handler: sandbox.open_kernel(options, handler, kind), list(TOOLS)) as opened:
        yield opened


def extracted(program: str, calls: Sequence[RecordedCall]) -> list[FunctionEntry]:
    return list(extract_functions(program, tools=TOOLS, calls=[(c.name, c.args, c.value) for c in calls]))


async def proved(
    prover: Prover, program: str, *calls: RecordedCall, **more: Any
) -> dict[str, tuple[FunctionEntry, Verdict]]:
    entries = extracted(program, calls)
    assert entries
    return {entry.name: (entry, verdict) for entry, verdict in await prover.prove(program, entries, calls, **more)}


async def test_each_function_gets_the_call_that_it_got_in_the_run(prover: Prover) -> None:
    found = await proved(prover, PROGRAM, ADA, FILMS)
    assert {name: verdict for name, (_, verdict) in found.items()} == dict.fromkeys(
        ["find_person", "films", "per_year", "oldest_film"], Verdict(True)
    )
    entries = {name: entry for name, (entry, _) in found.items()}
    assert entries["oldest_film"].verifying_call == "oldest_film(name='Ada')"
    assert entries["oldest_film"].result_json == '"A"' and entries["oldest_film"].calls == (ADA, FILMS)
    assert entries["find_person"].calls == (ADA,) and entries["find_person"].result_json == "7"
    assert entries["films"].verifying_call == "films(person_id=7)" and entries["films"].calls == (FILMS,)
    # Its argument is what a tool returned: records, whose fields it reads as attributes.
    assert entries["per_year"].calls == () and json.loads(entries["per_year"].result_json or "") == {
        "1999": 1,
        "2001": 1,
    }


async def test_the_test_can_be_run_again_and_finds_what_changed(prover: Prover) -> None:
    entry, _ = (await proved(prover, PROGRAM, ADA, FILMS))["oldest_film"]
    sealed = verified(entry, TOOLS)
    assert is_sealed(sealed) and await prover.check(sealed) == Verdict(True)

    poisoned = replace(
        sealed, source=sealed.source.replace("[0]['title']", "[-1]['title']").replace('[0]["title"]', '[-1]["title"]')
    )
    assert poisoned.source != sealed.source and not is_sealed(poisoned)
    verdict = await prover.check(poisoned)
    assert not verdict.ok and verdict.contradicted and "'B'" in verdict.reason and "'A'" in verdict.reason

    other_record = replace(sealed, calls=(ADA, replace(FILMS, args={"person_id": 8})))
    assert not is_sealed(other_record)
    assert "films_of(person_id=7)" in (await prover.check(other_record)).reason
    assert "no test" in (await prover.check(replace(sealed, verifying_call=""))).reason


@pytest.mark.parametrize(
    ("body", "calls", "why"),
    [
        ('    """Ask the clock."""\n    import time\n    return [time.time_ns() for _ in [name]]', [], "returned"),
        ('    """Find."""\n    return str(search_people(name=name)[0]["id"])', [ADA], "promises int"),
        ('    """Find."""\n    return {7 for _ in search_people(name=name)}', [ADA], "no JSON"),
        (
            '    """Find."""\n    return next(iter(films_of(person_id=search_people(name=name)[0].id))).year',
            [ADA],
            "did not run",
        ),
        (
            '    """Find."""\n    return len(search_people(name=name)[0].text)',
            [replace(ADA, value=[{"text": "x" * (MAX_RECORD_CHARS)}])],
            "too much",
        ),
    ],
)
async def test_what_does_not_do_it_again_is_left_with_the_reason(
    prover: Prover, body: str, calls: list[RecordedCall], why: str
) -> None:
    program = f"def f(name: str) -> int:\n{body}\n\nf('Ada')\n"
    _, verdict = (await proved(prover, program, *calls))["f"]
    assert not verdict.ok and why in verdict.reason


async def test_changes_are_not_made_again_and_the_same_call_twice_has_two_records(prover: Prover) -> None:
    calls = [RecordedCall("rename", {"name": "x"}, n) for n in (1, 2)]
    body = '    """Rename twice."""\n    return [rename(name), rename(name)]'
    program = f'def twice(name: str) -> list[int]:\n{body}\n\ntwice("x")\n'
    entry, verdict = (await proved(prover, program, *calls))["twice"]
    assert verdict.ok and entry.result_json == "[1, 2]" and entry.calls == tuple(calls)


async def test_secrets_leave_the_test_before_it_is_tried(prover: Prover) -> None:
    def redact(value: Any) -> Any:
        return json.loads(json.dumps(value).replace("hunter2", "[redacted]"))

    secret = RecordedCall("search_people", {"name": "Ada"}, [{"id": 7, "note": "hunter2"}])
    body = '    """Find."""\n    return [p.id for p in search_people(name)][0]'
    program = f'def find(name: str) -> int:\n{body}\n\nfind("Ada")\n'
    entry, verdict = (await proved(prover, program, secret, clean=redact))["find"]
    assert verdict.ok and "hunter2" not in repr(entry) and "[redacted]" in repr(entry)
    program = program.replace("p.id", "len(p.note)")
    entry, verdict = (await proved(prover, program, secret, clean=redact))["find"]
    assert not verdict.ok and verdict.contradicted  # its value hung on the secret


@pytest.mark.parametrize("kind", [DOCKER], indirect=True)  # a thread leaves behind what it likes
async def test_what_one_leaves_behind_is_not_there_for_the_next(prover: Prover) -> None:
    leaves = (
        "import builtins, json, subprocess, threading, time\n"
        "builtins.left = len\n"
        "json.dumps = lambda *_, **__: '7'\n"
        "open('left.txt', 'w').close()\n"
        "subprocess.Popen(['sleep', '300'], close_fds=False)\n"
        "threading.Thread(target=time.sleep, args=(300,)).start()\n"
    )
    finds = (
        "import builtins, glob, json, os\n"
        "processes = [open(p).read() for p in glob.glob('/proc/[0-9]*/cmdline')]\n"
        "found = [hasattr(builtins, 'left'), json.dumps([1]), os.path.exists('left.txt')]\n"
        "found.append(sum('300' in p for p in processes))\n"
    )
    entry = FunctionEntry("f", "f()", "", "", "", verifying_call="f()", result_json="0")
    leaving = replace(entry, source=f"{leaves}def f():\n    return 0\n")
    await prover.check(leaving)
    value, why = await prover.value_of(replace(entry, source=f"{finds}def f():\n    return found\n"))
    assert (value, why) == ([[False, "[1]", False, 0]], "")


@pytest.mark.parametrize("kind", [DOCKER], indirect=True)  # a thread cannot die of it
async def test_a_kernel_that_dies_of_one_function_verifies_the_next(prover: Prover) -> None:
    entry, _ = (await proved(prover, PROGRAM, ADA, FILMS))["oldest_film"]
    deadly = replace(entry, source='def oldest_film(name):\n    """Die."""\n    import os\n    os._exit(3)\n')
    assert not (await prover.check(deadly)).ok
    assert await prover.check(entry) == Verdict(True)
