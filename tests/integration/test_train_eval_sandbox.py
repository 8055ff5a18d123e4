"""Evaluations that run what a model wrote: BFCL's executable calls and HumanEval's programs, in the real sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.chat_endpoint import chat_endpoint, words_message
from train.evaluate.heldout import Record, Returned
from train.evaluate.programs import Ran
from train.evaluate.replayed import Replay
from train.rows import CodeRow
from tui import cli
from tui.train_eval.sandboxed import SandboxedPrograms

pytestmark = pytest.mark.docker

FUNCTIONS = """
def area(base, height):
    print("noise")
    return base * height / 2

def rate(pair):
    return {"EUR": 1.0, "USD": 1.1}[pair]
"""


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxedPrograms]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOOLCODER_HOME", str(tmp_path_factory.mktemp("h")))
        with SandboxedPrograms(cell_s=3.0) as programs:
            yield programs


@pytest.mark.parametrize(
    ("program", "ran"),
    [
        ("x = 1\nprint('a')", Ran(True, "a\n")),
        ("assert x == 1", Ran(False, "", "NameError: name 'x' is not defined")),
        ("raise SystemExit(0)", None),
        ("print('half'); 1 / 0", Ran(False, "half\n", "ZeroDivisionError: division by zero")),
        ("while True: pass", None),
        ("print('again')", Ran(True, "again\n")),
    ],
)
def test_each_program_has_a_namespace_of_its_own(sandbox: SandboxedPrograms, program: str, ran: Ran | None) -> None:
    found = sandbox.run(program)
    if ran is None:
        assert not found.ok
        assert found.error
    else:
        assert found == ran


RIGHT = """
def titles(director):
    found = find_films(director, limit=2)
    print("found", len(found))
    return {"titles": sorted(film["title"] for film in found), "mean": sum(film["score"] for film in found) / 2}

