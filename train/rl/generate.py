"""Writing answers with a model of `transformers`: batched, with a KV cache, each row until it is done.

Rows that ended leave the batch at once, with their share of the cache. Each row draws from random numbers of its own,
so an answer depends on the seed, the row's number and the model, and not on which other rows are in the batch.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from train.rl.maths import entropy_of

_TAIL_TOKENS = 16
"""As many of the last tokens are looked at for a stop string."""


@dataclass(frozen=True)
class Written:
    """One answer: ids with the end token where there was one, log p of each (under the tempered distribution)."""

    ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    is_finished: bool
    entropy: float | None = None
    """Mean of its tokens' distributions, in nats; None where the generator does not say."""
    values: tuple[float, ...] = ()
    """What a head on the same trunk said before each token; empty where there is none."""


@dataclass(frozen=True)
class Sampling:
    """How answers are drawn. `temperature` 0: the most probable token. `stop`: strings that end an answer, as eos."""

    max_tokens: int
    temperature: float = 0.0
    min_tokens: int = 0
    eos_ids: Collection[int] = ()
    stop: tuple[str, ...] = ()


@dataclass
class _Pen:
    ids: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    entropies: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    is_finished: bool = False


@torch.no_grad()
def write_answers(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[Sequence[int]],
    sampling: Sampling,
    *,
    seed: int,
    pad_id: int,
    head: Any = None,
) -> tuple[Written, ...]:
    """An answer to each prompt.

    Args:
        model: a causal language model that knows `logits_to_keep` and `past_key_values`.
        prompts: token ids; of any lengths.
        seed: of the rows' random numbers.
        head: of a critic that shares the trunk: its values then cost no pass of their own.
    """
    device = next(model.parameters()).device
    n_rows, width = len(prompts), max(map(len, prompts))
    ids = torch.tensor([[pad_id] * (width - len(p)) + list(p) for p in prompts], device=device)
    attention = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts], device=device)
    uniform = _uniform(seed, n_rows, sampling.max_tokens).to(device)
    pens = [_Pen() for _ in prompts]
    live = list(range(n_rows))
    positions = (attention.cumsum(1) - 1).clamp(min=0)
    how = {"use_cache": True, "logits_to_keep": 1, "output_hidden_states": head is not None}
    out = model(input_ids=ids, attention_mask=attention, position_ids=positions, **how)
    for step in range(sampling.max_tokens):
        logits = out.logits[:, -1].float()
        tokens, logprobs, entropies = _drawn(logits, sampling, uniform[live, step], can_end=step >= sampling.min_tokens)
        for row, token, logprob, entropy in zip(
            live, tokens.tolist(), logprobs.tolist(), entropies.tolist(), strict=True
        ):
            pen = pens[row]
            pen.ids.append(token)
            pen.logprobs.append(logprob)
            pen.entropies.append(entropy)
            pen.is_finished = token in sampling.eos_ids or _ends_in_stop(tokenizer, pen.ids, sampling.stop)
        if head is not None:
            seen = head(out.hidden_states[-1][:, -1].to(head.weight.dtype)).squeeze(1)
            for row, value in zip(live, seen.tolist(), strict=True):
                pens[row].values.append(value)
        keep = [i for i, row in enumerate(live) if not pens[row].is_finished]
        if not keep or step == sampling.max_tokens - 1:
            break
        cache = out.past_key_values
        if len(keep) < len(live):
            chosen = torch.tensor(keep, device=device)
            cache.batch_select_indices(chosen)
            attention, tokens, live = attention[chosen], tokens[chosen], [live[i] for i in keep]
        attention = torch.cat([attention, attention.new_ones(len(live), 1)], 1)
        out = model(
            input_ids=tokens.unsqueeze(1),
            attention_mask=attention,
            position_ids=attention.sum(1, keepdim=True) - 1,
            past_key_values=cache,
            **how,
        )
    return tuple(
        Written(tuple(p.ids), tuple(p.logprobs), p.is_finished, sum(p.entropies) / len(p.entropies), tuple(p.values))
        for p in pens
    )


def _drawn(
    logits: torch.Tensor, sampling: Sampling, uniform: torch.Tensor, *, can_end: bool
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """[B, V] to tokens, their log p, and entropies, [B] each; drawn by inverting the distribution function.

    What `min_tokens` forbids counts in log p all the same: the formulas know one policy only.
    """
    scaled = logits / sampling.temperature if sampling.temperature > 0 else logits
    allowed = scaled
    if not can_end and sampling.eos_ids:
        allowed = scaled.clone()
        allowed[:, list(sampling.eos_ids)] = float("-inf")
    if sampling.temperature > 0:
        cumulative = allowed.softmax(-1).cumsum(-1)
        target = uniform.to(cumulative.dtype).unsqueeze(1) * cumulative[:, -1:]
        tokens = torch.searchsorted(cumulative, target, right=True).squeeze(1).clamp(max=logits.shape[1] - 1)
    else:
        tokens = allowed.argmax(-1)
    logp = scaled.log_softmax(-1)
    return tokens, logp.gather(1, tokens.unsqueeze(1)).squeeze(1), entropy_of(scaled)


def _uniform(seed: int, n_rows: int, n_tokens: int) -> torch.Tensor:
    """[n_rows, n_tokens] in [0, 1), a generator for each row."""
    rows = []
    for row in range(n_rows):
        generator = torch.Generator().manual_seed((seed * 1_000_003 + row) % (1 << 62))
        rows.append(torch.rand(n_tokens, generator=generator, dtype=torch.float64))
    return torch.stack(rows)


def _ends_in_stop(tokenizer: Any, ids: Sequence[int], stop: Sequence[str]) -> bool:
    if not stop:
        return False
    tail = tokenizer.decode(list(ids[-_TAIL_TOKENS:]), skip_special_tokens=False)
    return any(text in tail for text in stop)
