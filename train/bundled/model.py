"""The transformer in torch, for training only: Llama's shape, tied embeddings, and a header shared by many tasks.

`agent.models.bundled` computes the same in NumPy from the exported weights; a test holds them equal.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from agent.prompts.compact_pointers import N_POINTERS
from agent.prompts.compact_tokens import FIRST_POINTER


@dataclass(frozen=True)
class Shape:
    """Sizes of the model; they travel in the weights' metadata."""

    n_vocabulary: int
    width: int = 256
    n_layers: int = 4
    n_heads: int = 4
    hidden: int = 704
    pointer_size: int = 64
    rope_base: float = 10000.0
    header_layers: tuple[int, ...] = (1, 3)
    """Layers in which a task attends to the header; in the others only to itself, which is what most of them need."""

    def as_metadata(self) -> dict[str, str]:
        """For the weights' file; `from_metadata` reads it."""
        return {"shape": json.dumps(asdict(self))}


def rotations(positions: Tensor, size: int, base: float) -> tuple[Tensor, Tensor]:
    """Cosines and sines [n, size / 2] of rotary positions."""
    frequencies = base ** (-torch.arange(0, size, 2, dtype=torch.float32) / size)
    angles = positions.float()[:, None] * frequencies
    return angles.cos(), angles.sin()


class _Rotate(torch.autograd.Function):
    """Rotation by halves with no temporaries: on a CPU the naive form costs as much as a matrix product."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        ctx.save_for_backward(cos, sin)
        return _turn(x, cos, sin, 1.0)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        cos, sin = ctx.saved_tensors
        return _turn(grads[0], cos, sin, -1.0), None, None


def _turn(x: Tensor, cos: Tensor, sin: Tensor, sign: float) -> Tensor:
    a, b = x.chunk(2, dim=-1)
    out = torch.empty_like(x)
    low, high = out.chunk(2, dim=-1)
    torch.mul(a, cos, out=low)
    low.addcmul_(b, sin, value=-sign)
    torch.mul(b, cos, out=high)
    high.addcmul_(a, sin, value=sign)
    return out


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotate the halves of the last axis of [..., n, size]."""
    rotated: Tensor = _Rotate.apply(x, cos.to(x.dtype), sin.to(x.dtype))
    return rotated


class _Gate(torch.autograd.Function):
    """silu(gate) * up of [..., 2 * hidden], again with few temporaries."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        gate, up = x.chunk(2, dim=-1)
        ctx.save_for_backward(x)
        return F.silu(gate).mul_(up)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        gate, up = x.chunk(2, dim=-1)
        out = torch.empty_like(x)
        d_gate, d_up = out.chunk(2, dim=-1)
        torch.mul(grads[0], F.silu(gate), out=d_up)
        d_gate.copy_(torch.ops.aten.silu_backward(grads[0] * up, gate))
        return out


class Norm(nn.Module):
    """Layer norm with a gain and no offset (PyTorch fuses it on a CPU, the RMS norm it does not)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, (x.shape[-1],), self.gain, None, 1e-5)


