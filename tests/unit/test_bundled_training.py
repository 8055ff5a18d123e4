"""Training of the bundled model: shared headers are exact, resuming is exact, NumPy computes what torch computes."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path
from random import Random

import numpy as np
import pytest

from agent.models.bundled.forward import Network
from agent.models.bundled.model import WEIGHTS
from agent.prompts.compact_tokens import END, FIRST_POINTER, N_SPECIALS, CompactTokenizer, tag_id
from train.bundled.batches import POOL, SHORT_PER_WHOLE, Stream, group_of, task_ids
from train.bundled.generator import tasks
from train.bundled.headers import canonical
from train.bundled.repair import broken

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from train.bundled.export import export  # noqa: E402 - after the check for torch
from train.bundled.generation import generate, split_stages  # noqa: E402
from train.bundled.model import Shape, Transformer  # noqa: E402
from train.bundled.training import Plan, Trainer, rate_at  # noqa: E402

TINY = {"width": 32, "n_layers": 3, "n_heads": 2, "hidden": 48, "header_layers": (0, 2)}


@pytest.fixture(scope="module")
def tokenizer() -> CompactTokenizer:
    return CompactTokenizer(WEIGHTS / "tokenizer.json")


@pytest.fixture
def shape(tokenizer: CompactTokenizer) -> Shape:
    return Shape(tokenizer.n_vocabulary, **TINY)


def _tensors(group: object) -> list[object]:
    return [torch.from_numpy(getattr(group, name)) for name in ("header", "tokens", "marks", "targets")]


def test_tasks_under_one_header_lose_what_they_lose_alone(tokenizer: CompactTokenizer, shape: Shape) -> None:
    model = Transformer(shape)
    chosen = [task for _, task in islice(tasks(3), 5)]
    together = float(model.loss(*_tensors(group_of(tokenizer, chosen, canonical()))).detach())
    alone = sum(float(model.loss(*_tensors(group_of(tokenizer, [task], canonical()))).detach()) for task in chosen)
    assert together == pytest.approx(alone, rel=1e-4)


def test_a_task_sees_the_header_and_nothing_later(tokenizer: CompactTokenizer, shape: Shape) -> None:
    model = Transformer(shape)
    header, tokens, marks, _ = _tensors(group_of(tokenizer, [task for _, task in islice(tasks(3), 2)], canonical()))
    before = model(header, tokens, marks)
    later = tokens.clone()
    later[:, 20:] = 70
    assert torch.allclose(model(header, later, marks)[:, :20], before[:, :20], atol=1e-5)
    other = header.clone()
    other[5] = 80
    assert not torch.allclose(model(other, tokens, marks), before, atol=1e-5)


def test_targets_are_completions_only(tokenizer: CompactTokenizer) -> None:
    task = next(task for _, task in tasks(3) if not task.beyond)
    ids, marks, targets = task_ids(tokenizer, task, canonical())
    route = ids.index(tag_id("route"))
    assert targets[:route] == [-1] * route
    assert targets[route:] == [*ids[route + 1 :], END]
    assert all(marks[1:route]) and not any(marks[route:])


def test_a_short_task_is_the_beginning_of_the_whole_one(tokenizer: CompactTokenizer) -> None:
    task = next(task for _, task in tasks(3) if not task.beyond)
    whole, _, targets = task_ids(tokenizer, task, canonical())
    ids, marks, short = task_ids(tokenizer, task, canonical(), whole=False)
    plan = whole.index(tag_id("plan"))
    assert (ids, len(marks)) == (whole[:plan], plan)
    assert short == targets[:plan]
    assert short[-1] == tag_id("plan")


def test_the_groups_of_a_step_are_alike(tokenizer: CompactTokenizer) -> None:
    streams = [Stream(tokenizer, seed, 6) for seed in (2, 3)]
    sizes = [[stream.group(i).tokens.shape for i in range(POOL)] for stream in streams]
    assert [n for n, _ in sizes[0]] == [n for n, _ in sizes[1]]
    assert sorted({n for n, _ in sizes[0]}) == [6, 6 * SHORT_PER_WHOLE]
    pairs = [(n * a, n * b) for (n, a), (_, b) in zip(*sizes, strict=True)]
    assert sum(max(pair) for pair in pairs) < 1.15 * sum(sum(pair) / 2 for pair in pairs)


def test_the_wrong_program_of_a_repair_is_no_target(tokenizer: CompactTokenizer) -> None:
    rng = Random(1)
    repaired = next(b for w, t in tasks(3) if not t.beyond and (b := broken(t, w, rng)))
    ids, _, targets = task_ids(tokenizer, repaired, canonical())
    wrong, failed, review = (ids.index(tag_id(tag)) for tag in ("implement", "traceback", "review"))
    assert set(targets[wrong:review]) == {-1}
    assert failed < review
    assert targets[review:] == [*ids[review + 1 :], END]


def test_the_stream_is_a_function_of_its_index(tokenizer: CompactTokenizer) -> None:
    a, b = Stream(tokenizer, 7, 3), Stream(tokenizer, 7, 3)
    a.group(0)
    assert np.array_equal(a.group(30).tokens, b.group(30).tokens)
    assert not np.array_equal(a.group(30).tokens, a.group(31).tokens)


def test_resuming_goes_on_exactly(tokenizer: CompactTokenizer, shape: Shape, tmp_path: Path) -> None:
    plan = Plan(n_steps=6, n_tasks=2, groups_per_step=2, warmup_steps=2)
    through = Trainer(plan, shape, tokenizer)
    losses = [through.advance() for _ in range(6)]
    first = Trainer(plan, shape, tokenizer)
    begun = [first.advance() for _ in range(3)]
    first.save(tmp_path / "run" / "checkpoint.pt")
    second = Trainer(replace(plan), shape, tokenizer)
    second.load(tmp_path / "run" / "checkpoint.pt")
    assert begun + [second.advance() for _ in range(3)] == losses


def test_the_rate_warms_up_and_ends_at_zero() -> None:
    plan = Plan(warmup_steps=10, rate=1.0, decay_from=0.5)
    assert rate_at(0.0, 0, plan) == pytest.approx(0.1)
    assert rate_at(0.4, 100, plan) == 1.0
    assert rate_at(1.0, 100, plan) == pytest.approx(0.0)


def test_numpy_computes_what_torch_computes(tokenizer: CompactTokenizer, shape: Shape, tmp_path: Path) -> None:
    trainer = Trainer(Plan(n_steps=2, n_tasks=2, warmup_steps=1), shape, tokenizer, half=False)
    trainer.advance()
    group = trainer.streams[0].group(5)
    row, marks = group.tokens[0], group.marks[0]
    tensors = [torch.from_numpy(a) for a in (group.header, row[None], marks[None])]
    with torch.no_grad():
        model = trainer.masters
        torch.nn.init.normal_(model.point_key.weight)
        export(model, trainer, tmp_path / "model.safetensors")
        hidden = model(*tensors)
        wanted = (hidden[0] @ model.embedding.weight.T).numpy()
        wanted[:, FIRST_POINTER:N_SPECIALS] += model.point(hidden, *model.word_keys(hidden, tensors[2]))[0].numpy()
    network = Network(tmp_path / "model.safetensors")
    network.feed(group.header.tolist(), header=True)
    split = row.tolist().index(tag_id("route"))  # before it, not all words are known
    found = [network.feed(row[:split].tolist(), marks[:split].tolist())]
    found += [
        network.feed([int(i)], [int(m)])
        for i, m in zip(row[split : split + 30], marks[split : split + 30], strict=True)
    ]
    assert np.abs(np.array(found) - wanted[split - 1 : split + 30]).max() < 0.02  # weights are stored in half precision
    network.rewind(network.n_header)
    assert np.allclose(network.feed(row[:split].tolist(), marks[:split].tolist()), found[0], atol=1e-4)


def test_generation_in_batches_agrees_with_one_by_one(tokenizer: CompactTokenizer, shape: Shape) -> None:
    model = Transformer(shape)
    header = [tag_id("tools"), *tokenizer.plain(canonical().text)]
    prompts = []
    for question in ("how many films?", "a much longer question about five different bands and their albums"):
        ids, marks = tokenizer.question(question)
        prompts.append(([tag_id("question"), *ids, tag_id("route")], [0, *marks, 0]))
    together = generate(model, header, prompts, limit=8)
    assert together == [generate(model, header, [prompt], limit=8)[0] for prompt in prompts]


def test_stages_are_read_off_generated_ids(tokenizer: CompactTokenizer) -> None:
    task = next(task for _, task in tasks(3) if not task.beyond)
    ids, _, _ = task_ids(tokenizer, task, canonical())
    stages = split_stages(tokenizer, [*ids[ids.index(tag_id("route")) + 1 :], END], task.question.split())
    assert stages["route"] == "code"
    assert stages["implement"].startswith("def ")
    assert list(stages) == ["route", "scaffold", "plan", "select", "implement"]


def test_a_run_begins_with_exported_weights(tokenizer: CompactTokenizer, shape: Shape, tmp_path: Path) -> None:
    before = Trainer(Plan(seed=1), shape, tokenizer)
    before.step, before.n_tokens = 30, 4000
    export(before.masters, before, tmp_path / "model.safetensors")
    after = Trainer(Plan(seed=2), shape, tokenizer)
    after.begin_with(tmp_path / "model.safetensors")
    for one, other in zip(before.masters.parameters(), after.masters.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-3)
    after.step, after.n_tokens = 5, 600
    export(after.masters, after, tmp_path / "again.safetensors")
    again = Trainer(Plan(seed=3), shape, tokenizer)
    again.begin_with(tmp_path / "again.safetensors")
    assert (again.begun["steps"], again.begun["tokens"]) == ("35", "4600")
    with pytest.raises(RuntimeError):
        Trainer(Plan(), Shape(tokenizer.n_vocabulary, **TINY | {"width": 64}), tokenizer).begin_with(
            tmp_path / "again.safetensors"
        )
