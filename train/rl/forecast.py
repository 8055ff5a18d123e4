"""Whether a PPO run fits, told before its first step, with the settings to lower in the order in which they cost least.

A count on the careful side of what is alive at once, phase by phase: writing, the critic's learning, the actor's. Held
against real peaks by `tests/perf/ppo_worker.py`, whose lines have both figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import nn

from train.errors import NotEnoughMemory
from train.rl.config import PpoConfig
from train.runs.memory import readable

_KEPT_HIDDEN, _KEPT_INNER = 12, 4
"""Tensors of either width that a Llama-shaped layer with adapters keeps of each token for going backward."""
_NOTED_HIDDEN, _NOTED_INNER = 5, 2
"""Of each written token a tape keeps so many in a layer, and its logits (`passing.py`)."""
_SAVED_INNER = 2
"""So many of the inner ones above are not kept where blocks are fused, as they are where there is a tape."""
_LOGITS = 4
"""A token's logits are alive so many times over: as they are, their exponentials, both gradients."""
_OVERHEAD = 0.12
"""What allocators and temporary copies take besides, of everything."""


@dataclass(frozen=True)
class Forecast:
    """Bytes on one device at the peak of a step. `weights`: as loaded; `copies`: of them; `trained`: what an optimizer
    needs besides; `passes`: activations, keys and values, logits of the largest phase.
    """

    weights: int
    copies: int
    trained: int
    passes: int

    @property
    def overhead(self) -> int:
        return int(_OVERHEAD * (self.weights + self.copies + self.trained + self.passes))

    @property
    def total(self) -> int:
        return self.weights + self.copies + self.trained + self.passes + self.overhead

    def __str__(self) -> str:
        names = ("weights", "copies", "trained", "passes", "overhead")
        return f"{readable(self.total)} ({', '.join(f'{readable(getattr(self, n))} {n}' for n in names)})"

    def check(self, free: int, config: PpoConfig) -> None:
        """`free`: bytes, when the weights are loaded already.

        Raises:
            NotEnoughMemory: the rest does not fit.
        """
        if self.total - self.weights > free:
            what = f"training would take {self}, and {readable(free + self.weights)} are free for it"
            raise NotEnoughMemory(what, lower(config))


def forecast(model: Any, config: PpoConfig, n_prompt: int) -> Forecast:
    """`model` as it was loaded, without adapters; `n_prompt`: tokens of the longest prompt."""
    weights = _bytes(model)
    shape, width = model.config.get_text_config(), next(model.parameters()).element_size()
    copies, trained = (_lora if config.method == "lora" else _full)(model, config, weights)
    tokens = _Tokens(config, n_prompt)
    a_layer = width * (_KEPT_HIDDEN * shape.hidden_size + _KEPT_INNER * _inner(shape))
    kept = shape.num_hidden_layers * (width * shape.hidden_size if config.gradient_checkpointing else a_layer)
    opened = tokens.prompts * kept if config.opens_once else 0
    heads = getattr(shape, "num_key_value_heads", None) or shape.num_attention_heads
    size = getattr(shape, "head_dim", None) or shape.hidden_size // shape.num_attention_heads
    memory = 2 * shape.num_hidden_layers * heads * size * width * config.batch_size * (n_prompt + tokens.answer)
    once = a_layer * tokens.micro if config.gradient_checkpointing else 0  # of the layer that is made again
    logits = _LOGITS * 4 * shape.vocab_size
    tape = _tape(shape, config, tokens) if config.opens_once and _is_laid_out(model, config) else 0
    writing = opened + memory + tape + logits * config.batch_size
    critic = opened + tape + tokens.micro * kept if config.critic == "copy" else 0
    n_fresh = tokens.micro_answers if config.opens_once else tokens.micro
    actor = opened + n_fresh * kept + logits * tokens.micro_answers
    return Forecast(weights, copies, trained, max(writing, critic + once, actor + once))


def lower(config: PpoConfig) -> str:
    """Which settings to lower, those first that change the result least."""
    steps = []
    if config.micro_batch_size > 1:
        steps.append(f"micro_batch_size={config.micro_batch_size // 2}")
    if not config.gradient_checkpointing:
        steps.append("gradient_checkpointing=true")
    if config.lay_out_weights and config.method == "lora" and config.dtype == "float32":
        steps.append("lay_out_weights=false")
    if config.method == "full":
        steps += [] if config.offload_reference else ["offload_reference=true"]
        steps.append("method=lora")
    elif config.critic == "copy":
        steps.append("critic=shared")
    if config.max_answer_tokens > 64:
        steps.append(f"max_answer_tokens={config.max_answer_tokens // 2}")
    if config.max_prompt_tokens > 512:
        steps.append(f"max_prompt_tokens={config.max_prompt_tokens // 2}")
    return f"Lower it by --set {' or '.join(steps)}." if steps else "Choose a smaller model."


class _Tokens:
    """Tokens of the largest batch and micro-batch, where every answer goes up to its limit."""

    def __init__(self, config: PpoConfig, n_prompt: int) -> None:
        n_micro = min(config.micro_batch_size, config.batch_size)
        self.answer = config.max_answer_tokens
        longest = n_prompt + self.answer
        if config.max_turns > 1:  # feedback and further turns follow in the same row
            longest = max(longest, min(config.max_prompt_tokens, longest * config.max_turns) + self.answer)
        self.prompts = n_prompt * config.batch_size
        self.micro, self.micro_answers = n_micro * longest, n_micro * self.answer


def _tape(shape: Any, config: PpoConfig, tokens: _Tokens) -> int:
    """What a tape takes beyond what fused blocks do not; of the latter the part of a pass over the prompts alone."""
    noted = shape.num_hidden_layers * (_NOTED_HIDDEN * shape.hidden_size + _NOTED_INNER * _inner(shape))
    taken = config.batch_size * tokens.answer * (noted + shape.vocab_size)
    return 4 * max(0, taken - tokens.prompts * shape.num_hidden_layers * _SAVED_INNER * _inner(shape))


def _lora(model: Any, config: PpoConfig, weights: int) -> tuple[int, int]:
    linears = [(name, m) for name, m in model.named_modules() if isinstance(m, nn.Linear)]
    is_plain = config.lora_targets == ("all-linear",)
    output = model.get_output_embeddings()
    chosen = [
        m for name, m in linears if (m is not output if is_plain else name.rpartition(".")[2] in config.lora_targets)
    ]
    n_adapter = config.lora_rank * sum(m.in_features + m.out_features for m in chosen)
    n_adapters = 2 if config.critic == "copy" else 1
    is_laid_out = _is_laid_out(model, config)
    laid_out = sum(_bytes(m) * (1 if m is output else 2) for _, m in linears) if is_laid_out else 0
    return laid_out, n_adapter * n_adapters * 16


def _is_laid_out(model: Any, config: PpoConfig) -> bool:
    is_fit = config.dtype == "float32" and model.device.type == "cpu"
    return config.lay_out_weights and config.method == "lora" and is_fit


def _full(model: Any, config: PpoConfig, weights: int) -> tuple[int, int]:
    """The frozen copy and the critic's trunk; gradients and two moments of all that is trained."""
    n_trained = 2 if config.critic == "copy" else 1
    is_away = config.offload_reference and model.device.type != "cpu"
    copies = weights * ((0 if is_away else 1) + n_trained - 1)
    return copies, 3 * weights * n_trained


def _inner(shape: Any) -> int:
    return int(getattr(shape, "intermediate_size", None) or 4 * shape.hidden_size)


def _bytes(module: nn.Module) -> int:
    return sum(p.numel() * p.element_size() for p in module.parameters())
