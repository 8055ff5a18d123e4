"""The model as the trainer's loss asks it: only the positions that are trained on are projected to the vocabulary.

TRL's fused head computes log-probabilities in tiles, so the logits of a batch never exist at once, and recomputes them
going backward. On a CPU it does so for every position, also those of prompts and masked calls, whose result is then
thrown away. Here those positions leave before the head: a prompt costs its layers and no vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from train.encode import NO_TARGET


def backbone_of(model: Any) -> Any:
    """The layers below the head of a model of transformers, or of one that peft has put adapters into."""
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    return base.base_model


class Weighted:
    """Stands for the model in the parent's loss: log-probabilities come out multiplied by the tokens' shares.

    `model`: as the devices' wrappers have it. `backbone`: `backbone_of` it. `shares`: shape (batch, length).
    What comes out has shape (1, n), n the targets of the batch.
    """

    def __init__(self, model: Callable[..., Any], backbone: Any, shares: torch.Tensor) -> None:
        self._model, self._backbone, self._shares = model, backbone, shares

    def __call__(self, **inputs: Any) -> Any:
        if not inputs.get("fused_lm_head"):
            return self._model(**inputs)
        labels = inputs.pop("labels")[:, 1:]
        is_scored = labels != NO_TARGET

        def keep_scored(module: Any, args: Any, output: Any) -> Any:
            hidden = output.last_hidden_state[:, :-1]
            output.last_hidden_state = hidden[is_scored.to(hidden.device)][None]
            return output

        hook = self._backbone.register_forward_hook(keep_scored)
        try:
            outputs = self._model(**inputs, shift_labels=labels[is_scored][None])
        finally:
            hook.remove()
        outputs.log_probs = outputs.log_probs * self._shares[:, 1:][is_scored].to(outputs.log_probs)
        return outputs
