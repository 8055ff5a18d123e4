"""BERT's encoder on NumPy: what MiniLM needs and no more. Devlin et al., 2018; weights as `transformers` names them.

Against the reference in `transformers` the sentence vectors agree to a cosine above 0.9999 (a test says so). One
sentence at a time is bound by reading the weights, some 42 MB; nothing is quantised.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

N_HEADS = 12
NORM_EPS = 1e-12


@dataclass(frozen=True)
class Layer:
    """Weights of one layer; matrices are (inputs, outputs)."""

    qkv: Array
    qkv_bias: Array
    out: Array
    out_bias: Array
    norm1: tuple[Array, Array]
    up: Array
    up_bias: Array
    down: Array
    down_bias: Array
    norm2: tuple[Array, Array]


@dataclass(frozen=True)
class Bert:
    """`words` (vocabulary, dim), `positions` (512, dim) with the first token type added, and the layers."""

    words: Array
    positions: Array
    norm: tuple[Array, Array]
    layers: tuple[Layer, ...]

    @classmethod
    def load(cls, path: Path) -> Bert:
        """Read a safetensors file.

        Raises:
            KeyError: a tensor is missing.
        """
        # One sentence gains next to nothing from more threads, and many at once run beside an answer. Read at NumPy's
        # import: without effect where something else came first.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        import numpy as np
        from safetensors.numpy import load_file

        t = load_file(path)

        def norm(name: str) -> tuple[Array, Array]:
            return t[f"{name}.weight"], t[f"{name}.bias"]

        def matrix(name: str) -> Array:
            return np.ascontiguousarray(t[f"{name}.weight"].T)

        layers = []
        n_layers = 1 + max(int(name.split(".")[2]) for name in t if name.startswith("encoder.layer."))
        for i in range(n_layers):
            at = f"encoder.layer.{i}"
            heads = [f"{at}.attention.self.{part}" for part in ("query", "key", "value")]
            layers.append(
                Layer(
                    qkv=np.concatenate([matrix(h) for h in heads], axis=1),
                    qkv_bias=np.concatenate([t[f"{h}.bias"] for h in heads]),
                    out=matrix(f"{at}.attention.output.dense"),
                    out_bias=t[f"{at}.attention.output.dense.bias"],
                    norm1=norm(f"{at}.attention.output.LayerNorm"),
                    up=matrix(f"{at}.intermediate.dense"),
                    up_bias=t[f"{at}.intermediate.dense.bias"],
                    down=matrix(f"{at}.output.dense"),
                    down_bias=t[f"{at}.output.dense.bias"],
                    norm2=norm(f"{at}.output.LayerNorm"),
                )
            )
        positions = t["embeddings.position_embeddings.weight"] + t["embeddings.token_type_embeddings.weight"][0]
        return cls(t["embeddings.word_embeddings.weight"], positions, norm("embeddings.LayerNorm"), tuple(layers))

    def encode(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Array:
        """The last layer's states, (n, tokens, dim), of `ids` and `mask`, both (n, tokens); mask 0 hides a token."""
        import numpy as np

        hidden = (1.0 - mask[:, None, None, :].astype(np.float32)) * np.float32(-1e9)
        x = _normed(self.words[ids] + self.positions[: ids.shape[1]], self.norm)
        for layer in self.layers:
            x = _normed(x + _attention(x, layer, hidden) @ layer.out + layer.out_bias, layer.norm1)
            x = _normed(x + _gelu(x @ layer.up + layer.up_bias) @ layer.down + layer.down_bias, layer.norm2)
        return x


def _attention(x: Array, layer: Layer, hidden: Array) -> Array:
    """(n, tokens, dim) to the heads' outputs side by side, (n, tokens, dim)."""
    import numpy as np

    n, n_tokens, dim = x.shape
    head = dim // N_HEADS
    q, k, v = (x @ layer.qkv + layer.qkv_bias).reshape(n, n_tokens, 3, N_HEADS, head).transpose(2, 0, 3, 1, 4)
    scores = q @ k.swapaxes(-1, -2) / np.float32(math.sqrt(head)) + hidden
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    mixed: Array = (weights @ v).transpose(0, 2, 1, 3).reshape(n, n_tokens, dim)
    return mixed


def _normed(x: Array, norm: tuple[Array, Array]) -> Array:
    import numpy as np

    centred = x - x.mean(axis=-1, keepdims=True)
    variance = np.square(centred).mean(axis=-1, keepdims=True)
    normed: Array = centred / np.sqrt(variance + np.float32(NORM_EPS)) * norm[0] + norm[1]
    return normed


def _gelu(x: Array) -> Array:
    """x times the normal distribution at x. NumPy has no erf: Abramowitz and Stegun 7.1.26, off by at most 1.5e-7."""
    import numpy as np

    z = np.abs(x) * np.float32(1 / math.sqrt(2))
    t = np.reciprocal(np.float32(1) + np.float32(0.3275911) * z)
    series: Array = np.zeros_like(x)
    for coefficient in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series = series * t + np.float32(coefficient)
    erf = np.copysign(1 - series * t * np.exp(-z * z), x)
    value: Array = np.float32(0.5) * x * (1 + erf)
    return value
