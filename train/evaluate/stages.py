"""The code view: each held-out stage of the agent's own work is asked again and compared with the right completion.

Of stages that write code: does it parse, and do its calls of tools equal the right program's (TS, PI, CF over all
calls, in any order; an argument that is no literal there may be anything here). Of the others: is it the same text,
white space aside. Of whole programs beside: could it have made the calls that the broker recorded in that turn, and no
others (*record*); and, where a sandbox is there, does it end as the right one does on what was recorded (*runs*).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.scoring.intervals import wilson
from agent.scoring.program import fits_record, program_calls, program_gold
from agent.scoring.single import ALL_RIGHT, ALL_WRONG, Verdict, judge
from train.evaluate.answers import Answer, AnswerFile, Predictor
from train.evaluate.heldout import Record
from train.evaluate.replayed import PROGRAM_STAGES
from train.evaluate.report import Figure, Report, grouped, verdict_figures, verdict_shares
from train.evaluate.singles import OnStep
from train.rows import CodeRow

CODE_STAGES = frozenset({"scaffold", "plan", "select", "reselect", "implement", "review"})


@dataclass(frozen=True)
class JudgedStage:
    """`parses` and `verdict` are of code stages; `is_same` of all. `by_record`: None where there is no record of it;
    `runs` also where the right program does not end on that record."""

    row: CodeRow
    answer: Answer | None
    is_code: bool
    parses: bool
    is_same: bool
    verdict: Verdict
    by_record: bool | None = None
    runs: bool | None = None


def ask_stages(rows: Sequence[CodeRow], predictor: Predictor, kept: AnswerFile, on_step: OnStep) -> None:
    """Ask whatever is not there yet.

    Raises:
        TrainError: the predictor's.
    """
    waiting = [row for row in rows if row.id not in kept.known]
    n = len(rows) - len(waiting)
    on_step(n)
    for index, answer in predictor.answers(waiting):
        kept.add(waiting[index].id, answer)
        n += 1
        on_step(n)


def judge_stage(
    row: CodeRow, answer: Answer | None, record: Record | None = None, runs: bool | None = None
) -> JudgedStage:
    """One completion against the one that was right, and a whole program against the record of its turn.

    `runs`: what running it said (`replayed`), where it was run.
    """
    text = answer.text if answer is not None else ""
    is_same = answer is not None and text.split() == row.completion.split()
    gold = program_gold(row.completion, row.tools) if row.stage in CODE_STAGES else None
    if gold is None:
        verdict = ALL_RIGHT if is_same else ALL_WRONG
        return JudgedStage(row, answer, False, False, is_same, verdict, runs=runs)
    calls = program_calls(text, row.tools) if answer is not None else None
    by_record = None
    if record is not None and row.stage in PROGRAM_STAGES:
        by_record = answer is not None and fits_record(text, record.calls, record.parameters)
    parses = calls is not None
    verdict = judge(calls, gold)
    return JudgedStage(row, answer, True, parses, is_same, verdict, by_record, runs)


def stages_report(split: str, model: str, judged: Sequence[JudgedStage]) -> Report:
    """Figures over the stages that write code, and by stage over all."""
    code = [found for found in judged if found.is_code]
    n_parses = sum(found.parses for found in code)
    parses = Figure(_percent(n_parses, len(code)), wilson(n_parses, len(code)))
    told = [found.by_record for found in judged if found.by_record is not None]
    ran = [found.runs for found in judged if found.runs is not None]
    beside = {
        name: Figure(_percent(sum(some), len(some)), wilson(sum(some), len(some)))
        for name, some in (("record", told), ("runs", ran))
        if some
    }
    n_same = sum(found.is_same for found in judged)
    figures = {
        "parses": parses,
        **verdict_figures([found.verdict for found in code]),
        **beside,
        "same": Figure(_percent(n_same, len(judged)), wilson(n_same, len(judged))),
    }
    return Report(
        "heldout-code",
        "Held-out sessions, code",
        split,
        model,
        len(judged),
        figures,
        {
            "code_stages": len(code),
            "other_stages": len(judged) - len(code),
            "programs_with_a_record": len(told),
            "programs_run": len(ran),
            "cut_off": sum(f.answer is not None and f.answer.end == "length" for f in judged),
            "missing": sum(f.answer is None for f in judged),
        },
        grouped(code, lambda found: (found.row.stage,), _shares),
        notes=(
            "parses, TS, PI and CF are of stages that write code; same: the completion word for word, of all stages.",
            "record: whole programs that could have made the calls that the broker recorded, and no others.",
            *(["runs: whole programs that end, on the recorded results, as the right ones do."] if ran else []),
            *_others([found for found in judged if not found.is_code]),
        ),
    )


def _others(found: Sequence[JudgedStage]) -> tuple[str, ...]:
    """The share of equal completions for each stage that writes no code."""
    stages = sorted({one.row.stage for one in found})
    some = {stage: [one.is_same for one in found if one.row.stage == stage] for stage in stages}
    told = [f"{stage} {_percent(sum(same), len(same)):.2f} (n = {len(same)})" for stage, same in some.items()]
    return (f"Same, of other stages: {', '.join(told)}.",) if told else ()


def _shares(some: Sequence[JudgedStage]) -> dict[str, float]:
    return {
        "parses": _percent(sum(found.parses for found in some), len(some)),
        **verdict_shares([found.verdict for found in some]),
        "same": _percent(sum(found.is_same for found in some), len(some)),
    }


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0.0
