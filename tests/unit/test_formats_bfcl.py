"""BFCL's format and its way to compare; ToolEyes' format; held-out rows. Items made here, in their shape."""

import json
from pathlib import Path

import pytest

from agent.calls.categories import Category
from agent.scoring.gold import GivenCall
from agent.scoring.single import Verdict, judge
from train.evaluate.answers import Answer
from train.evaluate.heldout import code_rows, items, records, rows_file, turn_of
from train.evaluate.stages import judge_stage, stages_report
from train.formats import bfcl, bfcl_values, tooleyes
from train.formats.item import Item
from train.formats.problems import Problem
from train.rows import Call, Called, CallsRow, CodeRow, Said, ToolDoc, row_json
from tui.train_eval.request import EvalRequest
from tui.train_eval.sessions import views_of

AREA = {
    "name": "geometry.area",
    "description": "Area.",
    "parameters": {
        "type": "dict",
        "properties": {
            "base": {"type": "float"},
            "height": {"type": "integer"},
            "unit": {"type": "string"},
            "style": {"type": "dict", "properties": {"colour": {"type": "string"}}},
            "marks": {"type": "tuple", "items": {"type": "any"}},
        },
        "required": ["base", "height"],
    },
}
ANSWER = {
    "geometry.area": {
        "base": [10],
        "height": [5],
        "unit": ["cm", "centi-metres", ""],
        "style": [{"colour": ["red", "dark red"], "line": ["thin", ""]}, ""],
        "marks": [[1, 2], ""],
    }
}


def written(
    folder: Path, category: str, entries: list[dict[str, object]], answers: dict[str, object] | None = None
) -> Path:
    path = folder / f"BFCL_v3_{category}.json"
    path.write_text("\n".join(map(json.dumps, entries)), encoding="utf-8")
    if answers is not None:
        (folder / "possible_answer").mkdir(exist_ok=True)
        lines = [json.dumps({"id": key, "ground_truth": truth}) for key, truth in answers.items()]
        (folder / "possible_answer" / path.name).write_text("\n".join(lines), encoding="utf-8")
    return bfcl.category_file(folder, category)


def question(key: str, functions: object, **more: object) -> dict[str, object]:
    return {"id": key, "question": [[{"role": "user", "content": f"Do {key}."}]], "function": functions, **more}


@pytest.fixture
def simple(tmp_path: Path) -> Item:
    return next(bfcl.items(written(tmp_path, "simple", [question("simple_0", [AREA])], {"simple_0": [ANSWER]})))


@pytest.mark.parametrize(
    ("args", "verdict"),
    [
        ({"base": 10.0, "height": 5}, Verdict(True, True, True)),
        ({"base": 10, "height": 5, "unit": "CM"}, Verdict(True, True, True)),
        ({"base": 10, "height": 5, "unit": "Centi Metres."}, Verdict(True, True, True)),
        ({"base": 10, "height": 5, "style": {"colour": "Dark-Red"}}, Verdict(True, True, True)),
        ({"base": 10, "height": 5, "style": {"colour": "red", "line": "thin"}}, Verdict(True, True, True)),
        ({"base": 10, "height": 5, "style": {"line": "thin"}}, Verdict(True, True)),
        ({"base": 10, "height": 5, "style": {"colour": "red", "wide": 1}}, Verdict(True, True)),
        ({"base": 10, "height": 5, "marks": [1, 2]}, Verdict(True, True, True)),
        ({"base": 10, "height": 5, "marks": [2, 1]}, Verdict(True, True)),
        ({"base": 10, "height": 5.0}, Verdict(True, True)),
        ({"base": "10", "height": 5}, Verdict(True, True)),
        ({"base": True, "height": 5}, Verdict(True, True)),
        ({"base": 10}, Verdict(True)),
        ({"base": 10, "height": 5, "colour": "red"}, Verdict(True)),
    ],
)
def test_values_as_its_checker_compares_them(simple: Item, args: dict[str, object], verdict: Verdict) -> None:
    for name in ("geometry_area", "geometry.area"):
        assert judge([GivenCall(name, args)], simple.gold, bfcl_values.same_value) == verdict
    (gold,) = simple.gold.alternatives[0]
    assert judge([GivenCall(gold.name, bfcl_values.first_values(gold))], simple.gold, bfcl_values.same_value).cf


