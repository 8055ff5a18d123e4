"""The section `[files]` of the settings: the person's folder that programs see, and what they hand out."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tui.settings_base import AbsolutePath, Section


class FilesSettings(Section):
    """The folder that programs see, and the files that they hand out."""

    folder: AbsolutePath | None = Field(default=None, description="A folder that programs see at /work. None: none.")
    mode: Literal["read-only", "copy", "read-write"] = Field(
        default="read-only",
        description="copy: programs change a copy, and you decide what is applied; read-write: it is applied at once.",
    )
    copy_mb: int = Field(default=256, ge=1, description="Most that a copy may hold when it is made.")
    n_copied: int = Field(default=10_000, ge=1, description="Most files that a copy may hold when it is made.")
    work_mb: int = Field(default=512, ge=1, description="Size of /work where it is a copy; it is in memory.")
    out_mb: int = Field(default=64, ge=1, description="Size of /out, whose files are handed to you; it is in memory.")
    keep_days: float = Field(default=7.0, gt=0, description="How long changes that were not applied are kept.")
