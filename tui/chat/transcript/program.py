"""Programs: highlighted, numbered, with the line that failed; and what a repair changed."""

from __future__ import annotations

import difflib

from textual.content import Content
from textual.widgets import Static

from tui.plain import plain

_LIMIT_LINES = 400
_HIGHLIGHT_CHARS = 40_000
"""A longer program is shown without colours: lexing 1 MB takes seconds."""
_FAILED = "$text-error on $error 20%"


class CodeBlock(Static):
    """A program with line numbers."""

    def __init__(self, source: str) -> None:
        self.source = plain(source).rstrip("\n")
        super().__init__(_numbered(self.source, None), markup=False, classes="code")

    def mark(self, line: int) -> None:
        """The line (from 1) where it failed."""
        self.update(_numbered(self.source, line))


class ProductBlock(Static):
    """What a stage of the model gave: mostly Python, or a kind of it."""

    def __init__(self, text: str) -> None:
        super().__init__(_cut(highlighted(plain(text).rstrip("\n"))), markup=False, classes="code product")


class DiffBlock(Static):
    """What a repair changed: removed and added lines, three lines around each."""

    def __init__(self, before: str, after: str) -> None:
        super().__init__(_difference(plain(before), plain(after)), markup=False, classes="code diff")


def highlighted(source: str, language: str = "python") -> Content:
    """Clean source in colours."""
    if len(source) > _HIGHLIGHT_CHARS:
        return Content(source)
    from textual.highlight import highlight  # brings the lexers in; the first frame does not need them

    return highlight(source, language=language, tab_size=4)


def _cut(content: Content) -> Content:
    lines = list(content.split("\n", allow_blank=True))
    if len(lines) <= _LIMIT_LINES:
        return content
    more = Content.styled(f"… {len(lines) - _LIMIT_LINES:,} lines more", "dim")
    return Content("\n").join([*lines[:_LIMIT_LINES], more])


def _numbered(source: str, failed: int | None) -> Content:
    lines = list(highlighted(source).split("\n", allow_blank=True))
    width = len(str(len(lines)))
    shown: list[Content] = []
    for number, line in enumerate(lines[:_LIMIT_LINES], start=1):
        is_failed = number == failed
        margin = Content.styled(f"{'▶' if is_failed else ' '}{number:>{width}} ", "dim")
        shown.append((margin + line).stylize(_FAILED) if is_failed else margin + line)
    if failed is not None and _LIMIT_LINES < failed <= len(lines):
        shown.append((Content(f"▶{failed} ") + lines[failed - 1]).stylize(_FAILED))
    if len(lines) > _LIMIT_LINES:
        shown.append(Content.styled(f"… {len(lines) - _LIMIT_LINES:,} lines more", "dim"))
    return Content("\n").join(shown)


def _difference(before: str, after: str) -> Content:
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=3))[2:]
    styles = {"+": "$text-success on $success 10%", "-": "$text-error on $error 10%", "@": "dim"}
    shown = [Content.styled(line, styles.get(line[:1], "")) for line in lines[:_LIMIT_LINES]]
    if len(lines) > _LIMIT_LINES:
        shown.append(Content.styled(f"… {len(lines) - _LIMIT_LINES:,} lines more", "dim"))
    return Content("\n").join(shown) if shown else Content("nothing was changed")
