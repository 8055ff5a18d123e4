"""A wrong checkpoint folder is told apart by its files alone, without torch."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.errors import ModelFilesError
from agent.models.checkpoint_files import check_checkpoint, check_torch


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Names of a whole checkpoint; the contents are not looked at here."""
    for name in ("model.safetensors", "tokenizer.json", "chat_template.jinja"):
        (tmp_path / name).write_text("")
    (tmp_path / "config.json").write_text("{}")
    return tmp_path


def test_a_whole_checkpoint(folder: Path) -> None:
    check_checkpoint(folder)


def test_a_template_in_the_tokenizer_config(folder: Path) -> None:
    (folder / "chat_template.jinja").unlink()
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": "{{ messages }}"}))
    check_checkpoint(folder)


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def rename(old: str, new: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        (folder / old).rename(folder / new)

    return damage


def half_sharded(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model-1.safetensors")
    weight_map = {"a": "model-1.safetensors", "b": "model-2.safetensors"}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))


def broken_index(folder: Path) -> None:
    (folder / "model.safetensors.index.json").write_text("{")


@pytest.mark.parametrize(
    ("damage", "message", "hint"),
    [
        (remove("config.json"), "no config.json", "config.json and"),
        (rename("config.json", "adapter_config.json"), "an adapter", "train merge"),
        (rename("config.json", "model.gguf"), "GGUF", "llama.cpp"),
        (remove("model.safetensors"), "no model.safetensors", "again"),
        (rename("model.safetensors", "pytorch_model.bin"), "pickle", "safe_serialization"),
        (half_sharded, "lacks 1 of 2 weight files, first model-2.safetensors", "again"),
        (broken_index, "cannot read", "again"),
        (remove("tokenizer.json"), "no tokenizer", "base model"),
        (remove("chat_template.jinja"), "no chat template", "instruct"),
    ],
)
def test_what_is_wrong_is_said(folder: Path, damage: Callable[[Path], None], message: str, hint: str) -> None:
    damage(folder)
    with pytest.raises(ModelFilesError, match=message) as caught:
        check_checkpoint(folder)
    assert hint in caught.value.hint


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelFilesError, match="no folder"):
        check_checkpoint(tmp_path / "none")


def test_torch_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "torch" else object())
    with pytest.raises(ModelFilesError, match="needs torch") as caught:
        check_torch()
    assert "pip install 'toolcoder[train]'" in caught.value.hint