@pytest.mark.parametrize(
    ("declared", "possible", "right", "wrong"),
    [
        # A float takes whole numbers, an integer no floats; nothing takes true for 1.
        ({"type": "float"}, [2], [2, 2.0], [2.5, "2", True]),
        ({"type": "integer"}, [2], [2], [2.0, True, "2"]),
        ({"type": "boolean"}, [True], [True], [1, "true", "True"]),
        # The "" of what may be left out is no value of another type, but an empty list meets it.
        ({"type": "integer"}, [2, ""], [2], [""]),
        ({"type": "string"}, ["a", ""], ["A", "", " "], ["b"]),
        ({"type": "array", "items": {"type": "integer"}}, [[1, 2], ""], [[1, 2], []], [[2, 1], [1.0, 2.0], "", [1]]),
        # Items: of the declared type, or of that of the possible list's first one.
        ({"type": "array", "items": {"type": "float"}}, [[1, 2]], [[1, 2], [1.0, 2.0]], [["1", "2"], [True, 2]]),
        ({"type": "array", "items": {"type": "float"}}, [[1.0, 2.0]], [[1.0, 2.0]], [[1, 2]]),
        # Strings in a list are folded, those a list deeper are not.
        ({"type": "array", "items": {"type": "string"}}, [["New York"]], [["new-york"]], [["York"], ["New York", ""]]),
        ({"type": "array", "items": {"type": "array"}}, [[["A"]]], [[["A"]]], [[["a"]]]),
        ({"type": "tuple", "items": {"type": "integer"}}, [[1, 2]], [(1, 2), [1, 2]], [(2, 1)]),
        ({"type": "array", "items": {"type": "integer"}}, [[1, 2]], [[1, 2]], [(1, 2)]),
        # Strings: neither case, spaces nor ,./-_*^ count; one kind of quotes.
        ({"type": "string"}, ["April 1, 2024"], ["april 1 2024", "April_1/2024"], ["April 1: 2024", "April 12024!"]),
        ({"type": "string"}, ["it's"], ['it"s'], ["its"]),
        # A variable: the answers' type is not the declared one; to the letter.
        ({"type": "integer"}, ["n_max"], ["n_max"], ["N_MAX", 3]),
        # Dictionaries: values equal as Python has it, each key one of its values, lists in them to the letter.
        ({"type": "dict"}, [{"r": [5], "c": ["Red", ""]}], [{"r": 5.0}, {"r": 5, "c": "RED"}], [{"c": "red"}]),
        ({"type": "dict"}, [{"x": [["A"]]}], [{"x": ["A"]}], [{"x": ["a"]}, {"x": ["A"], "y": 1}, {}]),
        ({"type": "array", "items": {"type": "dict"}}, [[{"a": [1]}, {"a": [2]}]],
         [[{"a": 1}, {"a": 2}]], [[{"a": 2}, {"a": 1}], [{"a": 1}], [1, 2]]),
    ],
)  # fmt: skip
def test_each_of_its_rules(
    declared: dict[str, object], possible: list[object], right: list[object], wrong: list[object]
) -> None:
    values = bfcl_values.possible_values(possible, declared)
    for given, is_right in [*((one, True) for one in right), *((one, False) for one in wrong)]:
        assert any(bfcl_values.same_value(given, one) for one in values) is is_right, given


