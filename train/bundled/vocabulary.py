"""Trains the bundled model's byte-level BPE on generated tasks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from agent.prompts.compact_tokens import PIECES
from train.bundled.documents import task_sections
from train.bundled.generator import tasks
from train.bundled.headers import draw_header

N_PIECES = 2500


def _texts(n_tasks: int, seed: int) -> Iterator[str]:
    from random import Random

    rng = Random(seed)
    for i, (_, task) in enumerate(tasks(seed)):
        if i >= n_tasks:
            return
        rendering = draw_header(rng, 0.5)
        if i % 20 == 0:
            yield rendering.text
        for tag, text in task_sections(task, rendering):
            if tag == "question":
                yield from (" " + word for word in text.split())
            else:
                yield text


def train_vocabulary(file: Path, n_tasks: int = 6000, seed: int = 11) -> int:
    """Write a tokenizer file; returns the number of entries."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=N_PIECES, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False, min_frequency=3
    )
    tokenizer.train_from_iterator(_texts(n_tasks, seed), trainer)
    file.parent.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(file))
    return int(tokenizer.get_vocab_size())
