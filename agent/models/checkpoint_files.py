"""Whether a folder holds a checkpoint that we run: looked at without torch, so that a wrong folder is told at once."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.errors import ModelFilesError

TRAIN_EXTRA_HINT = "Install it with: pip install 'toolcoder[train]'"
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")
_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json")


@dataclass(frozen=True)
class CheckpointFiles:
    """Where the weights are: a whole model's folder, and an adapter's on top of it where a run trained one."""

    weights: Path
    tokenizer: Path
    adapter: Path | None = None


def find_checkpoint(folder: Path) -> CheckpointFiles:
    """What `--model ./folder` means: a checkpoint, or a training run that made one.

    Raises:
        ModelFilesError: files are missing or of a kind we do not load; the hint says what to do.
    """
    if not _is_run(folder):
        check_checkpoint(folder)
        return CheckpointFiles(folder, folder)
    made = folder / "model"
    if not made.is_dir():
        state = read_json(folder / "status.json").get("state", "unknown")
        raise ModelFilesError(
            f"the training run {folder} has made no model yet ({state})",
            f"Wait for it, or go on with it: toolcoder train sft --resume --out {folder}",
        )
    adapter = made / "adapter_config.json"
    if not adapter.is_file():
        check_checkpoint(made)
        return CheckpointFiles(made, made)
    base = Path(str(read_json(adapter).get("base_model_name_or_path") or ""))
    if not base.is_absolute() or not base.is_dir():
        raise ModelFilesError(
            f"the run {folder} is an adapter of {base}, which is no folder on this machine",
            f"Make a whole model of it where its base can be loaded: toolcoder train merge {folder} --out DIR",
        )
    _check_weights(base)
    if not (made / "adapter_model.safetensors").is_file():
        raise ModelFilesError(f"{made} has no adapter_model.safetensors", "Train again, or copy the folder again.")
    return CheckpointFiles(base, made, made)


def _is_run(folder: Path) -> bool:
    """Whether `toolcoder train` made it; its config.json is the run's, not a model's."""
    return (folder / "status.json").is_file() and (folder / "versions.json").is_file()


def check_torch() -> None:
    """
    Raises:
        ModelFilesError: torch or transformers is not installed.
    """
    missing = [name for name in ("torch", "transformers") if importlib.util.find_spec(name) is None]
    if missing:
        raise ModelFilesError(f"a local checkpoint needs {' and '.join(missing)}", TRAIN_EXTRA_HINT)


def check_checkpoint(folder: Path) -> None:
    """Look at the files by name; the tensors are read when the model is loaded.

    Raises:
        ModelFilesError: a file is missing or of a kind we do not load; the hint says what to do.
    """
    if not folder.is_dir():
        raise ModelFilesError(f"{folder} is no folder", "A checkpoint is a folder with config.json and *.safetensors.")
    if not (folder / "config.json").is_file():
        raise ModelFilesError(*_without_config(folder))
    _check_weights(folder)
    if not any((folder / name).is_file() for name in _TOKENIZERS):
        raise ModelFilesError(
            f"{folder} has no tokenizer ({', '.join(_TOKENIZERS)})",
            "Copy the tokenizer's files of the base model into it.",
        )
    if not _has_chat_template(folder):
        raise ModelFilesError(
            f"{folder} has no chat template, so it is a base model or was saved without one",
            "Use a chat or instruct model, or add its chat_template.jinja.",
        )


def _without_config(folder: Path) -> tuple[str, str]:
    if (folder / "adapter_config.json").is_file():
        return f"{folder} holds an adapter (LoRA), not a whole model", "Merge it with its base: toolcoder train merge."
    if any(folder.glob("*.gguf")):
        return f"{folder} holds a GGUF file", "Serve it with llama.cpp or Ollama and name that server as the endpoint."
    return f"{folder} has no config.json", "A checkpoint is a folder with config.json and *.safetensors."


def _check_weights(folder: Path) -> None:
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        shards = sorted(set(read_json(index).get("weight_map", {}).values()))
        missing = [shard for shard in shards if not (folder / str(shard)).is_file()]
        if missing or not shards:
            raise ModelFilesError(
                f"{folder} lacks {len(missing)} of {len(shards)} weight files, first {(missing or ['all'])[0]}",
                "Download or copy the folder again.",
            )
    elif not (folder / "model.safetensors").is_file():
        pickles = sorted(path.name for pattern in _PICKLES for path in folder.glob(pattern))
        if pickles:
            raise ModelFilesError(
                f"the weights in {folder} are pickle files ({pickles[0]}), which can run code when loaded",
                "Save them as safetensors: model.save_pretrained(folder, safe_serialization=True).",
            )
        raise ModelFilesError(f"{folder} has no model.safetensors", "Download or copy the folder again.")


def _has_chat_template(folder: Path) -> bool:
    if any((folder / name).is_file() for name in ("chat_template.jinja", "chat_template.json")):
        return True
    config = folder / "tokenizer_config.json"
    return config.is_file() and bool(read_json(config).get("chat_template"))


def read_json(path: Path) -> dict[str, Any]:
    """
    Raises:
        ModelFilesError: not readable as a JSON object.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelFilesError(f"cannot read {path}: {error}", "Download or copy the folder again.") from None
    if not isinstance(value, dict):
        raise ModelFilesError(f"{path} is not a JSON object", "Download or copy the folder again.")
    return value