def test_what_the_function_demands_may_not_be_left_out(tmp_path: Path) -> None:
    answer = {"geometry.area": {**ANSWER["geometry.area"], "height": [5, ""]}}
    (item,) = bfcl.items(written(tmp_path, "simple", [question("s", [AREA])], {"s": [answer]}))
    assert not judge([GivenCall("geometry_area", {"base": 10})], item.gold, bfcl_values.same_value).pi
    (gold,) = item.gold.alternatives[0]
    assert bfcl_values.first_values(gold) == {"base": 10, "height": 5}


def test_schemas_become_json_schema_and_names_python(simple: Item) -> None:
    (tool,) = simple.tools
    assert tool.name == "geometry_area"
    properties = tool.parameters["properties"]
    assert (tool.parameters["type"], properties["base"]["type"]) == ("object", "number")
    assert properties["marks"] == {"type": "array", "items": {}}


def test_parallel_calls_in_any_order(tmp_path: Path) -> None:
    sums = {"name": "add", "description": "", "parameters": {"type": "dict", "properties": {"a": {"type": "integer"}}}}
    truth = [{"add": {"a": [1]}}, {"add": {"a": [2]}}]
    path = written(tmp_path, "parallel", [question("parallel_0", [sums])], {"parallel_0": truth})
    (item,) = bfcl.items(path)
    assert judge([GivenCall("add", {"a": 2}), GivenCall("add", {"a": 1})], item.gold, bfcl_values.same_value).cf
    assert not judge([GivenCall("add", {"a": 1})], item.gold, bfcl_values.same_value).ts


def test_executable_categories_carry_their_calls(tmp_path: Path) -> None:
    truth = ["area(base=2.0, style={'a': [1, 2]})"]
    entry = question("exec_0", AREA, ground_truth=truth, execution_result_type=["real_time_match"])
    (item,) = bfcl.items(written(tmp_path, "exec_simple", [entry]))
    assert item.match == ("real_time_match",)
    assert judge([GivenCall("area", {"base": 2, "style": {"a": [1, 2]}})], item.gold, bfcl_values.same_value).cf
    assert not judge([GivenCall("area", {"base": 2, "style": {"a": 1}})], item.gold, bfcl_values.same_value).cf
    (gold,) = item.gold.alternatives[0]
    assert bfcl_values.first_values(gold) == {"base": 2.0, "style": {"a": [1, 2]}}


def test_the_fourth_version_keeps_answers_apart_and_computes_in_them(tmp_path: Path) -> None:
    """Its names of files, right calls beside the folder of questions, arguments by position and as sums."""
    area = {**AREA, "name": "area"}
    questions, answers = tmp_path / "question", tmp_path / "possible_answer"
    questions.mkdir()
    answers.mkdir()
    right = {"id": "e", "ground_truth": ["area(1/4, height=-2*3)"], "execution_result_type": ["exact_match"]}
    (questions / "BFCL_v4_exec_simple.json").write_text(json.dumps(question("e", [area])))
    (answers / "BFCL_v4_exec_simple.json").write_text(json.dumps(right))
    (item,) = bfcl.items(bfcl.category_file(questions, "exec_simple"))
    assert item.match == ("exact_match",)
    assert judge([GivenCall("area", {"base": 0.25, "height": -6})], item.gold, bfcl_values.same_value).cf
    undeclared = {"area": {**ANSWER["geometry.area"], "colour": ["red", ""]}}
    (questions / "BFCL_v4_simple_python.json").write_text(json.dumps(question("s", [area], ground_truth=[undeclared])))
    (item,) = bfcl.items(bfcl.category_file(questions, "simple"))
    assert item.tags == ("simple",)
    assert judge([GivenCall("area", {"base": 10, "height": 5})], item.gold, bfcl_values.same_value).cf
    assert not judge([GivenCall("area", {"base": 10, "height": 5, "colour": "red"})], item.gold).pi


def test_irrelevance_wants_no_call(tmp_path: Path) -> None:
    (item,) = bfcl.items(written(tmp_path, "irrelevance", [question("irrelevance_0", [AREA])]))
    assert judge([], item.gold).cf
    assert not judge([GivenCall("geometry_area", {})], item.gold).ts


