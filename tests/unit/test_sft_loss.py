"""The loss of SFT: equivalent configurations give the same, and it is the one that is written down by hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tiny_rows import calls_rows, write_data, write_rows
from train.configs.loading import parse_sft_config
from train.encode import EncodeOptions, Encoder
from train.pkt import PktOptions
from train.sft.data import data_files, encode
from train.sft.tiny import make_tiny
from train.templates import template_named

pytestmark = pytest.mark.torch
LENGTH = 512


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    texts = [str(row) for row in calls_rows(8)]
    return make_tiny(folder, texts, hidden_size=32, intermediate_size=64, num_hidden_layers=2)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve rows, of which every fourth counts half as much again: a person liked it."""
    folder = write_data(tmp_path_factory.mktemp("data") / "d", 12)
    rows = [dataclasses.replace(row, weight=1.5 if n % 4 == 1 else 1.0) for n, row in enumerate(calls_rows(12))]
    write_rows(folder / "calls.train.jsonl", rows)
    return folder


def trainer_of(base: Path, data: Path, out: Path, **settings: Any) -> Any:
    """A trainer over the same eight texts in the same order, whatever the batches."""
    from train.sft.arguments import trl_arguments
    from train.sft.model import load_model, load_tokenizer
    from train.sft.trainer import WeightedSftTrainer

    optim = {"learning_rate": 1e-3, "scheduler": "constant", "warmup_ratio": 0.0, "batch_size": 8, "max_steps": 3}
    sections = {
        "model": {"base": str(base), "dtype": "float32"},
        "data": {"max_length": LENGTH, "packing": settings.pop("packing", False)},
        "optim": {**optim, **settings},
    }
    config = parse_sft_config(sections)
    tokenizer = load_tokenizer(str(base))
    encoder = Encoder(tokenizer, template_named("tl-codellama", tokenizer.eos_token), EncodeOptions(LENGTH))
    pack_to = 4096 if config.data.packing else 0
    encoded = encode(data_files(data, "calls", "train"), encoder, out / "cache", pack_to=pack_to)
    loaded = load_model(str(base), config, tokenizer)
    arguments = trl_arguments(config, out, out / "checkpoints", has_valid=False)
    arguments.save_strategy = "no"
    rows = encoded.dataset if pack_to else encoded.dataset.select(range(8))
    return WeightedSftTrainer(model=loaded.model, args=arguments, train_dataset=rows, processing_class=tokenizer)


def losses(trainer: Any) -> list[float]:
    trainer.train()
    return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]


def test_micro_batches_make_no_difference(base: Path, data: Path, tmp_path: Path) -> None:
    curves = [losses(trainer_of(base, data, tmp_path / str(n), micro_batch_size=n)) for n in (1, 2, 8)]
    assert len(curves[0]) == 3
    assert curves[0][2] < curves[0][0]
    for curve in curves[1:]:
        assert curve == pytest.approx(curves[0], rel=2e-5)


def test_packing_makes_no_difference(base: Path, data: Path, tmp_path: Path) -> None:
    """All texts in one row, which do not see each other, against the same texts padded side by side."""
    packed = trainer_of(base, data, tmp_path / "packed", packing=True, batch_size=1, micro_batch_size=1)
    assert len(packed.train_dataset) < 3
    n_texts = sum(len(lengths) for lengths in packed.train_dataset["seq_lengths"])
    total = sum(sum(shares) for shares in packed.train_dataset["shares"])
    assert total > n_texts
    by_row = [packed.data_collator([row]) for row in packed.train_dataset]
    plain = trainer_of(base, data, tmp_path / "plain")
    encoded = plain.train_dataset.select(range(8))
    assert n_texts >= 8
    import torch

    with torch.no_grad():
        together = sum(
            float(packed.compute_loss(packed.model, dict(batch), num_items_in_batch=torch.tensor(total)))
            for batch in by_row
        )
        every = dataset_of_all(plain, data, tmp_path / "all")
        apart = float(
            plain.compute_loss(plain.model, plain.data_collator(every), num_items_in_batch=torch.tensor(total))
        )
    assert len(encoded) == 8
    assert together == pytest.approx(apart, rel=2e-5)


def dataset_of_all(trainer: Any, data: Path, cache: Path) -> list[dict[str, Any]]:
    tokenizer = trainer.processing_class
    encoder = Encoder(tokenizer, template_named("tl-codellama", tokenizer.eos_token), EncodeOptions(LENGTH))
    return list(encode(data_files(data, "calls", "train"), encoder, cache).dataset)


def test_the_loss_by_hand(base: Path, data: Path, tmp_path: Path) -> None:
    """The weighted mean of each text over its targets, then the mean over texts, from the model's plain logits."""
    import torch

    trainer = trainer_of(base, data, tmp_path)
    rows = dataset_of_all(trainer, data, tmp_path / "all")[:4]
    expected: list[Any] = []
    weights: list[float] = []
    for row in rows:
        logits = trainer.model(input_ids=torch.tensor([row["input_ids"]])).logits[0, :-1]
        targets = torch.tensor(row["labels"][1:])
        shares = torch.tensor(row["shares"][1:])
        log_probs = torch.log_softmax(logits.float(), -1).gather(1, targets.clamp(min=0)[:, None])[:, 0]
        weights.append(float(shares.sum()))
        expected.append(-(log_probs * shares).sum())
    by_hand = sum(expected) / sum(weights)
    found = trainer.compute_loss(trainer.model, trainer.data_collator(rows))
    assert float(found.detach()) == pytest.approx(float(by_hand.detach()), rel=1e-5)
    for one, other in zip(gradients(trainer.model, found), gradients(trainer.model, by_hand), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)
    assert sorted(set(map(round_one, weights))) == [1.0, 1.5]
    assert len({float(loss.detach()) for loss in expected}) == 4


def gradients(model: Any, loss: Any) -> list[Any]:
    import torch

    return list(torch.autograd.grad(loss, [p for p in model.parameters() if p.requires_grad]))


def test_a_batch_without_a_target_is_a_zero_that_can_go_backward(base: Path, data: Path, tmp_path: Path) -> None:
    """A device may get one where others have targets; it must not fail there."""
    trainer = trainer_of(base, data, tmp_path)
    batch = trainer.data_collator(dataset_of_all(trainer, data, tmp_path / "all")[:1])
    batch["labels"][:], batch["shares"][:] = -100, 0
    loss = trainer.compute_loss(trainer.model, batch)
    assert float(loss.detach()) == 0.0
    assert not any(bool(gradient.any()) for gradient in gradients(trainer.model, loss))


def round_one(value: float) -> float:
    return round(value, 3)


def test_without_pkt_it_is_the_plain_mean_of_each_text(base: Path, tmp_path: Path) -> None:
    from train.sft.model import load_tokenizer

    tokenizer = load_tokenizer(str(base))
    plain = EncodeOptions(LENGTH, pkt=PktOptions(is_on=False))
    for sample in Encoder(tokenizer, template_named("qwen2.5"), plain).samples(calls_rows(6)):
        n_targets = sum(label >= 0 for label in sample.labels)
        assert {share for share in sample.shares if share} == {1 / n_targets}
