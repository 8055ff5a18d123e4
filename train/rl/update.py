"""One batch of roll-outs becomes one step, or a few, of actor and critic.

Where a batch is used for one step only (the paper's way), the pass that estimates values is the pass that the critic
learns from, and the pass that the actor learns from is its first, its part over the prompts that of generation: nothing
is computed twice, and the result is that of the long way (tests hold it). Losses are means over the tokens that the
model wrote in the whole minibatch, so that micro-batches change memory and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from train.rl import maths
from train.rl.adapters import ACTOR, CRITIC
from train.rl.batch import Batch
from train.rl.config import PpoConfig
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


@dataclass
class _Sums:
    """Over an update's minibatches."""

    policy: float = 0.0
    value: float = 0.0
    clipped: float = 0.0
    moved: float = 0.0
    grad_norm: float = 0.0
    n: int = 0


def update(
    policy: Policy,
    optimisers: Optimisers,
    batch: Batch,
    beta: float,
    *,
    recompute: bool,
    seed: int,
    opening: Opening | None = None,
) -> Update:
    """Learn from a batch. `beta`: the KL coefficient; `recompute`: the roll-out's own log p are not to be trusted.

    `opening`: the pass over the batch's prompts that it was written from, with its graph; for a single update only.
    """
    config = policy.config
    with torch.no_grad():
        if recompute:
            batch.logprobs = _gathered(policy.logprobs, batch, config)
        reference = _gathered(policy.reference_logprobs, batch, config)
    mask = batch.written
    kl = torch.where(
        mask, maths.kl_per_token(batch.logprobs, reference, config.kl_estimator), torch.zeros(()).to(reference)
    )
    rewards = maths.penalised(batch.scores, kl, mask, beta, config.clip_reward)
    if config.whiten_rewards:
        rewards = maths.whitened(rewards, mask, shift_mean=False)
    sums = _Sums()
    if config.is_single_update and config.critic == "copy":
        values, advantages, returns = _critic_learns(policy, batch, rewards, sums)
        _actor_learns(policy, optimisers, batch, _whitened(advantages, mask, config), sums, opening)
    else:
        if batch.values is not None and not recompute:
            values = batch.values
        else:
            with torch.no_grad():
                values = _gathered(policy.values, batch, config)
        advantages, returns = _estimated(batch, rewards, values, config)
        told = _whitened(advantages, mask, config)
        for rows in _minibatches(batch, config, seed):
            moved = _both_learn(policy, optimisers, batch, rows, told, values, returns, sums, opening)
            if config.kl_stop is not None and moved > config.kl_stop:
                break
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


def _critic_learns(policy: Policy, batch: Batch, rewards: Tensor, sums: _Sums) -> tuple[Tensor, Tensor, Tensor]:
    """Values, advantages, returns [B, T] and the critic's gradients, from one pass: a return needs its episode only."""
    config, n_written = policy.config, batch.written.sum()
    values, advantages, returns = (torch.zeros_like(batch.logprobs) for _ in range(3))
    for rows in batch.whole_episodes(config.micro_batch_size):
        part = batch.part(rows)
        n = part.n_answer
        with policy.role(CRITIC):
            estimate = policy.values(part)
            values[rows, :n] = estimate.detach()
            here = batch.only(rows)
            advantages[rows], returns[rows] = _estimated(here, rewards[rows], values[rows], config)
            loss = maths.value_losses(estimate, estimate.detach(), returns[rows][:, :n], config.clip_value)
            total = torch.where(part.written, loss, torch.zeros_like(loss)).sum() / n_written
            total.backward()
        sums.value += total.item()
    return values, advantages, returns


def _actor_learns(
    policy: Policy,
    optimisers: Optimisers,
    batch: Batch,
    advantages: Tensor,
    sums: _Sums,
    opening: Opening | None,
) -> None:
    config, n_written = policy.config, batch.written.sum()
    for rows in _pieces(batch, config, None, opening):
        part = batch.part(rows)
        with policy.role(ACTOR):
            logp = policy.logprobs(part, opening)
            loss = maths.policy_losses(logp, part.logprobs, advantages[rows][:, : part.n_answer], config.clip_ratio)
            total = torch.where(part.written, loss, torch.zeros_like(loss)).sum() / n_written
            total.backward()
        _note(sums, part, logp.detach(), total.item(), config, n_written)
    sums.grad_norm += optimisers.step()
    sums.n += 1


