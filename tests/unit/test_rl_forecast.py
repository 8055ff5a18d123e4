"""Whether PPO fits, foreseen: the hint names what to lower, and what it names does lower it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from tests.rl_worlds import config, tiny_model  # noqa: E402
from train.errors import NotEnoughMemory  # noqa: E402
from train.rl.config import config_of  # noqa: E402
from train.rl.forecast import forecast, lower  # noqa: E402
from train.rl.policy import Policy  # noqa: E402

pytestmark = pytest.mark.torch


def _named(hint: str) -> list[dict[str, Any]]:
    """The settings of a hint, each as a change."""
    pairs = [pair.split("=") for pair in hint.removeprefix("Lower it by --set ").rstrip(".").split(" or ")]
    values: dict[str, Any] = {"true": True, "false": False}
    return [{key: values.get(value, int(value) if value.isdigit() else value)} for key, value in pairs]


@pytest.mark.parametrize("method", ["lora", "full"])
@pytest.mark.parametrize("critic", ["copy", "shared"])
def test_each_setting_of_the_hint_lowers_the_forecast(method: str, critic: str) -> None:
    model = tiny_model()
    cfg = config(method=method, critic=critic, max_answer_tokens=128, batch_size=16, micro_batch_size=16)
    whole = forecast(model, cfg, 2000)
    with pytest.raises(NotEnoughMemory) as told:
        whole.check(whole.total - whole.weights - 1, cfg)
    whole.check(whole.total - whole.weights, cfg)
    changes = _named(told.value.hint)
    assert changes[0] == {"micro_batch_size": 8}
    for change in changes:
        if "offload_reference" in change or "max_prompt_tokens" in change:
            continue  # the first is for a GPU, the second for prompts that are as long
        assert forecast(model, config_of({**dataclasses.asdict(cfg), **change}), 2000).total < whole.total, change


def test_weights_are_counted_as_they_are() -> None:
    cfg = config(lora_targets=("q_proj", "v_proj"))
    model = tiny_model()
    n = sum(p.numel() for p in model.parameters())
    told = forecast(model, cfg, 10)
    policy = Policy(model, cfg)
    adapters = sum(p.numel() for p in [*policy.actor_parameters(), *policy.critic_parameters()]) - 17  # less the head
    assert (told.weights, told.trained) == (4 * n, 16 * adapters)
    full = forecast(tiny_model(), config(method="full"), 10)
    assert (full.copies, full.trained) == (2 * 4 * n, 3 * 2 * 4 * n)


def test_nothing_is_left_to_lower() -> None:
    small = config(micro_batch_size=1, gradient_checkpointing=True, lay_out_weights=False, critic="shared")
    assert lower(dataclasses.replace(small, max_prompt_tokens=256)) == "Choose a smaller model."


def test_a_run_that_cannot_fit_ends_before_its_first_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import json

    from tests.made_toolsets import made_rows
    from train.reward.table import PAPER
    from train.rl import ppo
    from train.rl.config import load_config
    from train.rl.plan import Plan
    from train.rl.run import train_rl
    from train.rows import row_json
    from train.runs.reader import read_status
    from train.sft.tiny import make_tiny

    rows = made_rows(4, seed=1)
    (tmp_path / "rows.jsonl").write_text("\n".join(json.dumps(row_json(row)) for row in rows) + "\n")
    make_tiny(tmp_path / "model", ["abc"])
    monkeypatch.setattr(ppo, "free_bytes", lambda: 1_000_000)
    plan = Plan(load_config("tiny-ppo")[0], PAPER, tmp_path / "rows.jsonl", str(tmp_path / "model"))
    with pytest.raises(NotEnoughMemory, match="are free for it") as told:
        train_rl(plan, tmp_path / "run")
    assert "micro_batch_size" in told.value.hint
    assert read_status(tmp_path / "run").state == "failed"
