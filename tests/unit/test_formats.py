"""Files of benchmarks: what is read, and what is told of those that are torn."""

import json
from pathlib import Path

import pytest

from agent.scoring.gold import GivenCall
from agent.scoring.single import judge
from tests.made_benchmarks import ROTBENCH, TOOLALPACA, write_rotbench
from train.formats import rotbench, toolalpaca
from train.formats.json_items import json_items
from train.formats.problems import Problem
from train.formats.react_text import NotReact, read_react, write_react
from train.formats.toolalpaca_docs import gold_step
from train.rows import parse_row, row_json


def read(path: Path) -> tuple[list[tuple[int, object]], list[str]]:
    problems: list[Problem] = []
    return list(json_items(path, problems.append)), [f"{p.line}: {p.why}" for p in problems]


def test_items_of_an_array_and_of_lines_have_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[\n {"a": 1},\n\n {"b":\n 2}]', encoding="utf-8")
    assert read(path) == ([(2, {"a": 1}), (4, {"b": 2})], [])
    path.write_text('{"a": 1}\n{"b": 2}\n', encoding="utf-8")
    assert read(path) == ([(1, {"a": 1}), (2, {"b": 2})], [])


def test_a_torn_array_gives_its_whole_items(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"a": i, "in": {"b": 1}} for i in range(5)], indent=1)[:-30], encoding="utf-8")
    items, problems = read(path)
    assert [item["a"] for _, item in items] == [0, 1, 2, 3]  # type: ignore[index]
    assert len(problems) == 1


def test_one_broken_line_loses_itself_only(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": 0}\n{"a": \n{"a": 2}\n\x00\n{"a": 4}\n', encoding="utf-8")
    items, problems = read(path)
    assert [item["a"] for _, item in items] == [0, 2, 4]  # type: ignore[index]
    assert [problem.split(":")[0] for problem in problems] == ["2", "4"]


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "empty"), (b"\x1f\x8b\x08\x00\xff", "UTF-8"), (b"[" * 100_000, "nested")]
)
def test_what_is_no_json_at_all_is_told(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    items, problems = read(path)
    assert not items
    assert words in problems[0]


@pytest.mark.parametrize("n_bytes", [1, 7, 64])
def test_pieces_make_no_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_bytes: int) -> None:
    """Wherever the file is cut while it is read: in a letter, an escape, a number, the space before an item."""
    monkeypatch.setattr("train.formats.json_text._PIECE_BYTES", n_bytes)
    path = tmp_path / "a.json"
    items = [{"a": n, "text": 'é\n"\u2028' * n, "in": [1.5e-3, None, {"b": [n]}]} for n in range(9)]
    for indent in (None, 1, 4):
        path.write_text("\n" + json.dumps(items, indent=indent), encoding="utf-8")
        assert [item for _, item in read(path)[0]] == items and not read(path)[1]
    path.write_text("\n\n".join(json.dumps(item, ensure_ascii=False) for item in items), encoding="utf-8-sig")
    assert read(path) == ([(1 + 2 * n, item) for n, item in enumerate(items)], [])
    path.write_text("12345\n678", encoding="utf-8")
    assert read(path) == ([(1, 12345), (2, 678)], [])


