"""The outside of a question: politeness around it, capitals, missing question marks, slips of the keyboard."""

# ruff: noqa: E501 - phrases are easier to read and compare on one line

from __future__ import annotations

import re
from random import Random

from train.bundled.picking import Picker

_BEFORE_QUESTION = (
    "can you tell me: |tell me, |tell me: |quick question: |hey, |hi, |hello, |please tell me: |i'd like to know: |question: "
    "|do you know: |so, |i was wondering: |one more: |ok, |could you tell me, |well, |now |and |hey there! |please: |help me: |just curious: |quick one: |sorry, |remind me: |let me ask: |my question: |i'd love to know: |i need to know: |say, |right, |also, |my friend asks: |please help, |an easy one: |next question: |and now: |next: |here's one: |ehm, "
)
_BEFORE_ORDER = (
    "please |can you |could you |could you please |hey, |i'd like you to |would you |can you please |now |ok, |please, |kindly |go ahead and "
    "|i need you to |hi! please |i'd like to have you |would you please |could you quickly |hello, please |next, |quickly |hello, can you |and then |then |do me a favour and |and now please "
)
_AFTER = (
    " please| thanks|, please| thank you|, thanks| for me| right now| pls|, pls| in your list| in your catalogue| according to your data| here|, if you know| in your database|, do you know"
    "| in the catalogue|, roughly| then|, just the answer| actually|, according to your list| among those you have| as far as you know| by the way|, if possible| in your data|, thank you| on your list|, do you know that| exactly"
)
_ORDERS = re.compile(
    r"(list|name|show|give|count|find|tell|sort|order|rank|add|put|create|make|remove|delete|take|drop|calculate|compute|get|sum|enumerate"
    r"|set up|start|build|append|insert|include|move|shift|transfer|print|display|arrange|pull up|look up|pick|place|stick)\b"
)
_SLIPPABLE = frozenset(
    "how many which what films movies directed director released album albums tracks songs playlist longest shortest actors when where"
    " there starring appeared called number average total rating before after years between minutes highest latest first songs band artist series season seasons episodes episode character plays played release come came genres genre runtime born birthday which shorter longer older newer oldest newest made make film movie have does most many together both list show name tell about long last best rated".split()
)


def dressed(question: str, pick: Picker, lower: bool) -> str:
    """The question as somebody types it. `lower` questions have lower-case names already."""
    rng = pick.rng
    order = _ORDERS.match(question) is not None
    draw = rng.random()
    if draw < 0.14:
        question = pick(_BEFORE_ORDER if order else _BEFORE_QUESTION) + question
    elif draw < 0.18:
        mark = "?" if question.endswith("?") else ""
        question = question.removesuffix("?") + pick(_AFTER) + mark
    if rng.random() < 0.08:
        question = _slip(question, rng)
    if rng.random() < 0.5:
        question = re.sub(r"(?<=s)(['’])s\b", r"\1", question)  # "the Beatles' albums"
    if question.endswith("?"):
        if rng.random() < (0.5 if lower else 0.12):
            question = question[:-1]
        elif rng.random() < 0.04:
            question = question[:-1] + rng.choice((" ?", "??"))
    elif rng.random() < 0.35:
        question += rng.choice((".", ".", "!", "?"))
    if lower:
        return re.sub(r"^(what|who|where|when)'s\b", r"\1s", question) if rng.random() < 0.5 else question
    question = re.sub(r"\bi\b(?=['’ ])", "I", question) if rng.random() < 0.9 else question
    return question[:1].upper() + question[1:]


def _slip(question: str, rng: Random) -> str:
    words = question.split(" ")
    places = [i for i, word in enumerate(words) if word in _SLIPPABLE and len(word) > 3]
    if not places:
        return question
    i = rng.choice(places)
    word, at = words[i], rng.randint(1, len(words[i]) - 2)
    match rng.randint(0, 2):
        case 0:
            word = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        case 1:
            word = word[:at] + word[at + 1 :]
        case _:
            word = word[:at] + word[at] + word[at:]
    return " ".join([*words[:i], word, *words[i + 1 :]])
