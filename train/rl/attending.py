"""An attention over a frozen model's layer without detours: rotated where it lies, handed to the pack.

`transformers` turns queries and keys after it has exchanged their axes, and half of each beside the other half in a
new tensor; here it is done in three operations on the tensor that the layer gave, for either direction.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

_NEAR = 1e-4


class Attending:
    """Stands for the `forward` of a Llama-shaped attention in a packed pass."""

    def __init__(self, module: Any) -> None:
        self._module = module
        self.scale = float(module.scaling)
        self.window: int | None = None

    def __call__(self, hidden_states: Tensor, position_embeddings: Any = None, **options: Any) -> tuple[Tensor, None]:
        module, pack = self._module, options.get("pack")
        is_whole = position_embeddings is not None and position_embeddings[0].shape[-1] == module.head_dim
        if pack is None or not is_whole or hidden_states.dtype != torch.float32:
            plain: tuple[Tensor, None] = type(module).forward(
                module, hidden_states=hidden_states, position_embeddings=position_embeddings, **options
            )
            return plain
        cos, sin = position_embeddings
        shape = (*hidden_states.shape[:2], -1, module.head_dim)
        q, k, v = (part(hidden_states).view(shape) for part in (module.q_proj, module.k_proj, module.v_proj))
        q, k = _turned(q, cos, sin), _turned(k, cos, sin)
        q, k, v = q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)
        seen = pack.attend(module.layer_idx, q, k, v, self.scale, self.window)
        return module.o_proj(seen.reshape(*hidden_states.shape[:2], -1)), None


def attending(module: Any) -> Attending | None:
    """What stands for this attention; None where it is none that this file knows.

    It is asked what it hands to its attention function and what it makes of the answer, and so is its stand-in: names
    alone do not tell what a module does. The attention of its model must be exchanged already.
    """
    names = ("q_proj", "k_proj", "v_proj", "o_proj", "head_dim", "scaling", "layer_idx")
    if not all(hasattr(module, name) for name in names):
        return None
    made, n = Attending(module), module.q_proj.in_features
    generator = torch.Generator().manual_seed(0)
    x, turns = torch.randn(1, 3, n, generator=generator), torch.randn(1, 3, module.head_dim, generator=generator)
    found = []
    for forward in (type(module).forward.__get__(module), made):
        asked = _Asked()
        options = {"position_embeddings": (turns.cos(), turns.sin()), "attention_mask": None, "pack": asked}
        try:
            with torch.no_grad():
                out = forward(hidden_states=x, **options)[0]
        except (TypeError, ValueError, RuntimeError, KeyError):  # an attention that wants other arguments
            return None
        found.append((asked, (*asked.told, out)))
    (own, theirs), (instead, ours) = found
    made.window = own.window
    are_near = [a.shape == b.shape and torch.allclose(a, b, atol=_NEAR) for a, b in zip(theirs, ours, strict=True)]
    return made if own.scale == instead.scale and all(are_near) else None


class _Asked:
    """Stands for a pack and remembers what it was handed."""

    told: tuple[Tensor, ...] = ()
    scale = 0.0
    window: int | None = None

    def attend(self, layer: int, query: Tensor, key: Tensor, value: Tensor, scale: float, window: int | None) -> Tensor:
        del layer
        self.told, self.scale, self.window = (query, key, value), scale, window
        return query.transpose(1, 2).contiguous()


def _turned(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    if not torch.is_grad_enabled():
        return _rotated(x, cos, sin, 1)
    found: Tensor = _Turned.apply(x, cos, sin)
    return found


class _Turned(torch.autograd.Function):
    """x [1, N, H, D] by angles, whose cosines and sines are [1, N, D]; gradients reach x alone."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        ctx.save_for_backward(cos, sin)
        return _rotated(x, cos, sin, 1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        cos, sin = ctx.saved_tensors
        return _rotated(gradients[0], cos, sin, -1), None, None


def _rotated(x: Tensor, cos: Tensor, sin: Tensor, way: int) -> Tensor:
    """x times cos, plus its halves exchanged times sin, the first of them negative; `way` -1: its transpose."""
    half = x.shape[-1] // 2
    sin = sin.unsqueeze(2)
    made = x * cos.unsqueeze(2)
    first, second = (sin[..., half:], sin[..., :half]) if way < 0 else (sin[..., :half], sin[..., half:])
    made[..., :half].addcmul_(x[..., half:], first, value=-way)
    made[..., half:].addcmul_(x[..., :half], second, value=way)
    return made