def test_bytes_that_are_no_text_lose_their_item_only(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a": "caf\xe9"}\n{"a": 1}\n{"a": "\xff\xfe"}\n{"a": 3}\n')
    items, problems = read(path)
    assert items == [(2, {"a": 1}), (4, {"a": 3})]
    assert [problem.split(":")[0] for problem in problems] == ["1", "3"] and "UTF-8" in problems[0]


def test_a_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    assert "No such file" in read(tmp_path / "none.json")[1][0]


def test_react_is_read_as_it_is_written() -> None:
    turn = read_react(write_react("now", {"a": ["é", 1]}, "why not"))
    assert (turn.thought, turn.name, turn.args) == ("why not", "now", {"a": ["é", 1]})
    for text in ("no", "Action: x", "Action: x\nAction Input: [1]", "Action: x\nAction Input: {"):
        with pytest.raises(NotReact):
            read_react(text)


def test_rotbench_tells_the_line_of_a_bad_item(tmp_path: Path) -> None:
    bad = [
        ROTBENCH[0],
        {"id": "x"},
        {**ROTBENCH[1], "conversations": [{"from": "system", "value": "no tools"}, {}, {"value": ["a"]}]},
    ]
    path = rotbench.split_file(write_rotbench(tmp_path, [*bad, ROTBENCH[2]]), "clean")
    problems: list[Problem] = []
    assert len(list(rotbench.items(path, problems.append))) == 2
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [problem.line for problem in problems] == [
        next(i for i, x in enumerate(lines, 1) if '"x"' in x) - 1,
        problems[1].line,
    ]
    assert "no list of tools" in problems[1].why


def test_rotbench_is_found_in_its_own_layouts(tmp_path: Path) -> None:
    folder = write_rotbench(tmp_path / "Data", split="Heavy")
    assert rotbench.split_file(tmp_path, "heavy") == rotbench.split_file(folder, "HEAVY")
    assert rotbench.split_file(folder / "First_Turn" / "Heavy.json", "any").name == "Heavy.json"
    with pytest.raises(FileNotFoundError, match=r"no union\.json"):
        rotbench.split_file(tmp_path, "union")


class TestToolAlpaca:
    def path(self, tmp_path: Path, apis: object = TOOLALPACA) -> Path:
        path = tmp_path / "eval_real.json"
        path.write_text(json.dumps(apis), encoding="utf-8")
        return path

    def test_descriptions_become_schemas(self, tmp_path: Path) -> None:
        search, order, ask = next(toolalpaca.items(self.path(tmp_path))).tools
        assert search.parameters["required"] == ["kind"]
        assert search.parameters["properties"]["kind"] == {
            "type": "string",
            "enum": ["tart", "roll"],
            "description": "One of: [tart, roll]. The kind.",
        }
        assert order.parameters["properties"]["tags"]["items"] == {"type": "string"}
        assert ask.name == "getDetails"

    def test_what_is_right(self, tmp_path: Path) -> None:
        tarts, roll, ask, both = toolalpaca.items(self.path(tmp_path))
        assert judge([GivenCall("searchCakes", {"kind": "tart"})], tarts.gold).cf
        assert judge([GivenCall("searchCakes", {"kind": "tart", "page": ""})], tarts.gold).cf
        assert not judge([GivenCall("orderCake", {"cakeId": 9})], roll.gold).ts
        assert judge([GivenCall("getDetails", {"Question": "Which?"})], ask.gold).cf
        assert judge([GivenCall("searchCakes", {"kind": "roll"})], both.gold).cf

    def test_rows_and_recorded_instances(self, tmp_path: Path) -> None:
        steps = [
            [
                ["searchCakes", '{"kind": "tart"}', "ASSISTANT Thought: look\nASSISTANT Action: searchCakes"],
                "Status Code: 200.",
            ]
        ]
        api = {
            **TOOLALPACA[0],
            "Instances": [{"input": "Tarts?", "intermediate_steps": steps, "output": "One."}, {"input": "?"}],
        }
        problems: list[Problem] = []
        rows = list(toolalpaca.load(self.path(tmp_path, [api]), problems.append))
        assert len(rows) == 5
        instance = rows[0]
        assert [type(turn).__name__ for turn in instance.turns] == ["Said", "Called", "Said", "Said"]
        assert instance.turns[1].thought == "look"
        assert "instance 1" in problems[0].why
        assert all(parse_row(json.dumps(row_json(row))) == row for row in rows)

    @pytest.mark.parametrize(
        ("written", "free"),
        [
            ('{"id": ${id from search}}', {"id"}),
            ('{"id": ${id from search, "token": ${token from login}}', {"id", "token"}),
            ('{"start": "{start date}", "n": 2}', {"start"}),
            ('{"start": ${start date}"}', {"start"}),
            ('{"list": [${some permission}], "in": {"x": 1}}', {"list"}),
            ("", set()),
        ],
    )
    def test_placeholders_of_gold(self, written: str, free: set[str]) -> None:
        assert gold_step("[Optional]f", written).free == free
        assert gold_step("[Optional]f", written).name == "f"

    def test_what_is_no_api_is_told(self, tmp_path: Path) -> None:
        short = {**TOOLALPACA[0], "Golden_Answers": [[], [{"Action": "a", "Action_Input": "{"}], [{"x": 1}]]}
        problems: list[Problem] = []
        assert not list(toolalpaca.items(self.path(tmp_path, [short, {"a": 1}]), problems.append))
        assert len(problems) == 5
