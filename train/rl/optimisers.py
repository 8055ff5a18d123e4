"""AdamW for actor and critic, each with its own rate; one step for both."""

from __future__ import annotations

from typing import Any

import torch

from train.rl.config import PpoConfig
from train.rl.crew import Crew
from train.rl.policy import Policy


class Optimisers:
    """Two groups of parameters under one AdamW; each is clipped by its own norm."""

    def __init__(self, policy: Policy, config: PpoConfig) -> None:
        self._config = config
        self._groups = (policy.actor_parameters(), policy.critic_parameters())
        rates = (config.actor_lr, config.critic_lr)
        self._adam = torch.optim.AdamW(
            [{"params": group, "lr": rate} for group, rate in zip(self._groups, rates, strict=True)],
            betas=(0.9, config.beta2),
            weight_decay=config.weight_decay,
        )
        self._rates = rates
        self._n_steps = 0

    def step(self, crew: Crew) -> float:
        """Sum everybody's gradients, clip each group's, move, forget them; the actor's norm before it was clipped."""
        crew.sum_gradients(parameter for group in self._groups for parameter in group)
        self._n_steps += 1
        warm = min(1.0, self._n_steps / self._config.warmup_steps) if self._config.warmup_steps else 1.0
        for group, rate in zip(self._adam.param_groups, self._rates, strict=True):
            group["lr"] = rate * warm
        norms = [torch.nn.utils.clip_grad_norm_(group, self._config.max_grad_norm) for group in self._groups]
        self._adam.step()
        self._adam.zero_grad(set_to_none=True)
        return float(norms[0])

    def state(self) -> dict[str, Any]:
        return {"adam": self._adam.state_dict(), "n_steps": self._n_steps}

    def load_state(self, state: dict[str, Any]) -> None:
        self._adam.load_state_dict(state["adam"])
        self._n_steps = int(state["n_steps"])
