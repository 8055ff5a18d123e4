"""`toolcoder train sft`: a dataset becomes a model. `train show`: how a run goes or went."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tui import completion_values

if TYPE_CHECKING:
    from train.runs.reader import Run
    from train.sft.result import SftResult

_RUN_HELP = "A run folder, or the name of one under the home."


def mount(app: typer.Typer) -> None:
    """Add the commands to `toolcoder train`."""
    app.command("sft")(sft_command)
    app.command("show")(show_command)


def sft_command(
    config: Annotated[
        str,
        typer.Option("--config", help="paper-codellama-7b, qwen2.5-coder-lora, tiny-cpu, or a .toml or .yaml file."),
    ] = "tiny-cpu",
    data: Annotated[
        Path | None, typer.Option("--data", help="The folder that `train data` wrote; else `dataset` in the home.")
    ] = None,
    model: Annotated[
        str, typer.Option("--model", help="What to start from: a folder, a hub's name, 'tiny'; else the config's.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The run folder to make; else one under the home.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run that --out names.")] = False,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="section.key=value, over the config: optim.learning_rate=1e-5.",
            autocompletion=completion_values.sft_settings,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Fine-tune a model on a dataset, with errors masked (MAE) and key tokens weighed (PKT).

    Ctrl-C ends the step, writes a checkpoint and stops; --resume goes on from the last one, also after a kill.
    """
    from agent.home import state_home
    from tui.exit_codes import ExitCode
    from tui.failures import UsageProblem
    from tui.run_places import new_run
    from tui.standard_streams import narrate, stdout_for_data_alone
    from tui.train_extra import need_train_extra

    if resume and out is None:
        raise UsageProblem("--resume needs --out", "name the run folder to go on with")
    need_train_extra()
    from train.configs.loading import load_sft_config
    from train.sft.run import is_main, resume_sft, train_sft

    with stdout_for_data_alone():
        if resume and out is not None:
            result = resume_sft(out)
        else:
            chosen = [*(settings or []), *([f"model.base={model}"] if model else [])]
            run = out or new_run("sft")
            if is_main():
                narrate(f"run folder: {run}\n")
            result = train_sft(load_sft_config(config, chosen), data or state_home() / "dataset", run)
    if is_main():
        _report(result, as_json)
    if result.state == "interrupted":
        narrate(f"go on with: toolcoder train sft --resume --out {result.run}\n")
        raise typer.Exit(ExitCode.INTERRUPTED)


def show_command(
    run: Annotated[str, typer.Argument(help=_RUN_HELP, autocompletion=completion_values.runs)] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show a run's state, figures and loss curve; without a name, list the runs."""
    from train.runs.reader import list_runs, read_run
    from tui.plain import plain_json
    from tui.run_places import named_run, runs_folder
    from tui.standard_streams import emit, narrate

    if not run:
        found = list_runs(runs_folder())
        objects = [_object(one) for one in found]
        emit(plain_json({"runs": objects}, indent=2) + "\n" if as_json else _table(found))
        if not found and not as_json:
            narrate("no run yet; toolcoder train sft makes one\n")
        return
    one = read_run(named_run(run))
    emit(plain_json(_object(one), indent=2) + "\n" if as_json else _page(one))


def _report(result: SftResult, as_json: bool) -> None:
    from train.runs.memory import readable
    from tui.plain import plain_json
    from tui.standard_streams import emit

    if as_json:
        emit(plain_json({**dataclasses.asdict(result), "run": str(result.run)}, indent=2) + "\n")
        return
    lines = [f"{result.state} after {result.n_steps} steps and {result.seconds:,.0f} s, {readable(result.peak_bytes)}"]
    if result.first_loss is not None and result.last_loss is not None:
        lines.append(f"loss {result.first_loss:.4f} at first, {result.last_loss:.4f} at last")
    if result.valid_loss is not None:
        lines.append(f"loss on the valid split {result.valid_loss:.4f}")
    if result.state == "done":
        run = result.run.resolve()
        lines += [f"judge it: toolcoder train eval --model {run}", f"try it: toolcoder --model {run}"]
    emit("\n".join(lines) + "\n")


def _object(run: Run) -> dict[str, object]:
    from train.runs.reader import read_metrics

    metrics = read_metrics(run.path)
    losses = [metric.loss for metric in metrics if metric.loss is not None]
    return {
        "name": run.name,
        "path": str(run.path),
        "kind": run.kind,
        **dataclasses.asdict(run.status),
        "loss": losses[-1] if losses else None,
        "time_s": metrics[-1].time_s if metrics else 0.0,
        "config": dict(run.config),
    }


def _table(runs: tuple[Run, ...]) -> str:
    width = max((len(run.name) for run in runs), default=0)
    lines = [f"{r.name:<{width}}  {r.kind:<5} {r.status.state:<12} {r.status.step}/{r.status.n_steps}" for r in runs]
    return "".join(f"{line}\n" for line in lines)


def _page(run: Run) -> str:
    import shutil
    import sys

    from train.runs.curves import in_terminal
    from train.runs.memory import readable
    from train.runs.reader import read_metrics

    status, metrics = run.status, read_metrics(run.path)
    lines = [f"{run.name}: {run.kind}, {status.state}, step {status.step} of {status.n_steps}"]
    if status.message:
        lines.append(status.message)
    if metrics:
        shown: dict[str, float] = {}
        for metric in metrics[-2:]:  # the last step's figures, and the valid split's where they came after
            shown |= {**({} if metric.loss is None else {"loss": metric.loss}), **metric.values}
        if (n_bytes := shown.pop("memory_bytes", None)) is not None:
            lines[0] += f", {readable(n_bytes)} at most"
        lines.append(", ".join(f"{name} {value:,.4g}" for name, value in shown.items()))
    columns, rows = shutil.get_terminal_size((80, 24))
    curve = in_terminal(metrics, min(columns, 120), max(10, min(rows - 6, 24)), colour=sys.stdout.isatty())
    return "\n".join([*lines, curve]).rstrip() + "\n"
