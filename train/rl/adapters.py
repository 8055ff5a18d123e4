"""The adapters of a LoRA policy: made, and switched by role."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from train.rl.config import PpoConfig
from train.rl.warned import peft_reads_old_names

ACTOR, CRITIC, REFERENCE = "default", "critic", "reference"
"""The actor's adapter has the name under which peft saves it as any other."""


class Adapters:
    """The actor's over `model`, and the critic's where it has one. All of them are always trainable."""

    def __init__(self, model: Any, config: PpoConfig) -> None:
        self.model = model
        self.peft = _with_adapters(model, config)
        self._all = [p for name, p in model.named_parameters() if f".{ACTOR}." in name or f".{CRITIC}." in name]
        self.switch(ACTOR)

    def of(self, role: str) -> list[nn.Parameter]:
        """The weights of one adapter."""
        return [p for name, p in self.model.named_parameters() if f".{role}." in name]

    def state(self) -> dict[str, Any]:
        """All adapters' weights by name."""
        return {n: p for n, p in self.model.named_parameters() if f".{ACTOR}." in n or f".{CRITIC}." in n}

    def load_state(self, state: dict[str, Any]) -> None:
        own = dict(self.model.named_parameters())
        with torch.no_grad():
            for name, value in state.items():
                own[name].copy_(value)

    def switch(self, role: str) -> None:
        if role == REFERENCE:
            self.peft.base_model.disable_adapter_layers()
            return
        self.peft.base_model.enable_adapter_layers()
        self.peft.set_adapter(role)
        for parameter in self._all:  # peft freezes the adapter that is not active; gradients already under way
            parameter.requires_grad_(True)  # would be dropped


def _with_adapters(model: Any, config: PpoConfig) -> Any:
    from peft import LoraConfig, get_peft_model

    def lora() -> Any:
        targets = list(config.lora_targets) if config.lora_targets != ("all-linear",) else "all-linear"
        return LoraConfig(
            r=config.lora_rank,
            lora_alpha=config.lora_alpha,
            target_modules=targets,
            lora_dropout=0.0,
            task_type="CAUSAL_LM",
        )

    with peft_reads_old_names():
        peft = get_peft_model(model, lora(), adapter_name=ACTOR)
        if config.critic == "copy":
            peft.add_adapter(CRITIC, lora())
    peft.set_adapter(ACTOR)
    return peft
