"""Work in a child that can be killed or limited; forked, since importing torch anew takes longer than the work."""

from __future__ import annotations

import multiprocessing
import warnings
from collections.abc import Callable
from typing import Any


def forked(work: Callable[..., Any], *args: Any) -> Any:
    """Start `work(*args)` in a child and give its process. The parent should have imported what it needs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # forking beside threads: the child touches none of them
        child = multiprocessing.get_context("fork").Process(target=_in_child, args=(work, *args))
        child.start()
    return child


def _in_child(work: Callable[..., Any], *args: Any) -> None:
    import torch

    torch.set_num_threads(1)
    warnings.simplefilter("default")  # what libraries warn of is no failure of the work
    work(*args)
