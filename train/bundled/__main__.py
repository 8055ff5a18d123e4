"""`python -m train.bundled`: make the tokenizer, train, evaluate and export the bundled model."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

WEIGHTS = Path(__file__).parents[2] / "agent" / "models" / "bundled" / "weights"
RUN = Path("runs") / "bundled"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m train.bundled", description=__doc__)
    parser.add_argument("command", nargs="?", default="all", choices=("all", "tokenizer", "train", "eval", "export"))
    parser.add_argument("--minutes", type=float, default=45.0, help="budget of training")
    parser.add_argument("--run", type=Path, default=RUN, help="folder of checkpoints; training resumes from it")
    parser.add_argument(
        "--weights", type=Path, default=WEIGHTS, help="folder of the tokenizer and the exported weights"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--n", type=int, default=100, help="tasks of each kind in eval")
    parser.add_argument("--show", type=int, default=0, help="failures to print in eval")
    parser.add_argument("--rate", type=float, default=4e-3)
    parser.add_argument("--decay-from", type=float, default=0.45, help="share of the budget after which the rate falls")
    parser.add_argument(
        "--from", dest="begin", type=Path, help="weights that a run begins with, as `export` wrote them"
    )
    return parser


def main() -> int:
    """The command line; `all` runs every step that is not done."""
    args = _parser().parse_args()
    import torch

    from agent.prompts.compact_tokens import CompactTokenizer
    from train.bundled.evaluate import report
    from train.bundled.export import export
    from train.bundled.model import Shape
    from train.bundled.training import Plan, Trainer
    from train.bundled.vocabulary import train_vocabulary

    torch.set_num_threads(1)  # parallel by groups of tasks, see training.py
    vocabulary = args.weights / "tokenizer.json"
    if args.command == "tokenizer" or (args.command == "all" and not vocabulary.exists()):
        print(f"{train_vocabulary(vocabulary)} pieces in {vocabulary}", file=sys.stderr)
    if args.command == "tokenizer":
        return 0
    tokenizer = CompactTokenizer(vocabulary)
    trainer = Trainer(
        Plan(minutes=args.minutes, seed=args.seed, rate=args.rate, decay_from=args.decay_from),
        Shape(tokenizer.n_vocabulary),
        tokenizer,
    )
    if args.begin:
        trainer.begin_with(args.begin)
        print(f"begins with {args.begin}", file=sys.stderr)
    checkpoint = args.run / "checkpoint.pt"
    if checkpoint.exists():
        trainer.load(checkpoint)
        print(f"resumed at step {trainer.step}, {trainer.used_s / 60:.1f} min", file=sys.stderr)
    if args.command in ("all", "train"):
        trainer.run(checkpoint)
    if args.command in ("all", "export"):
        export(trainer.masters, trainer, args.weights / "model.safetensors")
    if args.command in ("all", "eval"):
        report(trainer.masters, tokenizer, n=args.n, n_shown=args.show)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
