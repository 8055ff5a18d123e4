"""Vectors of tools, kept on disk by what was embedded, so that a tool is embedded once in its life."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from agent.calls.spec import ToolSpec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from agent.functions.embed import Embedder

BATCH = 32
_TEXT_CHARS = 400
_MAX_KEPT = 50_000


def text_of(tool: ToolSpec) -> str:
    """What stands for a tool's meaning: its name in words and the first sentences about it."""
    about = f"{tool.purpose} {tool.description}" if tool.description != tool.purpose else tool.purpose
    return f"{tool.name.replace('_', ' ')}: {' '.join(about.split())}"[:_TEXT_CHARS]


def vectors_of(
    tools: Sequence[ToolSpec], embedder: Embedder, folder: Path | None, stop: Callable[[], bool] = lambda: False
) -> NDArray[np.float32] | None:
    """(n tools, dim), from the file where they are known, else embedded in batches and written. Blocking.

    `stop` is asked between batches; what was embedded so far is kept, and None comes back.

    Raises:
        agent.errors.RepositoryError: the embedder failed.
    """
    import numpy as np

    texts = [text_of(tool) for tool in tools]
    keys = [hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32] for text in texts]
    path = folder / f"{_file_name(embedder.id)}.npz" if folder is not None else None
    known = _read(path, embedder.dim)
    missing = [i for i, key in enumerate(keys) if key not in known]
    missing.sort(key=lambda i: len(texts[i]))
    try:
        for start in range(0, len(missing), BATCH):
            if stop():
                return None
            batch = missing[start : start + BATCH]
            known.update(zip((keys[i] for i in batch), embedder.embed([texts[i] for i in batch]), strict=True))
    finally:
        if missing:
            _write(path, known)
    return np.stack([known[key] for key in keys]) if keys else np.zeros((0, embedder.dim), np.float32)


def _read(path: Path | None, dim: int) -> dict[str, NDArray[np.float32]]:
    import numpy as np

    if path is None:
        return {}
    try:
        with np.load(path, allow_pickle=False) as kept:
            keys, vectors = kept["keys"], kept["vectors"]
    except (OSError, ValueError, KeyError, EOFError):  # none yet, or damaged: it is made anew
        return {}
    return dict(zip(map(str, keys), vectors, strict=False)) if vectors.ndim == 2 and vectors.shape[1] == dim else {}


def _write(path: Path | None, known: dict[str, NDArray[np.float32]]) -> None:
    """All or nothing. A cache that cannot be written costs time and nothing else."""
    import numpy as np

    if path is None or not known:
        return
    newest = list(known.items())[-_MAX_KEPT:]
    scratch = path.with_name(f"{path.stem}.{secrets.token_hex(4)}.tmp")
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                np.savez(file, keys=np.array([k for k, _ in newest]), vectors=np.stack([v for _, v in newest]))
            scratch.replace(path)
        finally:
            scratch.unlink(missing_ok=True)


def _file_name(embedder_id: str) -> str:
    return "".join(c if c.isalnum() or c in "-." else "_" for c in embedder_id)[:80]