def test_what_is_not_read_is_told(tmp_path: Path) -> None:
    bad = [
        {"id": "a"},
        question("b", [AREA]),
        question("c", [AREA], ground_truth=["no call at all"]),
        question("d", [AREA], ground_truth=["f(1)"]),
        {
            **question("e", [AREA]),
            "question": [[{"role": "user", "content": "1"}], [{"role": "user", "content": "2"}]],
            "ground_truth": [],
        },
    ]
    problems: list[Problem] = []
    assert not list(bfcl.items(written(tmp_path, "simple", bad), problems.append))
    assert [problem.line for problem in problems] == [1, 2, 3, 4, 5]
    with pytest.raises(FileNotFoundError, match="multi_turn_base"):
        bfcl.category_file(tmp_path, "multi_turn_base")


def test_tooleyes_items(tmp_path: Path) -> None:
    tools = [{"name": "one", "parameters": {"type": "object", "properties": {}}}]

    def entry(system: str) -> dict[str, object]:
        turns = [{"from": "system", "value": system}, {"from": "user", "value": "Do it. Begin!"}]
        return {"conversations": turns, "path": "./Lib/A", "scenario": "AM"}

    path = tmp_path / "scenario_zero.json"
    path.write_text(json.dumps([entry(f"x {json.dumps(tools)}"), {"conversations": []}, entry("no tools")]))
    problems: list[Problem] = []
    (item,) = tooleyes.items(tooleyes.split_file(tmp_path, "zero"), problems.append)
    assert (item.turns, item.topic, item.tags) == ((Said("user", "Do it."),), "./Lib/A", ("Application Manipulation",))
    assert len(problems) == 2


CALLS = CallsRow(
    "s1",
    "g",
    (ToolDoc("find", ""),),
    (
        Said("user", "Films of Kim?"),
        Called((Call("find", {"who": "Kim"}), Call("find", {"who": "wrong"}, is_target=False))),
        Said("tool", "[]"),
        Called((Call("find", {"x": 1}),), is_target=False),
        Said("tool", "TypeError"),
        Called((Call("find", {"who": "Kim B"}),)),
        Said("assistant", "None."),
    ),
    "log",
)
PROGRAM = "```python\ndef films():\n    return [f['id'] for f in find(who='Kim', n=count())]\n```"


