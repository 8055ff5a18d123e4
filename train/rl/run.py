"""One RL run from its configuration to its model: what `toolcoder train rl` calls."""

from __future__ import annotations

import dataclasses
import json
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from agent.scoring.single import SingleScore
from train.errors import DataError, RunError
from train.reward.table import RewardTable
from train.rl.config import PpoConfig, config_of
from train.rl.environment import Environment, Task
from train.rl.tasks import TaskReport, read_calls_rows, tasks_of
from train.rows import CallsRow
from train.runs import files
from train.runs.curves import write_png
from train.runs.folder import RunFolder, versions
from train.runs.memory import peak_bytes
from train.runs.reader import read_metrics, read_run
from train.runs.watch import libraries_log_to, status_of

Algorithm = Literal["ppo", "grpo", "rloo"]


@dataclass(frozen=True)
class Plan:
    """What a run is made of besides its folder; all of it is in config.json, so that a resumed run finds it again."""

    config: PpoConfig
    table: RewardTable
    data: Path
    model: str
    algorithm: Algorithm = "ppo"
    n_valid: int = 200
    server: str = ""
    is_live: bool = False
    more: dict[str, Any] = field(default_factory=dict)
    """What the command needs to make the environment again."""

    def json(self) -> dict[str, Any]:
        plain = {
            "config": self.config.json(),
            "reward": dataclasses.asdict(self.table),
            "data": str(self.data.resolve()),
        }
        rest = {"model": self.model, "algorithm": self.algorithm, "n_valid": self.n_valid, "server": self.server}
        return {**plain, **rest, "is_live": self.is_live, "more": self.more}


@dataclass(frozen=True)
class RlResult:
    """What came out. Rewards are means over the first and the last tenth of the steps."""

    run: Path
    state: str
    n_steps: int
    n_tasks: int
    reward_first: float | None
    reward_last: float | None
    kl_last: float | None
    before: SingleScore | None
    after: SingleScore | None
    seconds: float
    peak_bytes: int

    def json(self) -> dict[str, Any]:
        scores = {"before": self.before and self.before.json(), "after": self.after and self.after.json()}
        return {**dataclasses.asdict(self), **scores, "run": str(self.run)}


def saved_plan(out: Path) -> Plan:
    """The plan of a run that is to go on.

    Raises:
        RunError: it is no run of RL, or its configuration was changed.
    """
    run = read_run(out)
    saved = dict(run.config)
    if run.kind not in ("ppo", "grpo", "rloo"):
        raise RunError(f"{out} is a run of {run.kind}", "Name a run folder of `toolcoder train rl`.")
    try:
        return Plan(
            config_of(saved["config"]),
            RewardTable(**saved["reward"]),
            Path(saved["data"]),
            saved["model"],
            saved["algorithm"],
            int(saved["n_valid"]),
            saved["server"],
            bool(saved["is_live"]),
            dict(saved["more"]),
        )
    except (KeyError, TypeError) as error:
        raise RunError(f"{out / files.CONFIG} was changed: {error}", "Start a new run by --out.") from None


def train_rl(plan: Plan, out: Path, environment: Environment | None = None, *, resume: bool = False) -> RlResult:
    """A new run, or the rest of one.

    Raises:
        TrainError: its tree says which; the run folder's status has the message too.
        KeyboardInterrupt: Ctrl-C or SIGTERM, after a checkpoint was written.
    """
    report = TaskReport()
    tasks = tasks_of(read_calls_rows(plan.data), report, from_start=plan.is_live)
    if environment is not None:
        tasks = _offered(tasks, environment, report)
    valid = _valid(plan)
    run = RunFolder.reopen(out, plan.algorithm) if resume else RunFolder.create(out, plan.algorithm, plan.json())
    began = time.monotonic()
    with ExitStack() as stack:
        stack.enter_context(status_of(run))
        stack.enter_context(libraries_log_to(run))
        run.log(f"{report.n_rows} rows, {report.n_tasks} tasks; left out: {report.left_out or 'none'}")
        if plan.algorithm == "ppo":
            told = _ppo(plan, run, tasks, valid, environment, stack, resume=resume)
        else:
            from train.rl.peers import run_trl

            told = run_trl(plan.algorithm, plan.config, plan.table, plan.model, tasks, run, resume=resume)
        metrics = read_metrics(out)
        write_png(metrics, out / files.CURVES, out.name)
        result = RlResult(
            out,
            "done",
            metrics[-1].step if metrics else 0,
            report.n_tasks,
            told.get("reward_first"),
            told.get("reward_last"),
            told.get("kl_last"),
            told.get("before"),
            told.get("after"),
            round(time.monotonic() - began, 1),
            peak_bytes(),
        )
        files.replace_text(out / files.CARD, _card(plan, result))
        run.log(json.dumps(result.json(), default=str))
        run.status("done", step=result.n_steps, n_steps=result.n_steps)
    return result


