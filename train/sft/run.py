"""One SFT run from its configuration to its model: what `toolcoder train sft` calls.

Under `accelerate launch` every process runs this; the first writes the run folder.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from train.configs.loading import parse_sft_config
from train.configs.schema import SftConfig
from train.encode import Dropped, EncodeOptions, Encoder
from train.errors import ConfigError, NotEnoughMemory, RunError
from train.pkt import PktOptions
from train.runs import files
from train.runs.folder import RunFolder
from train.runs.memory import free_bytes
from train.runs.progress import RunProgress
from train.runs.reader import State, read_run
from train.runs.watch import libraries_log_to, status_of
from train.sft import data as datasets_of
from train.sft.checkpoints import last_complete
from train.sft.data import Encoded
from train.sft.result import SftResult, result_of, write_up
from train.templates import UnknownTemplate, template_named

KIND = "sft"
_OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "cannot allocate memory", "DefaultCPUAllocator")


def train_sft(config: SftConfig, data: Path, out: Path) -> SftResult:
    """A new run.

    Raises:
        TrainError: its tree says which; the run folder's status has the message too.
    """
    found = datasets_of.data_files(data, config.data.view, "train")
    dataset = {"folder": str(data.resolve()), "sha256": datasets_of.fingerprint(found)}
    described = {"dataset": dataset, "template": config.data.template}  # whoever asks the model later looks here
    run = None
    if is_main():
        run = RunFolder.create(out, KIND, {**config.model_dump(mode="json"), **described})
    return _Session(config, data, out, run, None).go()


def resume_sft(out: Path) -> SftResult:
    """Go on with a run that was stopped or killed, with its own configuration.

    Raises:
        TrainError: nothing to go on from, the data changed, or what `train_sft` raises.
    """
    saved = dict(read_run(out).config)
    for described in ("kind", "template"):
        saved.pop(described, None)
    dataset = dict(saved.pop("dataset", {}))
    data = Path(str(dataset.get("folder", "")))
    config = parse_sft_config(saved)
    found = datasets_of.data_files(data, config.data.view, "train")
    if datasets_of.fingerprint(found) != dataset.get("sha256"):
        raise RunError(f"the data in {data} changed since {out} began", "Start a new run by --out.")
    run = RunFolder.reopen(out, KIND) if is_main() else None
    return _Session(config, data, out, run, last_complete(out / files.CHECKPOINTS)).go()


class _Session:
    """The steps of one run in order; `run` is None on every process but the first."""

    def __init__(
        self, config: SftConfig, data: Path, out: Path, run: RunFolder | None, checkpoint: Path | None
    ) -> None:
        self._config, self._data, self._out = config, data, out
        self._run, self._checkpoint = run, checkpoint
        self._began = time.monotonic()

    def go(self) -> SftResult:
        with ExitStack() as stack:
            if self._run is not None:
                stack.enter_context(status_of(self._run))
                stack.enter_context(libraries_log_to(self._run))
            try:
                return self._train(stack)
            except (RuntimeError, MemoryError) as error:
                if isinstance(error, MemoryError) or any(text in str(error) for text in _OUT_OF_MEMORY):
                    from train.sft.memory_plan import lower

                    reason = " ".join(str(error).split())[:160]
                    raise NotEnoughMemory(f"memory ran out while training: {reason}", lower(self._config)) from None
                raise

    def _train(self, stack: ExitStack) -> SftResult:
        from transformers import PrinterCallback

        from train.sft.arguments import trl_arguments
        from train.sft.callbacks import CheckpointMarks, GracefulStop, RunCallback
        from train.sft.model import load_model, load_tokenizer
        from train.sft.trainer import WeightedSftTrainer

        base = self._base()
        tokenizer = load_tokenizer(base)
        encoder, train, valid = self._encoded(tokenizer)
        loaded = load_model(base, self._config, tokenizer)
        checkpoints = self._out / files.CHECKPOINTS
        arguments = trl_arguments(self._config, self._out, checkpoints, has_valid=valid is not None)
        trainer = WeightedSftTrainer(
            model=loaded.model,
            args=arguments,
            train_dataset=train.dataset,
            eval_dataset=valid.dataset if valid else None,
            processing_class=tokenizer,
            peft_config=loaded.adapter,
        )
        self._check_memory(trainer, train.longest)
        trainer.remove_callback(PrinterCallback)
        stop = stack.enter_context(GracefulStop())
        trainer.add_callback(stop)
        trainer.add_callback(CheckpointMarks(checkpoints))
        if self._run is not None:
            done = int(self._checkpoint.name.rpartition("-")[2]) if self._checkpoint else 0
            bar = stack.enter_context(RunProgress("SFT", self._config.optim.max_steps, done=done))
            told = RunCallback(self._run, bar)
            told.trainer = trainer
            trainer.add_callback(told)
        trainer.train(resume_from_checkpoint=str(self._checkpoint) if self._checkpoint else None)
        if stop.asked and trainer.state.global_step < trainer.state.max_steps:
            return self._result("interrupted", trainer, None)
        valid_loss = float(trainer.evaluate()["eval_loss"]) if valid else None
        trainer.save_model(str(self._out / files.MODEL))
        if self._run is not None:  # the trainer's own settings, as a pickle: no model of ours holds one
            (self._out / files.MODEL / "training_args.bin").unlink(missing_ok=True)
            (self._out / files.MODEL / files.CARD).unlink(missing_ok=True)  # peft's form; the run's card says more
        return self._result("done", trainer, valid_loss, encoder, train)

    def _base(self) -> str:
        """The folder or name to load; the tiny model is made first, by the first process."""
        base = self._config.model.base
        if base != "tiny":
            # An adapter's folder names its base: by a path that holds wherever somebody stands.
            return str(Path(base).resolve()) if Path(base).is_dir() else base
        from accelerate import PartialState

        from train.sft.tiny import make_tiny

        folder = self._out.resolve() / "base"
        if self._run is not None and not (folder / "config.json").is_file():
            texts = datasets_of.texts_for_tokenizer(datasets_of.data_files(self._data, self._config.data.view, "train"))
            make_tiny(folder, texts, seed=self._config.run.seed)
        PartialState().wait_for_everyone()
        return str(folder)

    def _encoded(self, tokenizer: Any) -> tuple[Encoder, Encoded, Encoded | None]:
        options = self._config.data
        pkt = PktOptions(self._config.pkt.is_on, self._config.pkt.w_max, self._config.pkt.counting)
        try:
            template = template_named(options.template, tokenizer.eos_token)
        except UnknownTemplate as error:
            raise ConfigError(f"data.template: {error}", "Choose one of them by --set data.template=NAME.") from None
        made = EncodeOptions(options.max_length, options.mae, pkt)
        encoder = Encoder(tokenizer, template, made)
        cache = self._out / "data" / f"rank-{os.environ.get('RANK', '0')}"
        pack_to = options.max_length if options.packing else 0
        train_files = datasets_of.data_files(self._data, options.view, "train")
        train = datasets_of.encode(train_files, encoder, cache / "train", pack_to=pack_to)
        self._say(
            f"{train.n_samples:,} texts, {train.n_tokens:,} tokens, {train.n_targets:,} targets, "
            f"{train.n_keys:,} key tokens; rows without a target: {encoder.dropped.no_target:,}"
        )
        if told := _told_of_length(encoder.dropped, train.n_cut, options.max_length):
            self._say(told)
        valid_files = datasets_of.data_files(self._data, options.view, "valid")
        if not valid_files:
            return encoder, train, None
        watched = Encoder(tokenizer, template, made)
        return encoder, train, datasets_of.encode(valid_files, watched, cache / "valid", pack_to=pack_to)

    def _check_memory(self, trainer: Any, longest: int) -> None:
        from train.sft import memory_plan

        n_shards = trainer.accelerator.num_processes if trainer.is_fsdp_enabled else 1
        planned = memory_plan.plan(trainer.model, self._config, longest, n_shards)
        self._say(f"memory of a step, estimated: {planned}")
        # The weights are loaded already, so what is free now has to hold the rest of the plan.
        memory_plan.check(planned, free_bytes() + planned.weights, self._config)

    def _result(
        self,
        state: State,
        trainer: Any,
        valid_loss: float | None,
        encoder: Encoder | None = None,
        train: Encoded | None = None,
    ) -> SftResult:
        seconds = round(time.monotonic() - self._began, 1)
        result = result_of(self._out, state, trainer.state.global_step, valid_loss, seconds)
        if self._run is not None:
            made = (encoder.dropped, train) if encoder is not None and train is not None else None
            write_up(self._run, result, self._config, made)
            self._run.status(state, step=result.n_steps, n_steps=trainer.state.max_steps)
        return result

    def _say(self, text: str) -> None:
        """For the log and for who waits: reading and loading take a while before the bar can move."""
        if self._run is not None:
            self._run.log(text)
            print(text, file=sys.stderr)


def _told_of_length(dropped: Dropped, n_cut: int, max_length: int) -> str:
    """What is lost by `data.max_length`, and what would keep it."""
    if not dropped.longest:
        return ""
    lost = (
        f"{dropped.all_cut:,} texts left out, since all they would teach is behind {max_length:,} tokens; {n_cut:,} cut"
    )
    return f"{lost}. The longest has {dropped.longest:,}: --set data.max_length={dropped.longest} keeps all."


def is_main() -> bool:
    """Whether this is the only process, or the first of several."""
    return os.environ.get("RANK", "0") == "0"