def rows(tmp_path: Path, *made: CallsRow | CodeRow) -> Path:
    for view in ("calls", "code"):
        lines = [json.dumps(row_json(row)) for row in made if row_json(row)["view"] == view]
        (tmp_path / f"{view}.heldout.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return tmp_path


def test_every_right_turn_of_a_session_is_a_question(tmp_path: Path) -> None:
    first, second = items(rows_file(rows(tmp_path, CALLS), "calls", "heldout"))
    assert (len(first.turns), len(second.turns)) == (1, 5)
    assert judge([GivenCall("find", {"who": "Kim"})], first.gold).cf
    assert judge([GivenCall("find", {"who": "Kim B"})], second.gold).cf
    assert not judge([GivenCall("find", {"who": "Kim"}), GivenCall("find", {"who": "wrong"})], first.gold).ts


def test_a_bad_line_is_told_and_the_rest_read(tmp_path: Path) -> None:
    path = rows_file(rows(tmp_path, CALLS), "calls", "heldout")
    path.write_text('{"view": "calls"}\n\n' + path.read_text())
    problems: list[Problem] = []
    assert len(list(items(path, problems.append))) == 2
    assert [problem.line for problem in problems] == [1]


@pytest.mark.parametrize(
    ("text", "parses", "verdict"),
    [
        (PROGRAM, True, Verdict(True, True, True)),
        ("```python\nxs = find(n=3, who='Kim')\n```", True, Verdict(True, True, True)),
        ("xs = find(n=3, who='Kim')", True, Verdict(True, True, True)),
        ("```python\nxs = find(n=3, who='Lee')\n```", True, Verdict(True, True)),
        ("```python\nxs = find(who='Kim')\n```", True, Verdict(True)),
        ("```python\nxs = 3\n```", True, Verdict()),
        ("```python\nxs = find(\n```", False, Verdict()),
        ("I cannot.", False, Verdict()),
    ],
)
def test_programs_against_the_right_one(text: str, parses: bool, verdict: Verdict) -> None:
    row = CodeRow("r", "g", "implement", (("user", "?"),), PROGRAM, ("find",))
    found = judge_stage(row, Answer(text, ()))
    assert (found.parses, found.verdict) == (parses, verdict)


RECORDED = (Call("find", {"who": "Kim", "n": 3}), Call("show", {"film": 7, "long": True}))
PARAMETERS = {"find": ("who", "n"), "show": ("film", "long"), "drop": ("film",)}


@pytest.mark.parametrize(
    ("program", "fits"),
    [
        ("for f in find(who='Kim', n=k):\n    show(f['id'], long=True)", True),
        ("```python\nx = find('Kim', n=3)\nshow(film=x, long=True)\n```", True),
        ("find('Lee', n=3)\nshow(1, long=True)", False),
        ("find('Kim')\nshow(x, long=True)", False),
        ("find('Kim', n=3)", False),
        ("find('Kim', n=3)\nshow(x, long=True)\ndrop(x)", False),
        ("find('Kim', n=3", False),
    ],
)
def test_whole_programs_against_the_record_of_their_turn(tmp_path: Path, program: str, fits: bool) -> None:
    tools = tuple(
        ToolDoc(name, "", {"type": "object", "properties": {key: {} for key in keys}})
        for name, keys in PARAMETERS.items()
    )
    failed = Call("drop", {"film": 1}, Category.TOOL_CALL_FAILURE, is_target=False)
    turns = (Said("user", "?"), *(Called((call,)) for call in (*RECORDED, failed)))
    row = CodeRow("s/1/5-implement", "g", "implement", (("user", "?"),), "find('Kim', n=3)", tuple(PARAMETERS))
    folder = rows(tmp_path, CallsRow("s/1/calls", "g", tools, turns), row)
    record = records(folder / "calls.heldout.jsonl")[turn_of(row)]
    assert record.calls == RECORDED
    assert judge_stage(row, Answer(program, ()), record).by_record is fits
    assert judge_stage(row, Answer(program, ())).by_record is None
    assert records(tmp_path / "none.jsonl") == {}


def test_sessions_that_called_no_tool_have_their_code_asked(tmp_path: Path) -> None:
    said = CallsRow("s1", "g", (), (Said("user", "2 + 2?"), Said("assistant", "4")), "log")
    code = CodeRow("r", "g", "implement", (("user", "?"),), PROGRAM, ())
    asked = views_of(EvalRequest(data=rows(tmp_path, said, code)))
    assert [request.benchmark for request in asked] == ["heldout-code"]
    both = views_of(EvalRequest(data=rows(tmp_path, CALLS, code)))
    assert [request.benchmark for request in both] == ["heldout", "heldout-code"]


def test_stages_without_code_are_the_same_or_not(tmp_path: Path) -> None:
    code = CodeRow("r", "g", "implement", (("user", "?"),), PROGRAM, ("find",))
    route = CodeRow("r", "g", "route", (("user", "?"),), "CODE")
    failed = CodeRow("f", "g", "implement", (("user", "?"),), "broken(", is_target=False)
    read = list(code_rows(rows_file(rows(tmp_path, code, route, failed), "code", "heldout")))
    assert [row.id for row in read] == ["r", "r#1"]
    judged = [judge_stage(read[0], Answer(PROGRAM, ())), judge_stage(read[1], Answer(" CODE\n", ()))]
    report = stages_report("heldout", "m", judged)
    assert report.json()["parses"] == report.json()["same"] == 100
    assert report.counts["code_stages"] == 1
    assert judge_stage(read[1], None).verdict == Verdict()
