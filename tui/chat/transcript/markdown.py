"""Markdown of a model, made safe: links are text with their address, nothing is clickable, nothing is loaded.

Our parser gives no links and no pictures at all, only their text. Characters are cleaned after parsing as well as
before: `&#x202e;` is harmless text until the parser has decoded it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.plain import plain, plain_line

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

_ADDRESS_CHARS = 300


def safe_parser() -> MarkdownIt:
    """A parser whose tokens are safe to draw."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("gfm-like", {"linkify": False, "html": False})
    parser.disable("linkify")
    parser.core.ruler.push("harmless", _harmless)
    return parser


def _harmless(state: StateCore) -> None:
    for token in state.tokens:
        token.content = plain(token.content)
        token.info = plain_line(token.info, 40)
        if token.children is not None:
            token.children = _inert(token.children)


def _inert(tokens: list[Token]) -> list[Token]:
    """Inline tokens without links and pictures: each becomes its text, followed by its address where that differs."""
    from markdown_it.token import Token

    def text(content: str) -> Token:
        return Token("text", "", 0, content=content)

    kept: list[Token] = []
    opened: list[tuple[str, int]] = []
    for token in tokens:
        token.content = plain(token.content)
        if token.type == "link_open":
            opened.append((plain_line(str(token.attrGet("href") or ""), _ADDRESS_CHARS), len(kept)))
        elif token.type == "link_close" and opened:
            address, start = opened.pop()
            label = "".join(inner.content for inner in kept[start:])
            if address and label.strip() not in (address, address.removeprefix("mailto:")):
                kept.append(text(f" ({address})"))
        elif token.type == "softbreak":
            kept.append(Token("hardbreak", "br", 0))  # a list without dashes stays a list
        elif token.type == "image":
            address = plain_line(str(token.attrGet("src") or ""), _ADDRESS_CHARS)
            kept.append(text(f"[picture: {plain_line(token.content)}] ({address})"))
        else:
            kept.append(token)
    return kept
