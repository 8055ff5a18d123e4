"""What an evaluation says: figures with their intervals, what was wrong, by group; as JSON, Markdown and a plot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from agent.scoring.breakdown import ASPECTS, shares
from agent.scoring.intervals import Interval, bootstrap, wilson
from agent.scoring.multi import Episode, is_call_error, is_documentation_error, score_episodes
from agent.scoring.single import Verdict, score
from train.evaluate.singles import Judged

T = TypeVar("T")


@dataclass(frozen=True)
class Figure:
    """A percentage with its 95 % interval. `lower_is_better`: of error rates."""

    value: float
    interval: Interval
    lower_is_better: bool = False


@dataclass(frozen=True)
class Report:
    """Of one model on one split. `counts`: whole numbers worth knowing (unreadable, missing, ...). `groups`: the same
    figures per scenario or category. `official`: the benchmark's own count. `breakdown`: Table 1."""

    benchmark: str
    title: str
    split: str
    model: str
    n: int
    figures: Mapping[str, Figure]
    counts: Mapping[str, int] = field(default_factory=dict)
    groups: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    official: Mapping[str, float] | None = None
    breakdown: Mapping[str, Mapping[str, float]] | None = None
    notes: tuple[str, ...] = ()

    def json(self) -> dict[str, Any]:
        """The contract's object: `n`, a key for each figure, `official`, and what goes beyond."""
        found: dict[str, Any] = {"benchmark": self.benchmark, "split": self.split, "model": self.model, "n": self.n}
        found |= {name: figure.value for name, figure in self.figures.items()}
        if self.official is not None:
            found["official"] = dict(self.official)
        found["intervals"] = {name: [f.interval.low, f.interval.high] for name, f in self.figures.items()}
        found["counts"] = dict(self.counts)
        found["groups"] = {name: dict(group) for name, group in self.groups.items()}
        if self.breakdown is not None:
            found["breakdown"] = {aspect: dict(kinds) for aspect, kinds in self.breakdown.items()}
        return found | {"notes": list(self.notes)}


def single_report(
    benchmark: str,
    title: str,
    split: str,
    model: str,
    judged: Sequence[Judged],
    executed: Mapping[str, bool] | None = None,
) -> Report:
    """Of single steps. `executed`: of items whose calls were run, whether their results were right."""
    n = len(judged)
    figures = verdict_figures([found.verdict for found in judged])
    if executed:
        n_right = sum(executed.values())
        figures["exec"] = Figure(round(100 * n_right / len(executed), 2), wilson(n_right, len(executed)))
    official = [found.official for found in judged if found.official is not None]
    return Report(
        benchmark,
        title,
        split,
        model,
        n,
        figures,
        {
            "unreadable": sum(f.answer is not None and f.answer.calls is None for f in judged),
            "without_a_call": sum(f.answer is not None and f.answer.calls == () for f in judged),
            "cut_off": sum(f.answer is not None and f.answer.end == "length" for f in judged),
            "missing": sum(f.answer is None for f in judged),
        },
        grouped(judged, lambda found: found.item.tags, lambda some: verdict_shares([found.verdict for found in some])),
        verdict_shares(official) if official else None,
        shares(found.error for found in judged),
    )


def verdict_figures(verdicts: Sequence[Verdict]) -> dict[str, Figure]:
    """TS, PI and CF with Wilson's intervals."""
    n, values = len(verdicts), score(verdicts)
    rights = {"ts": sum(v.ts for v in verdicts), "pi": sum(v.pi for v in verdicts), "cf": sum(v.cf for v in verdicts)}
    return {name: Figure(values.json()[name], wilson(right, n)) for name, right in rights.items()}


def verdict_shares(verdicts: Iterable[Verdict]) -> dict[str, float]:
    found = score(verdicts)
    return {"ts": found.ts, "pi": found.pi, "cf": found.cf}


