"""A chat message and the style of a prompt set: what prompts and models have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["system", "user", "assistant"]
PromptStyle = Literal["full", "compact"]
"""`full`: templates for models that know Python and English; `compact`: the bundled model's own."""


@dataclass(frozen=True)
class Message:
    role: Role
    content: str
