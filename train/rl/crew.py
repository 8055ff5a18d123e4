"""Several processes that train one policy (`accelerate launch`): each rolls out and passes its share of every batch.

All know the whole batch, which is small, so that advantages, whitening, the guard and the order of minibatches are
computed alike by all of them. Figures of passes are summed where each process made its rows' share, and gradients are
sums over the whole batch's tokens: the result is that of one process.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn

from train.errors import ConfigError
from train.rl.batch import Batch
from train.rl.config import PpoConfig
from train.runs.folder import RunFolder
from train.runs.reader import State

T = TypeVar("T")


@dataclass(frozen=True)
class Crew:
    """`rank`: this process, from 0; one process alone needs no others."""

    rank: int = 0
    n: int = 1

    @classmethod
    def of_launch(cls) -> Crew:
        """As the launcher says; with several processes they are joined here, each on its own device."""
        if int(os.environ.get("WORLD_SIZE", "1")) == 1:
            return cls()
        from accelerate import PartialState

        state = PartialState()
        return cls(state.process_index, state.num_processes)

    @property
    def is_first(self) -> bool:
        """Whether this process writes the run folder and speaks."""
        return self.rank == 0

    @property
    def n_sharing_memory(self) -> int:
        """Processes that use the same device's memory: those of this machine where there is no GPU for each."""
        return 1 if torch.cuda.is_available() else int(os.environ.get("LOCAL_WORLD_SIZE", self.n))

    def check(self, config: PpoConfig) -> None:
        """
        Raises:
            ConfigError: a batch cannot be shared out.
        """
        if config.batch_size < self.n:
            what = f"batch_size = {config.batch_size} cannot be shared by {self.n} processes"
            raise ConfigError(what, f"Set batch_size to {self.n} or more, or launch fewer processes.")

    def bounds(self, n_items: int) -> tuple[int, int]:
        """First and last (behind it) of this process's share of so many things."""
        return self.rank * n_items // self.n, (self.rank + 1) * n_items // self.n

    def share(self, items: Sequence[T]) -> Sequence[T]:
        """This process's part, in order."""
        begin, end = self.bounds(len(items))
        return items[begin:end]

    def rows(self, batch: Batch) -> list[int]:
        """The rows of this process's episodes."""
        return [row for chain in self.share(batch.chains) for row in chain]

    def gathered(self, items: Sequence[T]) -> tuple[T, ...]:
        """Everybody's parts, in the order of the processes."""
        if self.n == 1:
            return tuple(items)
        from accelerate.utils import gather_object

        return tuple(gather_object(list(items)))

    def summed(self, x: Tensor) -> Tensor:
        """The sum of everybody's tensors of this shape; gradients do not go through it."""
        if self.n == 1:
            return x
        from accelerate.utils import reduce

        whole: Tensor = reduce(x.detach().clone(), "sum")
        return whole

    def sum_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """In place, in one message; a process without rows has none, which counts as zero."""
        if self.n == 1:
            return
        own = list(parameters)
        pieces = [p.grad if p.grad is not None else torch.zeros_like(p) for p in own]
        whole = self.summed(torch.cat([piece.flatten() for piece in pieces]))
        for parameter, piece in zip(own, whole.split([p.numel() for p in own]), strict=True):
            parameter.grad = piece.view_as(parameter).clone()

    def any(self, here: bool) -> bool:
        """Whether it is so in one of the processes."""
        return here if self.n == 1 else any(self.gathered([here]))

    def wait(self) -> None:
        """Until all of them are here."""
        if self.n > 1:
            from accelerate import PartialState

            PartialState().wait_for_everyone()


class Onlooker(RunFolder):
    """The run folder for those who do not write it."""

    def status(self, state: State, *, step: int | None = None, n_steps: int | None = None, message: str = "") -> None:
        """Nothing."""

    def metric(self, step: int, **values: float) -> None:
        """Nothing."""

    def log(self, text: str) -> None:
        """Nothing."""
