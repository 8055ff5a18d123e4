"""From Markdown's tokens to blocks of styled text. The tokens are those of `safe_parser`: clean and inert."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from textual.content import Content, Span

from tui.chat.transcript.markdown_table import Side, TableBlock
from tui.chat.transcript.program import highlighted
from tui.chat.transcript.rows import Block, RuleBlock, TextBlock

if TYPE_CHECKING:
    from markdown_it.token import Token

_BULLETS = ("• ", "▪ ", "‣ ", "◦ ")
_CODE = "$text-warning on $boost"
_CODE_FILL = "on $foreground 6%"
_INLINE = {"strong_open": "bold", "em_open": "italic", "s_open": "strike"}
_HEADINGS = {"h1": "bold underline $markdown-h1-color", "h2": "bold $markdown-h2-color"}
_OTHER_HEADINGS = "bold $text-muted"
_SIDES: dict[str, Side] = {"text-align:right": "right", "text-align:center": "center"}
_BLANK = TextBlock(Content(""))
_NOTHING = Content("")


def blocks(tokens: Sequence[Token], *, numbers_from: int | None = None, code_is_open: bool = False) -> list[Block]:
    """Of whole top-level elements, an empty line between two. `numbers_from`: the list that they begin with goes on
    with an earlier one, at that number. `code_is_open`: the last one is code that still grows; it has no colours."""
    reader = _Reader(tokens, numbers_from, code_is_open)
    found: list[Block] = []
    for number, group in enumerate(reader.elements(0, _NOTHING, _NOTHING)):
        if number:
            found.append(_BLANK)
        found += group
    return found


def inline(token: Token) -> Content:
    """The text of a paragraph, a heading, a cell."""
    text: list[str] = []
    spans: list[Span] = []
    opened: list[tuple[int, str]] = []
    n = 0
    for leaf in token.children or ():
        match leaf.type:
            case "strong_open" | "em_open" | "s_open":
                opened.append((n, _INLINE[leaf.type]))
                continue
            case "strong_close" | "em_close" | "s_close":
                if opened:
                    start, style = opened.pop()
                    spans.append(Span(start, n, style))
                continue
            case "hardbreak" | "softbreak":
                piece = "\n"
            case "code_inline":
                piece = leaf.content
                spans.append(Span(n, n + len(piece), _CODE))
            case _:
                piece = leaf.content
        text.append(piece)
        n += len(piece)
    return Content("".join(text), spans)


class _Reader:
    def __init__(self, tokens: Sequence[Token], numbers_from: int | None, code_is_open: bool) -> None:
        self._tokens = tokens
        self._numbers_from = numbers_from
        self._code_is_open = code_is_open
        self._at = 0

    def elements(self, depth: int, first: Content, rest: Content) -> Iterator[list[Block]]:
        """Each element up to the end of what holds them. `first` before the first row of all, `rest` before others."""
        while self._at < len(self._tokens) and self._tokens[self._at].nesting >= 0:
            found = self._element(depth, first, rest)
            if found:
                first = rest
                yield found
        self._at += 1  # the closing token

    def _element(self, depth: int, first: Content, rest: Content) -> list[Block]:
        token = self._tokens[self._at]
        self._at += 1
        match token.type:
            case "heading_open":
                style = _HEADINGS.get(token.tag, _OTHER_HEADINGS)
                return [TextBlock(self._inline_of().stylize_before(style), first, rest)]
            case "paragraph_open":
                return [TextBlock(self._inline_of(), first, rest)]
            case "inline":
                return [TextBlock(inline(token), first, rest)]
            case "fence" | "code_block":
                return [self._code(token, first, rest)]
            case "hr":
                return [RuleBlock(first)]
            case "blockquote_open":
                bar = Content.styled("▌ ", "$text-primary 50%")
                return _spaced(list(self.elements(depth, first + bar, rest + bar)), rest + bar)
            case "bullet_list_open":
                return self._items(depth, None, first, rest)
            case "ordered_list_open":
                start = int(token.attrs.get("start", 1))
                if self._numbers_from is not None and self._at == 1:
                    start = self._numbers_from
                return self._items(depth, start, first, rest)
            case "table_open":
                return [self._table(first)]
            case _ if token.nesting > 0:  # a kind that the parser does not make by its settings
                return [block for group in self.elements(depth, first, rest) for block in group]
            case _:
                return [TextBlock(Content(token.content), first, rest)] if token.content else []

    def _inline_of(self) -> Content:
        token = self._tokens[self._at]
        self._at += 2  # and the closing token
        return inline(token)

    def _code(self, token: Token, first: Content, rest: Content) -> Block:
        source = token.content.rstrip("\n")
        is_open = self._code_is_open and self._at == len(self._tokens)
        language = token.info.split()[0] if token.info.split() else "text"
        text = Content(source) if is_open else highlighted(source, language)
        return TextBlock(text, first + " ", rest + " ", _CODE_FILL)

    def _items(self, depth: int, start: int | None, first: Content, rest: Content) -> list[Block]:
        found: list[Block] = []
        number = start or 0
        n_marks = len(f"{number + self._n_items() - 1}. ")
        while self._tokens[self._at].nesting > 0:  # list_item_open
            self._at += 1
            mark = _BULLETS[depth % len(_BULLETS)] if start is None else f"{f'{number}. ':>{n_marks}}"
            bullet, indent = Content.styled(mark, "$text-primary"), Content(" " * len(mark))
            inner = list(self.elements(depth + 1, first + bullet, rest + indent))
            found += (
                [block for group in inner for block in group] if inner else [TextBlock(_NOTHING, first + bullet, rest)]
            )
            first, number = rest, number + 1
        self._at += 1
        return found

    def _n_items(self) -> int:
        level, n = self._tokens[self._at].level, 0
        for token in self._tokens[self._at :]:
            if token.level < level:
                break
            n += token.level == level and token.nesting > 0
        return max(n, 1)

    def _table(self, lead: Content) -> Block:
        table: list[list[Content]] = []
        sides: list[Side] = []
        while (token := self._tokens[self._at]).type != "table_close":
            self._at += 1
            if token.type == "tr_open":
                table.append([])
            elif token.type == "th_open":
                sides.append(_SIDES.get(str(token.attrs.get("style", "")), "left"))
            elif token.type == "inline":
                table[-1].append(inline(token))
        self._at += 1
        return TableBlock(table[0] if table else (), table[1:], lead, sides)


def _spaced(groups: list[list[Block]], lead: Content) -> list[Block]:
    found: list[Block] = []
    for number, group in enumerate(groups):
        if number:
            found.append(TextBlock(_NOTHING, lead, lead))
        found += group
    return found
