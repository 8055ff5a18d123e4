"""What the layers of a model know of the pass that they are in, besides their input.

A model of `transformers` hands a layer its input and nothing else; what stands here is set around a pass and seen by
the layers of `laid_out.py` and `fused.py`, and by no other.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass
class Tape:
    """The products of a generation, layer by layer: the pass that learns from the answers has the same ones.

    They are kept in the order of the passes, so that a pass has to bring its tokens in that order, and all of them. The
    weights must be those of the generation still.
    """

    _made: dict[object, list[Tensor]] = field(default_factory=dict)

    def __len__(self) -> int:
        """Products that nobody took yet, of all layers."""
        return len(self._made)

    def note(self, layer: object, made: Tensor) -> None:
        """`made` [1, B, O]: of one pass; it must not be changed any more."""
        self._made.setdefault(layer, []).append(made)

    def again(self, layer: object) -> Tensor | None:
        """[1, N, O] of all passes, for the last time: nobody holds them here any longer. None where none was noted."""
        made = self._made.pop(layer, None)
        return None if made is None else torch.cat(made, 1)


@dataclass(frozen=True)
class Passing:
    """`notes`: the tape that is written by this pass; `plays`: the one that is read.

    `reads`: the rows of the model's last layer that anybody looks at; None: all.
    """

    notes: Tape | None = None
    plays: Tape | None = None
    reads: Tensor | None = None


_NONE = Passing()
_NOW: ContextVar[Passing] = ContextVar("passing", default=_NONE)


def now() -> Passing:
    """The pass under way."""
    return _NOW.get()


@contextlib.contextmanager
def passing(this: Passing) -> Iterator[None]:
    """Until the end of the block. Backward passes are made outside of it."""
    token = _NOW.set(this)
    try:
        yield
    finally:
        _NOW.reset(token)