def multi_report(
    benchmark: str, title: str, split: str, model: str, episodes: Sequence[tuple[tuple[str, ...], Episode]]
) -> Report:
    """Of work over several turns; each episode with its item's tags. Calls cluster by item: bootstrap over items."""
    only = [episode for _, episode in episodes]
    total = score_episodes(only)
    de = [(float(sum(map(is_documentation_error, e.categories))), float(len(e.categories))) for e in only]
    ce = [(float(sum(map(is_call_error, e.categories))), float(len(e.categories))) for e in only]
    return Report(
        benchmark,
        title,
        split,
        model,
        total.n,
        {
            "de": Figure(total.de, _of_calls(de), lower_is_better=True),
            "ce": Figure(total.ce, _of_calls(ce), lower_is_better=True),
            "va": Figure(total.va, wilson(sum(e.is_valid for e in only), total.n)),
        },
        {"calls": total.n_calls, "malformed": total.n_malformed, "unobserved": total.n_unobserved},
        grouped(episodes, lambda pair: pair[0], lambda some: _multi_shares([episode for _, episode in some])),
        notes=(
            f"DE and CE are shares of calls; of items they are {total.de_items:.2f} and {total.ce_items:.2f}.",
            "VA: an answer that is no giving up, within nine turns.",
        ),
    )


def _of_calls(items: Sequence[tuple[float, float]]) -> Interval:
    """Of (wrong, all) calls by item. Where all items are alike resampling tells nothing, and the items are counted."""
    called = [(wrong, calls) for wrong, calls in items if calls]
    if called and len({wrong / calls for wrong, calls in called}) == 1 and called[0][0] in (0.0, called[0][1]):
        return wilson(len(called) if called[0][0] else 0, len(called))
    return bootstrap(items)


def _multi_shares(episodes: Sequence[Episode]) -> dict[str, float]:
    found = score_episodes(episodes)
    return {"de": found.de, "ce": found.ce, "va": found.va}


def grouped(
    found: Sequence[T], tags: Callable[[T], tuple[str, ...]], figures: Callable[[Sequence[T]], Mapping[str, float]]
) -> dict[str, dict[str, float]]:
    """Figures for each tag, with `n`; nothing where all have the same one."""
    names = sorted({tag for one in found for tag in tags(one)})
    if len(names) < 2:
        return {}
    groups = {name: [one for one in found if name in tags(one)] for name in names}
    return {name: {"n": len(some), **figures(some)} for name, some in groups.items()}


def markdown(report: Report) -> str:
    """The tables of a report for a reader of the folder."""
    lines = [f"# {report.title}, {report.split}: {report.model}", "", f"{report.n} items.", ""]
    lines += ["| | % | 95 % interval |", "|---|---:|---:|"]
    for name, figure in report.figures.items():
        arrow = " (lower is better)" if figure.lower_is_better else ""
        interval = f"{figure.interval.low:.2f} to {figure.interval.high:.2f}"
        lines.append(f"| {name.upper()}{arrow} | {figure.value:.2f} | {interval} |")
    if report.official:
        shown = ", ".join(f"{name.upper()} {value:.2f}" for name, value in report.official.items())
        lines += ["", f"The benchmark's own script counts {shown}."]
    if report.groups:
        columns = list(next(iter(report.groups.values())))
        lines += ["", _row(["", *(c if c == "n" else c.upper() for c in columns)]), "|---|" + "---:|" * len(columns)]
        for name, group in report.groups.items():
            lines.append(_row([name, *(f"{v:.0f}" if c == "n" else f"{v:.2f}" for c, v in group.items())]))
    if report.breakdown:
        lines += ["", "What was wrong (shares within the aspect; one answer may show several kinds):", ""]
        lines += ["| aspect | answers | |", "|---|---:|---|"]
        for aspect in (*ASPECTS, "Format", "Count"):
            kinds = report.breakdown[aspect]
            told = ", ".join(f"{kind} {share:.2f} %" for kind, share in kinds.items() if kind != "n")
            lines.append(_row([aspect, f"{kinds['n']:.0f}", told if kinds["n"] else ""]))
    if report.counts:
        lines += ["", "; ".join(f"{name.replace('_', ' ')}: {n}" for name, n in report.counts.items()) + "."]
    return "\n".join([*lines, *(["", *report.notes] if report.notes else [])]) + "\n"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
