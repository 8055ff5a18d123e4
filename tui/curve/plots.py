"""The curves as pictures: PNG by matplotlib where it is installed, and in the terminal by plotext."""

from __future__ import annotations

from pathlib import Path
from typing import Any

_PANELS = (("success", "share right so far"), ("tokens", "tokens so far"), ("seconds", "seconds so far"))
_COLOURS = {"without": "tab:gray", "with": "tab:blue"}


def draw_png(curves: dict[Any, Any], path: Path) -> bool:
    """One panel per measure, one line per order and way; False where matplotlib is not installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return False
    figure = Figure(figsize=(12, 3.6), layout="constrained")
    for axis, (measure, title) in zip(figure.subplots(1, len(_PANELS)), _PANELS, strict=True):
        for number, sides in enumerate(curves.values()):
            for side, curve in sides.items():
                label = f"{side} the repository" if number == 0 else None
                axis.plot(curve[measure], color=_COLOURS[side], label=label, alpha=1.0 if number == 0 else 0.4)
        axis.set_title(title)
        axis.set_xlabel("tasks")
        axis.grid(alpha=0.3)
    figure.axes[0].legend()
    figure.savefig(path, dpi=110)
    return True


def terminal_plot(curves: dict[Any, Any], measure: str = "tokens", *, width: int = 90, height: int = 16) -> str:
    """One measure of the first order as text."""
    import plotext

    if not curves:
        return ""
    figure = plotext.figure
    figure.clear()
    figure.plot_size(width, height)
    figure.theme("default")
    said: list[str] = []
    for side, curve in next(iter(curves.values())).items():
        values = curve[measure]
        signal = figure.signal(list(range(1, len(values) + 1)), values, marker="braille")
        signal.lines()
        figure.draw(signal)
        said.append(f"{values[-1]:,.0f} {side} the repository" if values else "")
    figure.label("tasks", "x")
    text = str(plotext.uncolorize(str(figure.build())))
    figure.clear()
    return f"{dict(_PANELS)[measure]}: {', '.join(said)}\n{text}"
