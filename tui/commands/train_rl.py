"""`toolcoder train rl`: a model that SFT trained becomes better by the reward of its calls."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tui import completion_values


def mount(app: typer.Typer) -> None:
    """Add the command to `toolcoder train`."""
    app.command("rl")(rl_command)


def rl_command(  # flags of a command
    config: Annotated[
        str, typer.Option("--config", help="paper-ppo, lora-ppo, tiny-ppo, or a .toml file.")
    ] = "tiny-ppo",
    data: Annotated[
        Path | None, typer.Option("--data", help="The folder that `train data` wrote, or a file of rows of calls.")
    ] = None,
    model: Annotated[str, typer.Option("--model", help="What to start from: a run of `train sft`, or a folder.")] = "",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The run folder to make; else one under the home.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run that --out names.")] = False,
    algorithm: Annotated[str, typer.Option(help="ppo, or grpo and rloo by TRL's trainers.")] = "ppo",
    environment: Annotated[
        str,
        typer.Option(help="none: against logged calls. tools: your tools answer. sandbox: they do, through kernels."),
    ] = "none",
    tools: Annotated[list[str] | None, typer.Option("--tools", help="Sources of tools for an environment.")] = None,
    view: Annotated[str, typer.Option(help="calls, or code: whole programs, run by --environment sandbox.")] = "calls",
    kernels: Annotated[int, typer.Option(min=1, help="Kernels at once, for --environment sandbox.")] = 4,
    server: Annotated[str, typer.Option(help="A vLLM server that writes the answers, http://host:port.")] = "",
    n_valid: Annotated[int, typer.Option(min=0, help="Valid tasks to answer before and after.")] = 200,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="key=value, over the config: actor_lr=1e-5.", autocompletion=completion_values.rl_settings
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Improve a model by the reward of its calls, with PPO (or TRL's GRPO, RLOO).

    Against the logged calls of a dataset, or live: the model calls your tools and their feedback decides. Ctrl-C ends
    the step, writes a checkpoint and stops; --resume goes on from the last one, also after a kill.
    """
    from tui.train_rl.command import run_rl
    from tui.train_rl.request import RlRequest

    run_rl(
        RlRequest(
            config,
            data,
            model,
            out,
            resume,
            algorithm,
            environment,
            tuple(tools or ()),
            kernels,
            server,
            n_valid,
            tuple(settings or ()),
            as_json,
            view,
        )
    )
