"""The paper's Figure 1 for one's own data: what share of the calls went wrong, and how. Bars of text, and a PNG."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from agent.calls.categories import Category
from train.data.card import shares

_BLOCKS = " ▏▎▍▌▋▊▉█"


def bars(categories: Mapping[Category, int], width: int = 32) -> str:
    """One line per category: name, bar, share, count. The errors' bars share a scale of their own: they are few."""
    of = shares(categories)
    longest = max((of[c] for c in Category if c is not Category.ALL_RIGHT), default=0.0)
    lines = []
    for category in Category:
        scale = 1.0 if category is Category.ALL_RIGHT else longest or 1.0
        bar = _bar(of[category] / scale, width)
        lines.append(f"{category.value:<24}{bar:<{width}} {of[category]:>7.2%} {categories.get(category, 0):>8,}")
    return "\n".join(lines)


def _bar(part: float, width: int) -> str:
    eighths = round(part * width * 8)
    return _BLOCKS[8] * (eighths // 8) + (_BLOCKS[eighths % 8] if eighths % 8 else "")


def draw(categories: Mapping[Category, int], path: Path) -> bool:
    """The errors by category as a PNG; False where matplotlib is not installed (it is no dependency of the base)."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return False
    of = shares(categories)
    errors = [category for category in Category if category is not Category.ALL_RIGHT]
    figure = Figure(figsize=(7, 3.2), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    values = [100 * of[category] for category in errors]
    drawn = axes.barh([category.value for category in errors], values, color="#4c72b0")
    axes.bar_label(
        drawn,
        labels=[f"{value:.2f} %  ({categories.get(c, 0):,})" for value, c in zip(values, errors, strict=True)],
        padding=4,
    )
    axes.invert_yaxis()
    axes.margins(x=0.25)
    axes.set_xlabel("% of all calls")
    axes.set_title(f"{sum(categories.values()):,} calls, {100 * of[Category.ALL_RIGHT]:.1f} % all right")
    figure.savefig(path, dpi=150)
    return True
