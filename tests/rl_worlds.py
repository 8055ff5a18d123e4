"""Small things that RL is tried on: a random model of a few thousand weights, a template where all text is a call."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from train.reward.table import PAPER
from train.rl.config import PpoConfig
from train.rl.environment import Task
from train.rl.job import Job
from train.rl.policy import Policy
from train.rl.rollout import Speech
from train.rows import Call, Called, CallsRow, Said, ToolDoc
from train.runs.folder import RunFolder
from train.templates.base import Segment

SHAPE = {
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
}
SAY = ToolDoc("say", "", {"type": "object", "properties": {"text": {"type": "string"}}})


@dataclasses.dataclass(frozen=True)
class Babble:
    """A template in which a text with an `a` is the call `say(text=...)`, and any other is a format error."""

    name: str = "babble"
    stop: tuple[str, ...] = ()
    adds_special_tokens: bool = False
    closes_every_turn: bool = False

    def render(self, row: CallsRow) -> tuple[Segment, ...]:
        return (Segment(self.prompt(row)),)

    def prompt(self, row: CallsRow) -> str:
        return "".join(turn.text if isinstance(turn, Said) else "!" for turn in row.turns)

    def parse(self, completion: str) -> Called | Said | None:
        text = completion.removesuffix("</s>")
        return Called((Call("say", {"text": text}),)) if "a" in text else None


def tiny_model(seed: int = 0, *, double: bool = False) -> Any:
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(seed)
    config = Qwen2Config(
        vocab_size=259, max_position_embeddings=256, eos_token_id=0, pad_token_id=0, bos_token_id=None, **SHAPE
    )
    model = Qwen2ForCausalLM(config)
    for parameter in model.parameters():  # larger than the usual start, so that answers and gradients differ clearly
        parameter.data *= 4
    return model.double() if double else model


def windowed_model(seed: int = 0) -> Any:
    """Of another kind: each token sees itself and two before it."""
    import torch
    from transformers import MistralConfig, MistralForCausalLM

    torch.manual_seed(seed)
    config = MistralConfig(
        vocab_size=259, max_position_embeddings=256, eos_token_id=0, pad_token_id=0, sliding_window=3, **SHAPE
    )
    model = MistralForCausalLM(config)
    for parameter in model.parameters():
        parameter.data *= 4
    return model


def tiny_tokenizer() -> Any:
    from train.sft.tiny import tiny_tokenizer as trained

    return trained(["abc"], n_tokens=259)


def config(**changes: Any) -> PpoConfig:
    small: dict[str, Any] = {
        "lora_rank": 4,
        "batch_size": 8,
        "micro_batch_size": 8,
        "max_answer_tokens": 4,
        "temperature": 1.0,
        "actor_lr": 1e-2,
        "critic_lr": 1e-2,
        "kl_coef": 0.05,
        "n_steps": 4,
        "guard_window": 5,
    }
    return dataclasses.replace(PpoConfig(), **{**small, **changes})


def babble_tasks(n: int = 16) -> tuple[Task, ...]:
    """Different questions; the right answer cannot be found by chance."""
    letters = "bcdefghijklmnopqrstuvwxyz"
    return tuple(
        Task(str(i), (SAY,), (Said("user", f"{letters[i % 25]}{i}"),), ((Call("say", {"text": f"a{i}?"}),),))
        for i in range(n)
    )


def job(folder: Path, cfg: PpoConfig, *, resume: bool = False, **parts: Any) -> Job:
    run = RunFolder.reopen(folder, "ppo") if resume else RunFolder.create(folder, "ppo", cfg.json())
    speech = parts.pop("speech", None) or Speech(Babble(), tiny_tokenizer())
    tasks = parts.pop("tasks", None) or babble_tasks()
    return Job(cfg, parts.pop("table", PAPER), tasks, speech, Policy(tiny_model(), cfg), run, **parts)
