"""PPO's formulas on tensors written by hand; the figures beside them were computed on paper."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")

from train.rl import maths  # noqa: E402

pytestmark = pytest.mark.torch


def _rows(*rows: list[float]) -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.float32)


def _mask(*rows: str) -> torch.Tensor:
    return torch.tensor([[c == "1" for c in row] for row in rows])


def test_logprobs_of_two_tokens() -> None:
    logits = torch.tensor([[[math.log(3.0), 0.0], [0.0, 0.0]]])
    tokens = torch.tensor([[0, 1]])
    torch.testing.assert_close(maths.token_logprobs(logits, tokens), _rows([math.log(0.75), math.log(0.5)]))
    hot = maths.token_logprobs(logits, tokens, temperature=0.5)  # 9 : 1
    torch.testing.assert_close(hot, _rows([math.log(0.9), math.log(0.5)]))
    torch.testing.assert_close(maths.token_logprobs(logits, tokens, 0.0), maths.token_logprobs(logits, tokens, 1.0))


def test_mean_and_whitening_see_the_mask_alone() -> None:
    x, mask = _rows([1, 2, 99], [3, 99, 99]), _mask("110", "100")
    assert maths.masked_mean(x, mask).item() == 2
    torch.testing.assert_close(maths.whitened(x, mask), _rows([-1, 0, 0], [1, 0, 0]))  # variance (1 + 0 + 1) / 2 = 1
    torch.testing.assert_close(maths.whitened(x, mask, shift_mean=False), _rows([1, 2, 0], [3, 0, 0]))
    assert maths.masked_mean(x, _mask("000", "000")).item() == 0


def test_kl_estimators() -> None:
    logp, ref = _rows([math.log(0.5), math.log(0.2)]), _rows([math.log(0.25), math.log(0.4)])
    torch.testing.assert_close(maths.kl_per_token(logp, ref), _rows([math.log(2), -math.log(2)]))
    k3 = _rows([0.5 - 1 + math.log(2), 2 - 1 - math.log(2)])
    torch.testing.assert_close(maths.kl_per_token(logp, ref, "k3"), k3)


def test_k1_and_k3_have_the_true_kl_as_their_mean() -> None:
    p, q = torch.tensor([0.7, 0.2, 0.1]), torch.tensor([0.3, 0.3, 0.4])
    true = (p * (p / q).log()).sum()
    for estimator in ("k1", "k3"):
        torch.testing.assert_close((p * maths.kl_per_token(p.log(), q.log(), estimator)).sum(), true)


def test_the_reward_stands_on_the_last_token_that_was_written() -> None:
    placed = maths.at_last(torch.tensor([1.0, -2.0, 5.0]), _mask("1100", "1011", "0000"))
    assert placed.tolist() == [[0, 1, 0, 0], [0, 0, 0, -2], [0, 0, 0, 0]]


def test_penalty_and_clipped_reward() -> None:
    scores, kl, mask = _rows([0, 9, 7], [-9, 0, 0]), _rows([1, 2, 3], [-1, 0, 0]), _mask("110", "100")
    torch.testing.assert_close(maths.penalised(scores, kl, mask, 0.5, 5), _rows([-0.5, 4, 0], [-4.5, 0, 0]))
    torch.testing.assert_close(maths.penalised(scores, kl, mask, 0.5), _rows([-0.5, 8, 0], [-8.5, 0, 0]))


def test_advantages_by_hand() -> None:
    # deltas: 0 + 0.5*4 - 2 = 0; 1 + 0.5*6 - 4 = 0; 2 + 0 - 6 = -4. With gamma*lam = 0.25: -4, -1, -0.25.
    rewards, values = _rows([0, 1, 2]), _rows([2, 4, 6])
    advantages, returns = maths.advantages_and_returns(rewards, values, _mask("111"), 0.5, 0.5)
    torch.testing.assert_close(advantages, _rows([-0.25, -1, -4]))
    torch.testing.assert_close(returns, _rows([1.75, 3, 2]))


def test_feedback_between_turns_is_stepped_over() -> None:
    dense, _ = maths.advantages_and_returns(_rows([0, 1, 2]), _rows([2, 4, 6]), _mask("111"), 0.9, 0.8)
    rewards, values = _rows([0, 7, 1, -7, 2, 5]), _rows([2, 50, 4, -50, 6, 8])
    advantages, returns = maths.advantages_and_returns(rewards, values, _mask("101010"), 0.9, 0.8)
    torch.testing.assert_close(advantages[:, ::2], dense)
    assert advantages[0, 1::2].tolist() == returns[0, 1::2].tolist() == [0, 0, 0]


def test_lambda_one_is_the_return_minus_the_value() -> None:
    torch.manual_seed(1)
    rewards, values, mask = torch.randn(3, 5), torch.randn(3, 5), _mask("11111", "11100", "10000")
    advantages, returns = maths.advantages_and_returns(rewards, values, mask, 1.0, 1.0)
    to_come = torch.where(mask, rewards, torch.zeros(())).flip(1).cumsum(1).flip(1)
    torch.testing.assert_close(returns, torch.where(mask, to_come, torch.zeros(())))
    torch.testing.assert_close(advantages, torch.where(mask, to_come - values, torch.zeros(())))


def test_ratio_clipping() -> None:
    logp = _rows([math.log(2), math.log(2), math.log(0.5), math.log(0.5), 0])
    advantages = _rows([1, -1, 1, -1, 3])
    losses = maths.policy_losses(logp, torch.zeros(1, 5), advantages, 0.2)
    torch.testing.assert_close(losses, _rows([-1.2, 2, -0.5, 0.8, -3]))
    assert maths.clipped_share(logp, torch.zeros(1, 5), _mask("11101"), 0.2).item() == pytest.approx(0.75)


def test_value_clipping() -> None:
    values, old, returns = _rows([2, 2, 0.1]), _rows([0, 0, 0]), _rows([3, 0, 1])
    torch.testing.assert_close(maths.value_losses(values, old, returns, None), _rows([0.5, 2, 0.405]))
    clipped = _rows([0.5 * 2.8**2, 2, 0.405])  # within 0.2 of the old value: 0.2 is further from 3, nearer to 0
    torch.testing.assert_close(maths.value_losses(values, old, returns, 0.2), clipped)


def test_the_adaptive_coefficient() -> None:
    assert maths.next_beta(0.4, 6.6, 6.0, 1000, 100) == pytest.approx(0.4 * 1.01)
    assert maths.next_beta(0.4, 60.0, 6.0, 1000, 100) == pytest.approx(0.4 * 1.02)
    assert maths.next_beta(0.4, 0.0, 6.0, 1000, 100) == pytest.approx(0.4 * 0.98)
    assert maths.next_beta(0.4, 6.0, 6.0, 1000, 100) == pytest.approx(0.4)


@pytest.mark.parametrize("which", ["policy", "value", "whole"])
def test_gradients_equal_finite_differences(which: str) -> None:
    torch.manual_seed(3)
    logits = torch.randn(2, 3, 4, dtype=torch.float64, requires_grad=True)
    values = torch.randn(2, 3, dtype=torch.float64, requires_grad=True)
    tokens, mask = torch.randint(0, 4, (2, 3)), _mask("111", "110")
    old, returns, advantages = (torch.randn(2, 3, dtype=torch.float64) for _ in range(3))

    def loss(logits: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        logp = logits.log_softmax(-1).gather(-1, tokens.unsqueeze(-1)).squeeze(-1)
        policy = maths.masked_mean(maths.policy_losses(logp, old, advantages, 0.2), mask)
        value = maths.masked_mean(maths.value_losses(values, old, returns, 0.2), mask)
        return {"policy": policy, "value": value, "whole": policy + 0.1 * value}[which]

    assert torch.autograd.gradcheck(loss, (logits, values))
