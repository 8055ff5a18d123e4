"""One RL run from its configuration to its model: what `toolcoder train rl` calls."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from train.errors import DataError
from train.rl.environment import Environment, ProgramEnvironment, Task
from train.rl.plan import Plan, RlResult, card
from train.rl.tasks import TaskReport, read_calls_rows, tasks_of
from train.rows import CallsRow
from train.runs import files
from train.runs.curves import write_png
from train.runs.folder import RunFolder
from train.runs.memory import peak_bytes
from train.runs.reader import read_metrics
from train.runs.watch import libraries_log_to, status_of
from train.sft.run import is_main


def train_rl(
    plan: Plan, out: Path, environment: Environment | ProgramEnvironment | None = None, *, resume: bool = False
) -> RlResult:
    """A new run, or the rest of one. Under `accelerate launch` every process runs this; the first writes the folder.

    Raises:
        TrainError: its tree says which; the run folder's status has the message too.
        KeyboardInterrupt: Ctrl-C or SIGTERM, after a checkpoint was written.
    """
    report = TaskReport()
    tasks = _tasks(plan, report)
    if environment is not None:
        tasks = _offered(tasks, environment, report)
    valid = _valid(plan)
    if not is_main():
        return _onlooking(plan, out, tasks, valid, environment, resume=resume)
    run = RunFolder.reopen(out, plan.algorithm) if resume else RunFolder.create(out, plan.algorithm, plan.json())
    began = time.monotonic()
    with ExitStack() as stack:
        stack.enter_context(status_of(run))
        stack.enter_context(libraries_log_to(run))
        run.log(f"{report.n_rows} rows, {report.n_tasks} tasks; left out: {report.left_out or 'none'}")
        told = _trained(plan, run, tasks, valid, environment, stack, resume=resume)
        write_png(read_metrics(out), out / files.CURVES, out.name)
        result = _result(out, told, report.n_tasks, time.monotonic() - began)
        files.replace_text(out / files.CARD, card(plan, result))
        run.log(json.dumps(result.json(), default=str))
        run.status("done", step=result.n_steps, n_steps=result.n_steps)
    return result


def _tasks(plan: Plan, report: TaskReport) -> tuple[Task, ...]:
    if plan.view == "code":
        from train.rl.programs import program_tasks

        return program_tasks(plan.data, report)
    return tasks_of(read_calls_rows(plan.data), report, from_start=plan.is_live)


def _onlooking(
    plan: Plan,
    out: Path,
    tasks: tuple[Task, ...],
    valid: tuple[Task, ...],
    environment: Environment | ProgramEnvironment | None,
    *,
    resume: bool,
) -> RlResult:
    """What every process but the first does: all of the training, nothing of the run folder."""
    from train.rl.crew import Onlooker

    began = time.monotonic()
    with ExitStack() as stack:
        told = _trained(plan, Onlooker(out, plan.algorithm), tasks, valid, environment, stack, resume=resume)
    return _result(out, told, len(tasks), time.monotonic() - began)


def _trained(
    plan: Plan,
    run: RunFolder,
    tasks: tuple[Task, ...],
    valid: tuple[Task, ...],
    environment: Environment | ProgramEnvironment | None,
    stack: ExitStack,
    *,
    resume: bool,
) -> dict[str, Any]:
    if plan.algorithm == "ppo":
        from train.rl.ppo import run_plan

        return run_plan(plan, run, tasks, valid, environment, stack, resume=resume)
    from train.rl.peers import run_trl

    return run_trl(plan.algorithm, plan.config, plan.table, plan.model, tasks, run, resume=resume)


def _result(out: Path, told: dict[str, Any], n_tasks: int, seconds: float) -> RlResult:
    metrics = read_metrics(out)
    return RlResult(
        out,
        "done",
        metrics[-1].step if metrics else 0,
        n_tasks,
        told.get("reward_first"),
        told.get("reward_last"),
        told.get("kl_last"),
        told.get("before"),
        told.get("after"),
        round(seconds, 1),
        peak_bytes(),
    )


def _offered(
    tasks: tuple[Task, ...], environment: Environment | ProgramEnvironment, report: TaskReport
) -> tuple[Task, ...]:
    """Tasks all of whose tools the environment has: a call of any other would be a hallucination that was taught.

    Raises:
        DataError: there is none.
    """
    names = {tool.name for tool in environment.tools()}
    kept = tuple(task for task in tasks if all(tool.name in names for tool in task.tools))
    report.left_out["a tool that the environment lacks"] = len(tasks) - len(kept)
    report.n_tasks = len(kept)
    if tasks and not kept:
        missing = sorted({tool.name for task in tasks for tool in task.tools} - names)
        raise DataError(
            f"the environment has none of the tasks' toolsets; it lacks {', '.join(missing[:5])}",
            "Name the tools that the sessions were recorded with: --tools SRC.",
        )
    return kept


def _valid(plan: Plan) -> tuple[Task, ...]:
    """Tasks with gold of the valid split, where the data is a folder that has one."""
    file = plan.data / "calls.valid.jsonl"
    if plan.view == "code" or plan.n_valid == 0 or not file.is_file() or file.stat().st_size == 0:
        return ()
    rows: tuple[CallsRow, ...] = read_calls_rows(file)
    return tasks_of(rows, TaskReport())[: plan.n_valid]
