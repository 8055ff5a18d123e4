"""Generation, the three roles over one model, and the update: each against the long way round."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from tests.rl_worlds import Babble, babble_tasks, config, tiny_model, tiny_tokenizer, windowed_model  # noqa: E402
from train.reward.table import PAPER, ErrorKind, Rewarded  # noqa: E402
from train.rl import maths  # noqa: E402
from train.rl.actor import ActorWriter  # noqa: E402
from train.rl.adapters import ACTOR, CRITIC, REFERENCE  # noqa: E402
from train.rl.batch import Batch, Episode, Row, collate  # noqa: E402
from train.rl.config import PpoConfig  # noqa: E402
from train.rl.crew import Crew  # noqa: E402
from train.rl.frozen import as_before  # noqa: E402
from train.rl.generate import Sampling, write_answers  # noqa: E402
from train.rl.optimisers import Optimisers  # noqa: E402
from train.rl.policy import Policy  # noqa: E402
from train.rl.rollout import Speech, roll_out_against_gold  # noqa: E402
from train.rl.update import Update, update  # noqa: E402

pytestmark = pytest.mark.torch
PROMPTS = [[5, 6, 7, 8, 9], [40, 41], [100, 101, 102], [7]]


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def _write(sampling: Sampling, prompts: list[list[int]] = PROMPTS, seed: int = 0) -> Any:
    return write_answers(tiny_model().eval(), tiny_tokenizer(), prompts, sampling, seed=seed)


@pytest.mark.parametrize("kind", [tiny_model, windowed_model])
def test_greedy_answers_are_those_of_transformers(kind: Any) -> None:
    model = kind().eval()
    answers = write_answers(kind().eval(), tiny_tokenizer(), PROMPTS, Sampling(6), seed=0)
    for prompt, written in zip(PROMPTS, answers, strict=True):
        ids = torch.tensor([prompt])
        expected = model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=6,
            do_sample=False,
            eos_token_id=None,
            pad_token_id=0,
        )
        assert list(written.ids) == expected[0, len(prompt) :].tolist()
        assert not written.is_finished


def test_a_row_depends_neither_on_its_neighbours_nor_on_their_ends() -> None:
    free = _write(Sampling(12, temperature=1.0), seed=3)
    ends = {row.ids[2 + i] for i, row in enumerate(free)}
    cut = _write(Sampling(12, temperature=1.0, eos_ids=ends), seed=3)
    for whole, short in zip(free, cut, strict=True):
        assert short.is_finished
        assert short.ids == whole.ids[: len(short.ids)]
        assert short.ids[-1] in ends and not ends & set(short.ids[:-1])
        assert short.logprobs == pytest.approx(whole.logprobs[: len(short.ids)], abs=1e-4)
    assert len({len(row.ids) for row in cut}) > 1
    assert _write(Sampling(12, temperature=1.0), seed=4) != free == _write(Sampling(12, temperature=1.0), seed=3)


def test_no_end_before_its_time_and_stop_strings_end() -> None:
    every = frozenset(range(1, 259))
    assert {len(row.ids) for row in _write(Sampling(9, 1.0, min_tokens=3, eos_ids=every - {1, 2, 3}))} <= set(
        range(1, 10)
    )
    assert all(row.ids[:3].count(0) == 0 for row in _write(Sampling(9, 1.0, min_tokens=3, eos_ids={0})))
    tokenizer = tiny_tokenizer()
    whole = _write(Sampling(8))
    stop = tokenizer.decode([whole[0].ids[3]])
    assert len(_write(Sampling(8, stop=(stop,)))[0].ids) <= 4


def test_sampling_follows_the_distribution() -> None:
    model = tiny_model().eval()
    with torch.no_grad():
        p = (model(torch.tensor([[5, 6]])).logits[0, -1] / 0.7).softmax(-1)
    drawn = _write(Sampling(1, temperature=0.7), [[5, 6]] * 4000)
    counts = torch.bincount(torch.tensor([row.ids[0] for row in drawn]), minlength=259) / 4000
    assert (counts - p).abs().max() < 0.03
    first = drawn[0]
    assert first.logprobs[0] == pytest.approx(p[first.ids[0]].log().item(), abs=1e-4)
    assert first.entropy == pytest.approx(-(p * p.log()).sum().item(), abs=1e-3)


def _episodes(n: int = 8, seed: int = 0) -> tuple[Episode, ...]:
    """Rows of several lengths; the second episode has two rows, the third feedback in the middle."""
    random = torch.Generator().manual_seed(seed)

    def ids(k: int) -> tuple[int, ...]:
        return tuple(torch.randint(3, 259, (k,), generator=random).tolist())

    def row(i: int, score: float) -> Row:
        k = 3 + i % 4
        written = tuple(not (i == 2 and j == 1) for j in range(k))
        return Row(ids(2 + i % 3), ids(k), written, (-3.0,) * k, ((k - 1, score),))

    made = []
    for i in range(n):
        rows = (row(i, 1.0), row(i + 1, -2.0)) if i == 1 else (row(i, 1.0 - i / 2),)
        made.append(Episode(rows, (Rewarded(0.0, ErrorKind.VALUE),)))
    return tuple(made)


def _batch(policy: Policy, episodes: tuple[Episode, ...] | None = None) -> Batch:
    batch = collate(episodes or _episodes(), pad_id=0)
    with torch.no_grad():
        whole = policy.logprobs(batch)
    batch.logprobs = torch.where(batch.written, whole, torch.zeros_like(whole))
    return batch


def _stir(policy: Policy) -> None:
    """Adapters begin as nothing (B is zero): give them something to do."""
    torch.manual_seed(9)
    for parameter in [*policy.actor_parameters(), *policy.critic_parameters()]:
        parameter.data += 0.05 * torch.randn_like(parameter)


def test_logprobs_are_the_models_own() -> None:
    policy = Policy(tiny_model(), config())
    batch = collate(_episodes(), pad_id=0)
    plain = tiny_model().eval()
    with torch.no_grad():
        ours = policy.logprobs(batch)
        for number, row in enumerate(row for episode in _episodes() for row in episode.rows):
            logits = plain(torch.tensor([[*row.prompt, *row.answer]])).logits[0, len(row.prompt) - 1 : -1]
            expected = logits.log_softmax(-1)[range(len(row.answer)), list(row.answer)]
            expected *= torch.tensor(row.written)  # what the model did not write has none
            torch.testing.assert_close(ours[number, : len(row.answer)], expected, atol=1e-4, rtol=1e-4)


def test_the_reference_is_the_start_whatever_the_adapters_do() -> None:
    policy = Policy(tiny_model(), config())
    batch = collate(_episodes(), pad_id=0)
    start = policy.reference_logprobs(batch)
    with torch.no_grad():
        torch.testing.assert_close(policy.logprobs(batch), start)
        _stir(policy)
        torch.testing.assert_close(policy.reference_logprobs(batch), start)
        assert not torch.allclose(policy.logprobs(batch), start, atol=1e-2)


def test_values_of_generation_are_those_of_a_pass_over_the_answers() -> None:
    policy = Policy(tiny_model(), config(critic="shared"))
    _stir(policy)
    with policy.role(ACTOR):
        sampling = Sampling(5, 1.0, eos_ids={*range(100, 140)})
        written = write_answers(policy.model, tiny_tokenizer(), PROMPTS, sampling, seed=1, head=policy.head)
    rows = [
        Row(tuple(p), w.ids, (True,) * len(w.ids), w.logprobs, (), w.values)
        for p, w in zip(PROMPTS, written, strict=True)
    ]
    batch = collate([Episode((row,), ()) for row in rows], pad_id=0)
    assert batch.values is not None
    with torch.no_grad():
        logp, values = policy.logprobs_and_values(batch)
    torch.testing.assert_close(batch.values[batch.written], values[batch.written], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(batch.logprobs[batch.written], logp[batch.written], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("checkpointing", [False, True])
def test_each_roles_loss_reaches_its_own_weights_alone(checkpointing: bool) -> None:
    policy = Policy(tiny_model(), config(gradient_checkpointing=checkpointing))
    _stir(policy)
    batch = collate(_episodes(), pad_id=0)
    with policy.role(CRITIC):
        policy.values(batch).sum().backward()
    assert all(p.grad is None for p in policy.actor_parameters())
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in policy.critic_parameters())
    critic = [p.grad.clone() for p in policy.critic_parameters()]
    with policy.role(ACTOR):
        policy.logprobs(batch).sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in policy.actor_parameters())
    for before, parameter in zip(critic, policy.critic_parameters(), strict=True):
        torch.testing.assert_close(before, parameter.grad)
    names = [n for n, p in policy.model.named_parameters() if p.requires_grad and ACTOR not in n and CRITIC not in n]
    assert names == []


def test_checkpoints_do_not_change_gradients() -> None:
    grads = []
    for checkpointing in (False, True):
        policy = Policy(tiny_model(), config(gradient_checkpointing=checkpointing))
        _stir(policy)
        batch = collate(_episodes(), pad_id=0)
        for role, ask in ((CRITIC, policy.values), (ACTOR, policy.logprobs)):
            with policy.role(role):
                ask(batch).square().sum().backward()
        grads.append([p.grad for p in [*policy.actor_parameters(), *policy.critic_parameters()]])
    for plain, recomputed in zip(*grads, strict=True):
        torch.testing.assert_close(plain, recomputed)


@pytest.mark.parametrize("kind", [tiny_model, windowed_model])
def test_laid_out_weights_change_no_gradient_and_can_be_taken_back(kind: Any) -> None:
    found = []
    for is_laid_out in (True, False):
        policy = Policy(kind(), config(lay_out_weights=is_laid_out))
        _stir(policy)
        batch = collate(_episodes(), pad_id=0)
        values = []
        for role, ask in ((CRITIC, policy.values), (ACTOR, policy.logprobs), (REFERENCE, policy.reference_logprobs)):
            with policy.role(role):
                values.append(ask(batch))
                if role != REFERENCE:
                    values[-1].square().sum().backward()
        if is_laid_out:
            instead = Counter(type(vars(m).get("forward")).__name__ for m in policy.model.modules())
            assert (instead["Attending"], instead["Gated"], instead["Norm"], instead["Adapted"]) == (2, 2, 5, 8)
            as_before(policy.model)
            torch.testing.assert_close(policy.logprobs(batch), values[1], atol=1e-4, rtol=1e-4)
        assert not any("forward" in vars(module) for module in policy.model.modules())
        found.append([*values, *(p.grad for p in [*policy.actor_parameters(), *policy.critic_parameters()])])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-3)


def test_roles_may_be_nested_and_come_back() -> None:
    policy = Policy(tiny_model(), config())
    _stir(policy)
    batch = collate(_episodes(), pad_id=0)
    with torch.no_grad():
        actor = policy.logprobs(batch)
        with policy.role(REFERENCE):
            inside = policy.logprobs(batch)
        torch.testing.assert_close(inside, actor)
        torch.testing.assert_close(policy.logprobs(batch), actor)


METHODS = [
    {"method": "lora", "critic": "copy"},
    {"method": "lora", "critic": "shared"},
    {"method": "full", "critic": "copy"},
    {"method": "full", "critic": "shared", "offload_reference": True},
]


def _updated(batch_of: Any = _batch, **changes: Any) -> tuple[Policy, Update]:
    cfg = config(actor_lr=1e-3, critic_lr=1e-3, **changes)
    policy = Policy(tiny_model(), cfg)
    if policy.peft is not None:
        _stir(policy)
    done = update(policy, Optimisers(policy, cfg), batch_of(policy), cfg.kl_coef, recompute=False, seed=1)
    return policy, done


def _weights(policy: Policy) -> Any:
    return [p.detach().clone() for p in [*policy.actor_parameters(), *policy.critic_parameters()]]


def _same(one: Policy, other: Policy) -> None:
    for a, b in zip(_weights(one), _weights(other), strict=True):
        # Adam's first step is rate * sign(gradient) where it is not tiny: those few that are may differ by rounding.
        assert ((a - b).abs() < 1e-4).float().mean() > 0.99


@pytest.mark.parametrize("method", METHODS)
def test_micro_batches_change_nothing(method: dict[str, Any]) -> None:
    whole, one = _updated(micro_batch_size=64, **method)
    single, other = _updated(micro_batch_size=1, **method)
    _same(whole, single)
    assert dataclasses.astuple(one) == pytest.approx(dataclasses.astuple(other), abs=2e-4, rel=1e-3)


@pytest.mark.parametrize("method", ["lora", "full"])
def test_the_short_way_is_the_long_way(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    short, one = _updated(method=method)
    monkeypatch.setattr(PpoConfig, "is_single_update", False)
    long, other = _updated(method=method)
    _same(short, long)
    assert dataclasses.astuple(one) == pytest.approx(dataclasses.astuple(other), abs=2e-4, rel=1e-3)


class _Looking(Optimisers):
    """Keeps the gradients of its last step."""

    gradients: tuple[torch.Tensor, ...] = ()

    def step(self, crew: Crew) -> float:
        parameters = [parameter for group in self._groups for parameter in group]
        self.gradients = tuple(torch.zeros_like(p) if p.grad is None else p.grad.clone() for p in parameters)
        return super().step(crew)


@pytest.mark.parametrize("method", METHODS)
def test_learning_from_the_pass_that_wrote_is_learning_from_a_pass_of_its_own(method: dict[str, Any]) -> None:
    """And after the writing the weights are the tensors from before."""
    done = []
    for keeps in (True, False):
        cfg = config(actor_lr=1e-3, critic_lr=1e-3, max_answer_tokens=5, **method)
        policy = Policy(tiny_model(), cfg)
        if policy.peft is not None:
            _stir(policy)
        before = {name: (id(p), p.detach().clone()) for name, p in policy.model.named_parameters()}
        speech = Speech(Babble(stop=tuple("aeimnrst")), tiny_tokenizer())
        writer = ActorWriter(policy, speech, temperature=1.0, keeps_opening=keeps)
        episodes = roll_out_against_gold(babble_tasks(8), writer, speech, cfg, PAPER, seed=3)
        for name, parameter in policy.model.named_parameters():
            assert before[name][0] == id(parameter)
            torch.testing.assert_close(before[name][1], parameter.detach(), atol=0, rtol=0)
        batch, opening = collate(episodes, pad_id=0), writer.taken()
        assert (opening is not None) is keeps and writer.taken() is None
        tape = opening.tape if opening is not None else None
        assert tape is None or bool(len(tape)) is (method["method"] == "lora")
        with torch.no_grad():
            again = policy.logprobs(batch)
        torch.testing.assert_close(batch.logprobs, again, atol=1e-4, rtol=1e-4)
        optimisers = _Looking(policy, cfg)
        learnt = update(policy, optimisers, batch, cfg.kl_coef, recompute=False, seed=1, opening=opening)
        assert not tape  # every product of the writing was used, and none is held any longer
        done.append((optimisers.gradients, learnt, batch))
    (one, learnt, batch), (other, also, its) = done
    torch.testing.assert_close(batch.ids, its.ids)
    assert len(set(batch.written.sum(1).tolist())) > 1
    for a, b in zip(one, other, strict=True):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-3)
    assert dataclasses.astuple(learnt) == pytest.approx(dataclasses.astuple(also), abs=2e-4, rel=1e-3)


def test_two_rows_of_an_episode_are_as_one_with_feedback_between() -> None:
    """Values, returns and the KL of an episode do not depend on how its text is cut into rows."""
    first = Row((5, 6), (7, 8), (True, True), (-1.0, -1.0), ((1, 0.5),))
    second = Row((5, 6, 7, 8, 9, 10), (11, 12, 13), (True,) * 3, (-1.0,) * 3, ((2, 1.0),))
    mask = (True, True, False, False, True, True, True)
    joined = Row((5, 6), (7, 8, 9, 10, 11, 12, 13), mask, tuple(-1.0 * m for m in mask), ((1, 0.5), (6, 1.0)))
    reward = (Rewarded(0.0, ErrorKind.VALUE),)
    others = _episodes()
    apart = (Episode((first, second), reward), *others)
    together = (Episode((joined,), reward), *others)
    one, told = _updated(lambda policy: _batch(policy, apart))
    other, also = _updated(lambda policy: _batch(policy, together))
    _same(one, other)
    assert dataclasses.astuple(told) == pytest.approx(dataclasses.astuple(also), abs=2e-4, rel=1e-3)


def test_an_update_makes_good_answers_likelier_and_bad_ones_less_so() -> None:
    def judged(policy: Policy) -> Batch:
        batch = _batch(policy)
        batch.scores = maths.at_last(torch.tensor([1.0] * 4 + [-2.0] * 5), batch.written)
        return batch

    cfg = config(actor_lr=3e-3, kl_coef=0.0, n_ppo_epochs=4, lam=1.0)
    policy = Policy(tiny_model(), cfg)
    batch = judged(policy)
    with torch.no_grad():
        before = policy.logprobs(batch)
    done = update(policy, Optimisers(policy, cfg), batch, 0.0, recompute=False, seed=0)
    with torch.no_grad():
        change = torch.where(batch.written, policy.logprobs(batch) - before, torch.zeros_like(before)).sum(1)
    assert done.n_updates == 4
    assert change[:4].mean() > 0 > change[4:].mean()


def test_updates_end_early_where_the_policy_moved_too_far() -> None:
    policy, done = _updated(n_ppo_epochs=6, kl_stop=1e-9)
    assert done.n_updates == 2  # the first has a ratio of 1, the second sees what it did
    assert _updated(n_ppo_epochs=6)[1].n_updates == 6
    assert _updated(n_ppo_epochs=2, minibatch_size=3)[1].n_updates == 6
    del policy


@pytest.mark.parametrize("which", ["actor", "critic", "head"])
def test_gradients_of_a_tiny_model_equal_finite_differences(which: str) -> None:
    cfg = config(clip_value=10.0)
    policy = Policy(tiny_model(double=True), cfg)
    policy.model.double()  # peft makes adapters in float32 whatever the model is
    _stir(policy)
    batch = collate(_episodes(), pad_id=0)
    torch.manual_seed(2)
    batch.logprobs = batch.logprobs.double() - 4.0 + torch.randn_like(batch.logprobs.double()) / 4
    advantages, returns, old = (torch.randn(batch.written.shape, dtype=torch.float64) for _ in range(3))

    def loss() -> Any:
        logp, values = policy.logprobs(batch), policy.values(batch)
        first = maths.masked_mean(maths.policy_losses(logp, batch.logprobs, advantages, 0.2), batch.written)
        return first + maths.masked_mean(maths.value_losses(values, old, returns, 10.0), batch.written)

    groups = {"actor": policy.actor_parameters(), "critic": policy.critic_parameters(), "head": [policy.head.weight]}
    parameter = max(groups[which], key=lambda p: p.numel())
    with policy.role(ACTOR):
        logp = policy.logprobs(batch)
        maths.masked_mean(maths.policy_losses(logp, batch.logprobs, advantages, 0.2), batch.written).backward()
    with policy.role(CRITIC):
        values = policy.values(batch)
        maths.masked_mean(maths.value_losses(values, old, returns, 10.0), batch.written).backward()
    flat, step = parameter.data.view(-1), 2e-3  # not smaller: the model's norms are made in float32
    for at in range(0, flat.numel(), max(1, flat.numel() // 5)):
        with torch.no_grad():
            flat[at] += step
            above = loss().item()
            flat[at] -= 2 * step
            below = loss().item()
            flat[at] += step
        assert parameter.grad.view(-1)[at].item() == pytest.approx((above - below) / (2 * step), rel=0.02, abs=5e-4)


@pytest.mark.parametrize("method", METHODS)
def test_a_state_brings_everything_back(method: dict[str, Any]) -> None:
    policy, _ = _updated(**method)
    fresh = Policy(tiny_model(), config(**method))
    fresh.load_state(policy.state())
    for a, b in zip(_weights(policy), _weights(fresh), strict=True):
        torch.testing.assert_close(a, b)
