"""A text that changes often: the screen is laid out again only where that changes its height."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.content import Content
from textual.widgets import Static

if TYPE_CHECKING:
    from textual.css.styles import RulesMap


class SparingText(Static):
    """`show` instead of `update`. Laying out looks at every widget of the screen, painting only at this one."""

    def show(self, content: Content) -> None:
        """The text from now on."""
        self.update(content, layout=False)
        width, height = self.content_size
        if not width or content.get_height(cast("RulesMap", self.styles), width) != height:
            self.refresh(layout=True)
