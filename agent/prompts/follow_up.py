"""Whether a question can only be understood after another one: for a model that sees one question at a time.

Made to be right where it says yes: of the 276 questions of people in `tests/data/hand_questions.jsonl`, none of which
follows up on another, it takes none that has an answer.
"""

from __future__ import annotations

import re

_THING = "one|film|movie|series|show|song|track|album|artist|band|person|actor|actress|director|man|woman"
_STRONG = re.compile(rf"\b(?:them|those|these|(?:this|that|the same) (?:{_THING}))\b", re.IGNORECASE)
_WEAK = re.compile(r"\b(?:he|him|his|she|hers?|they|theirs?|it|its)\b", re.IGNORECASE)
_N_STRONG, _N_WEAK = 14, 7
"""Words of a question that has such a word and stands for itself no more: longer ones say what they are about."""
_GOES_ON = re.compile(r"\s*(?:and|or|but|also|then|what about|how about)\b", re.IGNORECASE)
_N_GOES_ON = 5
_NAMES = re.compile(r"\d|[\"“‘«]|(?<=\s)(?!I\b)[^\W\d_a-z]")
"""A number, a quotation, or a capital letter that does not begin the question: it may name what it is about."""


def refers_back(question: str) -> bool:
    """Whether a question that is not its session's first goes on from those before it: "And Wes Anderson?", or "he",
    "them", "that film" without any name that they could stand for."""
    n_words = len(question.split())
    if n_words <= _N_GOES_ON and _GOES_ON.match(question):
        return True
    if _NAMES.search(question):
        return False
    return (n_words <= _N_STRONG and _STRONG.search(question) is not None) or (
        n_words <= _N_WEAK and _WEAK.search(question) is not None
    )
