"""Whether a run fits, before its first step: parameters, gradients, optimizer and activations against what is free.

A rough count on the careful side; measured against real peaks in `tests/perf/sft.py`. Its worth is the hint: it names
the settings to lower, in the order in which they cost least.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from train.configs.schema import SftConfig
from train.errors import NotEnoughMemory
from train.runs.memory import readable

_MOMENTS = {"adamw": 8.0, "adamw_8bit": 2.0, "adafactor": 0.1, "sgd": 0.0}
"""Bytes of optimizer state for each trained weight."""
_LOGITS_CHUNK_TOKENS = 256
"""TRL projects to the vocabulary in pieces; about this many tokens' logits are alive at once, several times over."""
_OVERHEAD = 0.12
"""Of everything: what allocators and temporary copies take besides (measured: the plain sum is 0.95 of the peak)."""


@dataclass(frozen=True)
class MemoryPlan:
    """Bytes on one device, at the peak of a step."""

    weights: int
    gradients: int
    optimizer: int
    activations: int

    @property
    def overhead(self) -> int:
        return int(_OVERHEAD * (self.weights + self.gradients + self.optimizer + self.activations))

    @property
    def total(self) -> int:
        return self.weights + self.gradients + self.optimizer + self.activations + self.overhead

    def __str__(self) -> str:
        parts = (
            f"{readable(self.weights)} weights",
            f"{readable(self.gradients)} gradients",
            f"{readable(self.optimizer)} optimizer",
            f"{readable(self.activations)} activations",
            f"{readable(self.overhead)} overhead",
        )
        return f"{readable(self.total)} ({', '.join(parts)})"


def plan(model: Any, config: SftConfig, longest: int, n_shards: int = 1) -> MemoryPlan:
    """What a step takes. `model` is as the trainer has it (adapters in place); `longest`: tokens of the longest row.

    `n_shards`: devices that weights, gradients and moments are divided over (FSDP).
    """
    n_bytes = sum(p.numel() * p.element_size() for p in model.parameters())
    n_trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    trained_bytes = sum(p.numel() * p.element_size() for p in model.parameters() if p.requires_grad)
    return MemoryPlan(
        n_bytes // n_shards,
        trained_bytes // n_shards,
        int(n_trained * _MOMENTS[config.optim.optimizer]) // n_shards,
        _activations(model.config.get_text_config(), config, longest),
    )


def check(plan_: MemoryPlan, free: int, config: SftConfig) -> None:
    """`free`: bytes, the weights that are loaded already counted in.

    Raises:
        NotEnoughMemory: it does not fit.
    """
    if plan_.total > free:
        what = f"training would take {plan_}, and {readable(free)} are free"
        raise NotEnoughMemory(what, lower(config, _fitting(plan_, free, config)))


def _fitting(plan_: MemoryPlan, free: int, config: SftConfig) -> int:
    """The largest micro-batch that fits and goes into the batch; 0 where none does."""
    left = free / (1 + _OVERHEAD) - plan_.weights - plan_.gradients - plan_.optimizer
    most = int(left / (plan_.activations / config.optim.micro_batch_size)) if plan_.activations else 0
    return next((n for n in range(most, 0, -1) if config.optim.batch_size % n == 0), 0)


def lower(config: SftConfig, n_fitting: int = 0) -> str:
    """Which settings to lower, those first that change the result least. `n_fitting`: texts at once that would do."""
    if 0 < n_fitting < config.optim.micro_batch_size:
        return f"Lower it by --set optim.micro_batch_size={n_fitting}: it takes longer and gives the same."
    steps = []
    if config.optim.micro_batch_size > 1:
        steps.append(f"optim.micro_batch_size={config.optim.micro_batch_size // 2}")
    if not config.run.gradient_checkpointing:
        steps.append("run.gradient_checkpointing=true")
    if config.optim.optimizer == "adamw" and config.model.adapter == "none":
        steps.append("optim.optimizer=adafactor")
    if config.model.adapter == "none":
        steps.append("model.adapter=lora")
    if config.data.max_length > 512:
        steps.append(f"data.max_length={config.data.max_length // 2}")
    return f"Lower it by --set {' or '.join(steps)}." if steps else "Choose a smaller model."


def _activations(shape: Any, config: SftConfig, longest: int) -> int:
    """Of the largest micro-batch. The factors count the tensors that a Llama-shaped layer keeps for going backward."""
    width = 4 if config.model.dtype in ("float32", "auto") else 2
    n_tokens = config.optim.micro_batch_size * min(longest, config.data.max_length)
    hidden = shape.hidden_size
    inner = getattr(shape, "intermediate_size", None) or 4 * hidden
    a_layer = n_tokens * width * (10 * hidden + 4 * inner)
    if config.model.attention == "eager":
        a_layer += config.optim.micro_batch_size * shape.num_attention_heads * longest * longest * width * 2
    n_layers = shape.num_hidden_layers
    kept = n_layers * n_tokens * hidden * width + a_layer if config.run.gradient_checkpointing else n_layers * a_layer
    logits = min(n_tokens, _LOGITS_CHUNK_TOKENS) * shape.vocab_size * 4 * 3
    return int(kept + logits)
