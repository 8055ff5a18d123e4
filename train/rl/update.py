"""One batch of roll-outs becomes one step, or a few, of actor and critic.

Where a batch is used for one step only (the paper's way), the pass that estimates values is the pass that the critic
learns from, and the pass that the actor learns from is its first, its part over the prompts that of generation: nothing
is computed twice, and the result is that of the long way (tests hold it). Losses are means over the tokens that the
model wrote in the whole minibatch, so that micro-batches change memory and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from train.rl import maths
from train.rl.batch import Batch
from train.rl.config import PpoConfig
from train.rl.crew import Crew
from train.rl.learning import Learner, estimated
from train.rl.opening import Opening
from train.rl.optimisers import Optimisers
from train.rl.policy import Policy


@dataclass(frozen=True)
class Update:
    """What an update did, as means over tokens; `kl` is the mean over episodes of the sum of its tokens' KL, in nats.

    `n_updates` of the planned steps were made: fewer where the policy had moved too far.
    """

    kl: float
    policy_loss: float
    value_loss: float
    value_mean: float
    return_mean: float
    clipped: float
    moved: float
    grad_norm: float
    n_updates: int


def update(
    policy: Policy,
    optimisers: Optimisers,
    batch: Batch,
    beta: float,
    *,
    recompute: bool,
    seed: int,
    opening: Opening | None = None,
    crew: Crew | None = None,
) -> Update:
    """Learn from a batch. `beta`: the KL coefficient; `recompute`: the roll-out's own log p are not to be trusted.

    `opening`: the pass over the prompts of this process's rows, with its graph; for a single update only.
    """
    config = policy.config
    learner = Learner(policy, optimisers, batch, crew or Crew(), opening)
    with torch.no_grad():
        if recompute:
            batch.logprobs = learner.told(policy.logprobs)
        reference = learner.told(policy.reference_logprobs)
    mask = batch.written
    kl = torch.where(
        mask, maths.kl_per_token(batch.logprobs, reference, config.kl_estimator), torch.zeros(()).to(reference)
    )
    rewards = maths.penalised(batch.scores, kl, mask, beta, config.clip_reward)
    if config.whiten_rewards:
        rewards = maths.whitened(rewards, mask, shift_mean=False)
    if config.is_single_update and config.critic == "copy":
        values, advantages, returns = learner.critic_learns(rewards)
        learner.actor_learns(_whitened(advantages, mask, config))
    else:
        if batch.values is not None and not recompute:
            values = batch.values
        else:
            with torch.no_grad():
                values = learner.told(policy.values)
        advantages, returns = estimated(batch, rewards, values, config)
        told = _whitened(advantages, mask, config)
        for rows in _minibatches(batch, config, seed):
            moved = learner.both_learn(rows, told, values, returns)
            if config.kl_stop is not None and moved > config.kl_stop:
                break
    sums = learner.whole_sums()
    n = max(sums.n, 1)
    return Update(
        kl=kl.sum().item() / max(len(batch.chains), 1),
        policy_loss=sums.policy / n,
        value_loss=sums.value / n,
        value_mean=maths.masked_mean(values, mask).item(),
        return_mean=maths.masked_mean(returns, mask).item(),
        clipped=sums.clipped / n,
        moved=sums.moved / n,
        grad_norm=sums.grad_norm / n,
        n_updates=sums.n,
    )


def _whitened(advantages: Tensor, mask: Tensor, config: PpoConfig) -> Tensor:
    return maths.whitened(advantages, mask) if config.whiten_advantages else advantages


def _minibatches(batch: Batch, config: PpoConfig, seed: int) -> Iterator[list[int]]:
    """Rows of each step of the optimizers: every epoch sees all of them, in an order of its own."""
    n_rows = len(batch.written)
    size = config.minibatch_size or n_rows
    generator = torch.Generator().manual_seed(seed)
    for _ in range(config.n_ppo_epochs):
        order = torch.randperm(n_rows, generator=generator).tolist()
        for start in range(0, n_rows, size):
            yield order[start : start + size]
