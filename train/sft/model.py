"""The model to start from: a folder, a hub's name, or the tiny one; whole, with LoRA, or in 4 bits with LoRA.

Safetensors only and no remote code, so loading a model never runs anything that came with it.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from train.configs.schema import SftConfig
from train.errors import ModelFolderError, Unsupported
from train.templates.code_view import PLAIN_CHAT_TEMPLATE


@dataclass(frozen=True)
class Loaded:
    """`adapter`: what TRL wraps the model with, None where every weight is trained."""

    model: Any
    tokenizer: Any
    adapter: Any | None


def load_tokenizer(base: str) -> Any:
    """With a pad token, and a plain chat template where it has none (the code view and the agent need one).

    Raises:
        ModelFolderError: it cannot be loaded.
    """
    import transformers

    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(base, trust_remote_code=False, **_local(base))
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise _unloadable("tokenizer", base, error) from None
    if tokenizer.eos_token is None:
        raise ModelFolderError(f"the tokenizer of {base} has no end token", "Choose another model.")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    if not tokenizer.chat_template:
        tokenizer.chat_template = PLAIN_CHAT_TEMPLATE
    return tokenizer


def load_model(base: str, config: SftConfig, tokenizer: Any) -> Loaded:
    """
    Raises:
        ModelFolderError: the weights cannot be loaded.
        Unsupported: QLoRA without a CUDA GPU or bitsandbytes; half precision where it cannot train.
    """
    import torch
    import transformers

    kwargs: dict[str, Any] = {"attn_implementation": config.model.attention, "dtype": _dtype(config)}
    if config.model.adapter == "qlora":
        kwargs["quantization_config"] = _four_bits()
    elif torch.cuda.is_available():
        kwargs["device_map"] = None  # the trainer places it, also with several devices
    try:
        with_info: Any = transformers.AutoModelForCausalLM.from_pretrained(
            base, use_safetensors=True, trust_remote_code=False, output_loading_info=True, **kwargs, **_local(base)
        )
    except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
        if "allocate memory" in str(error):
            raise
        raise _unloadable("model", base, error) from None
    model, info = with_info
    if info["missing_keys"]:
        names = ", ".join(sorted(info["missing_keys"])[:3])
        raise ModelFolderError(f"{base} lacks weights: {names}", "Download or copy the folder again.")
    if len(tokenizer) > model.get_input_embeddings().num_embeddings:
        n_tokens, n_rows = len(tokenizer), model.get_input_embeddings().num_embeddings
        raise ModelFolderError(
            f"the tokenizer of {base} has {n_tokens} tokens, its model {n_rows}", "They do not belong together."
        )
    return Loaded(model, tokenizer, _adapter(config))


def _adapter(config: SftConfig) -> Any | None:
    if config.model.adapter == "none":
        return None
    from peft import LoraConfig

    targets = config.lora.targets
    return LoraConfig(
        r=config.lora.rank,
        lora_alpha=config.lora.alpha,  # type: ignore[arg-type]  # a float works as well
        lora_dropout=config.lora.dropout,
        target_modules=targets if isinstance(targets, str) else list(targets),
        task_type="CAUSAL_LM",
    )


def computes_in(config: SftConfig) -> str:
    """float32, bfloat16 or float16: what `model.dtype` comes to on this machine.

    Raises:
        Unsupported: this machine cannot train in it.
    """
    import torch

    name = config.model.dtype
    if name == "auto":
        return "bfloat16" if torch.cuda.is_available() and torch.cuda.is_bf16_supported() else "float32"
    if name == "float16" and not torch.cuda.is_available():
        raise Unsupported("float16 trains on a GPU only", "Set model.dtype=float32, or bfloat16.")
    return name


def _dtype(config: SftConfig) -> Any:
    """Of the weights. Those that are trained stay in float32 under mixed precision: a step of 1e-6 is lost in half."""
    import torch

    name = computes_in(config)
    return torch.float32 if config.model.adapter == "none" else getattr(torch, name)


def _four_bits() -> Any:
    import torch

    if not torch.cuda.is_available():
        raise Unsupported(
            "QLoRA needs a CUDA GPU, and there is none here", "Set model.adapter=lora, which trains on a CPU as well."
        )
    if importlib.util.find_spec("bitsandbytes") is None:
        raise Unsupported("QLoRA needs the package bitsandbytes", "Install it with: pip install bitsandbytes")
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16,
    )


def _local(base: str) -> dict[str, Any]:
    """A folder never asks the network; a name may."""
    return {"local_files_only": True} if Path(base).is_dir() else {}


def _unloadable(what: str, base: str, error: Exception) -> ModelFolderError:
    reason = " ".join(str(error).split())[:300]
    if Path(base).is_dir():
        hint = "It must be a causal language model with safetensors that transformers knows without code of its own."
    else:
        hint = "Name a folder on this machine, a model of the Hugging Face hub that you can reach, or 'tiny'."
    return ModelFolderError(f"cannot load the {what} of {base}: {reason}", hint)
