"""Passes of a model over rows of unequal length without padding: the rows stand one after the other, as one long one.

Everything in a model but its attention looks at single tokens, so that padding costs most of what a token costs. Here
it is paid in the attention alone, which is little. The attention of `transformers` is exchanged by its own registry,
and a `Pack` goes through the model to it; keys and values of a pass can be kept, with their graph, for passes over what
follows (the answer that is written, and the answer that is learned from).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from train.errors import ModelFolderError
from train.rl.passing import Passing, Tape, passing

_NAME = "toolcoder_packed"


@dataclass
class Memory:
    """Keys and values of a pass by layer: [B, H, P, D], rows padded on the right; `lengths` [B]."""

    lengths: Tensor
    layers: dict[int, tuple[Tensor, Tensor]] = field(default_factory=dict)


class Pack:
    """Where the tokens of a pass belong. `lengths`: of the B rows, in this pass; N is their sum.

    `past`: what the rows begin with. `kept` then has the keys and values of this pass alone, if `keeps`.
    `is_stepwise`: the tokens come as they were written, each row's first, then each row's second, and so on.
    """

    def __init__(
        self,
        lengths: list[int],
        device: torch.device,
        past: Memory | None = None,
        *,
        keeps: bool = False,
        is_stepwise: bool = False,
    ) -> None:
        n_rows, self._n_most = len(lengths), max(lengths)
        self.lengths = torch.tensor(lengths, device=device)
        within = torch.arange(self._n_most, device=device)
        self._real = within < self.lengths[:, None]  # [B, T]
        before = torch.zeros(n_rows, 1, dtype=torch.int64, device=device) if past is None else past.lengths[:, None]
        if is_stepwise:
            step, row = self._real.t().nonzero().unbind(1)
        else:
            row, step = self._real.nonzero().unbind(1)
        self.positions = (before + within)[row, step].unsqueeze(0)
        self.index = row * self._n_most + step
        self._is_whole = not is_stepwise and len(self.index) == n_rows * self._n_most
        self.kept = Memory(self.lengths) if keeps else None
        self._past = past
        self._masks: dict[tuple[int | None, int], Tensor | None] = {}

    def attend(self, layer: int, query: Tensor, key: Tensor, value: Tensor, scale: float, window: int | None) -> Tensor:
        """query [1, H, N, D], key and value [1, H', N, D] to [1, N, H, D]."""
        q, k, v = self._spread(query), self._spread(key), self._spread(value)
        if self.kept is not None:
            self.kept.layers[layer] = (k, v)
        if self._past is not None:
            old_k, old_v = self._past.layers[layer]
            k, v = torch.cat([old_k, k], 2), torch.cat([old_v, v], 2)
        mask, shares = self._mask(window, k), q.shape[1] > k.shape[1]
        out = functional.scaled_dot_product_attention(
            q, k, v, mask, is_causal=mask is None, scale=scale, enable_gqa=shares
        )
        flat = out.transpose(1, 2).flatten(0, 1)
        return (flat if self._is_whole else flat.index_select(0, self.index)).unsqueeze(0)

    @property
    def ends(self) -> Tensor:
        """[B]: where each row's last token stands among the N, of rows that come one after the other."""
        return self.lengths.cumsum(0) - 1

    def _spread(self, x: Tensor) -> Tensor:
        """[1, H, N, D] to [B, H, T, D], zeros behind the rows' ends: nothing before an end looks at them."""
        n_rows, flat = len(self.lengths), x[0].transpose(0, 1)
        if not self._is_whole:
            flat = flat.new_zeros(n_rows * self._n_most, *flat.shape[1:]).index_copy(0, self.index, flat)
        return flat.reshape(n_rows, self._n_most, *flat.shape[1:]).transpose(1, 2)

    def _mask(self, window: int | None, keys: Tensor) -> Tensor | None:
        """[B or 1, 1, T, keys], as `keys` are; None where plain causality says it all. One for all layers of a kind."""
        n_keys = keys.shape[2]
        if window is not None and window >= n_keys:
            window = None
        if (window, n_keys) in self._masks:
            return self._masks[window, n_keys]
        mask = None
        if self._past is not None or window is not None:
            within = torch.arange(self._n_most, device=self.lengths.device)
            n_past = n_keys - self._n_most
            before = self._past.lengths if self._past is not None else torch.zeros_like(self.lengths)
            old = torch.arange(n_past, device=self.lengths.device)
            places = torch.cat([old.expand(len(before), -1), before[:, None] + within], 1)[:, None, None]
            mine = (before[:, None] + within)[:, None, :, None]
            is_there = torch.cat([old < before[:, None], torch.ones_like(self._real)], 1)[:, None, None]
            mask = is_there & (places <= mine)
            if window is not None:
                mask &= places > mine - window
            mask = _added(mask, keys)
        self._masks[window, n_keys] = mask
        return mask


class Growing:
    """The memory of answers that are being written: one token a row and pass, into room that was made before.

    It stands for a `Pack` in such a pass, for the rows that `keep` left. Each pass's tokens stand in one column, behind
    the longest prompt.
    """

    def __init__(self, prompts: Memory, n_more: int) -> None:
        self._lengths, self._n_new = prompts.lengths, 0
        self._n_prompt = int(prompts.lengths.max())
        self._layers = {}
        for layer, (key, value) in prompts.layers.items():
            shape = (*key.shape[:2], self._n_prompt + n_more, key.shape[3])
            self._layers[layer] = (key.new_empty(shape), value.new_empty(shape))
            for kept, old in zip(self._layers[layer], (key, value), strict=True):
                kept[:, :, : self._n_prompt] = old.detach()

    @property
    def positions(self) -> Tensor:
        """[1, B]: of the tokens of the next pass."""
        return (self._lengths + self._n_new).unsqueeze(0)

    def keep(self, rows: Tensor) -> None:
        """The others are done."""
        self._lengths = self._lengths[rows]
        self._layers = {layer: (key[rows], value[rows]) for layer, (key, value) in self._layers.items()}

    def begin(self) -> None:
        """Before each pass."""
        self._masks: dict[int | None, Tensor] = {}

    def end(self) -> None:
        """After it: each row has one token more."""
        self._n_new += 1

    def attend(self, layer: int, query: Tensor, key: Tensor, value: Tensor, scale: float, window: int | None) -> Tensor:
        """As `Pack.attend`, with N = B."""
        keys, values = self._layers[layer]
        here = self._n_prompt + self._n_new
        keys[:, :, here], values[:, :, here] = key[0].transpose(0, 1), value[0].transpose(0, 1)
        n_rows, n_heads, size = len(keys), query.shape[1], query.shape[3]
        # Heads that share keys stand as several queries of one head: nothing has to be repeated.
        grouped = query[0].transpose(0, 1).reshape(n_rows, keys.shape[1], -1, size)
        keys, values = keys[:, :, : here + 1], values[:, :, : here + 1]
        out = functional.scaled_dot_product_attention(grouped, keys, values, self._mask(window, keys), scale=scale)
        return out.reshape(1, n_rows, n_heads, size)

    def _mask(self, window: int | None, keys: Tensor) -> Tensor:
        """[B, 1, 1, keys], as `keys` are."""
        if window not in self._masks:
            columns, lengths = torch.arange(keys.shape[2], device=keys.device), self._lengths[:, None]
            mask = (columns < lengths) | (columns >= self._n_prompt)
            if window is not None:
                places = torch.where(columns < self._n_prompt, columns, lengths + columns - self._n_prompt)
                mask &= places > lengths + self._n_new - window
            self._masks[window] = _added(mask[:, None, None], keys)
        return self._masks[window]


def _added(mask: Tensor, keys: Tensor) -> Tensor:
    """What is added to scores: given as true and false it would be made of that in every layer anew."""
    return torch.zeros(mask.shape, dtype=keys.dtype, device=keys.device).masked_fill_(~mask, float("-inf"))


def packed_pass(
    model: Any,
    ids: Tensor,
    pack: Pack | Growing,
    *,
    reads: Tensor | None = None,
    notes: Tape | None = None,
    plays: Tape | None = None,
    **options: Any,
) -> Any:
    """What the model says of the N tokens `ids` [N]; its outputs are [1, N, ...].

    `reads`: those whose outputs are looked at, others need not be right. `notes`: products are kept there; `plays`:
    they are taken from there.

    Raises:
        ModelFolderError: its attention is none that can be exchanged.
    """
    if model.config._attn_implementation != _NAME:
        exchange(model)
    if model.training:  # activations are made again on the way back, where nobody knows of `reads`
        reads = None
    with passing(Passing(notes, plays, reads)):
        positions = pack.positions
        return model(input_ids=ids.unsqueeze(0), position_ids=positions, use_cache=False, pack=pack, **options)


def _attention(
    module: Any, query: Tensor, key: Tensor, value: Tensor, attention_mask: Any, scaling: float, **options: Any
) -> tuple[Tensor, None]:
    del attention_mask
    pack: Pack | Growing = options["pack"]
    return pack.attend(module.layer_idx, query, key, value, scaling, options.get("sliding_window")), None


def exchange(model: Any) -> None:
    """The model's attention is that of packs from now on.

    Raises:
        ModelFolderError: it cannot be.
    """
    from transformers import AttentionInterface

    config = model.config.get_text_config()
    odd = [name for name in ("attn_logit_softcapping", "attention_chunk_size") if getattr(config, name, None)]
    if not getattr(model, "_supports_attention_backend", False) or odd or config.model_type == "gpt_oss":
        what = f"models of the kind {config.model_type} cannot be trained by PPO: {', '.join(odd) or 'their attention'}"
        raise ModelFolderError(what, "Take --algorithm grpo or rloo, or a model of the Llama, Qwen or Mistral kinds.")
    AttentionInterface.register(_NAME, _attention)
    model.set_attn_implementation(_NAME)
