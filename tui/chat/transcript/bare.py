"""What only holds other widgets: painted as one colour, without a look at borders and lines it does not have."""

from __future__ import annotations

from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class Bare(Widget):
    """Textual paints everything that lies behind what changed, containers too, line by line. Its own `BLANK` leaves out
    the filters, and with them NO_COLOR. Comes last among the bases: Textual takes the style of the first one only."""

    def render_lines(self, crop: Region) -> list[Strip]:
        strip = Strip.blank(crop.width, self.visual_style.background_style.rich_style)
        for line_filter in self.get_line_filters():
            strip = strip.apply_filter(line_filter, self.background_colors[1])
        return [strip] * crop.height
