"""`toolcoder bench`: scores of an agent: the bundled model over the bundled catalogue, and reuse of functions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tui import completion_values

app = typer.Typer(name="bench", help="Benchmarks of the agent.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Benchmarks of the agent."""


@app.command("bundled")
def bundled_command(
    rows: Annotated[list[str] | None, typer.Option("--row", help="Only this row (may be repeated).")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Tasks per row.")] = 300,
    jobs: Annotated[int, typer.Option(min=1, help="Processes, each with a kernel of its own.")] = 2,
    questions: Annotated[Path | None, typer.Option(help="Questions written by hand (JSONL).")] = None,
    split: Annotated[str, typer.Option(help="Which half of them: report or improve.")] = "report",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Verdicts (JSONL); what is there already is not asked again.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Accuracy of the bundled model: whole turns in the real sandbox."""
    from tui.bundled_eval.command import evaluate

    evaluate(rows or [], limit=limit, jobs=jobs, questions=questions, split=split, output=output, as_json=as_json)


@app.command("near-misses")
def near_misses_command(
    pairs: Annotated[
        Path | None, typer.Option(help="Pairs of questions (JSONL); by default those of the repository.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Model, as in `ask`.", autocompletion=completion_values.models)
    ] = "bundled",
    limit: Annotated[int, typer.Option(min=1, help="Pairs at most, spread over the file.")] = 1000,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """How often a stored function is bound to a question that is worded alike and wants something else."""
    from tui.curve.command import near_misses

    near_misses(pairs, model, limit=limit, as_json=as_json)


@app.command("curve")
def curve_command(
    model: Annotated[
        str | None, typer.Option(help="Model, as in `ask`.", autocompletion=completion_values.models)
    ] = "bundled",
    orders: Annotated[int, typer.Option(min=1, help="The fixed order, and this many less one shuffled.")] = 3,
    tasks: Annotated[int, typer.Option(min=8, help="Tasks in the stream.")] = 200,
    intents: Annotated[int, typer.Option(min=2, help="Intents that recur, by Zipf's law.")] = 64,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="A folder for what was asked, the figures and the plot; a run goes on there."
        ),
    ] = None,
    stop_after: Annotated[
        float | None, typer.Option(min=1, help="Seconds; what is missing is asked next time.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Success, tokens and seconds over a stream of tasks, with the stored functions and without."""
    from tui.curve.command import curve

    curve(
        model,
        orders=orders,
        n_tasks=tasks,
        n_intents=intents,
        output=output,
        stop_after_s=stop_after,
        as_json=as_json,
    )
