"""The gate before a run becomes the default model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agent.scoring.intervals import paired
from tests.tiny_rows import calls_rows, code_rows, write_rows
from train.errors import DataError
from train.evaluate.compare import Comparison
from train.out.promote import FROZEN_ITEMS, HELDOUT_FILES, freeze, judge
from train.rows import parse_row


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


def test_too_few_questions_say_nothing() -> None:
    verdict = judge({"held-out": compared(NO[:19], YES[:19]), "frozen": compared(YES, YES)})
    assert verdict.reasons == ("held-out: 19 questions say too little, 20 are needed",)


def test_of_the_code_view_only_what_programs_do_is_asked() -> None:
    figures = {"cf": paired(YES, YES), "same": paired(YES, NO), "parses": paired(YES, NO)}
    same = Comparison("heldout-code", "heldout", "old", "new", figures)
    assert judge({"code": same}).is_promoted
    worse = Comparison("heldout-code", "heldout", "old", "new", {**figures, "runs": paired(YES, NO)})
    assert judge({"code": worse}).reasons == ("code: RUNS 0.00 against 100.00 of old",)


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
