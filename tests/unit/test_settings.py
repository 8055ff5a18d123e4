"""The settings: which source wins, and what a person is told about a mistake."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tui.places import config_file
from tui.settings import Settings
from tui.settings_load import SettingsProblem, load_settings

ROOT = Path(__file__).parents[2]


@pytest.fixture
def config(private_home: Path) -> Path:
    path = config_file()
    assert path.is_relative_to(private_home / "config")
    path.parent.mkdir(parents=True)
    return path


def problem(config: Path, toml: str, flags: dict[str, dict[str, object]] | None = None) -> SettingsProblem:
    config.write_text(toml, encoding="utf-8")
    with pytest.raises(SettingsProblem) as caught:
        load_settings(flags)
    return caught.value


def test_without_anything_the_defaults_hold() -> None:
    settings = load_settings()
    assert settings == Settings.model_construct()
    assert settings.model.name is None
    assert settings.sandbox.image == "slim"
    assert settings.log.enabled


def test_later_wins(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text(
        '[model]\nname = "file"\nbase_url = "http://file/v1"\n[budget]\nmax_tokens = 5\n', encoding="utf-8"
    )
    assert load_settings().model.name == "file"
    monkeypatch.setenv("TOOLCODER_MODEL_NAME", "environment")
    assert load_settings().model.name == "environment"
    both = load_settings({"model": {"name": "flag"}})
    assert both.model.name == "flag"
    assert both.model.base_url == "http://file/v1", "what a flag does not say is left as it was"
    assert both.budget.max_tokens == 5


def test_a_list_in_the_environment_has_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLCODER_TOOLS_SOURCES", "catalogue, mine.py,")
    assert load_settings().tools.sources == ("catalogue", "mine.py")


@pytest.mark.parametrize(
    ("toml", "line", "key", "also"),
    [
        ('[model]\nname = "a"\n\n[sandbox]\nmemory_mb = "much"\n', 5, "sandbox.memory_mb", "'much'"),
        ("[model]\nprice_prompt = -1\n", 2, "model.price_prompt", "-1"),
        ('[model]\nnmae = "a"\n', 2, "model.nmae", "no such setting"),
        ('[modle]\nname = "a"\n', 1, "modle", "no such setting"),
        ('[files]\nfolder = "here"\n', 2, "files.folder", "absolute"),
        ('[files]\nmode = "write"\n', 2, "files.mode", "read-only"),
        ('[sandbox]\nkind = "local"\n', 2, "sandbox.kind", "docker"),
        ("model = 3\n", 1, "model", "3"),
        ("[budget]\nmax_cost = inf\n", 2, "budget.max_cost", "finite"),
        ('[model]\nbase_url = "localhost:8000"\n', 2, "model.base_url", "localhost:8000"),
    ],
)
def test_a_mistake_in_the_file_is_found(config: Path, toml: str, line: int, key: str, also: str) -> None:
    told = str(problem(config, toml))
    assert told.startswith(f"{config}, line {line}: ")
    assert key in told
    assert also in told


def test_a_misspelt_setting_names_those_that_exist(config: Path) -> None:
    assert "base_url" in problem(config, "[model]\nnmae = 1\n").hint
    assert "budget" in problem(config, "[modle]\nname = 1\n").hint


def test_a_wrong_value_comes_with_the_help_of_its_field(config: Path) -> None:
    assert problem(config, '[sandbox]\nmemory_mb = "x"\n').hint == (
        Settings.model_fields["sandbox"].annotation.model_fields["memory_mb"].description  # type: ignore[union-attr]
    )


@pytest.mark.parametrize("content", [b"[model\n", b"\xff\xfe", b"name = bundled\n"])
def test_a_file_that_is_no_toml(config: Path, content: bytes) -> None:
    config.write_bytes(content)
    with pytest.raises(SettingsProblem, match=re.escape(str(config))):
        load_settings()


@pytest.mark.parametrize(
    ("variable", "told"),
    [
        ("TOOLCODER_BUDGET_MAX_COST", "budget.max_cost"),
        ("TOOLCODER_MODEL_NMAE", "model.nmae"),
        ("TOOLCODER_MODLE_NAME", "TOOLCODER_MODEL_NAME"),
        ("TOOLCODER_MODEL", "TOOLCODER_MODEL"),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, told: str
) -> None:
    monkeypatch.setenv(variable, "x")
    with pytest.raises(SettingsProblem) as caught:
        load_settings()
    assert str(caught.value).startswith(variable)
    assert told in f"{caught.value} {caught.value.hint}"


def test_variables_that_are_no_settings_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLCODER_DEBUG", "1")
    load_settings()


def test_a_mistake_in_a_flag_is_not_blamed_on_the_file(config: Path) -> None:
    told = problem(config, "[budget]\nmax_tokens = 7\n", {"budget": {"max_tokens": 0}})
    assert str(told).startswith("flag: budget.max_tokens")


def test_nothing_is_read_from_the_folder_one_works_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("config.toml", "toolcoder.toml", ".env", "pyproject.toml"):
        (tmp_path / name).write_text(
            'TOOLCODER_MODEL_NAME="evil"\n[model]\nname = "evil"\n[tool.toolcoder.model]\nname = "evil"\n',
            encoding="utf-8",
        )
    monkeypatch.chdir(tmp_path)
    assert load_settings().model.name is None


def test_a_named_file_must_exist(private_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLCODER_CONFIG", str(private_home / "none.toml"))
    with pytest.raises(SettingsProblem, match="no such file"):
        load_settings()


def test_every_setting_has_its_help() -> None:
    for section, field in Settings.model_fields.items():
        for name, inner in field.annotation.model_fields.items():  # type: ignore[union-attr]
            assert len(inner.description or "") > 10, f"{section}.{name}"


def test_the_loader_alone_is_cheap() -> None:
    """`tui.settings_load` is imported by commands whose --help must not wait for pydantic."""
    code = "import sys, tui.settings_load; sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_the_readme_shows_every_setting_and_its_default() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = text.partition("```toml\n")[2].partition("```")[0]
    shown = tomllib.loads(block)
    for section, field in Settings.model_fields.items():
        for name, inner in field.annotation.model_fields.items():  # type: ignore[union-attr]
            if name in shown[section]:
                assert type(inner.default)(shown[section][name]) == inner.default, f"{section}.{name}"
            else:
                assert inner.default is None, f"{section}.{name} has a default that the README does not show"
                assert re.search(rf"^# {name} = ", block, re.MULTILINE), f"{section}.{name} is not in the README"
    everything = tomllib.loads(re.sub(r"^# (\w+ = )", r"\1", block, flags=re.MULTILINE))
    Settings(**everything)
    for section, fields in everything.items():
        assert set(fields) == set(Settings.model_fields[section].annotation.model_fields)  # type: ignore[union-attr]
