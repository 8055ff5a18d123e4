"""The gate before a run becomes the default model."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.scoring.gold import GivenCall
from agent.scoring.intervals import paired
from tests.tiny_rows import calls_rows, code_rows, write_rows
from train.errors import DataError
from train.evaluate.answers import Answer
from train.evaluate.compare import Comparison
from train.out.promote import FROZEN_ITEMS, HELDOUT_FILES, freeze, judge
from train.rows import CodeRow, parse_row
from tui import cli
from tui.train_eval.request import EvalRequest


def compared(a: list[bool], b: list[bool]) -> Comparison:
    return Comparison("heldout", "heldout", "old", "new", {"ts": paired(a, b), "cf": paired(a, b)})


YES, NO = [True] * 20, [False] * 20


def test_no_worse_on_both_is_promoted() -> None:
    assert judge({"held-out": compared(NO, YES), "frozen": compared(YES, YES)}).is_promoted


def test_worse_on_either_is_not() -> None:
    one_lost = [*YES[:-1], False]
    verdict = judge({"held-out": compared(NO, YES), "frozen": compared(YES, one_lost)})
    assert not verdict.is_promoted
    assert verdict.reasons == ("frozen: TS 95.00 against 100.00 of old", "frozen: CF 95.00 against 100.00 of old")


def test_what_gets_nothing_right_is_no_default_model() -> None:
    assert judge({"held-out": compared(NO, NO)}).reasons == ("held-out: it gets nothing right",)


def test_too_few_questions_say_nothing() -> None:
    verdict = judge({"held-out": compared(NO[:19], YES[:19]), "frozen": compared(YES, YES)})
    assert verdict.reasons == ("held-out: 19 questions say too little, 20 are needed",)


def test_of_the_code_view_only_what_programs_do_is_asked() -> None:
    figures = {"cf": paired(YES, YES), "same": paired(YES, NO), "parses": paired(YES, NO)}
    same = Comparison("heldout-code", "heldout", "old", "new", figures)
    assert judge({"code": same}).is_promoted
    worse = Comparison("heldout-code", "heldout", "old", "new", {**figures, "runs": paired(YES, NO)})
    assert judge({"code": worse}).reasons == ("code: RUNS 0.00 against 100.00 of old",)


class _Knows:
    """A predictor that answers every question rightly, or none."""

    def __init__(self, name: str, *, right: bool) -> None:
        self.name, self._right = name, right

    def settings(self) -> dict[str, Any]:
        return {}

    def answers(self, rows: Sequence[Any]) -> Iterator[tuple[int, Answer]]:
        for n, row in enumerate(rows):
            if isinstance(row, CodeRow):
                yield n, Answer(row.completion if self._right else "", ())
            else:
                word, number = re.findall(r"(\w+) number (\d+)", row.turns[0].text)[0]
                yield n, Answer("", (GivenCall(f"get_{word}" if self._right else "no", {"n": int(number)}),))

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize(("is_right", "status"), [(True, 0), (False, 4)])
def test_the_command_asks_both_views_and_changes_the_default(
    is_right: bool, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOOLCODER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOOLCODER_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").touch()
    data, run = tmp_path / "data", tmp_path / "run"
    data.mkdir()
    run.mkdir()
    write_rows(data / HELDOUT_FILES["calls"], calls_rows(3))
    write_rows(data / HELDOUT_FILES["code"], code_rows(3))

    def predictor_of(request: EvalRequest) -> _Knows:
        return _Knows(str(request.model), right=is_right == (request.model == str(run.resolve())))

    monkeypatch.setattr("tui.train_promote.predictor_of", predictor_of)
    arguments = ["train", "promote", str(run), "--data", str(data), "--against", "old", "--least", "3", "--no-run"]
    assert cli.run([*arguments, "--json"]) == status
    told = json.loads(capsys.readouterr().out)
    assert told["promoted"] is is_right
    views = ("calls", "code")
    assert list(told["comparisons"]) == [
        f"{name}, {view}" for name in ("held-out sessions", "frozen set") for view in views
    ]
    assert told["comparisons"]["frozen set, code"]["figures"]["cf"]["b"] == (100 if is_right else 0)
    assert (str(run.resolve()) in (tmp_path / "config.toml").read_text()) is is_right


def test_the_frozen_set_is_made_once_and_of_the_same_turns_in_both_views(tmp_path: Path) -> None:
    heldout, frozen = tmp_path / "data", tmp_path / "frozen"
    heldout.mkdir()
    with pytest.raises(DataError, match="nothing is held out") as told:
        freeze(heldout, frozen)
    assert "train data" in told.value.hint
    calls = [replace(row, id=f"s{n}/1/calls") for n, row in enumerate(calls_rows(FROZEN_ITEMS + 9))]
    codes = [replace(row, id=f"s{n}/1/5-implement") for n, row in enumerate(code_rows(FROZEN_ITEMS + 9))]
    write_rows(heldout / HELDOUT_FILES["calls"], calls)
    write_rows(heldout / HELDOUT_FILES["code"], [*codes[FROZEN_ITEMS:], *codes[5:]])
    assert freeze(heldout, frozen) == frozen
    write_rows(heldout / HELDOUT_FILES["calls"], calls[:1])
    freeze(heldout, frozen)
    kept = [
        [parse_row(line).id for line in (frozen / name).read_bytes().splitlines()] for name in HELDOUT_FILES.values()
    ]
    assert kept[0] == [row.id for row in calls[:FROZEN_ITEMS]]
    assert kept[1] == [row.id for row in codes[5:FROZEN_ITEMS]]
