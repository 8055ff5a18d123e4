"""Writes the trained weights as bf16-rounded float16 safetensors with the model's shape in the metadata.

Steps, tokens and minutes there include those of the weights that the run began with.
"""

from __future__ import annotations

from pathlib import Path

import torch

from train.bundled.model import Transformer
from train.bundled.training import Trainer


def export(model: Transformer, trainer: Trainer, file: Path) -> None:
    """float16 holds these weights to 0.05 %; NumPy reads it without help, bfloat16 it cannot."""
    from safetensors.torch import save_file

    tensors = {name: p.detach().to(torch.float16).contiguous() for name, p in model.state_dict().items()}
    begun = trainer.begun
    facts = {
        "steps": str(int(begun.get("steps", 0)) + trainer.step),
        "tokens": str(int(begun.get("tokens", 0)) + trainer.n_tokens),
        "minutes": f"{float(begun.get('minutes', 0)) + trainer.used_s / 60:.1f}",
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, str(file), metadata=model.shape.as_metadata() | facts)
