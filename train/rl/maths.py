"""PPO's formulas as pure functions on tensors; no model, no state.

Shapes: B episodes, T positions, counted from the first token that the model wrote. `mask` [B, T] is true where the
model wrote the token; feedback of tools between turns and padding are false and count nowhere.
Sources: Schulman et al. 2017 (PPO), 2016 (GAE); Ziegler et al. 2019 (KL as a reward, adaptive coefficient).
"""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor

Estimator = Literal["k1", "k3"]


def token_logprobs(logits: Tensor, tokens: Tensor, temperature: float = 1.0) -> Tensor:
    """log p of the given tokens.

    Args:
        logits: [B, T, V], of any float type; the sum over V is made in float32 at least.
        tokens: [B, T], ids.
        temperature: what the logits are divided by; 0 (greedy) counts as 1.

    Returns:
        [B, T], float32 at least.
    """
    scaled = at_least_single(logits) if temperature in (0.0, 1.0) else at_least_single(logits) / temperature
    found: Tensor = _TokenLogprobs.apply(scaled, tokens)
    return found


class _TokenLogprobs(torch.autograd.Function):
    """Its gradient is made in one tensor of the logits' size; the formula's own way takes four and as many passes."""

    @staticmethod
    def forward(ctx: Any, logits: Tensor, tokens: Tensor) -> Tensor:
        total = logits.logsumexp(-1)
        ctx.save_for_backward(logits, tokens, total)
        return logits.gather(-1, tokens.unsqueeze(-1)).squeeze(-1) - total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        logits, tokens, total = ctx.saved_tensors
        gradient = gradients[0].unsqueeze(-1)
        p = (logits - total.unsqueeze(-1)).exp_()
        return p.mul_(-gradient).scatter_add_(-1, tokens.unsqueeze(-1), gradient), None


def at_least_single(x: Tensor) -> Tensor:
    """Half precision as float32; float32 and float64 as they are."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


def masked_mean(x: Tensor, mask: Tensor) -> Tensor:
    """Mean over the true positions of [B, T]; 0 where there is none."""
    return torch.where(mask, x, torch.zeros_like(x)).sum() / mask.sum().clamp(min=1)


def whitened(x: Tensor, mask: Tensor, *, shift_mean: bool = True) -> Tensor:
    """[B, T] with variance 1 (n - 1 in the denominator) over the true positions, and mean 0 unless it is kept."""
    mean = masked_mean(x, mask)
    n = mask.sum().clamp(min=2)
    variance = torch.where(mask, (x - mean) ** 2, torch.zeros_like(x)).sum() / (n - 1)
    white = (x - mean) * torch.rsqrt(variance + 1e-8)
    return torch.where(mask, white if shift_mean else white + mean, torch.zeros_like(x))


def kl_per_token(logp: Tensor, ref_logp: Tensor, estimator: Estimator = "k1") -> Tensor:
    """Estimates of KL(policy || reference) from the sampled tokens: [B, T], [B, T] to [B, T].

    k1 = log p - log q, unbiased, may be negative. k3 = q/p - 1 - log(q/p), unbiased, never negative.
    """
    difference = ref_logp - logp
    return -difference if estimator == "k1" else difference.exp() - 1 - difference


def penalised(scores: Tensor, kl: Tensor, mask: Tensor, beta: float, clip: float | None = None) -> Tensor:
    """The reward of each token: its share of the reward, minus beta times its KL.

    Args:
        scores: [B, T], the reward of a call at its last token, 0 elsewhere.
        kl: [B, T], from `kl_per_token`.
        beta: the KL coefficient.
        clip: scores are kept within [-clip, clip].

    Returns:
        [B, T], 0 where the mask is false.
    """
    bounded = scores if clip is None else scores.clamp(-clip, clip)
    return torch.where(mask, bounded - beta * kl, torch.zeros_like(kl))


def at_last(values: Tensor, mask: Tensor) -> Tensor:
    """[B] to [B, T]: each value at the last true position of its row; a row without any stays 0."""
    n = mask.shape[1]
    last = n - 1 - mask.flip(1).to(torch.int64).argmax(1)
    placed = torch.zeros(mask.shape, dtype=values.dtype, device=values.device)
    placed[torch.arange(mask.shape[0], device=mask.device), last] = values
    return torch.where(mask, placed, torch.zeros_like(placed))


def advantages_and_returns(
    rewards: Tensor, values: Tensor, mask: Tensor, gamma: float, lam: float
) -> tuple[Tensor, Tensor]:
    """Generalised advantage estimation over the true positions: delta_t = r_t + gamma V_next - V_t.

    The next position is the next true one: feedback between two turns is no step of the policy. After the last comes
    the end, of value 0.

    Args:
        rewards, values: [B, T].

    Returns:
        advantages and returns (advantages + values), [B, T] each, 0 where the mask is false.
    """
    advantages = torch.zeros_like(values)
    next_value = torch.zeros_like(values[:, 0])
    running = torch.zeros_like(values[:, 0])
    for t in range(values.shape[1] - 1, -1, -1):
        here = mask[:, t]
        delta = rewards[:, t] + gamma * next_value - values[:, t]
        running = torch.where(here, delta + gamma * lam * running, running)
        next_value = torch.where(here, values[:, t], next_value)
        advantages[:, t] = torch.where(here, running, advantages[:, t])
    return advantages, torch.where(mask, advantages + values, torch.zeros_like(values))


def policy_losses(logp: Tensor, old_logp: Tensor, advantages: Tensor, clip: float) -> Tensor:
    """The clipped surrogate of each token, to be minimised: max(-A r, -A clip(r, 1 - clip, 1 + clip)); all [B, T]."""
    ratio = (logp - old_logp).exp()
    return torch.maximum(-advantages * ratio, -advantages * ratio.clamp(1 - clip, 1 + clip))


def value_losses(values: Tensor, old_values: Tensor, returns: Tensor, clip: float | None) -> Tensor:
    """Half the squared error of each token: the larger of the value's and of that within `clip` of the old value."""
    squared = (values - returns) ** 2
    if clip is not None:
        near = old_values + (values - old_values).clamp(-clip, clip)
        squared = torch.maximum(squared, (near - returns) ** 2)
    return 0.5 * squared


def clipped_share(logp: Tensor, old_logp: Tensor, mask: Tensor, clip: float) -> Tensor:
    """Share of tokens whose ratio lies outside of 1 +- clip."""
    return masked_mean((((logp - old_logp).exp() - 1).abs() > clip).float(), mask)


def next_beta(beta: float, kl: float, target: float, horizon: float, n_episodes: int) -> float:
    """The adaptive coefficient: raised where the KL of an episode lies above its target, lowered below it.

    The error is capped at 20 %, so that one strange batch moves it by 0.2 n / horizon at most (Ziegler et al., 2.2).
    """
    error = min(max(kl / target - 1, -0.2), 0.2)
    return beta * (1 + error * n_episodes / horizon)