class Layer(nn.Module):
    """Attention and a gated feed-forward, each before a residual."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.n_heads = shape.n_heads
        self.attention_norm = Norm(shape.width)
        self.qkv = nn.Linear(shape.width, 3 * shape.width, bias=False)
        self.out = nn.Linear(shape.width, shape.width, bias=False)
        self.feed_norm = Norm(shape.width)
        self.up = nn.Linear(shape.width, 2 * shape.hidden, bias=False)
        self.down = nn.Linear(shape.hidden, shape.width, bias=False)

    def heads(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys, values [batch, heads, n, size] of x [batch, n, width]."""
        batch, n, width = x.shape
        parts = self.qkv(self.attention_norm(x)).view(batch, n, 3, self.n_heads, width // self.n_heads)
        q, k, v = parts.permute(2, 0, 3, 1, 4)
        return q, k, v

    def finish(self, x: Tensor, attended: Tensor) -> Tensor:
        """x plus what attention [batch, heads, n, size] found, then the feed-forward."""
        batch, n, width = x.shape
        x = x + self.out(attended.transpose(1, 2).reshape(batch, n, width))
        gated: Tensor = _Gate.apply(self.up(self.feed_norm(x)))
        return x + self.down(gated)


class Transformer(nn.Module):
    """Reads one header and several tasks: every task sees the header and itself, positions go on from the header."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.n_vocabulary, shape.width)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.n_layers))
        self.norm = Norm(shape.width)
        self.point_query = nn.Linear(shape.width, shape.pointer_size, bias=False)
        self.point_key = nn.Linear(shape.width, shape.pointer_size, bias=False)
        deep = (2 * shape.n_layers) ** -0.5
        for name, p in self.named_parameters():
            if p.dim() == 2:
                scale = deep if name.endswith(("out.weight", "down.weight")) else 1.0
                nn.init.normal_(p, std=0.02 if "embedding" in name else scale * p.shape[1] ** -0.5)
        nn.init.zeros_(self.point_key.weight)

    def embed(self, tokens: Tensor, marks: Tensor) -> Tensor:
        """Embeddings of tokens plus those of their marks (0 is none)."""
        marked = self.embedding(marks) * (marks > 0)[..., None].to(self.embedding.weight.dtype)
        embedded: Tensor = self.embedding(tokens) + marked
        return embedded

    def forward(self, header: Tensor, tasks: Tensor, marks: Tensor) -> Tensor:
        """Hidden states [n_tasks, length, width] of tasks [n_tasks, length] after the header [n]."""
        n_header, (n_tasks, length) = header.shape[0], tasks.shape
        size = self.shape.width // self.shape.n_heads
        cos, sin = rotations(torch.arange(n_header + length), size, self.shape.rope_base)
        mask = torch.ones(length, n_header + length, dtype=torch.bool).tril(n_header)
        h, x = self.embedding(header)[None], self.embed(tasks, marks)
        last = max(self.shape.header_layers, default=-1)
        for i, layer in enumerate(self.layers):
            assert isinstance(layer, Layer)
            q, k, v = layer.heads(x)
            q, k = rotate(q, cos[n_header:], sin[n_header:]), rotate(k, cos[n_header:], sin[n_header:])
            sees = i in self.shape.header_layers
            if i <= last:
                hq, hk, hv = layer.heads(h)
                hq, hk = rotate(hq, cos[:n_header], sin[:n_header]), rotate(hk, cos[:n_header], sin[:n_header])
                if i < last:
                    h = layer.finish(h, F.scaled_dot_product_attention(hq, hk, hv, is_causal=True))
            if sees:
                k = torch.cat((hk.expand(n_tasks, -1, -1, -1), k), dim=2)
                v = torch.cat((hv.expand(n_tasks, -1, -1, -1), v), dim=2)
                attended = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
            else:
                attended = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = layer.finish(x, attended)
        normed: Tensor = self.norm(x)
        return normed

    def word_keys(self, hidden: Tensor, marks: Tensor) -> tuple[Tensor, Tensor]:
        """Keys [n_tasks, N_POINTERS, size] of the questions' words, and which are missing [n_tasks, N_POINTERS].

        A word's key is read off its last piece. hidden [n_tasks, length, width], marks [n_tasks, length].
        """
        n_tasks, length = marks.shape
        at = torch.full((n_tasks, N_POINTERS + 1), -1)
        word = torch.where(marks > 0, marks - FIRST_POINTER, N_POINTERS)
        at = at.scatter_reduce(1, word, torch.arange(length).expand(n_tasks, -1), "amax")[:, :-1]
        rows = at.clamp(min=0)[..., None].expand(-1, -1, hidden.shape[-1])
        return self.point_key(hidden.gather(1, rows)), at < 0

    def point(self, hidden: Tensor, keys: Tensor, missing: Tensor) -> Tensor:
        """What pointing at each word adds to the logits of the pointers: [n_tasks, n, N_POINTERS]."""
        scores = self.point_query(hidden) @ keys.transpose(1, 2) * self.shape.pointer_size**-0.5
        return scores.float().masked_fill(missing[:, None], -30.0)

    def loss(self, header: Tensor, tasks: Tensor, marks: Tensor, targets: Tensor) -> Tensor:
        """Summed cross entropy over targets [n_tasks, length] that are not -1 (position i predicts token i + 1)."""
        hidden = self(header, tasks, marks)
        wanted = targets >= 0
        logits = F.linear(hidden[wanted], self.embedding.weight).float()
        pointed = self.point(hidden, *self.word_keys(hidden, marks))[wanted]
        logits = logits + F.pad(pointed, (FIRST_POINTER, logits.shape[1] - FIRST_POINTER - N_POINTERS))
        return F.cross_entropy(logits, targets[wanted], reduction="sum")
