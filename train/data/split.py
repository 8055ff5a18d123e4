"""Which group goes where: train, valid, held out. The same data and seed give the same split; so does most of new data.

What a model was trained on must not be held out of the next, and what was held out must not be trained on: earlier
splits of the same folder are honoured, held out before valid before train.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Split = Literal["train", "valid", "heldout"]
SPLITS: tuple[Split, ...] = ("train", "valid", "heldout")
_HONOURED: tuple[Split, ...] = ("heldout", "valid", "train")


@dataclass(frozen=True)
class Shares:
    """What part of the tasks is kept from training."""

    valid: float = 0.1
    heldout: float = 0.1

    def __post_init__(self) -> None:
        if not (0 <= self.valid < 1 and 0 <= self.heldout < 1 and self.valid + self.heldout < 1):
            raise ValueError("the shares of valid and heldout lie between 0 and 1 and leave something to train on")


@dataclass(frozen=True, slots=True)
class Group:
    """`key`: stands for it from run to run. `n_tasks`: its size. `before`: where parts of it were in earlier splits."""

    key: str
    n_tasks: int
    before: frozenset[Split] = frozenset()


def assigned(groups: Mapping[int, Group], shares: Shares, seed: int = 0) -> dict[int, Split]:
    """Each group's split.

    In the order of a hash of seed and key, a group goes to the split that lacks most of its share, if it fits there:
    one that is larger than what is still lacking (and half as much again) is trained on, since a held-out set that is
    all one kind of question measures little.
    """
    n_all = sum(group.n_tasks for group in groups.values())
    wanted = {"heldout": shares.heldout * n_all, "valid": shares.valid * n_all}
    found: dict[int, Split] = {}
    for number, group in groups.items():
        if group.before:
            found[number] = next(split for split in _HONOURED if split in group.before)
            if found[number] in wanted:
                wanted[found[number]] -= group.n_tasks
    rest = sorted((number for number in groups if number not in found), key=lambda n: _order(seed, groups[n].key))
    for number in rest:
        size = groups[number].n_tasks
        lacking: Split = "heldout" if wanted["heldout"] >= wanted["valid"] else "valid"
        if wanted[lacking] >= max(0.5, size / 1.5):
            wanted[lacking] -= size
            found[number] = lacking
        else:
            found[number] = "train"
    return found


def _order(seed: int, key: str) -> bytes:
    return hashlib.sha256(f"{seed}:{key}".encode()).digest()
