"""One measurement of PPO in a process of its own: `python -m tests.perf.ppo_worker ours|trl` prints one JSON line.

Both train the same random model of 135 million parameters (SmolLM2's shape) with LoRA on the same prompts, with the
same batches, lengths and settings. Its head favours the end token, so that answers have half to all of their limit.
Only what TRL 1.12 has is imported on its side: it runs in a venv of its own.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

BATCH, N_ANSWER, KL, RATE = 8, 32, 0.05, 1e-5
PROMPT_TOKENS = (48, 64)
EOS, PAD = 0, 1
SHAPE = {
    "vocab_size": 49152,
    "hidden_size": 576,
    "intermediate_size": 1536,
    "num_hidden_layers": 30,
    "num_attention_heads": 9,
    "num_key_value_heads": 3,
    "max_position_embeddings": 2048,
    "tie_word_embeddings": True,
}
LORA = {"r": 16, "lora_alpha": 32, "target_modules": ["q_proj", "k_proj", "v_proj", "o_proj"], "task_type": "CAUSAL_LM"}


def make_model() -> Any:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    model = LlamaForCausalLM(LlamaConfig(**SHAPE, bos_token_id=None, eos_token_id=EOS, pad_token_id=PAD))
    head = torch.nn.Linear(SHAPE["hidden_size"], SHAPE["vocab_size"])
    head.weight = model.get_input_embeddings().weight
    torch.nn.init.zeros_(head.bias)
    head.bias.data[EOS] = 8.0  # about one token in seventeen
    head.requires_grad_(False)
    model.lm_head = head
    model.generation_config.min_new_tokens = N_ANSWER // 2
    return model


def make_prompts(n: int) -> list[list[int]]:
    rng = random.Random(1)
    return [[rng.randrange(2, 259) for _ in range(rng.randint(*PROMPT_TOKENS))] for _ in range(n)]


def make_tokenizer() -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = {token: i for i, token in enumerate(["</s>", "<pad>", *sorted(pre_tokenizers.ByteLevel.alphabet())])}
    made = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=made, eos_token="</s>", pad_token="<pad>", padding_side="left")


def reward_of(text: str) -> float:
    """The same cheap judgement on both sides: what is measured is the training."""
    return 1.0 if "(" in text else -2.0


def ours(n_steps: int, critic: str, micro: int) -> dict[str, float]:
    from train.reward.table import PAPER
    from train.rl.config import config_of
    from train.rl.environment import Task
    from train.rl.forecast import forecast
    from train.rl.job import Job
    from train.rl.loop import run_ppo
    from train.rl.policy import Policy
    from train.rl.rollout import Speech
    from train.rows import Call, Called, Said, ToolDoc
    from train.runs.folder import RunFolder
    from train.runs.reader import read_metrics

    class Ready(Speech):
        """Prompts are ids already."""

        def prompt(self, task: Task) -> tuple[int, ...]:
            return tuple(prompts[int(task.id)])

    class Bracket:
        stop: tuple[str, ...] = ()

        def parse(self, completion: str) -> Called | None:
            return Called((Call("say", {}),)) if reward_of(completion) > 0 else None

    class Clocked(RunFolder):
        def metric(self, step: int, **values: float) -> None:
            super().metric(step, **values)
            clock.append(time.process_time())

    prompts, clock = make_prompts(BATCH * n_steps), list[float]()
    before = _rss()
    tool = ToolDoc("say", "", {})
    tasks = tuple(Task(str(i), (tool,), (Said("user", str(i)),), ((Call("say", {}),),)) for i in range(len(prompts)))
    settings = {"lora_rank": 16, "lora_alpha": 32, "lora_targets": tuple(LORA["target_modules"])}
    lengths = {
        "max_answer_tokens": N_ANSWER,
        "min_answer_tokens": N_ANSWER // 2,
        "temperature": 1.0,
        "max_prompt_tokens": 512,
    }
    sizes = {"batch_size": BATCH, "micro_batch_size": micro, "n_steps": n_steps, "save_every": 10_000}
    rest = {"critic": critic, "kl_coef": KL, "actor_lr": RATE, "critic_lr": RATE, "kl_limit": 1e9}
    config = config_of({**settings, **lengths, **sizes, **rest})
    with tempfile.TemporaryDirectory() as folder:
        run = Clocked.create(Path(folder) / "run", "ppo", config.json())
        model = make_model()
        told = forecast(model, config, max(map(len, prompts)))
        policy = Policy(model, config)
        begun, cpu = time.monotonic(), time.process_time()
        run_ppo(Job(config, PAPER, tasks, Ready(Bracket(), make_tokenizer()), policy, run))  # type: ignore[arg-type]
        seconds = time.monotonic() - begun
        rows = read_metrics(run.path)
    at = [0.0, *(row.time_s for row in rows)]
    steps = [later - earlier for earlier, later in itertools.pairwise(at[1:])]
    tokens = sum(row.values["answer_tokens"] for row in rows) / len(rows)
    phases = {"rollout_s": rows[-1].values["rollout_s"], "update_s": rows[-1].values["update_s"]}
    foretold = {"forecast_mb": told.total / 1e6}
    return {**_figures(steps, seconds, time.process_time() - cpu, clock, before, tokens), **phases, **foretold}


def trl(n_steps: int, value: str, micro: int) -> dict[str, float]:
    import os

    os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"
    import torch
    from datasets import Dataset
    from peft import LoraConfig, get_peft_model
    from transformers import LlamaConfig, LlamaForSequenceClassification, TrainerCallback
    from trl.experimental.ppo import PPOConfig, PPOTrainer

    class Reward(torch.nn.Module):
        """The reward as TRL takes it: a backbone whose hidden states are the scores."""

        base_model_prefix = "backbone"

        def __init__(self) -> None:
            super().__init__()
            self.n_tokens: list[float] = []

        def backbone(self, input_ids: Any, attention_mask: Any, **_: Any) -> Any:
            found = []
            for ids, kept in zip(input_ids.tolist(), attention_mask.tolist(), strict=True):
                whole = [token for token, is_kept in zip(ids, kept, strict=True) if is_kept]
                answer = whole[lengths[tuple(whole[:12])] :]
                self.n_tokens.append(len(answer))
                found.append(reward_of(tokenizer.decode(answer)))
            scores = torch.tensor(found)

            class Out:
                hidden_states = (scores.view(-1, 1, 1).expand(-1, input_ids.shape[1], 1),)

            return Out

        def score(self, hidden: Any) -> Any:
            return hidden

    ended, clock = list[float](), list[float]()

    class Clock(TrainerCallback):
        def on_step_end(self, *_: Any, **__: Any) -> None:
            ended.append(time.monotonic())
            clock.append(time.process_time())

    tokenizer = make_tokenizer()
    prompts = make_prompts(BATCH * n_steps)
    lengths = {tuple(prompt[:12]): len(prompt) for prompt in prompts}
    before = _rss()
    torch.manual_seed(0)
    judge = LlamaForSequenceClassification(
        LlamaConfig(**SHAPE, num_labels=1, bos_token_id=None, eos_token_id=EOS, pad_token_id=PAD)
    )
    if value == "lora":
        judge = get_peft_model(judge, LoraConfig(**{**LORA, "task_type": "SEQ_CLS"}))
    reward = Reward()
    with tempfile.TemporaryDirectory() as folder:
        arguments = PPOConfig(
            output_dir=folder, per_device_train_batch_size=micro, gradient_accumulation_steps=BATCH // micro,
            num_mini_batches=1, num_ppo_epochs=1, total_episodes=BATCH * n_steps, response_length=N_ANSWER,
            local_rollout_forward_batch_size=BATCH, stop_token="eos", temperature=1.0, kl_coef=KL, gamma=1.0, lam=0.95,
            learning_rate=RATE, save_strategy="no", report_to="none", num_sample_generations=0, bf16=False,
            use_cpu=True, gradient_checkpointing=False, disable_tqdm=True, logging_steps=1,
        )  # fmt: skip
        trainer = PPOTrainer(
            args=arguments,
            processing_class=tokenizer,
            model=make_model(),
            ref_model=None,
            reward_model=reward,
            value_model=judge,
            train_dataset=Dataset.from_dict({"input_ids": prompts}),
            peft_config=LoraConfig(**LORA),
            callbacks=[Clock()],
        )
        begun, cpu = time.monotonic(), time.process_time()
        trainer.train()
        seconds = time.monotonic() - begun
    at = [begun, *ended]
    steps = [later - earlier for earlier, later in itertools.pairwise(at[1:])]
    cpu = time.process_time() - cpu
    return _figures(steps, seconds, cpu, clock, before, sum(reward.n_tokens) / len(reward.n_tokens))


def _figures(
    steps: list[float], seconds: float, cpu: float, clock: list[float], before: int, tokens: float
) -> dict[str, float]:
    """Seconds are of the median step but the first; CPU seconds of all steps, and of the cheapest but the first.

    `clock`: CPU seconds at the end of each step. Other processes change them too, by what they take of the caches: the
    cheapest step is the one that they changed least.
    """
    middle = sorted(steps)[len(steps) // 2] if steps else seconds
    cheapest = min((later - earlier for earlier, later in itertools.pairwise(clock)), default=cpu)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    return {
        "samples_per_s": BATCH / middle,
        "step_s": middle,
        "cpu_s_a_step": cpu / (len(steps) + 1),
        "cpu_s_least_step": cheapest,
        "n_steps": len(steps) + 1,
        "peak_above_import_mb": (peak - before) / 1e6,
        "answer_tokens": tokens,
    }


def _rss() -> int:
    """Resident bytes now: the libraries are imported, nothing is made yet."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def main() -> None:
    global N_ANSWER  # noqa: PLW0603  # one measurement is one process
    parser = argparse.ArgumentParser()
    parser.add_argument("side", choices=["ours", "trl"])
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--critic", default="copy")
    parser.add_argument("--value", default="full")
    parser.add_argument("--micro", type=int, default=BATCH)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--answer", type=int, default=N_ANSWER, help="most tokens of an answer; the least are half")
    given = parser.parse_args()
    N_ANSWER = given.answer
    import peft
    import torch
    import transformers

    torch.set_num_threads(given.threads)
    figures = (
        ours(given.steps, given.critic, given.micro)
        if given.side == "ours"
        else trl(given.steps, given.value, given.micro)
    )
    versions = {"torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__}
    sys.stdout.write(json.dumps({"side": given.side, **figures, **versions}) + "\n")


if __name__ == "__main__":
    main()
