"""A run's curves: as PNG beside it, and in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from train.runs.reader import Metric

_ERRORS = tuple(
    f"share_{kind}" for kind in ("all_right", "value", "parameters", "wrong_tool", "tool_hallucination", "format")
)
"""What `train rl` logs, from right to wrong."""
_PANELS = (
    ("loss", ("loss", "eval_loss"), "loss"),
    ("token accuracy", ("token_accuracy", "eval_token_accuracy"), "share of target tokens right"),
    ("reward", ("reward",), "mean reward"),
    ("KL", ("kl",), "KL to the model it started from"),
    ("learning rate", ("learning_rate",), "learning rate"),
    ("answers by error category", _ERRORS, "share of calls"),
    ("entropy", ("entropy",), "nats a token"),
    ("answers", ("answer_tokens",), "tokens"),
    ("value loss", ("value_loss",), "value loss"),
    ("speed", ("tokens_per_s",), "tokens a second"),
    ("samples", ("samples_per_s",), "samples a second"),
)
"""Title, figures in one panel, label; panels without figures are left out."""


def series(metrics: Sequence[Metric], name: str) -> tuple[list[int], list[float]]:
    """Steps and values of one figure."""
    if name == "loss":
        pairs = [(m.step, m.loss) for m in metrics if m.loss is not None]
    else:
        pairs = [(m.step, m.values[name]) for m in metrics if name in m.values]
    return [step for step, _ in pairs], [value for _, value in pairs]


def write_png(metrics: Sequence[Metric], path: Path, title: str) -> bool:
    """False where matplotlib is not installed or there is nothing to draw: a run must not fail for its picture."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return False
    panels = [panel for panel in _PANELS if any(series(metrics, name)[0] for name in panel[1])]
    if not panels:
        return False
    n_rows = (len(panels) + 1) // 2
    figure = Figure(figsize=(10, 3.2 * n_rows), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title)
    for number, (name, figures, label) in enumerate(panels, 1):
        axes = figure.add_subplot(n_rows, 2, number)
        for one in figures:
            steps, values = series(metrics, one)
            if steps:
                axes.plot(steps, values, marker="o" if len(steps) < 3 else "", linewidth=1.2, label=one)
        axes.set_title(name, fontsize=10)
        axes.set_xlabel("step", fontsize=8)
        axes.set_ylabel(label, fontsize=8)
        axes.grid(alpha=0.3)
        if len(figures) > 1:
            axes.legend(fontsize=8)
    figure.savefig(path, dpi=110)
    return True


def in_terminal(metrics: Sequence[Metric], width: int = 80, height: int = 16, *, colour: bool = True) -> str:
    """The losses as a picture of characters; '' where there is nothing to draw."""
    import plotext

    drawn = [(name, *series(metrics, name)) for name in ("loss", "eval_loss", "reward")]
    drawn = [one for one in drawn if one[1]]
    if not drawn:
        return ""
    figure = plotext.figure
    figure.clear()
    figure.plot_size(max(20, width), max(8, height))
    figure.theme("pro" if colour else "default")
    for name, steps, values in drawn:
        signal = figure.signal(steps, values, marker="braille")
        signal.lines()
        signal.label(name)
        figure.draw(signal)
    figure.legend(x=1, y=1, ha="right", va="top", relative=True)  # a loss begins high on the left
    figure.label("step", "x")
    text = str(figure.build())
    figure.clear()
    return text if colour else str(plotext.uncolorize(text))
