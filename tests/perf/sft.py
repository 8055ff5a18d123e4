"""`python -m tests.perf.sft [--steps N]`: our SFT, with MAE and PKT, beside TRL's plain `SFTTrainer`.

Same model (Qwen2-shaped, 100 M parameters and a little more, random weights, fp32), same samples in the same order,
same arguments. Two processes that take turns, a step at a time, so that whatever else the machine does hits both alike;
each measures its own memory above what it had after its imports. Prints tokens a second, peak memory and both ratios,
and how the estimate of memory compares with the peak.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path
from typing import Any

SHAPE = {
    "hidden_size": 768,
    "intermediate_size": 2304,
    "num_hidden_layers": 13,
    "num_attention_heads": 12,
    "num_key_value_heads": 4,
}
N_VOCABULARY = 16_384
LENGTH = 384
MICRO_BATCH = 2


def _memory_kb(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    raise KeyError(name)


def prepare(folder: Path) -> Path:
    """The model and the data, once for both."""
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    from tests.tiny_rows import calls_rows, write_rows
    from train.sft.tiny import tiny_tokenizer

    tokenizer = tiny_tokenizer([str(row) for row in calls_rows(20)])
    base = folder / "base"
    tokenizer.save_pretrained(str(base))
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=N_VOCABULARY,
        max_position_embeddings=1024,
        tie_word_embeddings=True,
        eos_token_id=0,
        pad_token_id=0,
        bos_token_id=None,
        **SHAPE,
    )
    Qwen2ForCausalLM(config).save_pretrained(str(base))
    data = folder / "data"
    data.mkdir()
    write_rows(data / "calls.train.jsonl", calls_rows(200, n_answer_words=120))
    return base


def worker(kind: str, folder: Path, n_steps: int, turn: Any, done: Any) -> None:
    """Train `n_steps`; wait for the turn before each step and give it back after; report at the end."""
    import torch
    import trl.trainer.sft_trainer
    from datasets import Dataset  # noqa: F401
    from transformers import TrainerCallback

    from train.configs.loading import parse_sft_config
    from train.encode import EncodeOptions, Encoder
    from train.sft import memory_plan
    from train.sft.arguments import trl_arguments
    from train.sft.data import encode
    from train.sft.model import load_model, load_tokenizer
    from train.sft.trainer import WeightedSftTrainer
    from train.templates import template_named

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    base = folder / "base"
    optim = {"batch_size": MICRO_BATCH, "micro_batch_size": MICRO_BATCH, "max_steps": n_steps, "learning_rate": 1e-5}
    config = parse_sft_config(
        {"model": {"base": str(base), "dtype": "float32"}, "data": {"max_length": LENGTH}, "optim": optim}
    )
    tokenizer = load_tokenizer(str(base))
    template = template_named("tl-codellama", tokenizer.eos_token)
    encoder = Encoder(tokenizer, template, EncodeOptions(LENGTH))
    encoded = encode([folder / "data" / "calls.train.jsonl"], encoder, folder / f"cache-{kind}")
    arguments = trl_arguments(config, folder, folder / f"checkpoints-{kind}", has_valid=False)
    arguments.save_strategy = "no"
    before_kb = _memory_kb("VmRSS")
    model = load_model(str(base), config, tokenizer).model
    rows = encoded.dataset if kind == "ours" else encoded.dataset.remove_columns("shares")
    cls = WeightedSftTrainer if kind == "ours" else trl.trainer.sft_trainer.SFTTrainer
    trainer = cls(model=model, args=arguments, train_dataset=rows, processing_class=tokenizer)
    steps: list[tuple[float, float, int]] = []
    began: dict[str, float] = {}

    class Turns(TrainerCallback):  # type: ignore[misc]
        def on_step_begin(self, *_: Any, **__: Any) -> None:
            if "wall" in began:
                self._end()
            turn.acquire()
            began.update(wall=time.perf_counter(), cpu=time.process_time(), tokens=trainer._total_train_tokens)

        def on_train_end(self, *_: Any, **__: Any) -> None:
            self._end()

        def _end(self) -> None:
            n_tokens = int(trainer._total_train_tokens - began["tokens"])
            steps.append((time.perf_counter() - began["wall"], time.process_time() - began["cpu"], n_tokens))
            done.release()

    trainer.add_callback(Turns())
    trainer.train()
    planned = memory_plan.plan(model, config, encoded.longest)
    report = {
        "steps": steps,
        "peak_mb": (_memory_kb("VmHWM") - before_kb) / 1024,
        "planned_mb": planned.total / 2**20,
        "n_parameters": sum(p.numel() for p in model.parameters()),
    }
    (folder / f"{kind}.json").write_text(json.dumps(report))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=12)
    n_steps = parser.parse_args().steps
    os.environ.setdefault("MALLOC_ARENA_MAX", "1")  # else pools of threads that come and go are most of a difference
    context = get_context("spawn")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        turns = {kind: (context.Semaphore(0), context.Semaphore(0)) for kind in ("plain", "ours")}
        children = [context.Process(target=worker, args=(k, folder, n_steps, *turns[k])) for k in turns]
        for child in children:
            child.start()
        for step in range(n_steps):
            order = ("plain", "ours") if step % 2 else ("ours", "plain")
            for kind in order:
                turns[kind][0].release()
                while not turns[kind][1].acquire(timeout=1):
                    if not all(child.is_alive() for child in children) and step < n_steps - 1:
                        raise SystemExit(f"{kind} ended early")
        for child in children:
            child.join(120)
        figures = {kind: json.loads((folder / f"{kind}.json").read_text()) for kind in turns}
    sys.stdout.write(table(figures) + "\n")


def table(figures: dict[str, Any]) -> str:
    """The figures of both and what they come to; the first step of each is a warm-up."""
    lines = [f"{figures['ours']['n_parameters'] / 1e6:.0f} M parameters, load {os.getloadavg()[0]:.1f}"]
    speeds: dict[str, list[float]] = {}
    for kind, figure in figures.items():
        steps = figure["steps"][1:]
        speeds[kind] = [n / wall for wall, _, n in steps]
        cpu = [n / seconds for _, seconds, n in steps]
        lines.append(
            f"{kind:6} {statistics.median(speeds[kind]):8.1f} tokens/s, {statistics.median(cpu):8.1f} per CPU second, "
            f"peak {figure['peak_mb']:,.0f} MB above the imported process"
        )
    pairs = [ours / plain for ours, plain in zip(speeds["ours"], speeds["plain"], strict=True)]
    cpus = [
        (one[2] / one[1]) / (two[2] / two[1])
        for one, two in zip(figures["ours"]["steps"][1:], figures["plain"]["steps"][1:], strict=True)
    ]
    memory = figures["ours"]["peak_mb"] / figures["plain"]["peak_mb"]
    lines.append(
        f"ours / plain, median of {len(pairs)} pairs of steps: {statistics.median(pairs):.3f} by the clock, "
        f"{statistics.median(cpus):.3f} by CPU time; memory {memory:.3f}"
    )
    planned = figures["ours"]["planned_mb"]
    lines.append(f"memory foreseen {planned:,.0f} MB, {planned / figures['ours']['peak_mb']:.2f} of the peak")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
