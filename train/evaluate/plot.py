"""The plot of a report: figures with their intervals, groups beside, what was wrong below. PNG, where matplotlib is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agent.scoring.breakdown import ASPECTS
from train.evaluate.report import Report

_COLOURS = ("#2f6f9f", "#5fa55a", "#d98b2b", "#8a5a9e")
_WRONG = "#b4524a"


def draw(report: Report, path: Path) -> bool:
    """Write the plot; False where matplotlib is not installed."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return False
    # No pyplot: it would look for a screen, and keep every figure alive.
    has_groups, has_wrong = bool(report.groups), report.breakdown is not None
    rows = 1 + has_wrong
    wide = has_groups or has_wrong
    figure = Figure(figsize=(11 if wide else 5.5, 3.8 * rows + 0.4))
    FigureCanvasAgg(figure)
    ratios = {"width_ratios": [1, 2]} if has_groups else {}
    # Fixed places: matplotlib's own layout takes longer than everything else that an evaluation does without a model.
    places = {"left": 0.07 if wide else 0.13, "right": 0.98, "top": 0.88 if rows > 1 else 0.8, "hspace": 0.55}
    grid = figure.add_gridspec(rows, 1 + has_groups, bottom=0.1 if rows > 1 else 0.18, **places, **ratios)
    figure.suptitle(f"{report.title}, {report.split}: {report.model} (n = {report.n})", fontsize=11)
    _figures(figure.add_subplot(grid[0, 0]), report)
    if has_groups:
        _groups(figure.add_subplot(grid[0, 1]), report)
    if has_wrong:
        _wrong(figure.add_subplot(grid[1, :]), report)
    figure.savefig(path, dpi=120, format="png")
    return True


def _figures(axes: Any, report: Report) -> None:
    names = list(report.figures)
    values = [report.figures[name].value for name in names]
    low = [max(0.0, figure.value - figure.interval.low) for figure in report.figures.values()]
    high = [max(0.0, figure.interval.high - figure.value) for figure in report.figures.values()]
    bars = axes.bar([name.upper() for name in names], values, color=_COLOURS[: len(names)], yerr=[low, high], capsize=4)
    for bar, value in zip(bars, values, strict=True):
        axes.annotate(f"{value:.1f}", (bar.get_x() + bar.get_width() / 2, 3), ha="center", color="white", fontsize=9)
    if report.official:
        shown = [report.official.get(name, 0.0) for name in names]
        axes.plot(range(len(names)), shown, "D", color="black", markersize=5, label="its own script")
        axes.legend(fontsize=8)
    axes.set_ylim(0, 105)
    axes.set_ylabel("%")
    axes.set_title("with 95 % intervals", fontsize=9)


def _groups(axes: Any, report: Report) -> None:
    names = [name for name in report.figures if all(name in group for group in report.groups.values())]
    width = 0.8 / max(len(names), 1)
    for i, name in enumerate(names):
        at = [g + (i - (len(names) - 1) / 2) * width for g in range(len(report.groups))]
        heights = [group[name] for group in report.groups.values()]
        axes.bar(at, heights, width, color=_COLOURS[i % len(_COLOURS)], label=name.upper())
    labels = [f"{name}\n({group['n']:.0f})" for name, group in report.groups.items()]
    axes.set_xticks(range(len(labels)), labels, fontsize=7, rotation=20 if len(labels) > 4 else 0)
    axes.set_ylim(0, 105)
    axes.legend(fontsize=8)


def _wrong(axes: Any, report: Report) -> None:
    breakdown = report.breakdown or {}
    labels, values = [], []
    for aspect, kinds in ASPECTS.items():
        n = breakdown[aspect]["n"]
        for kind in kinds:
            labels.append(f"{aspect}: {kind}\n(of {n:.0f})")
            values.append(breakdown[aspect][kind])
    bars = axes.bar(range(len(labels)), values, color=_WRONG)
    for bar, value in zip(bars, values, strict=True):
        axes.annotate(f"{value:.0f}", (bar.get_x() + bar.get_width() / 2, value + 1), ha="center", fontsize=8)
    axes.set_xticks(range(len(labels)), labels, fontsize=8)
    axes.set_ylim(0, 115)
    axes.set_ylabel("% of the aspect's errors")
    axes.set_title("What was wrong (TL-Training, Table 1)", fontsize=9)
