"""`toolcoder train merge`, `export` and `promote`: what leaves a training run."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tui import completion_values

if TYPE_CHECKING:
    from train.out.whole import Dtype

_Run = Annotated[
    str,
    typer.Argument(
        help="A run folder, the name of one under the home, or a model's folder.", autocompletion=completion_values.runs
    ),
]
_AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def mount(app: typer.Typer) -> None:
    """Add the commands to `toolcoder train`."""
    app.command("merge")(merge_command)
    app.command("export")(export_command)
    app.command("promote")(promote_command)


def merge_command(
    run: _Run,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The folder to make; else 'merged' inside the run.")
    ] = None,
    as_json: _AsJson = False,
) -> None:
    """Merge a run's adapter (LoRA) into its base: a whole model."""
    from tui.failures import UsageProblem
    from tui.run_places import named_run
    from tui.train_extra import need_train_extra

    need_train_extra()
    from train.out.whole import is_adapter, made_by

    folder = named_run(run)
    if not is_adapter(made_by(folder)):
        raise UsageProblem(
            f"{folder} is no adapter: there is nothing to merge", "toolcoder train export writes it elsewhere"
        )
    _write(folder, out or folder / "merged", "as-is", as_json)


def export_command(
    run: _Run,
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to make.")],
    dtype: Annotated[
        Literal["as-is", "float32", "bfloat16", "float16"], typer.Option("--dtype", help="Of the written weights.")
    ] = "bfloat16",
    as_json: _AsJson = False,
) -> None:
    """Write a run's model as safetensors, for transformers, vLLM and others; an adapter is merged first."""
    from tui.run_places import named_run
    from tui.train_extra import need_train_extra

    need_train_extra()
    _write(named_run(run), out, dtype, as_json)


def promote_command(
    run: _Run,
    data: Annotated[
        Path | None,
        typer.Option("--data", help="The folder of `train data`, for its held-out sessions; else the home's."),
    ] = None,
    against: Annotated[
        str, typer.Option("--against", help="The model to be no worse than; else the default, or the run's base.")
    ] = "",
    frozen: Annotated[
        Path | None, typer.Option("--frozen", help="A folder of frozen questions; else the one under the home.")
    ] = None,
    least: Annotated[int, typer.Option("--least", min=1, help="Fewest questions of each set.")] = 20,
    run_programs: Annotated[
        bool, typer.Option("--run/--no-run", help="Run the programs of both models, in the sandbox.")
    ] = True,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Compare, and change nothing.")] = False,
    as_json: _AsJson = False,
) -> None:
    """Make a run the default model, if it is no worse on held-out sessions and on the frozen set (else exit 4)."""
    from agent.home import state_home
    from tui.run_places import named_run
    from tui.train_extra import need_train_extra

    need_train_extra()
    from tui.train_promote import PromoteRequest, promote

    dataset = data or state_home() / "dataset"
    promote(
        PromoteRequest(
            named_run(run),
            dataset,
            against,
            frozen,
            least,
            dry_run=dry_run,
            run_programs=run_programs,
            as_json=as_json,
        )
    )


def _write(folder: Path, out: Path, dtype: Dtype, as_json: bool) -> None:
    from train.out.whole import write_whole
    from train.runs.memory import readable
    from tui.plain import plain_json
    from tui.standard_streams import emit, stdout_for_data_alone

    with stdout_for_data_alone():
        written = write_whole(folder, out, dtype)
    if as_json:
        emit(plain_json({**dataclasses.asdict(written), "folder": str(written.folder)}, indent=2) + "\n")
        return
    what = "adapter and base merged, " if written.merged else ""
    emit(
        f"{written.folder}: {what}{written.n_parameters / 1e6:,.1f} M parameters in {written.dtype}, "
        f"{readable(written.n_bytes)}\n"
        f"serve it: transformers serve {written.folder}\n"
    )
