"""The words in which a function was asked for, with its arguments taken out: the same words again bind it by rule.

A phrase is a pair: the question with slots, `how many films did {name} direct`, and the call without what the slots
give, `count_films()`. Matching is exact but for capitals and the punctuation at the end; what stands in a slot must
look like a name or a number. Whatever is in doubt is left to the model, which costs tokens and no mistake.
"""

from __future__ import annotations

import ast
import re

from agent.functions.wording import call_of, squeezed, stems, words_of

N_PHRASES = 24
"""Phrases that an entry keeps; the oldest go first."""
_MAX_QUESTION_CHARS = 400
_MAX_NAME_WORDS = 6

Phrase = tuple[str, str]

_LEANING = frozenset(
    "and or but also then so too about same again instead either else other another more he she it they him her them"
    " his its their theirs hers this that these those there one ones such former above".split()
)
"""With one of these a question may mean what was said before it."""
_RELATIVE = frozenset(
    "today now this last next yesterday tomorrow tonight current currently ago recent recently".split()
)
"""With one of these a value that is not in the question may be another one tomorrow."""
_SMALL = frozenset("of the de la le les du des von van der den di da del dos e y el al bin ibn".split())
"""Words of names that are written small."""
_NO_NAME = frozenset(
    "and or not but nor with without by from after before since until till between during under over above below than"
    " longer shorter who whom whose which that when where what how if whether because except both all any every each"
    " he she it they him her them his its their this these those there me my mine i you your we our as to in on at for"
    " starring featuring directed released made directing acted only also born".split()
)
"""An unquoted span with one of these may be more than a name."""
_SLOT = re.compile(r"\{([A-Za-z_]\w*)(#?)\}")
_OPENING = ('"', "'", "“", "‘", "«")
_CLOSING = ('"', "'", "”", "’", "»")


def phrase_of(question: str, call: str, *, alone: bool) -> Phrase | None:
    """What `question` and the call that answered it teach; None where it may not hold for another question.

    `call` gives every argument by keyword. `alone`: nothing was said before the question.
    """
    node = call_of(call)
    if node is None or node.args or any(k.arg is None or not _is_literal(k.value) for k in node.keywords):
        return None
    words = set(words_of(question))
    if len(question) > _MAX_QUESTION_CHARS or re.search(r"[{}\ue000-\uf8ff]", question):
        return None
    if not alone and words & _LEANING:
        return None
    literals = [(k.arg, k.value.value) for k in node.keywords if isinstance(k.value, ast.Constant) and _fills(k.value)]
    masked, slots = squeezed(question), dict[str, str]()
    for i, (name, value) in enumerate(sorted(literals, key=lambda item: -len(str(item[1])))):
        span = rf"(?<![\w\ue000-\uf8ff]){re.escape(' '.join(str(value).split()))}(?![\w\ue000-\uf8ff])"
        if len(re.findall(span, masked)) == 1:
            mark = chr(0xE000 + i)
            masked = re.sub(span, mark, masked)
            slots[mark] = f"{{{name}#}}" if isinstance(value, int) else f"{{{name}}}"
    bound = {slot.strip("{#}") for slot in slots.values()}
    constant = [k for k in node.keywords if k.arg not in bound]
    if constant and (words & _RELATIVE or not all(_is_said(k.value, masked) for k in constant)):
        return None
    text = "".join(slots.get(c, c) for c in masked.casefold())
    return text, ast.unparse(ast.Call(node.func, [], constant))


def bound_call(phrase: Phrase, question: str) -> str | None:
    """The call that answers `question` where it is this phrase with other names; None where that is in doubt."""
    text, rest = phrase
    pieces = _SLOT.split(text)  # text, name, '#' or '', text, ...
    asked = squeezed(question)
    folded = asked.casefold()
    if not all(piece.casefold() in folded for piece in pieces[::3]):
        return None  # most are settled here: a repository has thousands of phrases
    lazy = greedy = ""
    for i in range(0, len(pieces) - 1, 3):
        between = re.escape(pieces[i])
        is_number = pieces[i + 2] == "#"
        lazy += between + (r"(\d{1,9})" if is_number else "(.+?)")
        greedy += between + (r"(\d{1,9})" if is_number else "(.+)")
    found = re.fullmatch(lazy + re.escape(pieces[-1]), asked, re.IGNORECASE)
    again = re.fullmatch(greedy + re.escape(pieces[-1]), asked, re.IGNORECASE)
    if found is None or again is None or found.groups() != again.groups():
        return None
    node = call_of(rest)
    if node is None:
        return None
    for i, given in enumerate(found.groups()):
        name, is_number = pieces[3 * i + 1], pieces[3 * i + 2] == "#"
        quoted = pieces[3 * i].endswith(_OPENING) and pieces[3 * i + 3].startswith(_CLOSING)
        if not is_number and not _is_name(given, quoted=quoted):
            return None
        node.keywords.append(ast.keyword(name, ast.Constant(int(given) if is_number else given)))
    return ast.unparse(node)


def _is_literal(value: ast.expr) -> bool:
    """Not a variable that the kernel held."""
    return not any(isinstance(part, ast.Name | ast.Call) for part in ast.walk(value))


def _fills(literal: ast.Constant) -> bool:
    """A text or a whole number may fill a slot; True is an int to Python and no number to people."""
    value = literal.value
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, str) and bool(value.strip()))


def _is_said(value: ast.expr, question: str) -> bool:
    """A text that stands in no slot comes from the question all the same: "Comedy" from "comedies"."""
    is_text = isinstance(value, ast.Constant) and isinstance(value.value, str)
    return not is_text or bool(stems(ast.unparse(value)) & stems(question))


def _is_name(text: str, *, quoted: bool) -> bool:
    if quoted:
        return not any(mark in text for mark in (*_OPENING, *_CLOSING) if mark not in "'’")
    words = text.split()
    if not 0 < len(words) <= _MAX_NAME_WORDS or text != text.strip(" ,;:.?!\"'"):
        return False
    if any(word.casefold().strip("'’.,") in _NO_NAME or re.fullmatch(r"\d{3,}", word) for word in words):
        return False
    if any(mark in text for mark in (",", ";", ":", "(", "?", "’s ", "'s ")) or text.endswith(("'s", "’s")):
        return False
    capital = [word[0].isupper() or word[0].isdigit() for word in words]
    return capital[0] and capital[-1] and all(c or w in _SMALL for c, w in zip(capital, words, strict=True))
