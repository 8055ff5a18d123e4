"""The flags of `toolcoder train rl` as one value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RlRequest:
    """`settings`: `key=value`, over the configuration."""

    config: str = "tiny-ppo"
    data: Path | None = None
    model: str = ""
    out: Path | None = None
    resume: bool = False
    algorithm: str = "ppo"
    environment: str = "none"
    tools: tuple[str, ...] = ()
    n_kernels: int = 4
    server: str = ""
    n_valid: int = 200
    settings: tuple[str, ...] = ()
    as_json: bool = False
    view: str = "calls"
