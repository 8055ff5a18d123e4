"""The pass over the prompts of a roll-out: generation goes on from it, and, with its graph, so does learning.

The actor that learns from a batch is the one that wrote it, so that its pass over the prompts is the same one. Where a
batch is used once and goes through the model as one piece, it is made once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from train.rl.packed import Memory, Pack, packed_pass
from train.rl.passing import Tape


@dataclass(frozen=True)
class Opening:
    """`memory`: keys and values of B prompts; `logits` [B, V] and `hidden` [B, d] (where asked for): of their ends.

    `tape`: of the generation that goes on from here, where somebody will learn from it.
    """

    memory: Memory
    logits: Tensor
    hidden: Tensor | None
    tape: Tape | None = None


def open_prompts(model: Any, prompts: Sequence[Sequence[int]], *, wants_hidden: bool) -> Opening:
    """One pass; with a graph where gradients are on."""
    device = next(model.parameters()).device
    ids = torch.tensor([token for prompt in prompts for token in prompt], device=device)
    pack = Pack([len(prompt) for prompt in prompts], device, keeps=True)
    ends = pack.ends
    out = packed_pass(model, ids, pack, reads=ends, logits_to_keep=ends, output_hidden_states=wants_hidden)
    assert pack.kept is not None
    hidden = out.hidden_states[-1][0, ends] if wants_hidden else None
    return Opening(pack.kept, out.logits[0], hidden, Tape() if torch.is_grad_enabled() else None)
