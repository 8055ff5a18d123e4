"""What of a batch goes through a model, and how what the model says comes back into the batch's shape."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from train.rl.batch import Batch
from train.rl.opening import Opening
from train.rl.packed import Pack


def packed(part: Batch) -> tuple[Tensor, Pack, Tensor]:
    """The tokens of all rows but each one's last, and where among them those stand that a written token follows."""
    real = part.attention.bool()
    fed = real & functional.pad(real[:, 1:], (0, 1))
    reads = torch.zeros_like(fed)
    reads[:, -part.n_answer - 1 : -1] = part.written
    pack = Pack(fed.sum(1).tolist(), part.ids.device)
    return part.ids[fed], pack, reads[fed].nonzero().squeeze(1)


def packed_answers(part: Batch, opening: Opening) -> tuple[Tensor, Pack | None, Tensor]:
    """The same of the answers alone, in the order in which they were written; the first tokens follow the prompts.

    No pack where there are no other tokens.
    """
    fed = functional.pad(part.written[:, 1:], (0, 1))
    ids, lengths = part.answers.t()[fed.t()], fed.sum(1).tolist()
    pack = Pack(lengths, ids.device, opening.memory, is_stepwise=True) if len(ids) else None
    return ids, pack, torch.arange(len(ids), device=ids.device)


def placed(x: Tensor, where: Tensor) -> Tensor:
    """[n] at the n true positions of [B, T]."""
    return torch.zeros(where.shape, dtype=x.dtype, device=x.device).masked_scatter(where, x)
