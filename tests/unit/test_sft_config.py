"""SFT configurations: what ships says what the paper says, and a wrong one is refused by key."""

from __future__ import annotations

from pathlib import Path

import pytest

from train.configs.loading import load_sft_config, parse_sft_config, shipped_names
from train.errors import ConfigError


def test_every_figure_of_the_paper() -> None:
    config = load_sft_config("paper-codellama-7b")
    optim = config.optim
    assert (optim.optimizer, optim.learning_rate, optim.scheduler) == ("adamw", 1e-6, "cosine")
    assert (optim.warmup_ratio, optim.weight_decay, optim.beta2) == (0.01, 0.01, 0.95)
    assert (optim.batch_size, optim.n_epochs, config.data.max_length) == (4, 1, 8192)
    assert (config.data.mae, config.pkt.is_on, config.pkt.w_max) == (True, True, 9)
    assert (config.data.template, config.model.adapter) == ("tl-codellama", "none")
    assert "CodeLlama-7b" in config.model.base


def test_all_that_ship_are_valid() -> None:
    assert set(shipped_names()) >= {"paper-codellama-7b", "qwen2.5-coder-lora", "tiny-cpu"}
    for name in shipped_names():
        load_sft_config(name)


def test_files_in_both_languages_and_settings_on_top(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('[model]\nbase = "/m"\n[optim]\nlearning_rate = 1e-4\n', encoding="utf-8")
    (tmp_path / "a.yaml").write_text("model:\n  base: /m\noptim:\n  learning_rate: 1.0e-4\n", encoding="utf-8")
    one, two = (load_sft_config(str(tmp_path / name)) for name in ("a.toml", "a.yaml"))
    assert one == two
    settings = ["optim.learning_rate=2e-5", "model.base=./here", 'run.report_to=["tensorboard"]', "data.mae=false"]
    over = load_sft_config(str(tmp_path / "a.toml"), settings)
    assert (over.optim.learning_rate, over.model.base, over.run.report_to) == (2e-5, "./here", ("tensorboard",))
    assert over.data.mae is False
    assert parse_sft_config(over.model_dump(mode="json")) == over


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (["optim.lerning_rate=1"], "optim.lerning_rate"),
        (["optim.learning_rate=fast"], "optim.learning_rate"),
        (["optim.batch_size=5", "optim.micro_batch_size=2"], "no multiple"),
        (["learning_rate=1"], "no setting"),
        (["pkt.w_max=0.5"], "pkt.w_max"),
    ],
)
def test_what_is_wrong_is_named(settings: list[str], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        load_sft_config("tiny-cpu", settings)


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no configuration is called") as told:
        load_sft_config("papier")
    assert "paper-codellama-7b" in told.value.hint
    for name, text in (("a.toml", "= 3"), ("a.yaml", "a: [1"), ("b.yaml", "- 1\n")):
        (tmp_path / name).write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError):
            load_sft_config(str(tmp_path / name))
    with pytest.raises(ConfigError, match="cannot read"):
        load_sft_config(str(tmp_path / "none.toml"))
