"""The names inside a run folder, and how its small files are replaced: whole or not at all.

run/
├── config.json     every setting of the run, as it was resolved
├── versions.json   Python, platform and the packages that a result depends on
├── status.json     {"state", "step", "n_steps", "pid", "updated_s", "message"}; replaced as the run goes on
├── metrics.jsonl   a line per logged step: {"step", "time_s", "loss", "tokens_per_s", ...}
├── log.txt         what was narrated, with times
├── model/          the result: a whole model, or an adapter; with the tokenizer
├── checkpoints/    what `--resume` goes on from
├── curves.png      the loss and the rest
└── README.md       the model card
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from train.errors import TrainError

CONFIG = "config.json"
VERSIONS = "versions.json"
STATUS = "status.json"
METRICS = "metrics.jsonl"
LOG = "log.txt"
MODEL = "model"
CHECKPOINTS = "checkpoints"
CURVES = "curves.png"
CARD = "README.md"


def replace_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write an object whole or not at all: a panel that reads while a run writes meets the old file or the new.

    Raises:
        OSError: it cannot be written.
    """
    replace_text(path, json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def replace_text(path: Path, text: str) -> None:
    """
    Raises:
        OSError: it cannot be written.
    """
    scratch = path.with_name(f".{secrets.token_hex(4)}-{path.name}")
    try:
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(path)
    except BaseException:  # also Ctrl-C: no half-written file stays
        scratch.unlink(missing_ok=True)
        raise


def read_object(path: Path, error: type[TrainError], hint: str) -> dict[str, Any]:
    """The JSON object in a file.

    Raises:
        TrainError: of the kind `error`: not readable, or no JSON object.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise error(f"cannot read {path}: {problem}", hint) from None
    if not isinstance(value, dict):
        raise error(f"{path} is no JSON object", hint)
    return value
