"""What an SFT configuration may say; each key with what it means. Unknown keys are refused: a typo must not train."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelSection(_Section):
    base: str = Field(
        default="tiny", description="a folder, a name on the Hugging Face hub, or 'tiny': made on the spot"
    )
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        default="auto", description="of the weights while training"
    )
    attention: Literal["sdpa", "eager", "flash_attention_2"] = Field(default="sdpa", description="the attention's code")
    adapter: Literal["none", "lora", "qlora"] = Field(default="none", description="none trains every weight")


class LoraSection(_Section):
    rank: int = Field(default=8, ge=1)
    alpha: float = Field(default=16, gt=0)
    dropout: float = Field(default=0.05, ge=0, lt=1)
    targets: tuple[str, ...] | Literal["all-linear"] = Field(default="all-linear", description="names of the layers")


class DataSection(_Section):
    view: Literal["calls", "code", "both"] = Field(default="both", description="which files of `train data` to read")
    template: str = Field(default="tl-codellama", description="how calls are written: a family's tool template")
    max_length: int = Field(default=8192, ge=8, description="tokens of a text; what is behind them is cut")
    packing: bool = Field(
        default=False, description="several texts in one row of max_length; they do not see each other"
    )
    mae: bool = Field(default=True, description="mask erroneous calls and failed programs as targets")


class PktSection(_Section):
    is_on: bool = Field(default=True, description="weigh the key tokens of tool names")
    w_max: float = Field(default=9.0, ge=1, description="the most that a key token weighs")
    counting: Literal["paper", "released"] = Field(default="paper", description="which tokens count as non-key")


class OptimSection(_Section):
    optimizer: Literal["adamw", "adamw_8bit", "adafactor", "sgd"] = "adamw"
    learning_rate: float = Field(default=1e-6, gt=0)
    scheduler: Literal["cosine", "linear", "constant", "constant_with_warmup"] = "cosine"
    warmup_ratio: float = Field(default=0.01, ge=0, lt=1, description="of all steps")
    weight_decay: float = Field(default=0.01, ge=0)
    beta1: float = Field(default=0.9, ge=0, lt=1)
    beta2: float = Field(default=0.95, ge=0, lt=1)
    max_grad_norm: float = Field(default=1.0, ge=0, description="0: gradients are not clipped")
    batch_size: int = Field(default=4, ge=1, description="texts (packed rows) of one optimizer step, over all devices")
    micro_batch_size: int = Field(default=1, ge=1, description="of these, how many a device computes at once")
    n_epochs: float = Field(default=1.0, gt=0)
    max_steps: int = Field(default=0, ge=0, description="0: as many as the epochs make")


class RunSection(_Section):
    seed: int = Field(default=0, ge=0)
    log_every: int = Field(default=1, ge=1, description="steps")
    save_every: int = Field(default=50, ge=1, description="steps between checkpoints")
    keep_checkpoints: int = Field(default=2, ge=2, description="two at least: the last may be torn by a kill")
    eval_every: int = Field(default=0, ge=0, description="steps between losses on the valid split; 0: only at the end")
    gradient_checkpointing: bool = Field(default=False, description="less memory for a third more time")
    report_to: tuple[str, ...] = Field(default=(), description="the trainer's own reporters: tensorboard, wandb, ...")


class SftConfig(_Section):
    """A whole configuration."""

    model: ModelSection = ModelSection()
    lora: LoraSection = LoraSection()
    data: DataSection = DataSection()
    pkt: PktSection = PktSection()
    optim: OptimSection = OptimSection()
    run: RunSection = RunSection()
