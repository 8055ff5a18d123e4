"""A warning that is for the authors of a library, kept from those who train with it."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator


@contextlib.contextmanager
def peft_reads_old_names() -> Iterator[None]:
    """peft 0.21 asks models for an attribute that transformers 5 calls deprecated; who trains cannot change that."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing", category=FutureWarning)
        yield
