"""A run's model as a whole one: `train merge` and `train export`.

An adapter is merged into its base, weights are written as safetensors with tokenizer, chat template and card, and what
was written is read back and compared before anybody is told that it is done.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from train.errors import ModelFolderError, RunError
from train.rl.warned import peft_reads_old_names
from train.runs import files
from train.runs.reader import is_run, read_run

Dtype = Literal["as-is", "float32", "bfloat16", "float16"]
_ADAPTER = "adapter_config.json"
_MAX_SHARD = "4GB"
_N_PROBE = 16


@dataclass(frozen=True)
class Written:
    """`n_bytes`: of the weights. `difference`: the most that a logit of the probe moved by merging and by the dtype."""

    folder: Path
    n_parameters: int
    n_bytes: int
    dtype: str
    merged: bool
    difference: float


def made_by(run_or_model: Path) -> Path:
    """The folder of weights that a run made; a folder of weights stands for itself.

    Raises:
        RunError: the run has made none.
        ModelFolderError: neither a run nor a model or adapter.
    """
    if is_run(run_or_model):
        run = read_run(run_or_model)
        if not run.model_folder.is_dir():
            hint = f"Go on with it: toolcoder train {run.kind} --resume --out {run_or_model}"
            raise RunError(f"{run_or_model} has made no model ({run.status.state})", hint)
        return run.model_folder
    if not any((run_or_model / name).is_file() for name in (_ADAPTER, "config.json")):
        raise ModelFolderError(f"{run_or_model} is neither a run nor a model", "Name a run folder or a model's.")
    return run_or_model


def is_adapter(folder: Path) -> bool:
    return (folder / _ADAPTER).is_file()


def write_whole(run_or_model: Path, out: Path, dtype: Dtype = "as-is") -> Written:
    """Write the whole model to `out`.

    Raises:
        RunError, ModelFolderError: there is nothing to write, `out` is taken, or what was written is not the same.
    """
    import torch

    source = made_by(run_or_model)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ModelFolderError(f"{out} exists already", "Choose another folder by --out.")
    tokenizer, model = _loaded(source)
    probe = torch.arange(1, _N_PROBE + 1)[None] % model.config.get_text_config().vocab_size
    before = _logits(model, probe)
    merged = is_adapter(source)
    if merged:
        model = model.merge_and_unload()
    if dtype != "as-is":
        model = model.to(getattr(torch, dtype))
        model.config.dtype = getattr(torch, dtype)
    scratch = out.with_name(f".{out.name}.partial")
    shutil.rmtree(scratch, ignore_errors=True)
    model.save_pretrained(str(scratch), max_shard_size=_MAX_SHARD)
    tokenizer.save_pretrained(str(scratch))
    if is_run(run_or_model) and (run_or_model / files.CARD).is_file():
        shutil.copy(run_or_model / files.CARD, scratch / files.CARD)
    difference = _checked(scratch, model, probe, before)
    if out.is_dir():
        out.rmdir()
    scratch.rename(out)
    n_bytes = sum(path.stat().st_size for path in out.glob("*.safetensors"))
    n_parameters = sum(parameter.numel() for parameter in model.parameters())
    return Written(out, n_parameters, n_bytes, str(model.dtype).removeprefix("torch."), merged, difference)


def _loaded(folder: Path) -> tuple[Any, Any]:
    import transformers
    from peft import PeftModel

    transformers.utils.logging.disable_progress_bar()
    options: dict[str, Any] = {"trust_remote_code": False}
    base = str(folder)
    try:
        if is_adapter(folder):
            base = str(json.loads((folder / _ADAPTER).read_text(encoding="utf-8"))["base_model_name_or_path"])
        if Path(base).is_dir():
            options["local_files_only"] = True
        has_tokenizer = (folder / "tokenizer_config.json").is_file()
        tokenizer = transformers.AutoTokenizer.from_pretrained(str(folder) if has_tokenizer else base, **options)
        model: Any = transformers.AutoModelForCausalLM.from_pretrained(
            base, dtype="auto", use_safetensors=True, **options
        )
        if is_adapter(folder):
            with peft_reads_old_names():
                model = PeftModel.from_pretrained(model, str(folder), use_safetensors=True)
    except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:300]
        raise ModelFolderError(f"cannot load {folder}: {reason}", "An adapter needs the base that it names.") from None
    return tokenizer, model.eval()


def _checked(folder: Path, model: Any, probe: Any, before: Any) -> float:
    """
    Raises:
        ModelFolderError: what was written is not what is in memory, or merging changed what the model computes.
    """
    import torch
    import transformers

    again: Any = transformers.AutoModelForCausalLM.from_pretrained(
        str(folder), dtype="auto", use_safetensors=True, local_files_only=True, trust_remote_code=False
    )
    written, in_memory = again.state_dict(), model.state_dict()
    if written.keys() != in_memory.keys() or not all(torch.equal(written[key], in_memory[key]) for key in written):
        raise ModelFolderError(f"{folder} does not read back as it was written", "Is the disk full or failing?")
    difference = float((_logits(again.eval(), probe) - before).abs().max())
    scale = float(before.abs().max()) + 1e-6
    # Half precision keeps 8 bits and adds up over the layers; more than a tenth is no rounding any more.
    if difference > 0.1 * scale:
        raise ModelFolderError(
            f"the written model's logits differ by {difference:.3g} (largest {scale:.3g})",
            "Write it in float32: --dtype float32.",
        )
    return difference


def _logits(model: Any, probe: Any) -> Any:
    import torch

    with torch.no_grad():
        return model(input_ids=probe.to(model.device)).logits.float().cpu()
