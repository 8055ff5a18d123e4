"""Greedy generation in torch for evaluation while training: many tasks under one header, all stages in one go."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from agent.prompts.compact_tokens import END, FIRST_POINTER, N_SPECIALS, CompactTokenizer, tag_id
from train.bundled.model import Layer, Transformer, rotate, rotations

_NEXT = {"route": "scaffold", "scaffold": "plan", "plan": "select", "select": "implement"}


class _Cache:
    """Keys and values of each layer [n_tasks, heads, n, size] and which positions are padding."""

    def __init__(self, n_layers: int) -> None:
        self.keys: list[Tensor | None] = [None] * n_layers
        self.values: list[Tensor | None] = [None] * n_layers

    def extend(self, i: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        held, values = self.keys[i], self.values[i]
        k = k if held is None else torch.cat((held, k), dim=2)
        v = v if values is None else torch.cat((values, v), dim=2)
        self.keys[i], self.values[i] = k, v
        return k, v


def _step(model: Transformer, cache: _Cache, headers: list[tuple[Tensor, Tensor] | None], ids: Tensor,
          marks: Tensor, at: Tensor, hidden_keys: Tensor) -> Tensor:  # fmt: skip
    """Hidden states of ids [n_tasks, n] at positions `at`; `hidden_keys` [n_tasks, all] marks padding."""
    size = model.shape.width // model.shape.n_heads
    n_tasks, n = ids.shape
    cos, sin = rotations(at.reshape(-1), size, model.shape.rope_base)
    cos, sin = cos.view(n_tasks, 1, n, -1), sin.view(n_tasks, 1, n, -1)
    x = model.embed(ids, marks)
    total = hidden_keys.shape[1]
    own = (~hidden_keys)[:, None, None, :] & torch.ones(n, total, dtype=torch.bool).tril(total - n)
    for i, layer in enumerate(model.layers):
        assert isinstance(layer, Layer)
        q, k, v = layer.heads(x)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        k, v = cache.extend(i, k, v)
        mask = own
        header = headers[i]
        if header is not None:
            n_header = header[0].shape[2]
            k = torch.cat((header[0].expand(n_tasks, -1, -1, -1), k), dim=2)
            v = torch.cat((header[1].expand(n_tasks, -1, -1, -1), v), dim=2)
            mask = torch.cat((torch.ones(n_tasks, 1, n, n_header, dtype=torch.bool), own), dim=3)
        x = layer.finish(x, F.scaled_dot_product_attention(q, k, v, attn_mask=mask))
    normed: Tensor = model.norm(x)
    return normed


def _read_header(model: Transformer, header: list[int]) -> list[tuple[Tensor, Tensor] | None]:
    size = model.shape.width // model.shape.n_heads
    cos, sin = rotations(torch.arange(len(header)), size, model.shape.rope_base)
    h = model.embedding(torch.tensor(header))[None]
    found: list[tuple[Tensor, Tensor] | None] = []
    for i, layer in enumerate(model.layers):
        assert isinstance(layer, Layer)
        q, k, v = layer.heads(h)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        found.append((k, v) if i in model.shape.header_layers else None)
        h = layer.finish(h, F.scaled_dot_product_attention(q, k, v, is_causal=True))
    return found


@torch.no_grad()
def generate(
    model: Transformer, header: list[int], prompts: list[tuple[list[int], list[int]]], limit: int = 420
) -> list[list[int]]:
    """Continue each prompt (ids and marks, ending with `<route>`) greedily through all stages; new ids to `<end>`."""
    n = len(prompts)
    longest = max(len(ids) for ids, _ in prompts)
    ids = torch.zeros(n, longest, dtype=torch.long)
    marks = torch.zeros(n, longest, dtype=torch.long)
    padding = torch.ones(n, longest, dtype=torch.bool)
    at = torch.zeros(n, longest, dtype=torch.long)
    for i, (prompt, marked) in enumerate(prompts):
        marks[i, longest - len(prompt) :] = torch.tensor(marked)
        ids[i, longest - len(prompt) :] = torch.tensor(prompt)
        padding[i, longest - len(prompt) :] = False
        at[i, longest - len(prompt) :] = len(header) + torch.arange(len(prompt))
    headers = _read_header(model, header)
    cache = _Cache(model.shape.n_layers)
    out: list[list[int]] = [[] for _ in prompts]
    done = [False] * n
    words: tuple[Tensor, Tensor] | None = None
    for _ in range(limit):
        hidden = _step(model, cache, headers, ids, marks, at, padding)
        words = words or model.word_keys(hidden, marks)
        logits = hidden[:, -1] @ model.embedding.weight.T
        logits[:, FIRST_POINTER:N_SPECIALS] += model.point(hidden[:, -1:], *words)[:, 0]
        chosen = logits.argmax(dim=-1)
        for i in range(n):
            if not done[i]:
                out[i].append(int(chosen[i]))
                done[i] = int(chosen[i]) == END
        if all(done):
            break
        ids, marks, at = chosen[:, None], torch.zeros(n, 1, dtype=torch.long), at[:, -1:] + 1
        padding = torch.cat((padding, torch.zeros(n, 1, dtype=torch.bool)), dim=1)
    return out


def split_stages(tokenizer: CompactTokenizer, ids: list[int], words: list[str]) -> dict[str, str]:
    """Generated ids as the text of each stage; what is missing is missing."""
    found: dict[str, str] = {}
    stage, begin = "route", 0
    for i, token in enumerate(ids):
        if token < FIRST_POINTER:
            found[stage] = tokenizer.text(ids[begin:i], words)
            following = _NEXT.get(stage)
            if token == END or following is None or token != tag_id(following):
                break
            stage, begin = following, i + 1
    return found
