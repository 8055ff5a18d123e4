"""The gate before a run becomes the default model."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.scoring.intervals import paired
from train.errors import DataError
from train.evaluate.compare import Comparison
from train.out.promote import FROZEN_ITEMS, HELDOUT_FILE, freeze, judge


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


def test_the_frozen_set_is_made_once(tmp_path: Path) -> None:
    heldout, frozen = tmp_path / "data", tmp_path / "frozen"
    heldout.mkdir()
    with pytest.raises(DataError, match=r"no calls\.heldout") as told:
        freeze(heldout, frozen)
    assert "train data" in told.value.hint
    (heldout / HELDOUT_FILE).write_text("".join(f"{n}\n" for n in range(FROZEN_ITEMS + 9)), encoding="utf-8")
    assert freeze(heldout, frozen) == frozen
    (heldout / HELDOUT_FILE).write_text("other\n", encoding="utf-8")
    freeze(heldout, frozen)
    assert (frozen / HELDOUT_FILE).read_text(encoding="utf-8").splitlines() == [str(n) for n in range(FROZEN_ITEMS)]
