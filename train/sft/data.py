"""The files of `train data` as a dataset of encoded samples, on disk, so that memory stays flat however long it is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from train.encode import Encoder
from train.errors import DataError
from train.rows import BadRow, Row, parse_row

View = Literal["calls", "code", "both"]
Split = Literal["train", "valid"]


@dataclass(frozen=True)
class Encoded:
    """`dataset`: columns input_ids, labels, shares, and seq_lengths where it is packed. Counts are of samples."""

    dataset: Any
    n_samples: int
    n_tokens: int
    n_targets: int
    n_keys: int
    n_cut: int
    longest: int


def data_files(folder: Path, view: View, split: Split) -> tuple[Path, ...]:
    """The files of a split that are there and not empty; `both` takes what there is.

    Raises:
        DataError: no folder, or the train split of the view is missing.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder", "Make a dataset with: toolcoder train data --out DIR")
    views = ("calls", "code") if view == "both" else (view,)
    wanted = [folder / f"{name}.{split}.jsonl" for name in views]
    found = tuple(path for path in wanted if path.is_file() and path.stat().st_size)
    if not found and split == "train":
        names = " and ".join(path.name for path in wanted)
        raise DataError(
            f"{folder} has no {names}, or nothing in it", "Make a dataset with: toolcoder train data --out DIR"
        )
    return found


def read_rows(files: Sequence[Path]) -> Iterator[Row]:
    """
    Raises:
        DataError: a line is no row; named by file and line.
    """
    for path in files:
        try:
            with path.open("rb") as lines:
                for number, line in enumerate(lines, 1):
                    if line.strip():
                        yield _row(path, number, line)
        except OSError as error:
            raise DataError(f"cannot read {path}: {error.strerror}", "Check the folder that --data names.") from None


def texts_for_tokenizer(files: Sequence[Path]) -> Iterator[str]:
    """The lines themselves: what a tokenizer for the tiny model is trained on."""
    for path in files:
        with path.open(encoding="utf-8") as lines:
            yield from lines


def fingerprint(files: Sequence[Path]) -> str:
    """Of the files' names and contents; a resumed run must find the same."""
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            digest.update(path.name.encode() + b"\0")
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def encode(files: Sequence[Path], encoder: Encoder, cache: Path, *, pack_to: int = 0) -> Encoded:
    """Encode all rows into `cache`. `pack_to`: tokens of a packed row, 0 for no packing.

    Raises:
        DataError: a bad line, or no row has a target.
    """
    from datasets import Features, List, Value
    from datasets.utils.logging import disable_progress_bar

    disable_progress_bar()
    features = Features(
        {"input_ids": List(Value("int32")), "labels": List(Value("int32")), "shares": List(Value("float32"))}
    )
    counts = {"samples": 0, "tokens": 0, "targets": 0, "keys": 0, "cut": 0, "longest": 0}

    def samples() -> Iterator[dict[str, Any]]:
        for sample in encoder.samples(read_rows(files)):
            counts["samples"] += 1
            counts["tokens"] += len(sample.input_ids)
            counts["targets"] += sum(share > 0 for share in sample.shares)
            counts["keys"] += sample.n_keys
            counts["cut"] += sample.is_cut
            counts["longest"] = max(counts["longest"], len(sample.input_ids))
            yield {"input_ids": sample.input_ids, "labels": sample.labels, "shares": sample.shares}

    cache.mkdir(parents=True, exist_ok=True)
    dataset = _written(samples, features, cache)
    if not counts["samples"]:
        raise DataError(
            f"no row of {', '.join(path.name for path in files)} has anything to train on",
            "All are masked (MAE), or longer than data.max_length before their first target.",
        )
    if pack_to:
        from trl.data_utils import pack_dataset

        dataset = pack_dataset(dataset, pack_to, "bfd", {"cache_file_name": str(cache / "packed.arrow")})
    return Encoded(
        dataset,
        counts["samples"],
        counts["tokens"],
        counts["targets"],
        counts["keys"],
        counts["cut"],
        pack_to or counts["longest"],
    )


def _written(samples: Any, features: Any, cache: Path) -> Any:
    """Through an Arrow file of our own: the library's cache would take an old file for a changed dataset."""
    from datasets import Dataset
    from datasets.arrow_writer import ArrowWriter

    path = cache / "samples.arrow"
    with ArrowWriter(path=str(path), features=features) as writer:
        for sample in samples():
            writer.write(sample)
        writer.finalize()
    return Dataset.from_file(str(path))


def _row(path: Path, number: int, line: bytes) -> Row:
    try:
        return parse_row(line)
    except BadRow as error:
        raise DataError(f"{path}:{number}: {error}", "Make the dataset anew, or take that line out.") from None
