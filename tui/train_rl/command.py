"""What `toolcoder train rl` does: a plan of flags and configuration, an environment where one is asked for, the run."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

import typer

from tui.exit_codes import ExitCode
from tui.failures import UsageProblem
from tui.plain import plain_json
from tui.run_places import named_run, new_run
from tui.standard_streams import emit, narrate, stdout_for_data_alone
from tui.train_extra import need_train_extra
from tui.train_rl.request import RlRequest

if TYPE_CHECKING:
    from sandbox.kernel import Kernel, ToolHandler
    from train.rl.environment import Environment, ProgramEnvironment
    from train.rl.plan import Plan, RlResult

_ENVIRONMENTS = ("none", "tools", "sandbox")


def run_rl(request: RlRequest) -> None:
    """
    Raises:
        UsageProblem: flags that cannot work.
        TrainError, AgentError, SandboxError: what they say.
        typer.Exit: interrupted.
    """
    _check(request)
    need_train_extra()
    from train.rl.plan import saved_plan
    from train.rl.run import train_rl
    from train.sft.run import is_main

    if request.resume:
        out = named_run(str(request.out))
        plan = saved_plan(out)
    else:
        plan = _plan(request)
        out = request.out or new_run(plan.algorithm)
        if is_main():
            narrate(f"run folder: {out}\n")
    environment, close = _environment(plan.more, plan.view) if plan.is_live else (None, None)
    try:
        with stdout_for_data_alone():
            result = train_rl(plan, out, environment, resume=request.resume)
    except KeyboardInterrupt:
        if is_main():
            narrate(f"go on with: toolcoder train rl --resume --out {out}\n")
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    finally:
        if close is not None:
            close()
    if not is_main():
        return
    emit(plain_json(result.json(), indent=2) + "\n" if request.as_json else _told(result))


def _check(request: RlRequest) -> None:
    from train.rl.plan import Algorithm, View

    if request.resume:
        if request.out is None:
            raise UsageProblem("--resume needs --out", "name the run folder to go on with")
        return
    if request.data is None:
        raise UsageProblem("--data is missing", "make a dataset with: toolcoder train data --out DIR")
    if not request.model:
        raise UsageProblem("--model is missing", "RL begins from a model that SFT trained: --model RUN_FOLDER")
    if request.algorithm not in get_args(Algorithm):
        raise UsageProblem(f"no algorithm is called {request.algorithm!r}", "choose ppo, grpo or rloo")
    if request.environment not in _ENVIRONMENTS:
        raise UsageProblem(f"no environment is called {request.environment!r}", f"choose {', '.join(_ENVIRONMENTS)}")
    if request.algorithm != "ppo" and (request.environment != "none" or request.server):
        raise UsageProblem(f"{request.algorithm} learns from logged calls only", "leave --environment and --server out")
    if request.view not in get_args(View):
        raise UsageProblem(f"no view is called {request.view!r}", "choose calls or code")
    if request.view == "code" and request.environment != "sandbox":
        raise UsageProblem("--view code runs programs", "add --environment sandbox")
    if request.environment == "none" and request.tools:
        raise UsageProblem("--tools needs an environment", "add --environment tools, or sandbox")


def _plan(request: RlRequest) -> Plan:
    from train.rl.config import load_config
    from train.rl.plan import Algorithm, Plan, View

    config, table = load_config(request.config, _settings(request.settings))
    more = {"environment": request.environment, "tools": list(request.tools), "n_kernels": request.n_kernels}
    return Plan(
        config,
        table,
        request.data or Path(),
        str(Path(request.model).resolve()) if Path(request.model).exists() else request.model,
        cast(Algorithm, request.algorithm),
        request.n_valid,
        request.server,
        request.environment != "none",
        cast(View, request.view),
        more,
    )


def _settings(pairs: Iterable[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise UsageProblem(f"{pair!r} is no setting", "write it as key=value: --set actor_lr=1e-5")
        try:
            found[key.strip()] = tomllib.loads(f"v = {value.strip()}")["v"]
        except tomllib.TOMLDecodeError:
            found[key.strip()] = value.strip()  # a bare word
    return found


def _environment(
    more: dict[str, Any], view: str = "calls"
) -> tuple[Environment | ProgramEnvironment, Callable[[], None]]:
    """The environment over the tools of the settings or of --tools, and what ends those tools."""
    import asyncio

    from agent.environments import InProcessTurns, KernelPrograms, KernelTurns, Turns
    from agent.log.redact import Redactor
    from agent.tools.sources import load_tools
    from tui.settings_load import load_settings
    from tui.tools_factory import host_rules, make_vault, source_options, sources_of
    from tui.train_rl.environment import LiveEnvironment, LivePrograms

    settings, vault = load_settings(), make_vault()
    redactor = Redactor(vault.known_values)
    rules = host_rules(settings.tools, redactor)
    options = source_options(settings.tools, vault, redactor)
    loaded = load_tools(sources_of(settings.tools, tuple(more["tools"])), options)
    turns: Turns
    n_kernels = int(more["n_kernels"])
    if view == "code":
        opener = _opener(settings, loaded.tools)
        programs = KernelPrograms(loaded.tools, opener, n_kernels=n_kernels, rules=rules)
        return LivePrograms(programs), lambda: asyncio.run(_end(loaded.close))
    if more["environment"] == "tools":
        turns = InProcessTurns(loaded.tools, rules=rules)
    else:
        turns = KernelTurns(loaded.tools, _opener(settings, loaded.tools), n_kernels=n_kernels, rules=rules)
    return LiveEnvironment(turns), lambda: asyncio.run(_end(loaded.close))


def _opener(settings: Any, tools: Any) -> Callable[[ToolHandler], Kernel]:
    import sandbox
    from agent.calls.stubs import stub_module
    from sandbox.events import KernelOptions
    from tui.from_settings import container_limits
    from tui.images import kernel_image, narrate_step

    options = KernelOptions(
        limits=container_limits(settings.sandbox),
        stubs=stub_module(tool.spec for tool in tools),
        transport=settings.sandbox.transport,
        runtime=settings.sandbox.runtime,
    )
    if settings.sandbox.kind == "docker":
        options = replace(options, image=kernel_image(settings.sandbox, narrate_step))
    return lambda handler: sandbox.open_kernel(options, handler, settings.sandbox.kind)


async def _end(close: Callable[[], Any]) -> None:
    await close()


def _told(result: RlResult) -> str:
    from train.runs.memory import readable

    lines = [f"{result.state} after {result.n_steps} steps and {result.seconds:,.0f} s, {readable(result.peak_bytes)}"]
    if result.reward_first is not None and result.reward_last is not None:
        lines.append(f"mean reward {result.reward_first:+.3f} at first, {result.reward_last:+.3f} at last")
    if result.before is not None and result.after is not None:
        b, a = result.before, result.after
        lines.append(f"valid tasks, before and after: TS {b.ts} {a.ts}, PI {b.pi} {a.pi}, CF {b.cf} {a.cf} (of {a.n})")
    lines.append(f"try it: toolcoder --model {result.run}")
    return "\n".join(lines) + "\n"
