"""Parts of a frozen Llama-shaped layer as one operation for either direction: its gated product, its norms.

Weights that never change need no gradient, so that less has to be kept of a pass and fewer tensors are moved: of the
gated product its two inner tensors, of a norm its input and one number a token.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from train.rl.laid_out import is_fit, product, reordered, spread
from train.rl.passing import now

_NEAR = 1e-4
_PARTS = ("gate_proj", "up_proj", "down_proj")


class Gated:
    """Stands for the `forward` of a block down(silu(gate(x)) * up(x)); gate and up are one product of twice the width.

    `is_last`: nobody looks at all rows of what it gives.
    """

    def __init__(self, module: Any, *, is_last: bool = False) -> None:
        self._module, self._is_last = module, is_last
        gate, up, down = (getattr(module, name) for name in _PARTS)
        both = torch.cat([gate.weight.detach(), up.weight.detach()])
        self.into, self.into_back = reordered(both), reordered(both.t().contiguous())
        self.out, self.out_back = reordered(down.weight), reordered(down.weight.detach().t().contiguous())
        self.into_bias = None if gate.bias is None else torch.cat([gate.bias.detach(), up.bias.detach()])
        self.out_bias = down.bias

    def __call__(self, x: Tensor) -> Tensor:
        if x.dtype != torch.float32:
            plain: Tensor = type(self._module).forward(self._module, x)
            return plain
        reads = now().reads
        if self._is_last and reads is not None:
            return spread(self._of(x.index_select(1, reads)), reads, x.shape[1])
        return self._of(x)

    def _of(self, x: Tensor) -> Tensor:
        this = now()
        if not torch.is_grad_enabled():
            made, inner = _gated(x, self)
            if this.notes is not None:
                this.notes.note(self, made)
                this.notes.note(self.into, inner)
            return made
        ready = (None, None) if this.plays is None else (this.plays.again(self), this.plays.again(self.into))
        found: Tensor = _GatedPass.apply(x, self, ready)
        return found


class _GatedPass(torch.autograd.Function):
    """x [..., d] to [..., d]; gradients reach x alone. `ready`: the result and the inner tensors, where known."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, block: Gated, ready: tuple[Tensor | None, Tensor | None]) -> Tensor:
        made, inner = ready
        if made is None or inner is None:
            made, inner = _gated(x, block)
        ctx.save_for_backward(inner)
        ctx.block = block
        return made

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (inner,) = ctx.saved_tensors
        gate, up = inner.chunk(2, -1)
        g = product(gradients[0].contiguous(), ctx.block.out_back, None)
        both = torch.empty_like(inner)
        to_gate, to_up = both.chunk(2, -1)
        torch.mul(functional.silu(gate), g, out=to_up)
        torch.ops.aten.silu_backward.grad_input(g.mul_(up), gate, grad_input=to_gate)
        return product(both, ctx.block.into_back, None), None, None


def _gated(x: Tensor, block: Gated) -> tuple[Tensor, Tensor]:
    """The result, and gate and up side by side."""
    inner = product(x, block.into, block.into_bias)
    gate, up = inner.chunk(2, -1)
    return product(functional.silu(gate).mul_(up), block.out, block.out_bias), inner


class Norm:
    """Stands for the `forward` of a norm by the root of the mean square, with a frozen weight."""

    def __init__(self, module: Any) -> None:
        self._module, self._weight, self._eps = module, module.weight.detach(), float(module.variance_epsilon)

    def __call__(self, x: Tensor) -> Tensor:
        if x.dtype != torch.float32:
            plain: Tensor = type(self._module).forward(self._module, x)
            return plain
        if not torch.is_grad_enabled():
            return _normed(x, self._weight, self._eps)[0]
        found: Tensor = _NormPass.apply(x, self._weight, self._eps)
        return found


class _NormPass(torch.autograd.Function):
    """x [..., d] to x / r * w with r the root of its mean square; gradients reach x alone."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, eps: float) -> Tensor:
        made, scale = _normed(x, weight, eps)
        ctx.save_for_backward(x, weight, scale)
        return made

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        x, weight, scale = ctx.saved_tensors
        g = gradients[0] * weight
        along = torch.linalg.vecdot(g, x).unsqueeze(-1).mul_(scale**3).div_(-x.shape[-1])
        return g.mul_(scale).addcmul_(x, along), None, None


def _normed(x: Tensor, weight: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """The result, and 1 / r of each token [..., 1]."""
    scale = torch.linalg.vector_norm(x, dim=-1, keepdim=True).square_().div_(x.shape[-1]).add_(eps).rsqrt_()
    return (x * scale).mul_(weight), scale


def is_gated(module: nn.Module) -> bool:
    """Whether a module has the parts, none with an adapter; whether it is what it looks like is asked by `says_so`."""
    parts = [getattr(module, name, None) for name in _PARTS]
    are_plain = all(type(part) is nn.Linear and is_fit(part.weight) for part in parts)
    return are_plain and hasattr(module, "act_fn") and len({getattr(part, "bias", None) is None for part in parts}) == 1


def is_norm(module: nn.Module) -> bool:
    weight = getattr(module, "weight", None)
    return isinstance(weight, Tensor) and is_fit(weight) and hasattr(module, "variance_epsilon")


def says_so(module: Any, instead: Gated | Norm) -> bool:
    """Whether both say the same of the same input: names alone do not tell what a module does."""
    n = module.weight.shape[-1] if isinstance(instead, Norm) else module.gate_proj.in_features
    x = torch.randn(1, 4, n, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        one, other = type(module).forward(module, x), instead(x)
    return bool(torch.allclose(one, other, atol=_NEAR * float(one.abs().max()), rtol=0))
