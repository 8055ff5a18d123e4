"""Our configuration as TRL's: every setting of a run in one place."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

from train.configs.schema import SftConfig
from train.errors import ConfigError

_OPTIMIZERS = {
    "adamw": "adamw_torch",
    "adamw_8bit": "adamw_bnb_8bit",
    "adafactor": "adafactor",
    "sgd": "sgd",
}


def trl_arguments(config: SftConfig, run_folder: Path, checkpoints: Path, *, has_valid: bool) -> Any:
    """TRL's `SFTConfig`. Its dataset preparation is off: `encode` has done it.

    Raises:
        ConfigError: the batch does not go round over this number of devices.
    """
    import torch
    from trl.trainer.sft_config import SFTConfig

    from train.sft.model import computes_in

    optim, run = config.optim, config.run
    n_devices = int(os.environ.get("WORLD_SIZE", "1"))
    at_once = optim.micro_batch_size * n_devices
    if optim.batch_size % at_once:
        raise ConfigError(
            f"optim.batch_size {optim.batch_size} is no multiple of micro_batch_size {optim.micro_batch_size} "
            f"times {n_devices} devices",
            "Choose a batch_size that divides by both.",
        )
    dtype = computes_in(config)
    if "tensorboard" in run.report_to:
        # The reporter takes its folder from here; by default it would be one in the working directory.
        os.environ.setdefault("TENSORBOARD_LOGGING_DIR", str(run_folder / "tensorboard"))
    return SFTConfig(
        output_dir=str(checkpoints),
        seed=run.seed,
        data_seed=run.seed,
        optim=_OPTIMIZERS[optim.optimizer],
        learning_rate=optim.learning_rate,
        lr_scheduler_type=optim.scheduler,
        warmup_steps=optim.warmup_ratio,  # below 1: a ratio of all steps
        weight_decay=optim.weight_decay,
        adam_beta1=optim.beta1,
        adam_beta2=optim.beta2,
        max_grad_norm=optim.max_grad_norm,
        per_device_train_batch_size=optim.micro_batch_size,
        per_device_eval_batch_size=optim.micro_batch_size,
        gradient_accumulation_steps=optim.batch_size // at_once,
        num_train_epochs=optim.n_epochs,
        max_steps=optim.max_steps or -1,
        max_length=None,
        packing=config.data.packing,
        packing_strategy="bfd",
        dataset_kwargs={"skip_prepare_dataset": True},
        remove_unused_columns=True,
        average_tokens_across_devices=True,
        ddp_find_unused_parameters=False,
        dataloader_pin_memory=torch.cuda.is_available(),
        **_checkpointing(SFTConfig, run.gradient_checkpointing),
        bf16=dtype == "bfloat16",
        fp16=dtype == "float16",
        logging_strategy="steps",
        logging_steps=run.log_every,
        logging_first_step=True,
        save_strategy="steps",
        save_steps=run.save_every,
        save_total_limit=run.keep_checkpoints,
        eval_strategy="steps" if has_valid and run.eval_every else "no",
        eval_steps=run.eval_every or None,
        report_to=list(run.report_to) or "none",
        run_name=run_folder.name,
        disable_tqdm=True,
        push_to_hub=False,
    )


def _checkpointing(arguments: Any, is_on: bool) -> dict[str, Any]:
    """Under the name that this version of transformers has for it."""
    names = {field.name for field in dataclasses.fields(arguments)}
    return {"activation_checkpointing" if "activation_checkpointing" in names else "gradient_checkpointing": is_on}
