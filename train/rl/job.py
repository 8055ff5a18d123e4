"""What a PPO run is given, and what it tells."""

from __future__ import annotations

from dataclasses import dataclass, field

from agent.scoring.single import SingleScore
from train.reward.table import RewardTable
from train.rl.config import PpoConfig
from train.rl.crew import Crew
from train.rl.environment import Environment, ProgramEnvironment, Task
from train.rl.policy import Policy
from train.rl.programs import CodeSpeech
from train.rl.rollout import Speech, Writer
from train.runs.folder import RunFolder


@dataclass(frozen=True)
class Job:
    """All that a run needs. `environment`: live roll-outs, None: against gold. `server`: another writer than the model.

    `valid`: tasks with gold, answered greedily before the first step and after the last. `crew`: who trains
    together; the first of them writes the run.
    """

    config: PpoConfig
    table: RewardTable
    tasks: tuple[Task, ...]
    speech: Speech
    policy: Policy
    run: RunFolder
    environment: Environment | ProgramEnvironment | None = None
    server: Writer | None = None
    valid: tuple[Task, ...] = ()
    crew: Crew = field(default_factory=Crew)

    @property
    def is_one_answer(self) -> bool:
        """Whether a roll-out is one row in any case: against gold, and of programs."""
        return self.environment is None or isinstance(self.speech, CodeSpeech)


@dataclass(frozen=True)
class Result:
    """Means over the first and the last tenth of the steps; `before`, `after`: of the valid tasks, where there are."""

    n_steps: int
    reward_first: float
    reward_last: float
    kl_last: float
    before: SingleScore | None = None
    after: SingleScore | None = None
