"""The actor as the writer of its own roll-outs."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from train.rl.adapters import ACTOR
from train.rl.generate import Sampling, Written, write_answers
from train.rl.opening import Opening
from train.rl.policy import Policy
from train.rl.rollout import Speech


class ActorWriter:
    """A `Writer` by `transformers`. `keeps_opening`: the pass over the prompts is made with its graph and kept."""

    def __init__(
        self,
        policy: Policy,
        speech: Speech,
        *,
        temperature: float,
        keeps_opening: bool = False,
        first_row: int = 0,
    ) -> None:
        self._first_row = first_row
        self._policy, self._tokenizer, self._keeps = policy, speech.tokenizer, keeps_opening
        self._opening: Opening | None = None
        config, eos = policy.config, speech.tokenizer.eos_token
        self._sampling = Sampling(
            config.max_answer_tokens,
            temperature,
            config.min_answer_tokens,
            frozenset({speech.tokenizer.eos_token_id}),
            tuple(text for text in speech.stop if text != eos),
        )

    def __call__(self, prompts: Sequence[Sequence[int]], seed: int) -> tuple[Written, ...]:
        policy = self._policy
        head = policy.head if policy.config.critic == "shared" else None
        if self._keeps:
            with torch.enable_grad():
                self._opening = policy.open(prompts)
        with policy.role(ACTOR):
            return write_answers(
                policy.model,
                self._tokenizer,
                prompts,
                self._sampling,
                seed=seed,
                head=head,
                opening=self._opening,
                first_row=self._first_row,
            )

    def taken(self) -> Opening | None:
        """The pass over the prompts of the last roll-out, which nobody holds any longer here."""
        opening, self._opening = self._opening, None
        return opening
