"""Real logs for tests of `train data`: the whole loop over the catalogue in the fake kernel, with a scripted model."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from agent.log.writer import SessionLog
from tests.unit.loop_script import QUESTION, events_of, scripted, session


async def log_session(
    folder: Path,
    name: str,
    *,
    question: str = QUESTION,
    rating: Literal["up", "down"] | None = None,
    correction: str = "",
    secrets: tuple[str, ...] = (),
    options: dict[str, Any] | None = None,
    **replies: Any,
) -> Path:
    """One question with the given replies (see `loop_script.scripted`), and what a person says of the answer."""
    log = SessionLog(folder, name, secrets=lambda: secrets)
    async with session(scripted(**replies), log=log, session_id=name, **(options or {})) as talk:
        await events_of(talk, question)
        if rating is not None:
            await talk.rate(rating, correction)
    return log.path
