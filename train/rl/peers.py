"""GRPO and RLOO by TRL's own trainers, with the same reward, configuration file and run folder as PPO.

They have no critic: an answer is compared with others to the same question. What is theirs stays theirs: rollouts,
loss, checkpoints. `kl_coef` is their beta, `clip_ratio` their epsilon; settings of GAE and of the critic mean nothing.
"""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

from transformers import PrinterCallback, TrainerCallback

from train.errors import RunStopped
from train.reward.table import ErrorKind, Rewarded, RewardTable
from train.reward.trl import columns, trl_reward
from train.rl.config import PpoConfig
from train.rl.environment import Task
from train.rl.loading import load_start
from train.rl.rollout import Speech
from train.rl.warned import peft_reads_old_names
from train.runs.folder import RunFolder
from train.runs.progress import RunProgress
from train.sft.callbacks import GracefulStop
from train.templates import template_named

Peer = Literal["grpo", "rloo"]


def run_trl(
    algorithm: Peer,
    config: PpoConfig,
    table: RewardTable,
    model_path: str,
    tasks: Sequence[Task],
    run: RunFolder,
    *,
    resume: bool = False,
) -> dict[str, float]:
    """Train until the steps are done; the model is in the run folder then.

    Raises:
        RunStopped: the KL exploded.
        KeyboardInterrupt: Ctrl-C or SIGTERM, after TRL wrote a checkpoint.
    """
    from datasets import Dataset
    from trl.trainer.grpo_config import GRPOConfig
    from trl.trainer.grpo_trainer import GRPOTrainer
    from trl.trainer.rloo_config import RLOOConfig
    from trl.trainer.rloo_trainer import RLOOTrainer

    model, tokenizer, _ = load_start(model_path, config)
    speech = Speech(template_named(config.template, tokenizer.eos_token), tokenizer)
    short = [task for task in tasks if len(speech.prompt(task)) <= config.max_prompt_tokens]
    rows = [{"prompt": speech.template.prompt(speech.row(task)), **columns(task.gold, task.tools)} for task in short]
    seen: Counter[ErrorKind] = Counter()

    def note(rewarded: Rewarded) -> None:
        seen[rewarded.kind] += 1

    made = {"grpo": (GRPOConfig, GRPOTrainer), "rloo": (RLOOConfig, RLOOTrainer)}[algorithm]
    with peft_reads_old_names():
        trainer = made[1](
            model=model,
            reward_funcs=[trl_reward(speech.template, table, note)],
            args=made[0](**_arguments(config, run, made[0])),
            train_dataset=Dataset.from_list(rows),
            processing_class=tokenizer,
            peft_config=_adapter(config),
        )
    trainer.remove_callback(PrinterCallback)
    begun = _last_step(run) if resume else 0
    n_steps = config.n_steps or max(1, len(rows) * config.n_epochs // config.batch_size)
    with GracefulStop() as stop, RunProgress(algorithm.upper(), n_steps, done=begun) as bar:
        noted = _Notes(run, bar, n_steps, seen, config)
        trainer.add_callback(stop)
        trainer.add_callback(noted)
        with peft_reads_old_names():
            trainer.train(resume_from_checkpoint=True if begun else None)
        if stop.asked and trainer.state.global_step < n_steps:
            raise KeyboardInterrupt
    trainer.save_model(str(run.model_folder))
    (run.model_folder / "training_args.bin").unlink(missing_ok=True)
    tokenizer.save_pretrained(str(run.model_folder))
    tenth = max(1, len(noted.rewards) // 10)
    if not noted.rewards:
        return {}
    return {
        "reward_first": sum(noted.rewards[:tenth]) / tenth,
        "reward_last": sum(noted.rewards[-tenth:]) / tenth,
        "kl_last": noted.kl,
    }


def _arguments(config: PpoConfig, run: RunFolder, made: Any) -> dict[str, Any]:
    import torch

    names = {field.name for field in dataclasses.fields(made)}
    checkpointing = "activation_checkpointing" if "activation_checkpointing" in names else "gradient_checkpointing"

    n_answers = config.batch_size * config.n_generations
    at_once = math.gcd(config.micro_batch_size, n_answers)
    return {
        "output_dir": str(run.checkpoints),
        "seed": config.seed,
        "learning_rate": config.actor_lr,
        "lr_scheduler_type": "constant",
        "weight_decay": config.weight_decay,
        "adam_beta2": config.beta2,
        "max_grad_norm": config.max_grad_norm,
        "per_device_train_batch_size": at_once,
        "gradient_accumulation_steps": n_answers // at_once,
        "num_generations": config.n_generations,
        "num_train_epochs": config.n_epochs,
        "max_steps": config.n_steps or -1,
        "max_completion_length": config.max_answer_tokens,
        "temperature": config.temperature or 1.0,  # their answers to one question must differ
        "beta": config.kl_coef,
        "epsilon": config.clip_ratio,
        "num_iterations": config.n_ppo_epochs,
        "bf16": config.dtype == "bfloat16" and torch.cuda.is_available(),
        checkpointing: config.gradient_checkpointing,
        "logging_steps": 1,
        "save_steps": config.save_every,
        "save_total_limit": 2,
        "report_to": "none",
        "disable_tqdm": True,
        "dataloader_pin_memory": torch.cuda.is_available(),
    }


def _adapter(config: PpoConfig) -> Any:
    if config.method == "full":
        return None
    from peft import LoraConfig

    targets: Any = "all-linear" if config.lora_targets == ("all-linear",) else list(config.lora_targets)
    return LoraConfig(r=config.lora_rank, lora_alpha=config.lora_alpha, target_modules=targets, task_type="CAUSAL_LM")


def _last_step(run: RunFolder) -> int:
    found = [path.name.rpartition("-")[2] for path in run.checkpoints.glob("checkpoint-*")]
    return max((int(step) for step in found if step.isdigit()), default=0)


class _Notes(TrainerCallback):
    """TRL's log lines as the run folder's metrics, under the names that PPO uses."""

    def __init__(
        self, run: RunFolder, bar: RunProgress, n_steps: int, seen: Counter[ErrorKind], config: PpoConfig
    ) -> None:
        self._run, self._bar, self._n_steps, self._seen, self._config = run, bar, n_steps, seen, config
        self.rewards: list[float] = []
        self.kl = 0.0

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **_: Any) -> None:
        if logs is None or "reward" not in logs:
            return
        self.rewards.append(logs["reward"])
        self.kl = logs.get("kl", 0.0)
        n = max(self._seen.total(), 1)
        figures = {
            "loss": logs.get("loss", 0.0),
            "reward": logs["reward"],
            "kl": self.kl,
            "beta": self._config.kl_coef,
            "entropy": logs.get("entropy", 0.0),
            "answer_tokens": logs.get("completions/mean_length", 0.0),
            "grad_norm": logs.get("grad_norm", 0.0),
            "samples_per_s": self._config.batch_size
            * self._config.n_generations
            / max(logs.get("step_time", 0.0), 1e-9),
            **{f"share_{kind.value}": self._seen[kind] / n for kind in ErrorKind},
        }
        self._seen.clear()
        self._run.metric(state.global_step, **figures)
        self._run.status("running", step=state.global_step, n_steps=self._n_steps)
        self._bar.step(state.global_step, figures)
        # Their KL is a mean over tokens; the limit is of an answer.
        kl = self.kl * max(figures["answer_tokens"], 1.0)
        if not math.isfinite(figures["loss"]) or kl > self._config.kl_limit:
            raise RunStopped(
                f"stopped after step {state.global_step}: the KL is {kl:.1f} nats an answer", "Lower actor_lr."
            )