def _both_learn(
    policy: Policy,
    optimisers: Optimisers,
    batch: Batch,
    rows: list[int],
    advantages: Tensor,
    old_values: Tensor,
    returns: Tensor,
    sums: _Sums,
    opening: Opening | None,
) -> float:
    """One minibatch; how far the policy had moved from the one that wrote it: half the mean squared log-ratio."""
    config, n_written = policy.config, batch.written[rows].sum()
    moved_before = sums.moved
    for piece in _pieces(batch, config, rows, opening):
        part = batch.part(piece)
        n = part.n_answer
        shared = config.critic == "shared"
        with policy.role(ACTOR):
            logp, values = policy.logprobs_and_values(part, opening) if shared else (policy.logprobs(part), None)
            losses = maths.policy_losses(logp, part.logprobs, advantages[piece][:, :n], config.clip_ratio)
            policy_loss = torch.where(part.written, losses, torch.zeros_like(losses)).sum() / n_written
            if values is None:
                policy_loss.backward()
        with policy.role(ACTOR if shared else CRITIC):
            values = policy.values(part) if values is None else values
            errors = maths.value_losses(values, old_values[piece][:, :n], returns[piece][:, :n], config.clip_value)
            value_loss = torch.where(part.written, errors, torch.zeros_like(errors)).sum() / n_written
            (policy_loss + config.value_coef * value_loss if shared else value_loss).backward()
        sums.value += value_loss.item()
        _note(sums, part, logp.detach(), policy_loss.item(), config, n_written)
    sums.grad_norm += optimisers.step()
    sums.n += 1
    return sums.moved - moved_before


def _note(sums: _Sums, part: Batch, logp: Tensor, loss: float, config: PpoConfig, n_written: Tensor) -> None:
    difference = torch.where(part.written, logp - part.logprobs, torch.zeros_like(logp))
    share = part.written.sum() / n_written
    sums.policy += loss
    sums.moved += (0.5 * (difference**2).sum() / n_written).item()
    sums.clipped += (maths.clipped_share(logp, part.logprobs, part.written, config.clip_ratio) * share).item()


def _estimated(batch: Batch, rewards: Tensor, values: Tensor, config: PpoConfig) -> tuple[Tensor, Tensor]:
    chained = [batch.chained(x) for x in (rewards, values, batch.written)]
    advantages, returns = maths.advantages_and_returns(chained[0], chained[1], chained[2], config.gamma, config.lam)
    return batch.unchained(advantages), batch.unchained(returns)


def _whitened(advantages: Tensor, mask: Tensor, config: PpoConfig) -> Tensor:
    return maths.whitened(advantages, mask) if config.whiten_advantages else advantages


def _gathered(ask: Callable[[Batch], Tensor], batch: Batch, config: PpoConfig) -> Tensor:
    """[B, T] of what a role says, micro-batch by micro-batch, 0 where nothing was written."""
    whole = torch.zeros_like(batch.logprobs)
    for rows in batch.pieces(config.micro_batch_size):
        part = batch.part(rows)
        whole[rows, : part.n_answer] = ask(part)
    return torch.where(batch.written, whole, torch.zeros_like(whole))


def _pieces(batch: Batch, config: PpoConfig, rows: list[int] | None, opening: Opening | None) -> Iterable[Tensor]:
    """Micro-batches; what was opened as one piece is learnt from as one, in the order of its rows."""
    if opening is not None:
        return [torch.arange(len(batch.written))]
    return batch.pieces(config.micro_batch_size, rows)


def _minibatches(batch: Batch, config: PpoConfig, seed: int) -> Iterator[list[int]]:
    """Rows of each step of the optimizers: every epoch sees all of them, in an order of its own."""
    n_rows = len(batch.written)
    size = config.minibatch_size or n_rows
    generator = torch.Generator().manual_seed(seed)
    for _ in range(config.n_ppo_epochs):
        order = torch.randperm(n_rows, generator=generator).tolist()
        for start in range(0, n_rows, size):
            yield order[start : start + size]
