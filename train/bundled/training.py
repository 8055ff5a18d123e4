"""The training loop: bf16 matrix products, fp32 masters, a rate that decays to zero at the budget's end.

Muon moves the layers' matrices, AdamW embeddings, gains and the pointer head.
"""

from __future__ import annotations

import math
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from agent.prompts.compact_tokens import CompactTokenizer
from train.bundled.batches import Stream
from train.bundled.model import Shape, Transformer


@dataclass(frozen=True)
class Plan:
    """How long and how fast.

    The budget is in minutes on cores of its own, one per group: processor time is counted, so that a busy machine takes
    longer and trains no less. Where `n_steps` is set it is in steps.
    """

    minutes: float = 45.0
    n_steps: int = 0
    seed: int = 1
    n_tasks: int = 10
    groups_per_step: int = 2
    rate: float = 4e-3
    muon: bool = True
    warmup_steps: int = 60
    decay_from: float = 0.45
    canonical_share: float = 0.8
    weight_decay: float = 0.05
    checkpoint_every_s: float = 120.0


def rate_at(progress: float, step: int, plan: Plan) -> float:
    """Warm-up, a plateau, then a cosine to zero over the rest of the budget (`progress` is its used share)."""
    warm = min(1.0, (step + 1) / plan.warmup_steps)
    if progress <= plan.decay_from:
        return plan.rate * warm
    share = min(1.0, (progress - plan.decay_from) / (1 - plan.decay_from))
    return plan.rate * warm * (0.5 + 0.5 * math.cos(math.pi * share))


@dataclass(frozen=True)
class _Part:
    """A group's summed loss, gradients in the order of the parameters, sizes, and the processor time it took."""

    loss: float
    gradients: tuple[torch.Tensor, ...]
    n_learned: int
    n_tokens: int
    seconds: float


def _optimizers(model: Transformer, plan: Plan) -> list[torch.optim.Optimizer]:
    """One for each worker, with about the same work."""
    named = list(model.named_parameters())
    moved = [p for name, p in named if plan.muon and name.startswith("layers.") and p.dim() == 2]
    taken = {id(p) for p in moved}
    matrices = [p for _, p in named if p.dim() == 2 and id(p) not in taken]
    gains = [p for _, p in named if p.dim() != 2]
    found: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(
            [{"params": matrices, "weight_decay": plan.weight_decay}, {"params": gains, "weight_decay": 0.0}],
            lr=plan.rate, betas=(0.9, 0.98), eps=1e-9, fused=True,
        )
    ]  # fmt: skip
    n = plan.groups_per_step
    return found + [
        torch.optim.Muon(
            moved[i::n], lr=plan.rate, weight_decay=plan.weight_decay, momentum=0.95, adjust_lr_fn="match_rms_adamw"
        )
        for i in range(n)
        if moved[i::n]
    ]


def _moved(optimizer: torch.optim.Optimizer, rate: float) -> float:
    """Let an optimizer step; returns the processor time."""
    begun = time.thread_time()
    for part in optimizer.param_groups:
        part["lr"] = rate
    optimizer.step()
    return time.thread_time() - begun


