"""The passes that an update is made of: actor and critic over a batch, in micro-batches, each process its own rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from train.rl import maths
from train.rl.adapters import ACTOR, CRITIC
from train.rl.batch import Batch
from train.rl.config import PpoConfig
from train.rl.crew import Crew
from train.rl.opening import Opening
from train.rl.optimisers import Optimisers
from train.rl.policy import Policy


@dataclass
class Sums:
    """Over an update's minibatches, of this process's rows; `grad_norm` and `n` are everybody's."""

    policy: float = 0.0
    value: float = 0.0
    clipped: float = 0.0
    moved: float = 0.0
    grad_norm: float = 0.0
    n: int = 0


@dataclass
class Learner:
    """What the passes of one update share. `opening`: of this process's rows, for a single update only."""

    policy: Policy
    optimisers: Optimisers
    batch: Batch
    crew: Crew
    opening: Opening | None = None
    sums: Sums = field(default_factory=Sums)

    def __post_init__(self) -> None:
        self.config: PpoConfig = self.policy.config
        self.mine = self.crew.rows(self.batch)

    def told(self, ask: Callable[[Batch], Tensor]) -> Tensor:
        """[B, T] of what a role says, micro-batch by micro-batch, 0 where nothing was written."""
        whole = torch.zeros_like(self.batch.logprobs)
        for rows in self.batch.pieces(self.config.micro_batch_size, self.mine):
            part = self.batch.part(rows)
            whole[rows, : part.n_answer] = ask(part)
        return self.crew.summed(whole)

    def critic_learns(self, rewards: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Values, advantages, returns [B, T] and the critic's gradients, from one pass.

        A return needs its episode only, so that no other pass has to come first.
        """
        batch, config, n_written = self.batch, self.config, self.batch.written.sum()
        values, advantages, returns = (torch.zeros_like(batch.logprobs) for _ in range(3))
        for rows in batch.whole_episodes(config.micro_batch_size, self.crew.share(batch.chains)):
            part = batch.part(rows)
            n = part.n_answer
            with self.policy.role(CRITIC):
                estimate = self.policy.values(part)
                values[rows, :n] = estimate.detach()
                advantages[rows], returns[rows] = estimated(batch.only(rows), rewards[rows], values[rows], config)
                loss = maths.value_losses(estimate, estimate.detach(), returns[rows][:, :n], config.clip_value)
                total = torch.where(part.written, loss, torch.zeros_like(loss)).sum() / n_written
                total.backward()
            self.sums.value += total.item()
        whole = self.crew.summed(torch.stack([values, advantages, returns]))
        return whole[0], whole[1], whole[2]

    def actor_learns(self, advantages: Tensor) -> None:
        """The actor's gradients, and the step of both."""
        batch, config, n_written = self.batch, self.config, self.batch.written.sum()
        for rows in self._pieces(self.mine):
            part = batch.part(rows)
            with self.policy.role(ACTOR):
                logp = self.policy.logprobs(part, self.opening)
                loss = maths.policy_losses(logp, part.logprobs, advantages[rows][:, : part.n_answer], config.clip_ratio)
                total = torch.where(part.written, loss, torch.zeros_like(loss)).sum() / n_written
                total.backward()
            self._note(part, logp.detach(), total.item(), n_written)
        self._step()

    def both_learn(self, rows: Sequence[int], advantages: Tensor, old_values: Tensor, returns: Tensor) -> float:
        """One minibatch; how far the policy had moved from the one that wrote it: half the mean squared log-ratio."""
        batch, config, n_written = self.batch, self.config, self.batch.written[rows].sum()
        moved_before = self.sums.moved
        own = set(self.mine)
        for piece in self._pieces([row for row in rows if row in own]):
            part = batch.part(piece)
            n = part.n_answer
            shared = config.critic == "shared"
            with self.policy.role(ACTOR):
                logp, values = (
                    self.policy.logprobs_and_values(part, self.opening)
                    if shared
                    else (self.policy.logprobs(part), None)
                )
                losses = maths.policy_losses(logp, part.logprobs, advantages[piece][:, :n], config.clip_ratio)
                policy_loss = torch.where(part.written, losses, torch.zeros_like(losses)).sum() / n_written
                if values is None:
                    policy_loss.backward()
            with self.policy.role(ACTOR if shared else CRITIC):
                values = self.policy.values(part) if values is None else values
                errors = maths.value_losses(values, old_values[piece][:, :n], returns[piece][:, :n], config.clip_value)
                value_loss = torch.where(part.written, errors, torch.zeros_like(errors)).sum() / n_written
                (policy_loss + config.value_coef * value_loss if shared else value_loss).backward()
            self.sums.value += value_loss.item()
            self._note(part, logp.detach(), policy_loss.item(), n_written)
        self._step()
        return float(self.crew.summed(torch.tensor(self.sums.moved - moved_before, device=self.policy.device)))

    def whole_sums(self) -> Sums:
        """Of all processes."""
        own = self.sums
        told = torch.tensor([own.policy, own.value, own.clipped, own.moved], device=self.policy.device)
        policy, value, clipped, moved = self.crew.summed(told).tolist()
        return Sums(policy, value, clipped, moved, own.grad_norm, own.n)

    def _step(self) -> None:
        self.sums.grad_norm += self.optimisers.step(self.crew)
        self.sums.n += 1

    def _pieces(self, rows: Sequence[int]) -> Iterable[Tensor]:
        """Micro-batches; what was opened as one piece is learnt from as one, in the order of its rows."""
        if self.opening is not None:
            return [torch.tensor(sorted(rows))]
        return self.batch.pieces(self.config.micro_batch_size, rows)

    def _note(self, part: Batch, logp: Tensor, loss: float, n_written: Tensor) -> None:
        difference = torch.where(part.written, logp - part.logprobs, torch.zeros_like(logp))
        share = part.written.sum() / n_written
        self.sums.policy += loss
        self.sums.moved += (0.5 * (difference**2).sum() / n_written).item()
        outside = maths.clipped_share(logp, part.logprobs, part.written, self.config.clip_ratio)
        self.sums.clipped += (outside * share).item()


def estimated(batch: Batch, rewards: Tensor, values: Tensor, config: PpoConfig) -> tuple[Tensor, Tensor]:
    """Advantages and returns [B, T] of whole episodes."""
    chained = [batch.chained(x) for x in (rewards, values, batch.written)]
    advantages, returns = maths.advantages_and_returns(chained[0], chained[1], chained[2], config.gamma, config.lam)
    return batch.unchained(advantages), batch.unchained(returns)
