"""The model that RL begins from, and the model that it leaves: safetensors, no code that came with a model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from train.errors import ModelFolderError
from train.rl.config import PpoConfig
from train.rl.frozen import as_before
from train.rl.warned import peft_reads_old_names
from train.runs.files import MODEL
from train.runs.reader import is_run
from train.sft.model import load_tokenizer


def model_folder(path: str) -> str:
    """The folder of the weights: a run's `model`, else the path itself (a folder or a hub's name)."""
    return str(Path(path) / MODEL) if is_run(Path(path)) else path


def load_start(path: str, config: PpoConfig) -> tuple[Any, Any, str | None]:
    """Model, tokenizer, and the folder that an adapter over this model may name as its base.

    The last is None where the start is itself an adapter: it is merged, because the reference of RL is the SFT model,
    and nothing on the disk has those weights as one model.

    Raises:
        ModelFolderError: it cannot be loaded.
    """
    import torch
    import transformers

    folder = Path(model_folder(path))
    adapter = folder / "adapter_config.json"
    base = str(json.loads(adapter.read_text())["base_model_name_or_path"]) if adapter.is_file() else str(folder)
    tokenizer = load_tokenizer(str(folder) if (folder / "tokenizer_config.json").is_file() else base)
    local = {"local_files_only": True} if Path(base).is_dir() else {}
    try:
        model: Any = transformers.AutoModelForCausalLM.from_pretrained(
            base, dtype=getattr(torch, config.dtype), use_safetensors=True, trust_remote_code=False, **local
        )
        if adapter.is_file():
            from peft import PeftModel

            with peft_reads_old_names():
                model = PeftModel.from_pretrained(model, str(folder)).merge_and_unload()
    except (OSError, ValueError, KeyError, ImportError) as error:
        reason = " ".join(str(error).split())[:300]
        hint = "Name a run folder of `toolcoder train sft`, or a folder with safetensors and a tokenizer."
        raise ModelFolderError(f"cannot load the model {path}: {reason}", hint) from None
    if torch.cuda.is_available():
        model = model.to("cuda")
    return model, tokenizer, None if adapter.is_file() else base


def save_result(policy: Any, tokenizer: Any, folder: Path, base: str | None) -> None:
    """The actor: an adapter over `base`; a whole model where every weight was trained or no base lies on the disk."""
    folder.mkdir(parents=True, exist_ok=True)
    as_before(policy.model)
    if policy.peft is None:
        policy.model.save_pretrained(str(folder))
    elif base is not None:
        policy.peft.peft_config["default"].base_model_name_or_path = base
        policy.peft.save_pretrained(str(folder), selected_adapters=["default"])
    else:
        policy.peft.merge_and_unload(adapter_names=["default"]).save_pretrained(str(folder))
    tokenizer.save_pretrained(str(folder))