class Trainer:
    """Owns the model, its masters and the optimiser; `save` and `load` make a run resumable step by step."""

    def __init__(self, plan: Plan, shape: Shape, tokenizer: CompactTokenizer, half: bool = True) -> None:
        torch.manual_seed(plan.seed)
        self.plan = plan
        self.masters = Transformer(shape)
        self.model = Transformer(shape)
        self.model.load_state_dict(self.masters.state_dict())
        if half:
            self.model = self.model.to(torch.bfloat16)
        # One stream for each worker, which then draws its own tasks beside the other's products.
        self.streams = [
            Stream(tokenizer, plan.seed * plan.groups_per_step + i, plan.n_tasks, plan.canonical_share)
            for i in range(plan.groups_per_step)
        ]
        self.optimizers = _optimizers(self.masters, plan)
        self._workers = ThreadPoolExecutor(plan.groups_per_step)
        self.step = 0
        self.used_s = 0.0
        self.n_tokens = 0
        self.begun: dict[str, str] = {}
        """What the weights that a run began with say of their own training."""

    @property
    def progress(self) -> float:
        """The used share of the budget."""
        if self.plan.n_steps:
            return self.step / self.plan.n_steps
        return self.used_s / (60 * self.plan.minutes)

    def advance(self) -> float:
        """One step; returns the mean loss per learned token."""
        begun = time.thread_time()
        done = list(self._workers.map(self._gradients, range(self.plan.groups_per_step)))
        n_learned = sum(part.n_learned for part in done)
        worked_s = max(part.seconds for part in done)
        for master, *gradients in zip(self.masters.parameters(), *(part.gradients for part in done), strict=True):
            master.grad = torch.zeros_like(master)
            for gradient in gradients:
                master.grad.add_(gradient, alpha=1 / n_learned)
        self.n_tokens += sum(part.n_tokens for part in done)
        torch.nn.utils.clip_grad_norm_(self.masters.parameters(), 1.0)
        rate = rate_at(self.progress, self.step, self.plan)
        worked_s += max(self._workers.map(lambda optimizer: _moved(optimizer, rate), self.optimizers))
        with torch.no_grad():
            for master, p in zip(self.masters.parameters(), self.model.parameters(), strict=True):
                p.copy_(master)
        self.step += 1
        self.used_s += time.thread_time() - begun + worked_s
        return sum(part.loss for part in done) / n_learned

    def _gradients(self, worker: int) -> _Part:
        """What a worker's next group gives.

        Groups run side by side, one thread each: two threads inside each operation would wait for one another thousands
        of times a step, which a busy machine makes slow.
        """
        begun = time.thread_time()
        group = self.streams[worker].group(self.step)
        loss = self.model.loss(*(torch.from_numpy(a) for a in (group.header, group.tokens, group.marks, group.targets)))
        gradients = torch.autograd.grad(loss, list(self.model.parameters()))
        return _Part(float(loss.detach()), gradients, group.n_learned, group.n_tokens, time.thread_time() - begun)

    def save(self, file: Path) -> None:
        """Everything the next step depends on; written beside and then moved, so that a kill loses nothing."""
        file.parent.mkdir(parents=True, exist_ok=True)
        state = {
            "masters": self.masters.state_dict(), "optimizers": [o.state_dict() for o in self.optimizers],
            "step": self.step, "used_s": self.used_s, "n_tokens": self.n_tokens, "random": torch.get_rng_state(),
        }  # fmt: skip
        torch.save(state, file.with_suffix(".part"))
        file.with_suffix(".part").replace(file)

    def begin_with(self, file: Path) -> None:
        """Take exported weights as the beginning of a run, with a fresh optimiser and budget; before `load`, if any.

        Raises:
            RuntimeError: they are of a model of another shape.
        """
        from safetensors import safe_open

        with safe_open(str(file), framework="pt") as held:
            weights = {name: held.get_tensor(name).float() for name in held.keys()}  # noqa: SIM118 - no mapping
            self.begun = dict(held.metadata() or {})
        self.masters.load_state_dict(weights)
        self.model.load_state_dict(weights)

    def load(self, file: Path) -> None:
        """Go on where `save` left off."""
        state: dict[str, Any] = torch.load(file, weights_only=True)
        self.masters.load_state_dict(state["masters"])
        self.model.load_state_dict(state["masters"])
        for optimizer, held in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(held)
        self.step, self.used_s, self.n_tokens = state["step"], state["used_s"], state["n_tokens"]
        torch.set_rng_state(state["random"])

    def run(self, file: Path) -> None:
        """Train to the end of the budget, with a line of progress and a checkpoint now and then."""
        saved = shown = time.monotonic()
        smooth = 0.0
        tokens_before, used_before = self.n_tokens, self.used_s
        while self.progress < 1.0:
            loss = self.advance()
            smooth = loss if not smooth else 0.95 * smooth + 0.05 * loss
            now = time.monotonic()
            if now - shown > 5:
                shown = now
                speed = (self.n_tokens - tokens_before) / max(self.used_s - used_before, 1e-9)
                left = self.used_s * (1 / max(self.progress, 1e-9) - 1)
                print(
                    f"{self.progress:6.1%}  step {self.step}  loss {smooth:.4f}  {self.n_tokens / 1e6:.2f} M tokens"
                    f"  {speed:,.0f}/s  left {left / 60:.1f} min", file=sys.stderr, flush=True,
                )  # fmt: skip
            if now - saved > self.plan.checkpoint_every_s:
                self.save(file)
                saved = now
        self.save(file)
