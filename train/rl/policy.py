"""Actor, critic and reference over one model.

| | LoRA | full |
|---|---|---|
| actor | an adapter | the model |
| reference | the same weights with every adapter off | a frozen copy, offloaded between its turns if asked |
| critic `copy` | another adapter and a head | a copy of the trunk and a head |
| critic `shared` | a head on the actor's last hidden states | the same |

Nobody else touches adapters, so that no pass can run under the wrong one. Dropout is off: the ratio of a batch's first
pass must be 1. Rows are packed without padding, and logits are made for written tokens only.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from train.rl.adapters import ACTOR, CRITIC, REFERENCE, Adapters
from train.rl.batch import Batch
from train.rl.config import PpoConfig
from train.rl.feed import packed, packed_answers, placed
from train.rl.frozen import lay_out
from train.rl.maths import token_logprobs
from train.rl.opening import Opening, open_prompts
from train.rl.packed import packed_pass


class Policy:
    """Made of a causal language model of `transformers`; with LoRA the adapters are added here."""

    def __init__(self, model: Any, config: PpoConfig) -> None:
        self.config = config
        self.adapters: Adapters | None = None
        self.reference: Any = None
        self.critic: Any = None
        for parameter in model.parameters():
            parameter.requires_grad_(config.method == "full")
        self._role = ACTOR
        if config.method == "lora":
            self.adapters = Adapters(model, config)
        else:
            self.reference = copy.deepcopy(model).requires_grad_(False).eval()
            if config.critic == "copy":
                self.critic = copy.deepcopy(model.get_decoder())
        self.model = model
        _settle(model, checkpointing=config.gradient_checkpointing)
        if self.critic is not None:
            _settle(self.critic, checkpointing=config.gradient_checkpointing)
        if self.adapters is not None and config.lay_out_weights:
            lay_out(model)
        hidden = model.config.get_text_config().hidden_size
        self.head = nn.Linear(hidden, 1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        # float32 beside a model in half precision: its gradients are small sums of many tokens.
        self.head.to(self.device, torch.float64 if model.dtype == torch.float64 else torch.float32)

    @property
    def peft(self) -> Any:
        """The model as peft saves it; None where every weight is trained."""
        return None if self.adapters is None else self.adapters.peft

    @property
    def device(self) -> torch.device:
        return next(self.model.parameters()).device

    def actor_parameters(self) -> list[nn.Parameter]:
        """What the actor's learning rate moves."""
        return list(self.model.parameters()) if self.adapters is None else self.adapters.of(ACTOR)

    def critic_parameters(self) -> list[nn.Parameter]:
        """What the critic's learning rate moves: at least the head."""
        own: list[nn.Parameter] = list(self.critic.parameters()) if self.critic is not None else []
        if self.adapters is not None:
            own = self.adapters.of(CRITIC)
        return [*own, *self.head.parameters()]

    def open(self, prompts: Sequence[Sequence[int]]) -> Opening:
        """The actor's pass over prompts, with gradients unless they are off."""
        with self.role(ACTOR):
            return open_prompts(self.model, prompts, wants_hidden=self.config.critic == "shared")

    def logprobs(self, part: Batch, opening: Opening | None = None) -> Tensor:
        """log p of the written tokens under the actor: [B, T], 0 elsewhere, with gradients unless they are off.

        `opening`: of the prompts of these rows, none of which has feedback: only the answers are left to pass.
        """
        with self.role(ACTOR):
            return self._told(self.model, part, opening, wants_values=False)[0]

    def logprobs_and_values(self, part: Batch, opening: Opening | None = None) -> tuple[Tensor, Tensor]:
        """Both from one pass where the trunk is shared: [B, T] each."""
        if self.config.critic != "shared":
            return self.logprobs(part, opening), self.values(part)
        with self.role(ACTOR):
            return self._told(self.model, part, opening, wants_values=True)

    def reference_logprobs(self, part: Batch) -> Tensor:
        """As `logprobs`, under the model that training began from: never with gradients."""
        with torch.no_grad():
            if self.adapters is not None:
                with self.role(REFERENCE):
                    return self._told(self.model, part, None, wants_values=False)[0]
            if not self.config.offload_reference:
                return self._told(self.reference, part, None, wants_values=False)[0]
            self.reference.to(self.device)
            try:
                return self._told(self.reference, part, None, wants_values=False)[0]
            finally:
                self.reference.to("cpu")

    def values(self, part: Batch) -> Tensor:
        """The critic's value before each written token: [B, T], 0 elsewhere."""
        if self.config.critic == "shared":
            return self.logprobs_and_values(part)[1]
        with self.role(CRITIC):
            trunk = self.critic if self.critic is not None else self.model.get_decoder()
            ids, pack, reads = packed(part)
            hidden = packed_pass(trunk, ids, pack, reads=reads).last_hidden_state[0, reads]
            return placed(self._headed(hidden), part.written)

    def state(self) -> dict[str, Any]:
        """Everything that training changes, for a checkpoint."""
        state: dict[str, Any] = {"head": self.head.state_dict()}
        if self.critic is not None:
            state["critic"] = self.critic.state_dict()
        if self.adapters is None:
            return {**state, "model": self.model.state_dict()}
        return {**state, "adapters": self.adapters.state()}

    def load_state(self, state: dict[str, Any]) -> None:
        """The way back from `state`; the base weights of a LoRA run are those that the policy was made of."""
        self.head.load_state_dict(state["head"])
        if self.critic is not None:
            self.critic.load_state_dict(state["critic"])
        if self.adapters is None:
            self.model.load_state_dict(state["model"])
        else:
            self.adapters.load_state(state["adapters"])

    def _told(self, model: Any, part: Batch, opening: Opening | None, *, wants_values: bool) -> tuple[Tensor, Tensor]:
        """log p and values (zeros where nobody wants them): [B, T] each."""
        ids, pack, reads = packed(part) if opening is None else packed_answers(part, opening)
        options: dict[str, Any] = {"logits_to_keep": reads, "output_hidden_states": wants_values}
        logits, hidden, tape = list[Tensor](), list[Tensor](), None
        if opening is not None:
            logits.append(opening.logits)
            hidden += [] if opening.hidden is None else [opening.hidden]
            tape = opening.tape
        if pack is not None:
            read = reads if opening is None else None
            out = packed_pass(model, ids, pack, reads=read, plays=tape, **options)
            logits.append(out.logits[0])
            hidden += [out.hidden_states[-1][0, reads]] if wants_values else []
        # With an opening first tokens of all rows, then second ones, as they were written: put into rows below.
        written = part.written if opening is None else part.written.t()
        mine = (part.answers if opening is None else part.answers.t())[written]
        sizes = [len(piece) for piece in logits]
        logp = torch.cat(
            [
                token_logprobs(piece, some, self.config.temperature)
                for piece, some in zip(logits, mine.split(sizes), strict=True)
            ]
        )
        values = self._headed(torch.cat(hidden)) if wants_values else torch.zeros_like(logp)
        told = placed(logp, written), placed(values, written)
        return told if opening is None else (told[0].t(), told[1].t())

    def _headed(self, hidden: Tensor) -> Tensor:
        return self.head(hidden.to(self.head.weight.dtype)).squeeze(-1)

    @contextlib.contextmanager
    def role(self, role: str) -> Iterator[None]:
        """The adapters as a role needs them, until the end of the block; then as they were. May be nested.

        A backward pass belongs into the block of its forward pass: with checkpoints that pass is made again.
        """
        before = self._role
        if self.adapters is None or role == before:
            yield
            return
        self._role = role
        self.adapters.switch(role)
        try:
            yield
        finally:
            self._role = before
            self.adapters.switch(before)


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
