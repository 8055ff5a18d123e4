"""`python -m tests.perf.ppo_learns [--trl PYTHON]`: what PPO adds to a tiny model that a flawed teacher taught by SFT.

One model, three seeds of PPO on made toolsets: the mean reward, CF on questions it never saw, the KL. With --trl the
same is asked of TRL 1.12's PPOTrainer (its own venv) with the same model, questions, number of samples and settings.
Exit status 1 where a bar is missed: reward +0.5, CF +10 points, KL bounded, no worse than TRL.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.made_toolsets import made_rows, of_a_flawed_teacher, taught_a_little
from tests.on_pty import ROOT

N_SFT, N_STEPS, BATCH, N_ANSWER = 260, 12, 64, 32
RATE, KL_COEF, KL_BOUND = 2e-3, 0.02, 5.0
SHAPE = {"hidden_size": 64, "num_hidden_layers": 2, "intermediate_size": 192}
LORA: dict[str, Any] = {"r": 16, "lora_alpha": 32, "target_modules": "all-linear", "task_type": "CAUSAL_LM"}


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def ours(model_path: Path, folder: Path, seed: int, critic: str) -> dict[str, Any]:
    """One run: means over the first and last tenth of its steps, CF before and after, the largest KL of a step."""
    import torch

    from train.reward.table import PAPER
    from train.rl.config import config_of
    from train.rl.job import Job
    from train.rl.loading import load_start
    from train.rl.loop import run_ppo
    from train.rl.policy import Policy
    from train.rl.rollout import Speech
    from train.rl.tasks import TaskReport, tasks_of
    from train.runs.folder import RunFolder
    from train.runs.reader import read_metrics
    from train.templates import template_named

    config = config_of(
        {
            "batch_size": BATCH, "micro_batch_size": BATCH, "n_steps": N_STEPS, "max_answer_tokens": N_ANSWER,
            "temperature": 1.0, "actor_lr": RATE, "critic_lr": RATE, "kl_coef": KL_COEF, "kl_limit": 2 * KL_BOUND,
            "lora_targets": ["all-linear"], "lora_rank": LORA["r"], "lora_alpha": LORA["lora_alpha"], "seed": seed,
            "save_every": 10_000, "critic": critic,
        }
    )  # fmt: skip
    torch.manual_seed(seed)
    model, tokenizer, _ = load_start(str(model_path), config)
    tasks, valid = tasks_of(made_rows(3000, 1), TaskReport()), tasks_of(made_rows(200, 2), TaskReport())
    run = RunFolder.create(folder, "ppo", config.json())
    speech = Speech(template_named("tl-codellama", eos="</s>"), tokenizer)
    begun = time.monotonic()
    result = run_ppo(Job(config, PAPER, tasks, speech, Policy(model, config), run, valid=valid))
    assert result.before is not None and result.after is not None
    return {
        "reward_first": result.reward_first,
        "reward_last": result.reward_last,
        "cf_before": result.before.cf,
        "cf_after": result.after.cf,
        "kl_most": max(row.values["kl"] for row in read_metrics(folder)),
        "seconds": time.monotonic() - begun,
    }


def trl(model_path: Path, folder: Path, seed: int) -> dict[str, Any]:
    """TRL's run on the same: its own value model, its policy with the same adapters, the same reward as a module."""
    os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer, TrainerCallback
    from trl.experimental.ppo import PPOConfig, PPOTrainer

    from train.reward.table import reward_of_answer
    from train.rows import Called
    from train.templates import template_named
    from train.templates.base import up_to

    tokenizer: Any = AutoTokenizer.from_pretrained(str(model_path), padding_side="left")
    tokenizer.pad_token = "<|im_end|>"
    template = template_named("tl-codellama", eos="</s>")
    rows = {template.prompt(up_to(row, 1)): row for row in made_rows(3000, 1)}
    scores: list[float] = []
    kls: list[float] = []

    class Reward(torch.nn.Module):
        base_model_prefix = "backbone"

        def backbone(self, input_ids: Any, attention_mask: Any, **_: Any) -> Any:
            found = []
            for ids, kept in zip(input_ids.tolist(), attention_mask.tolist(), strict=True):
                first = kept.index(1)
                text = tokenizer.decode([i for i, k in zip(ids[first:], kept[first:], strict=True) if k])
                prompt = text[: text.index("Assistant:") + len("Assistant:")]
                row = rows[prompt]
                read, gold = template.parse(text[len(prompt) :]), row.turns[1]
                assert isinstance(gold, Called)
                calls = read.calls if isinstance(read, Called) else None
                found.append(reward_of_answer(calls, [gold.calls], row.tools).value)
            scores.append(statistics.fmean(found))
            values = torch.tensor(found).view(-1, 1, 1).expand(-1, input_ids.shape[1], 1)
            return type("Out", (), {"hidden_states": (values,)})

        def score(self, hidden: Any) -> Any:
            return hidden

    class Note(TrainerCallback):
        def on_log(self, *_: Any, logs: dict[str, float] | None = None, **__: Any) -> None:
            if logs and "objective/kl" in logs:
                kls.append(logs["objective/kl"])

    torch.manual_seed(seed)
    arguments = PPOConfig(
        output_dir=str(folder), per_device_train_batch_size=BATCH, num_mini_batches=1, num_ppo_epochs=1, seed=seed,
        total_episodes=BATCH * N_STEPS, response_length=N_ANSWER, local_rollout_forward_batch_size=BATCH,
        stop_token="eos", temperature=1.0, kl_coef=KL_COEF, gamma=1.0, lam=0.95, learning_rate=RATE,
        lr_scheduler_type="constant", adam_beta2=0.95, save_strategy="no", report_to="none", num_sample_generations=0,
        bf16=False, use_cpu=True, gradient_checkpointing=False, disable_tqdm=True, logging_steps=1, vf_coef=1.0,
    )  # fmt: skip
    trainer = PPOTrainer(
        args=arguments,
        processing_class=tokenizer,
        model=AutoModelForCausalLM.from_pretrained(str(model_path)),
        ref_model=None,
        reward_model=Reward(),
        value_model=AutoModelForSequenceClassification.from_pretrained(str(model_path), num_labels=1),
        train_dataset=Dataset.from_dict({"input_ids": [tokenizer.encode(prompt) for prompt in rows]}),
        peft_config=LoraConfig(**LORA),
        callbacks=[Note()],
    )
    begun = time.monotonic()
    trainer.train()
    tenth = max(1, len(scores) // 10)
    return {
        "reward_first": statistics.fmean(scores[:tenth]),
        "reward_last": statistics.fmean(scores[-tenth:]),
        "kl_most": max(kls, default=0.0),
        "seconds": time.monotonic() - begun,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trl", default="", help="the interpreter of the venv with TRL 1.12")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--critic", default="copy", help="of ours: copy (its own) or shared (on the actor's trunk)")
    parser.add_argument("--side", default="", help="internal: one run of one side")
    parser.add_argument("--model", default="")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        if given.side:
            import torch

            torch.set_num_threads(given.threads)
            where = Path(given.model), Path(scratch) / "run", given.seed
            say(json.dumps(trl(*where) if given.side == "trl" else ours(*where, given.critic)))
            return
        begun = time.monotonic()
        model = taught_a_little(
            Path(scratch) / "model", of_a_flawed_teacher(made_rows(3000, 1), 0, 0.7), n_steps=N_SFT, **SHAPE
        )
        say(f"SFT: {N_SFT} steps, {time.monotonic() - begun:.0f} s; load {os.getloadavg()[0]:.1f}")
        sides = [("ours", sys.executable), *([("trl", given.trl)] if given.trl else [])]
        found: dict[str, list[dict[str, Any]]] = {side: [] for side, _ in sides}
        for seed in range(given.seeds):
            for side, python in sides:
                flags = ["--side", side, "--model", str(model), "--seed", str(seed), "--threads", str(given.threads)]
                command = [python, "-m", "tests.perf.ppo_learns", *flags, "--critic", given.critic]
                done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
                if done.returncode:
                    raise SystemExit(done.stderr[-3000:])
                found[side].append(json.loads(done.stdout.splitlines()[-1]))
                figures = ", ".join(f"{key} {value:.2f}" for key, value in found[side][-1].items())
                say(f"{side}, seed {seed}: {figures}")
        say(f"{time.monotonic() - begun:.0f} s in all; load {os.getloadavg()[0]:.1f}")
    raise SystemExit(_missed(found))


def _missed(found: dict[str, list[dict[str, Any]]]) -> int:
    mine = found["ours"]
    bars = {
        "reward +0.5": min(row["reward_last"] - row["reward_first"] for row in mine) >= 0.5,
        "CF +10": min(row["cf_after"] - row["cf_before"] for row in mine) >= 10,
        f"KL below {KL_BOUND:g}": max(row["kl_most"] for row in mine) <= KL_BOUND,
    }
    if "trl" in found:
        theirs = statistics.fmean(row["reward_last"] for row in found["trl"])
        bars["reward no worse than TRL's"] = statistics.fmean(row["reward_last"] for row in mine) >= theirs
    for bar, is_met in bars.items():
        say(f"{'met' if is_met else 'MISSED'}: {bar}")
    return int(not all(bars.values()))


if __name__ == "__main__":
    main()
