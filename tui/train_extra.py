"""Whether the packages of the extra `train` are installed; told before anything begins."""

from __future__ import annotations

import importlib.util

from train.errors import Unsupported

_NEEDED = ("torch", "transformers", "trl", "peft", "accelerate", "datasets")


def need_train_extra() -> None:
    """
    Raises:
        Unsupported: a package is missing; the hint says how to get it.
    """
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise Unsupported(f"training needs {', '.join(missing)}", "Install it with: pip install 'toolcoder[train]'")
