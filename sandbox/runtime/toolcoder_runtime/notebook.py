"""What is different where somebody's own Jupyter client started the kernel: people expect what a notebook does."""

from __future__ import annotations

import os
from typing import Any

PROFILE_VARIABLE = "TOOLCODER_PROFILE"


def is_notebook() -> bool:
    """Whether the client is not ours: it has no tools and takes no files, and its person wants history and `Out`."""
    return os.environ.get(PROFILE_VARIABLE) == "notebook"


def configure(config: Any) -> None:
    """History and `Out` as people know them, only not on disk."""
    config.HistoryManager.hist_file = ":memory:"


def with_session(reply: dict[str, Any], session: int) -> dict[str, Any]:
    """IPython calls the running session 0 in a range of it and by its number elsewhere; clients compare the two."""
    reply["history"] = [(number or session, *rest) for number, *rest in reply.get("history", ())]
    return reply
