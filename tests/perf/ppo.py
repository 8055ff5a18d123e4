"""`python -m tests.perf.ppo --trl PYTHON`: samples a second and peak memory of PPO beside TRL 1.12's PPOTrainer.

PYTHON is the interpreter of a venv with `trl==1.12.*` and the same torch, transformers and peft. Each measurement is a
process of its own, and the sides alternate. Without --trl only ours is measured. The trial with a GPU is the same
command where there is one; the figures in train/rl/README.md are of two CPU cores.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from typing import Any

from tests.on_pty import ROOT

OURS = {"ours, critic of its own": ["--critic", "copy"], "ours, shared trunk": ["--critic", "shared"]}
THEIRS = {"TRL, value model full": ["--value", "full"], "TRL, value model LoRA": ["--value", "lora"]}


def measured(python: str, side: str, flags: list[str], n_steps: int) -> dict[str, Any]:
    command = [python, "-m", "tests.perf.ppo_worker", side, "--steps", str(n_steps), *flags]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trl", default="", help="the interpreter of the venv with TRL 1.12")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--answer", type=int, default=32, help="most tokens of an answer; the least are half")
    parser.add_argument("--only", action="append", default=[], help="rows to measure; all of them otherwise")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    plan = [(name, sys.executable, "ours", flags) for name, flags in OURS.items()]
    plan += [(name, given.trl, "trl", flags) for name, flags in THEIRS.items() if given.trl]
    plan = [
        (name, python, side, [*flags, "--threads", str(given.threads), "--answer", str(given.answer)])
        for name, python, side, flags in plan
    ]
    plan = [row for row in plan if not given.only or row[0] in given.only]
    found: dict[str, list[dict[str, Any]]] = {row[0]: [] for row in plan}
    loads = []
    for _ in range(given.rounds):
        for name, python, side, flags in plan:
            loads.append(os.getloadavg()[0])
            found[name].append(measured(python, side, flags, given.steps))
            sys.stderr.write(f"{name}: {found[name][-1]}\n")
    table = {
        name: {
            key: statistics.median(row[key] for row in rows)
            for key in ("samples_per_s", "cpu_s_a_step", "cpu_s_least_step", "peak_above_import_mb", "answer_tokens")
        }
        for name, rows in found.items()
    }
    if given.json:
        sys.stdout.write(json.dumps({"table": table, "load_before": loads}, indent=2) + "\n")
        return
    sys.stdout.write(f"load before each: {', '.join(f'{load:.1f}' for load in loads)}\n")
    for name, row in table.items():
        cpu = f"{row['cpu_s_a_step']:.1f} CPU s a step, the cheapest {row['cpu_s_least_step']:.1f}"
        speed = f"{row['samples_per_s']:.3f} samples/s, {cpu}"
        figures = f"{speed}, {row['peak_above_import_mb']:,.0f} MB"
        sys.stdout.write(f"{name}: {figures}, answers of {row['answer_tokens']:.0f} tokens\n")


if __name__ == "__main__":
    main()
