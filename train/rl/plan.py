"""What a run of RL is made of and what comes out of it, as values; both are kept in the run folder."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from agent.scoring.single import SingleScore
from train.errors import RunError
from train.reward.table import RewardTable
from train.rl.config import PpoConfig, config_of
from train.runs import files
from train.runs.folder import versions
from train.runs.reader import read_run

Algorithm = Literal["ppo", "grpo", "rloo"]
View = Literal["calls", "code"]
"""What is rolled out: calls, or whole programs of the agent's own stages."""


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
    view: View = "calls"
    more: dict[str, Any] = field(default_factory=dict)
    """What the command needs to make the environment again."""

    def json(self) -> dict[str, Any]:
        plain = {
            "config": self.config.json(),
            "reward": dataclasses.asdict(self.table),
            "data": str(self.data.resolve()),
        }
        rest = {"model": self.model, "algorithm": self.algorithm, "n_valid": self.n_valid, "server": self.server}
        return {**plain, **rest, "is_live": self.is_live, "view": self.view, "more": self.more}


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
            saved.get("view", "calls"),
            dict(saved["more"]),
        )
    except (KeyError, TypeError) as error:
        raise RunError(f"{out / files.CONFIG} was changed: {error}", "Start a new run by --out.") from None


def card(plan: Plan, result: RlResult) -> str:
    """The run's README: its figures, and every setting."""
    config = "\n".join(f"| {key} | {value} |" for key, value in plan.config.json().items())
    figures = "\n".join(f"- {key}: {value}" for key, value in result.json().items() if value is not None)
    made = ", ".join(f"{name} {version}" for name, version in versions().items())
    live = "live, by the feedback of tools" if plan.is_live else "against logged calls"
    return (
        f"# {result.run.name}\n\nA model that began as `{plan.model}` and was trained by {plan.algorithm.upper()} on "
        f"{result.n_tasks} tasks, {live}, by the reward of TL-Training.\n\n{figures}\n\n"
        f"| setting | value |\n|---|---|\n{config}\n\nMade with {made}.\n"
    )