titles("Kim")
"""
OTHERWISE = """
print('found 2')
films = find_films(director="Kim", limit=2, order="year")
mean = sum(f["score"] / 2 for f in reversed(films))
answer = dict(mean=mean, titles=[f["title"] for f in films][::-1])
"""
SCAFFOLD = 'def count(name: str) -> int:\n    """Count."""\ncount("Kim")'
DOCUMENT = f"<tools>\nfind_films(director)\n<question>\n?\n<scaffold>\n{SCAFFOLD}\n<implement>\n"


@pytest.mark.parametrize(
    ("completion", "runs"),
    [
        (f"```python\n{RIGHT}```", True),
        (OTHERWISE, True),
        (OTHERWISE.replace("found 2", "found 3"), False),
        (RIGHT.replace("limit=2", "limit=3"), False),  # nothing was recorded of it
        (RIGHT.replace("sorted(", "list("), False),
        ("titles(", False),
        (None, False),
    ],
)
def test_programs_run_on_what_was_recorded(sandbox: SandboxedPrograms, completion: str | None, runs: bool) -> None:
    replay = Replay(sandbox, {"s/1": record_of_films()})
    row = CodeRow("s/1/5-implement", "g", "implement", (("user", "?"),), RIGHT, ("find_films",))
    assert replay.judge(row, "s/1", completion) is runs


def test_what_cannot_be_judged_by_running_it_is_not(sandbox: SandboxedPrograms) -> None:
    replay = Replay(sandbox, {"s/1": record_of_films()})
    alone = CodeRow("s/1/5-implement", "g", "implement", (("user", "?"),), "find_films('Lee')")
    assert replay.judge(alone, "s/1", "1") is None  # the right one does not end on the record
    assert replay.judge(replace(alone, stage="plan"), "s/1", "1") is None
    assert replay.judge(alone, "s/2", "1") is None
    short = CodeRow(
        "s/1/4-implement", "g", "implement", (("user", DOCUMENT),), "def count(name):\n    return len(name)"
    )
    assert replay.judge(short, "s/1", "def count(x):\n    return 3") is True
    assert replay.judge(short, "s/1", "def count(x):\n    return 4") is False
    assert replay.judge(short, "s/1", "no function") is False


def record_of_films() -> Record:
    """What the broker saw: a failure that went well the second time, and two films."""
    films = [{"title": "B", "score": 0.1}, {"title": "A", "score": 0.2}]
    args = {"director": "Kim", "limit": 2}
    returned = (
        Returned("find_films", args, False, ["TimeoutError", "slow"]),
        Returned("find_films", args, True, films),
    )
    parameters = {"find_films": ("director", "limit", "order")}
    return Record((), parameters, returned, {"find_films": {"order": "year"}})


def evaluated(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    status = cli.run(["train", "eval", *map(str, arguments), "--json"])
    out, err = capsys.readouterr()
    assert status == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


def test_bfcl_calls_are_run(
    sandbox: SandboxedPrograms, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    parameters = {"type": "dict", "properties": {"base": {"type": "float"}, "height": {"type": "float"}}}
    area = {"name": "area", "description": "", "parameters": parameters}
    cases = [
        ("exact_match", "area(base=4, height=3)"),
        ("exact_match", "area(base=3, height=4)"),
        ("exact_match", "area(base=3, height=3)"),
        ("real_time_match", "area(base=4, height=3.3)"),
        ("structural_match", "area(base=9, height=9)"),
        ("exact_match", "area(base='x', height=None)"),
    ]
    asked = {"question": [[{"role": "user", "content": "?"}]], "function": [area]}
    right = {"ground_truth": ["area(base=4.0, height=3.0)"]}
    items = [
        {"id": f"exec_{n}", **asked, **right, "execution_result_type": [kind]} for n, (kind, _) in enumerate(cases)
    ]
    (tmp_path / "BFCL_v3_exec_simple.json").write_text("\n".join(map(json.dumps, items)))
    (tmp_path / "functions.py").write_text(FUNCTIONS)
    (tmp_path / "p.json").write_text(json.dumps([call for _, call in cases]))
    monkeypatch.setattr("tui.train_eval.sandboxed.SandboxedPrograms", lambda: _Shared(sandbox))
    data = ("--benchmark", "bfcl", "--split", "exec_simple", "--data", tmp_path)
    answers = ("--predictions", tmp_path / "p.json", "--functions", tmp_path / "functions.py")
    found = evaluated(capsys, *data, *answers, "--out", tmp_path / "o")
    assert (found["ts"], found["cf"], found["exec"]) == (100, 16.67, 66.67)
    lines = [json.loads(line)["right"]["exec"] for line in (tmp_path / "o" / "verdicts.jsonl").read_text().splitlines()]
    assert lines == [True, True, False, True, True, False]


class _Shared:
    """The module's sandbox where the command would open one of its own."""

    def __init__(self, programs: SandboxedPrograms) -> None:
        self._programs = programs

    def __enter__(self) -> SandboxedPrograms:
        return self._programs

    def __exit__(self, *_: object) -> None:
        """The module closes it."""


def test_humaneval_of_an_endpoint(
    sandbox: SandboxedPrograms, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    docs = [
        {
            "task_id": name,
            "prompt": f'def {name}(a, b):\n    """Do it."""\n',
            "test": f"def check(f):\n    assert f(5, 2) == {value}\n",
            "entry_point": name,
        }
        for name, value in (("add", 7), ("sub", 3))
    ]
    (tmp_path / "humaneval.jsonl").write_text("".join(json.dumps(doc) + "\n" for doc in docs))
    (tmp_path / "mmlu.jsonl").write_text(json.dumps({"question": "?", "choices": list("abcd"), "answer": 0}) + "\n")

    def adds(body: Mapping[str, Any]) -> dict[str, Any]:
        assert body["messages"][0]["content"].startswith("def ")
        return words_message("    return a + b\n\ndef more():\n    broken(")  # cut at the next definition

    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.setattr("tui.train_eval.sandboxed.SandboxedPrograms", lambda: _Shared(sandbox))
    with chat_endpoint(adds) as endpoint:
        monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
        found = evaluated(capsys, "--benchmark", "general", "--data", tmp_path, "--model", "m", "--out", tmp_path / "o")
    assert (found["n"], found["humaneval"]) == (2, 50)
    assert "mmlu" not in found
    assert "likelihoods" in found["notes"][0]
