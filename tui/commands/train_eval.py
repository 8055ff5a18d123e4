"""`toolcoder train eval`: how good a model is at calling tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tui import completion_values

_BENCHMARKS = (
    "sessions (held-out ones, both views), heldout (their calls), heldout-code (their stages), rotbench, toolalpaca, "
    "bfcl, tooleyes, general"
)


def mount(app: typer.Typer) -> None:
    """Add the command to `toolcoder train`."""
    app.command("eval")(eval_command)


def eval_command(  # flags of a command
    benchmark: Annotated[str, typer.Option(help=f"One of {_BENCHMARKS}.")] = "sessions",
    data: Annotated[
        Path | None, typer.Option(help="The folder of its files (sessions: the home's dataset); nothing is downloaded.")
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            help="RoTBench: clean, slight, medium, heavy, union; general: mmlu,gsm8k,humaneval; else a file's name."
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="./dir (a checkpoint or a run), or an endpoint's model.", autocompletion=completion_values.models
        ),
    ] = None,
    predictions: Annotated[
        str | None, typer.Option(help="A file of answers instead of a model, or 'gold' for the right ones.")
    ] = None,
    template: Annotated[
        str | None, typer.Option(help="How a checkpoint is asked; a run's own is known. See train sft.")
    ] = None,
    wire: Annotated[
        str, typer.Option(help="How an endpoint is asked: tools, chat (a template's text), completions.")
    ] = "tools",
    batch_size: Annotated[int, typer.Option(min=1, help="Prompts at once, for a checkpoint.")] = 8,
    concurrency: Annotated[int, typer.Option(min=1, help="Requests at once, for an endpoint.")] = 4,
    max_new_tokens: Annotated[int, typer.Option(min=1, help="Most new tokens of an answer.")] = 512,
    dtype: Annotated[str, typer.Option(help="Of the weights: auto, float32, bfloat16, float16.")] = "auto",
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many items.")] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder of raw answers, verdicts, report and plot; a begun one goes on."),
    ] = None,
    multi: Annotated[
        bool, typer.Option("--multi", help="Work over up to nine turns instead of single steps (ToolAlpaca).")
    ] = False,
    observations: Annotated[
        Path | None, typer.Option(help="What answers the calls: ToolAlpaca's simulated observations.")
    ] = None,
    tools: Annotated[
        str | None, typer.Option(help="What answers the calls: a tool source, or a folder of tool.py files (ToolEyes).")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Allow changes that such tools make.")] = False,
    functions: Annotated[
        Path | None, typer.Option(help="BFCL's file of executable functions: calls are run too, in the sandbox.")
    ] = None,
    run: Annotated[
        bool, typer.Option("--run/--no-run", help="Run the programs of held-out sessions, in the sandbox.")
    ] = True,
    compare: Annotated[
        tuple[Path, Path] | None, typer.Option(help="Two such folders: a paired test instead of an evaluation.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Score a model, a file of its answers, or the gold; or compare two evaluations."""
    from tui.train_eval.command import run_eval
    from tui.train_eval.request import EvalRequest

    run_eval(
        EvalRequest(
            benchmark,
            data,
            split,
            model,
            predictions,
            compare,
            template,
            wire,
            batch_size,
            concurrency,
            max_new_tokens,
            dtype,
            limit,
            out,
            multi=multi,
            observations=observations,
            tools=tools,
            yes=yes,
            functions=functions,
            run=run,
            as_json=as_json,
        )
    )
