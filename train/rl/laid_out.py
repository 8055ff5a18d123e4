"""Passes through frozen linear layers whose weights were laid out, alone and with an adapter fused in.

An adapter's products are added to the layer's in place, as one operation for either direction: peft's way, a product
that is scaled and then added, moves as much memory again.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from train.rl.passing import now

_MOST_OUT = 32_768


def is_fit(weight: Tensor) -> bool:
    """Whether it is frozen, in float32 and on a CPU."""
    return weight.device.type == "cpu" and weight.dtype == torch.float32 and not weight.requires_grad


def reordered(weight: Tensor) -> Tensor:
    """[O, I] as the processor's library wants it."""
    found: Tensor = torch.ops.mkldnn._reorder_linear_weight(weight.detach())
    return found


def product(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """x [..., I] to [..., O] by a weight that was reordered."""
    found: Tensor = torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")
    return found


class LaidOut:
    """Stands for the `forward` of a layer without an adapter."""

    def __init__(self, layer: nn.Linear) -> None:
        self._layer = layer
        self.there = reordered(layer.weight)
        # A vocabulary's gradients go back once an update, and for written tokens alone: not worth its memory.
        is_head = layer.out_features > _MOST_OUT
        self.back = layer.weight.detach().t() if is_head else reordered(layer.weight.detach().t().contiguous())

    def __call__(self, x: Tensor) -> Tensor:
        bias = self._layer.bias
        if x.dtype != torch.float32:
            return functional.linear(x, self._layer.weight, bias)
        this = now()
        if not torch.is_grad_enabled():
            made = product(x, self.there, bias)
            if this.notes is not None:
                this.notes.note(self, made)
            return made
        ready = (None if this.plays is None else this.plays.again(self),)
        found: Tensor = _Pass.apply(x, self.there, self.back, bias, ready)
        return found


class _Pass(torch.autograd.Function):
    """x [..., I] to [..., O]; gradients reach x alone. `ready`: a tuple of one, the result where it is known."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, there: Tensor, back: Tensor, bias: Tensor | None, ready: tuple[Tensor | None]
    ) -> Tensor:
        ctx.back = back
        return product(x, there, bias) if ready[0] is None else ready[0]

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None, None]:
        return _returned(gradients[0].contiguous(), ctx.back), None, None, None, None


class Adapted:
    """Stands for the `forward` of peft's layer over a layer that is laid out; one adapter is active, or none is.

    `is_last`: nobody looks at all rows of what it gives.
    """

    def __init__(self, layer: Any, *, is_last: bool = False) -> None:
        self._layer, self._laid_out, self._is_last = layer, layer.get_base_layer().forward, is_last

    def __call__(self, x: Tensor) -> Tensor:
        reads = now().reads
        if self._is_last and reads is not None:
            return spread(self._of(x.index_select(1, reads)), reads, x.shape[1])
        return self._of(x)

    def _of(self, x: Tensor) -> Tensor:
        layer, this = self._layer, now()
        base = layer.get_base_layer()
        if layer.disable_adapters:
            plain: Tensor = base(x)
            return plain
        (active,) = layer.active_adapters
        a, b = layer.lora_A[active].weight, layer.lora_B[active].weight
        if x.dtype != torch.float32 or a.dtype != torch.float32:
            by_peft: Tensor = type(layer).forward(layer, x)
            return by_peft
        if not torch.is_grad_enabled():
            made = _with_adapter(x, a, b, layer.scaling[active], self._laid_out, base.bias, None)[0]
            if this.notes is not None:
                this.notes.note(self, made)
            return made
        ready = (None if this.plays is None else this.plays.again(self),)
        whole: Tensor = _AdaptedPass.apply(x, a, b, layer.scaling[active], self._laid_out, base.bias, ready)
        return whole


class _AdaptedPass(torch.autograd.Function):
    """x [..., I] to x W' + s (x A') B': [..., O]; gradients reach x, A [r, I] and B [O, r]."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        a: Tensor,
        b: Tensor,
        scale: float,
        layer: LaidOut,
        bias: Any,
        ready: tuple[Tensor | None],
    ) -> Tensor:
        whole, flat, low = _with_adapter(x, a, b, scale, layer, bias, ready[0])
        ctx.save_for_backward(flat, low, a, b)
        ctx.scale, ctx.back, ctx.needs_x = scale, layer.back, x.requires_grad
        return whole

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor, Tensor, None, None, None, None]:
        flat, low, a, b = ctx.saved_tensors
        gradient = gradients[0]
        g = gradient.reshape(-1, gradient.shape[-1])
        g_low = g @ b
        to_a, to_b = (g_low.t() @ flat).mul_(ctx.scale), (g.t() @ low).mul_(ctx.scale)
        if not ctx.needs_x:
            return None, to_a, to_b, None, None, None, None
        to_x = _returned(g.contiguous(), ctx.back).addmm_(g_low, a, alpha=ctx.scale)
        return to_x.view(*gradient.shape[:-1], -1), to_a, to_b, None, None, None, None


def _with_adapter(
    x: Tensor, a: Tensor, b: Tensor, scale: float, layer: LaidOut, bias: Tensor | None, ready: Tensor | None
) -> tuple[Tensor, Tensor, Tensor]:
    """The layer's output (`ready` where it is known), and x and x A' as [N, ...]."""
    flat = x.reshape(-1, x.shape[-1])
    low = flat @ a.t()
    if ready is not None:
        return ready, flat, low
    whole = product(flat, layer.there, bias).addmm_(low, b.t(), alpha=scale)
    return whole.view(*x.shape[:-1], -1), flat, low


def spread(x: Tensor, rows: Tensor, n: int) -> Tensor:
    """[1, len(rows), d] to [1, n, d], zeros elsewhere."""
    return x.new_zeros(1, n, x.shape[2]).index_copy(1, rows, x)


def _returned(gradient: Tensor, back: Tensor) -> Tensor:
    return product(gradient, back, None) if back.is_mkldnn else functional.linear(gradient, back)
