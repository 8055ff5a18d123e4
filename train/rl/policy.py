"""Actor, critic and reference over one model.

| | LoRA | full |
|---|---|---|
| actor | an adapter | the model |
| reference | the same weights with every adapter off | a frozen copy, offloaded between its turns if asked |
| critic `copy` | another adapter and a head | a copy of the trunk and a head |
| critic `shared` | a head on the actor's last hidden states | the same |

Nobody else touches adapters, so that no pass can run under the wrong one. Dropout is off: the ratio of a batch's first
pass must be 1. Logits are made for the answer's positions only; the prompt's, mostly more, are never needed.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from train.rl.batch import Batch
from train.rl.config import PpoConfig
from train.rl.maths import token_logprobs
from train.rl.warned import peft_reads_old_names

ACTOR, CRITIC, REFERENCE = "default", "critic", "reference"
"""The actor's adapter has the name under which peft saves it as any other."""


class Policy:
    """Made of a causal language model of `transformers`; with LoRA the adapters are added here."""

    def __init__(self, model: Any, config: PpoConfig) -> None:
        self.config = config
        self.peft: Any = None
        self.reference: Any = None
        self.critic: Any = None
        for parameter in model.parameters():
            parameter.requires_grad_(config.method == "full")
        self._role, self._adapters = ACTOR, list[nn.Parameter]()
        if config.method == "lora":
            self.peft = _with_adapters(model, config)
            self._adapters = [
                p for name, p in model.named_parameters() if f".{ACTOR}." in name or f".{CRITIC}." in name
            ]
            self._switch(ACTOR)
        else:
            self.reference = copy.deepcopy(model).requires_grad_(False).eval()
            if config.critic == "copy":
                self.critic = copy.deepcopy(model.get_decoder())
        self.model = model
        _settle(model, checkpointing=config.gradient_checkpointing)
        if self.critic is not None:
            _settle(self.critic, checkpointing=config.gradient_checkpointing)
        hidden = model.config.get_text_config().hidden_size
        self.head = nn.Linear(hidden, 1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        # float32 beside a model in half precision: its gradients are small sums of many tokens.
        self.head.to(self.device, torch.float64 if model.dtype == torch.float64 else torch.float32)

    @property
    def device(self) -> torch.device:
        return next(self.model.parameters()).device

    def actor_parameters(self) -> list[nn.Parameter]:
        """What the actor's learning rate moves."""
        if self.peft is None:
            return list(self.model.parameters())
        return [p for name, p in self.model.named_parameters() if f".{ACTOR}." in name]

    def critic_parameters(self) -> list[nn.Parameter]:
        """What the critic's learning rate moves: at least the head."""
        own: list[nn.Parameter] = list(self.critic.parameters()) if self.critic is not None else []
        if self.peft is not None and self.config.critic == "copy":
            own = [p for name, p in self.model.named_parameters() if f".{CRITIC}." in name]
        return [*own, *self.head.parameters()]

    def logprobs(self, part: Batch) -> Tensor:
        """log p of every token after the prompts under the actor: [B, T], with gradients unless they are off."""
        with self.role(ACTOR):
            return self._logprobs(self.model, part)

    def reference_logprobs(self, part: Batch) -> Tensor:
        """The same under the model that training began from: [B, T], never with gradients."""
        with torch.no_grad():
            if self.peft is not None:
                with self.role(REFERENCE):
                    return self._logprobs(self.model, part)
            if not self.config.offload_reference:
                return self._logprobs(self.reference, part)
            self.reference.to(self.device)
            try:
                return self._logprobs(self.reference, part)
            finally:
                self.reference.to("cpu")

    def values(self, part: Batch) -> Tensor:
        """The critic's value before each token after the prompts: [B, T]."""
        if self.config.critic == "shared":
            return self.logprobs_and_values(part)[1]
        with self.role(CRITIC):
            trunk = self.critic if self.critic is not None else self.model.get_decoder()
            hidden = trunk(**_inputs(part), use_cache=False).last_hidden_state
            return self._headed(hidden, part)

    def logprobs_and_values(self, part: Batch) -> tuple[Tensor, Tensor]:
        """Both from one pass where the trunk is shared: [B, T] each."""
        if self.config.critic != "shared":
            return self.logprobs(part), self.values(part)
        with self.role(ACTOR):
            out = self.model(
                **_inputs(part), use_cache=False, logits_to_keep=part.n_answer + 1, output_hidden_states=True
            )
        logp = token_logprobs(out.logits[:, :-1], part.answers, self.config.temperature)
        return logp, self._headed(out.hidden_states[-1], part)

    def state(self) -> dict[str, Any]:
        """Everything that training changes, for a checkpoint."""
        state: dict[str, Any] = {"head": self.head.state_dict()}
        if self.critic is not None:
            state["critic"] = self.critic.state_dict()
        if self.peft is None:
            return {**state, "model": self.model.state_dict()}
        adapters = {
            name: p for name, p in self.model.named_parameters() if f".{ACTOR}." in name or f".{CRITIC}." in name
        }
        return {**state, "adapters": adapters}

    def load_state(self, state: dict[str, Any]) -> None:
        """The way back from `state`; the base weights of a LoRA run are those that the policy was made of."""
        self.head.load_state_dict(state["head"])
        if self.critic is not None:
            self.critic.load_state_dict(state["critic"])
        if self.peft is None:
            self.model.load_state_dict(state["model"])
            return
        own = dict(self.model.named_parameters())
        with torch.no_grad():
            for name, value in state["adapters"].items():
                own[name].copy_(value)

    def _logprobs(self, model: Any, part: Batch) -> Tensor:
        logits = model(**_inputs(part), use_cache=False, logits_to_keep=part.n_answer + 1).logits
        return token_logprobs(logits[:, :-1], part.answers, self.config.temperature)

    def _headed(self, hidden: Tensor, part: Batch) -> Tensor:
        before = hidden[:, -part.n_answer - 1 : -1]
        return self.head(before.to(self.head.weight.dtype)).squeeze(-1)

    @contextlib.contextmanager
    def role(self, role: str) -> Iterator[None]:
        """The adapters as a role needs them, until the end of the block; then as they were. May be nested.

        A backward pass belongs into the block of its forward pass: with checkpoints that pass is made again.
        """
        before = self._role
        if self.peft is None or role == before:
            yield
            return
        self._switch(role)
        try:
            yield
        finally:
            self._switch(before)

    def _switch(self, role: str) -> None:
        self._role = role
        if role == REFERENCE:
            self.peft.base_model.disable_adapter_layers()
            return
        self.peft.base_model.enable_adapter_layers()
        self.peft.set_adapter(role)
        for parameter in self._adapters:  # peft freezes the adapter that is not active; gradients already under way
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


def _settle(model: Any, *, checkpointing: bool) -> None:
    """No dropout anywhere; `transformers` recomputes activations in training mode only."""
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
        if isinstance(getattr(module, "attention_dropout", None), float):
            module.attention_dropout = 0.0
    if checkpointing:
        # transformers 5 renamed it; earlier ones of that major version know the old name only.
        enable = getattr(model, "activation_checkpointing_enable", None) or model.gradient_checkpointing_enable
        enable({"use_reentrant": False})
        model.enable_input_require_grads()
    model.train(checkpointing)


def _inputs(part: Batch) -> dict[str, Tensor]:
    positions = (part.attention.cumsum(1) - 1).clamp(min=0)
    return {"input_ids": part.ids, "attention_mask": part.attention, "position_ids": positions}
