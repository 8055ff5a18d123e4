"""The section `[chat]` of the settings: how the chat looks and what it does to the terminal around it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tui.settings_base import Section


class ChatSettings(Section):
    """Looks and manners of the chat."""

    theme: str = Field(
        default="textual-dark",
        min_length=1,
        description="A theme by name; /theme in the chat lists them and writes this setting.",
    )
    mouse: bool = Field(
        default=True,
        description="The chat takes the mouse (click, scroll, select). False: the terminal keeps it; /mouse switches.",
    )
    title: bool = Field(default=True, description="The terminal's title says whether the chat works or waits.")
    bell_s: float = Field(
        default=20.0, ge=0, description="Ring the terminal's bell when a turn that took longer ends. 0: never."
    )
    pictures: Literal["auto", "kitty", "sixel", "halfcell", "off"] = Field(
        default="auto", description="How plots are drawn. auto: as the terminal says it can; off: only as files."
    )