def _offered(tasks: tuple[Task, ...], environment: Environment, report: TaskReport) -> tuple[Task, ...]:
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


def _ppo(
    plan: Plan,
    run: RunFolder,
    tasks: tuple[Task, ...],
    valid: tuple[Task, ...],
    environment: Environment | None,
    stack: ExitStack,
    *,
    resume: bool,
) -> dict[str, Any]:
    import torch

    from train.rl.loading import load_start, save_result
    from train.rl.loop import Job, run_ppo
    from train.rl.policy import Policy
    from train.rl.rollout import Speech
    from train.templates import template_named

    torch.manual_seed(plan.config.seed)  # the adapters' first weights
    model, tokenizer, base = load_start(plan.model, plan.config)
    speech = Speech(template_named(plan.config.template, tokenizer.eos_token), tokenizer)
    policy = Policy(model, plan.config)
    writer = _server(plan, run, policy, speech, stack) if plan.server else None
    job = Job(plan.config, plan.table, tasks, speech, policy, run, environment, writer, valid)
    result = run_ppo(job, resume=resume)
    save_result(policy, tokenizer, run.model_folder, base)
    return dataclasses.asdict(result) | {"before": result.before, "after": result.after}


def _server(plan: Plan, run: RunFolder, policy: Any, speech: Any, stack: ExitStack) -> Any:
    from train.rl.generate import Sampling
    from train.rl.server import ServerWriter

    tokenizer, config = speech.tokenizer, plan.config
    if policy.peft is None:
        hint = "Set method = 'lora', or leave --server out."
        raise RunError("a server can be sent adapters only", hint)
    stop = tuple(text for text in speech.template.stop if text != tokenizer.eos_token)
    eos = frozenset({tokenizer.eos_token_id})
    writer = ServerWriter(
        plan.server,
        plan.model,
        tokenizer,
        Sampling(config.max_answer_tokens, config.temperature, config.min_answer_tokens, eos, stop),
        folder=run.path / "adapters",
        save_adapter=lambda folder: policy.peft.save_pretrained(str(folder), selected_adapters=["default"]),
    )
    stack.callback(writer.close)
    return writer


def _valid(plan: Plan) -> tuple[Task, ...]:
    """Tasks with gold of the valid split, where the data is a folder that has one."""
    file = plan.data / "calls.valid.jsonl"
    if plan.n_valid == 0 or not file.is_file() or file.stat().st_size == 0:
        return ()
    rows: tuple[CallsRow, ...] = read_calls_rows(file)
    return tasks_of(rows, TaskReport())[: plan.n_valid]


def _card(plan: Plan, result: RlResult) -> str:
    config = "\n".join(f"| {key} | {value} |" for key, value in plan.config.json().items())
    figures = "\n".join(f"- {key}: {value}" for key, value in result.json().items() if value is not None)
    made = ", ".join(f"{name} {version}" for name, version in versions().items())
    live = "live, by the feedback of tools" if plan.is_live else "against logged calls"
    return (
        f"# {result.run.name}\n\nA model that began as `{plan.model}` and was trained by {plan.algorithm.upper()} on "
        f"{result.n_tasks} tasks, {live}, by the reward of TL-Training.\n\n{figures}\n\n"
        f"| setting | value |\n|---|---|\n{config}\n\nMade with {made}.\n"
    )
