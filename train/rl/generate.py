"""Writing answers with a model of `transformers`: batched, packed without padding, each row until it is done.

Rows that ended leave the batch at once, with their keys and values. Each row draws from random numbers of its own,
so an answer depends on the seed, the row's number and the model, and not on which other rows are in the batch.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from train.rl.opening import Opening, open_prompts
from train.rl.packed import Growing, packed_pass

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
    head: Any = None,
    opening: Opening | None = None,
    first_row: int = 0,
) -> tuple[Written, ...]:
    """An answer to each prompt.

    Args:
        model: a causal language model that knows `logits_to_keep` and whose attention can be exchanged.
        prompts: token ids; of any lengths.
        seed: of the rows' random numbers.
        head: of a critic that shares the trunk: its values then cost no pass of their own.
        opening: the pass over these prompts, where it was made already.
        first_row: how many rows of the batch other processes write: a row's random numbers are its own.
    """
    opening = opening or open_prompts(model, prompts, wants_hidden=head is not None)
    uniform = _uniform(seed, first_row, len(prompts), sampling.max_tokens).to(opening.logits.device)
    pens, live = [_Pen() for _ in prompts], list(range(len(prompts)))
    logits, hidden = opening.logits, opening.hidden
    memory = Growing(opening.memory, sampling.max_tokens - 1)
    for step in range(sampling.max_tokens):
        can_end = step >= sampling.min_tokens
        tokens, logprobs, entropies = _drawn(logits.float(), sampling, uniform[live, step], can_end=can_end)
        told = zip(live, tokens.tolist(), logprobs.tolist(), entropies.tolist(), strict=True)
        for row, token, logprob, entropy in told:
            pen = pens[row]
            pen.ids.append(token)
            pen.logprobs.append(logprob)
            pen.entropies.append(entropy)
            pen.is_finished = token in sampling.eos_ids or _ends_in_stop(tokenizer, pen.ids, sampling.stop)
        if head is not None and hidden is not None:
            seen = head(hidden.to(head.weight.dtype)).squeeze(1)
            for row, value in zip(live, seen.tolist(), strict=True):
                pens[row].values.append(value)
        keep = [i for i, row in enumerate(live) if not pens[row].is_finished]
        if not keep or step == sampling.max_tokens - 1:
            break
        if len(keep) < len(live):
            chosen = torch.tensor(keep, device=tokens.device)
            memory.keep(chosen)
            tokens, live = tokens[chosen], [live[i] for i in keep]
        memory.begin()
        out = packed_pass(model, tokens, memory, notes=opening.tape, output_hidden_states=head is not None)
        memory.end()
        logits, hidden = out.logits[0], out.hidden_states[-1][0] if head is not None else None
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
    scaled = logits if sampling.temperature in (0.0, 1.0) else logits / sampling.temperature
    logp = scaled.log_softmax(-1)
    p = logp.exp()
    entropies = -torch.linalg.vecdot(p, logp)
    forbidden = list(sampling.eos_ids) if not can_end else []
    if sampling.temperature > 0:
        p[:, forbidden] = 0
        cumulative = p.cumsum(-1)
        target = uniform.to(cumulative.dtype).unsqueeze(1) * cumulative[:, -1:]
        tokens = torch.searchsorted(cumulative, target, right=True).squeeze(1).clamp(max=logits.shape[1] - 1)
    else:
        allowed = logp.clone()
        allowed[:, forbidden] = float("-inf")
        tokens = allowed.argmax(-1)
    return tokens, logp.gather(1, tokens.unsqueeze(1)).squeeze(1), entropies


def _uniform(seed: int, first_row: int, n_rows: int, n_tokens: int) -> torch.Tensor:
    """[n_rows, n_tokens] in [0, 1), a generator for each row."""
    rows = []
    for row in range(first_row, first_row + n_rows):
        generator = torch.Generator().manual_seed((seed * 1_000_003 + row) % (1 << 62))
        rows.append(torch.rand(n_tokens, generator=generator, dtype=torch.float64))
    return torch.stack(rows)


def _ends_in_stop(tokenizer: Any, ids: Sequence[int], stop: Sequence[str]) -> bool:
    if not stop:
        return False
    tail = tokenizer.decode(list(ids[-_TAIL_TOKENS:]), skip_special_tokens=False)
    return any(text in tail for text in stop)
