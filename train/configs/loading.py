"""A configuration from a file (TOML or YAML), a shipped name, and `key=value` settings on top."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from train.configs.schema import SftConfig
from train.errors import ConfigError

_SHIPPED = Path(__file__).parent
_SUFFIXES = (".toml", ".yaml", ".yml")


def shipped_names() -> tuple[str, ...]:
    return tuple(sorted(path.name.removesuffix(".toml") for path in _SHIPPED.glob("*.toml")))


def load_sft_config(name_or_file: str, settings: Iterable[str] = ()) -> SftConfig:
    """`settings`: like `optim.learning_rate=1e-5`; the value is TOML, a bare word counts as text.

    Raises:
        ConfigError: no such configuration, not readable, or a key or value that it cannot have.
    """
    return parse_sft_config(with_settings(_read(name_or_file), settings))


def parse_sft_config(data: Mapping[str, Any]) -> SftConfig:
    """
    Raises:
        ConfigError: a key or value that it cannot have.
    """
    from pydantic import ValidationError

    try:
        config = SftConfig.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{where}: {first['msg']}", "The files in train/configs show what there is.") from None
    if config.optim.batch_size % config.optim.micro_batch_size:
        raise ConfigError(
            f"optim.batch_size {config.optim.batch_size} is no multiple of micro_batch_size "
            f"{config.optim.micro_batch_size}",
            "Choose a micro_batch_size that divides it.",
        )
    return config


def with_settings(data: Mapping[str, Any], settings: Iterable[str]) -> dict[str, Any]:
    """A copy of the sections with `section.key=value` put in.

    Raises:
        ConfigError: a setting is not of that form.
    """
    merged = {key: dict(value) if isinstance(value, Mapping) else value for key, value in data.items()}
    for setting in settings:
        key, equals, value = setting.partition("=")
        section, dot, name = key.strip().partition(".")
        if not (equals and dot and name):
            raise ConfigError(f"{setting!r} is no setting", "Write it as section.key=value: optim.learning_rate=1e-5")
        inner = merged.setdefault(section, {})
        if not isinstance(inner, dict):
            raise ConfigError(f"{section!r} is no section", "The files in train/configs show what there is.")
        inner[name] = _value(value.strip())
    return merged


def _read(name_or_file: str) -> dict[str, Any]:
    path = Path(name_or_file)
    if path.suffix not in _SUFFIXES:
        path = _SHIPPED / f"{name_or_file}.toml"
        if not path.is_file():
            raise ConfigError(
                f"no configuration is called {name_or_file!r}",
                f"There are {', '.join(shipped_names())}; or name a .toml or .yaml file.",
            )
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {path}: {error}", "Name a .toml or .yaml file that you may read.") from None
    data = _parsed(path, text)
    if not isinstance(data, dict):
        raise ConfigError(f"{path} has no sections", "The files in train/configs show what there is.")
    return data


def _parsed(path: Path, text: str) -> Any:
    if path.suffix == ".toml":
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"{path} is no TOML: {error}", "Correct that line.") from None
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is no YAML: {error}", "Correct that line.") from None


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"v = {text}")["v"]
    except tomllib.TOMLDecodeError:
        return text
