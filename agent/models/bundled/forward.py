"""The bundled transformer in NumPy: float32 weights, a cache of keys and values, one token or a prompt at a time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.prompts.compact_pointers import N_POINTERS
from agent.prompts.compact_tokens import FIRST_POINTER, N_SPECIALS

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Layer:
    """Weights of a layer, transposed so that `x @ w` applies them; the norm's gain is folded into what follows it."""

    qkv: Array
    out: Array
    up: Array
    down: Array


def _normed(x: Array) -> Array:
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = np.mean(centred * centred, axis=-1, keepdims=True)
    result: Array = centred / np.sqrt(variance + np.float32(1e-5))
    return result


def _rotated(x: Array, cos: Array, sin: Array) -> Array:
    half = x.shape[-1] // 2
    a, b = x[..., :half], x[..., half:]
    return np.concatenate((a * cos - b * sin, b * cos + a * sin), axis=-1)


def _softmax(scores: Array) -> Array:
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    result: Array = weights / weights.sum(axis=-1, keepdims=True)
    return result


class Network:
    """Who calls it: `agent.models.bundled.model`. Positions are the rows of the cache; `rewind` forgets the last ones.

    A task attends to the header (the first `n_header` positions) in some layers only; elsewhere those rows are hidden.
    """

    def __init__(self, file: Path, n_positions: int = 2048) -> None:
        from safetensors import safe_open

        with safe_open(str(file), framework="numpy") as stored:
            self.metadata: dict[str, str] = dict(stored.metadata())
            raw = {name: stored.get_tensor(name).astype(np.float32) for name in stored.keys()}  # noqa: SIM118
        shape: dict[str, Any] = json.loads(self.metadata["shape"])
        self.n_heads = int(shape["n_heads"])
        self.width = int(shape["width"])
        self.header_layers = frozenset(shape["header_layers"])
        self.embedding: Array = np.ascontiguousarray(raw["embedding.weight"])
        self._head: Array = np.ascontiguousarray((raw["embedding.weight"] * raw["norm.gain"]).T)
        self._point_query: Array = np.ascontiguousarray((raw["point_query.weight"] * raw["norm.gain"]).T)
        self._point_key: Array = np.ascontiguousarray((raw["point_key.weight"] * raw["norm.gain"]).T)
        self._point_query *= np.float32(self._point_key.shape[1] ** -0.5)
        self._word_keys = np.zeros((N_POINTERS, self._point_key.shape[1]), np.float32)
        self._word_at = np.full(N_POINTERS, -1)
        self._layers = [_layer(raw, f"layers.{i}.") for i in range(int(shape["n_layers"]))]
        size = self.width // self.n_heads
        angles = np.arange(n_positions)[:, None] * shape["rope_base"] ** (-np.arange(0, size, 2) / size)[None]
        self._cos, self._sin = np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)
        self._keys = np.zeros((len(self._layers), self.n_heads, n_positions, size), np.float32)
        self._values = np.zeros_like(self._keys)
        self.n_positions = n_positions
        self.n = 0
        self.n_header = 0

    def rewind(self, n: int) -> None:
        """Keep the first n positions of the cache."""
        self.n = min(self.n, n)
        self._word_at[self._word_at >= self.n] = -1

    def feed(self, ids: list[int], marks: list[int] | None = None, header: bool = False) -> Array:
        """Append ids to the cache and return the logits [n_vocabulary] after the last one.

        `marks` are pointers whose embeddings are added to those of the ids, 0 for none. Header ids
        must be fed by themselves, first; n_positions is the most that fits.
        """
        n, begin = len(ids), self.n
        end = begin + n
        if header:
            self.n_header = end
        x = self.embedding[ids]
        if marks is not None and any(marks):
            at = np.array(marks)
            x = x + self.embedding[at] * (at > 0)[:, None].astype(np.float32)
        size = self.width // self.n_heads
        cos, sin = self._cos[None, begin:end], self._sin[None, begin:end]
        for i, layer in enumerate(self._layers):
            q, k, v = (_normed(x) @ layer.qkv).reshape(n, 3, self.n_heads, size).transpose(1, 2, 0, 3)
            self._keys[i, :, begin:end] = _rotated(k, cos, sin)
            self._values[i, :, begin:end] = v
            low = 0 if header or i in self.header_layers else self.n_header
            scores = _rotated(q, cos, sin) @ self._keys[i, :, low:end].transpose(0, 2, 1) * np.float32(size**-0.5)
            if n > 1:
                scores += _later(n, end - low)
            found = _softmax(scores) @ self._values[i, :, low:end]
            x = x + found.astype(np.float32).transpose(1, 0, 2).reshape(n, self.width) @ layer.out
            gate, up = np.split(_normed(x) @ layer.up, 2, axis=-1)
            x = x + (gate / (1 + np.exp(-gate)) * up) @ layer.down
        self.n = end
        normed = _normed(x)
        for row, mark in enumerate(marks or ()):
            if mark:  # a word's last piece is its key
                self._word_keys[mark - FIRST_POINTER] = normed[row] @ self._point_key
                self._word_at[mark - FIRST_POINTER] = begin + row
        logits: Array = normed[-1] @ self._head
        pointed = self._word_keys @ (normed[-1] @ self._point_query)
        logits[FIRST_POINTER:N_SPECIALS] += np.where(self._word_at >= 0, pointed, np.float32(-30))
        return logits


def _layer(raw: dict[str, Array], prefix: str) -> Layer:
    def weight(name: str, gain: str = "") -> Array:
        w = raw[prefix + name + ".weight"]
        return np.ascontiguousarray((w * raw[prefix + gain + ".gain"] if gain else w).T)

    return Layer(weight("qkv", "attention_norm"), weight("out"), weight("up", "feed_norm"), weight("down"))


def _later(n: int, total: int) -> Array:
    """Minus infinity where a row of the last n positions would see a later one."""
    return np.triu(np.full((n, total), -np.inf, np.float32), total - n + 1)
