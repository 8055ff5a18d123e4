"""What was wrong, as TL-Training's Table 1 splits it: the tool, the parameters, the contents.

- Tool (TS failed): *First*, the first token of the name already differs; *Prefix*, the names share a beginning.
- Parameter (TS held, PI failed): *Redundancy*, a declared parameter that the gold has not; *Missing*; *Hallucination*,
  a parameter that the tool does not declare. A call may show several, so their shares add up to more than 100.
- Content (PI held, CF failed): *Synonyms*, a value that says the same in other words; *Others*. Again each may apply.

Beside the paper's: *Format*, nothing could be read or nothing was called; *Count*, each call is right, but there are
too few or too many.

[inferred] The paper says neither which tokens it means nor who judged synonyms. Here a token is a tokenizer's where one
is given, else a word of the name (`get`, `Papers`); two values are synonyms where they agree after folding case,
punctuation and number formats, where one holds the other's words, or where a `similar` that is given says so. Of
several acceptable answers the nearest one is compared with.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent.scoring.gold import CallLike, Gold, GoldCall
from agent.scoring.same import same_value
from agent.scoring.single import Same, judge, renamed, same_call, same_name, same_parameters

ASPECTS: Mapping[str, tuple[str, ...]] = {
    "Tool": ("First", "Prefix"),
    "Parameter": ("Redundancy", "Missing", "Hallucination"),
    "Content": ("Synonyms", "Others"),
}
FirstToken = Callable[[str], str]
Similar = Callable[[str, str], bool]

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+|_+|\W+")
_LOOSE = re.compile(r"[^\w.]+")


@dataclass(frozen=True)
class Error:
    """One prediction's failure: the aspect, and its kinds where the aspect has any."""

    aspect: str
    kinds: frozenset[str]


def error_of(
    calls: Sequence[CallLike] | None,
    gold: Gold,
    declared: Mapping[str, frozenset[str]],
    *,
    first_token: FirstToken | None = None,
    similar: Similar | None = None,
    same: Same = same_value,
) -> Error | None:
    """Why a prediction is wrong, by its first call that is; None where it is right.

    Args:
        calls: what was predicted.
        gold: its right answers.
        declared: the tools of the item and their parameters' names.
        first_token: the first token of a name.
        similar: whether two texts mean the same.
        same: how values are compared.
    """
    golds = [right for alternative in gold.alternatives for right in alternative]
    if judge(calls, gold, same).cf:
        return None
    if not calls or not golds:
        return Error("Format", frozenset())
    read = [renamed(call, gold) for call in (calls[:1] if gold.first_only else calls)]
    wrong = [call for call in read if not any(same_call(call, right, same) for right in golds)]
    if not wrong:
        return Error("Count", frozenset())
    call = wrong[0]
    right = max(golds, key=lambda candidate: _nearness(call, candidate, same))
    if not same_name(call, right):
        return Error("Tool", frozenset({_name_error(call.name, golds, first_token or first_word)}))
    if not same_parameters(call, right):
        return Error("Parameter", frozenset(_parameter_errors(call, right, declared.get(call.name, frozenset()))))
    return Error("Content", frozenset(_content_errors(call, right, same, similar or (lambda a, b: False))))


def shares(errors: Iterable[Error | None]) -> dict[str, dict[str, float]]:
    """For each aspect its `n` and, of those, the share of each kind in percent (two decimals)."""
    n: Counter[str] = Counter()
    kinds: Counter[tuple[str, str]] = Counter()
    for error in errors:
        if error is not None:
            n[error.aspect] += 1
            kinds.update((error.aspect, kind) for kind in error.kinds)
    table: dict[str, dict[str, float]] = {aspect: {"n": n[aspect]} for aspect in ("Format", "Count")}
    for aspect, names in ASPECTS.items():
        of = max(n[aspect], 1)
        table[aspect] = {"n": n[aspect], **{kind: round(100 * kinds[aspect, kind] / of, 2) for kind in names}}
    return table


def first_word(name: str) -> str:
    """The first word of `get_papers`, `getPapers` or `HTTPGet`: what stands for a token without a tokenizer."""
    found = _WORD.match(name)
    return found[0] if found else name


def is_synonym(given: Any, gold: Any) -> bool:
    """Whether two values say the same but for their form."""
    if isinstance(given, list | tuple) and isinstance(gold, list | tuple):
        return sorted(map(folded, given)) == sorted(map(folded, gold))
    a, b = folded(given), folded(gold)
    if a == b:
        return True
    words, others = set(a.split()), set(b.split())
    return bool(words and others) and (words <= others or others <= words)


def folded(value: Any) -> str:
    """Case, punctuation and the forms of numbers taken away: `"1,000.0"` and 1000 become one."""
    text = " ".join(_LOOSE.sub(" ", str(value).casefold().replace("_", " ")).split())
    number = str(value).replace(",", "").strip()
    try:
        return repr(float(number)) if number.lower() not in ("nan", "inf", "-inf", "infinity") else text
    except ValueError:
        return text


def _nearness(call: CallLike, gold: GoldCall, same: Same) -> tuple[bool, int, int]:
    """For choosing among answers: the name first, then parameters that differ, then values that agree."""
    n_values = sum(key in gold.values and any(same(v, r) for r in gold.values[key]) for key, v in call.args.items())
    return same_name(call, gold), -len(set(call.args) ^ (set(gold.values) - gold.optional)), n_values


def _name_error(name: str, golds: Sequence[GoldCall], first_token: FirstToken) -> str:
    return "Prefix" if any(first_token(name) == first_token(right.name) for right in golds) else "First"


def _parameter_errors(call: CallLike, gold: GoldCall, declared: frozenset[str]) -> Iterable[str]:
    beyond = set(call.args) - set(gold.values)
    if beyond & declared:
        yield "Redundancy"
    if beyond - declared:
        yield "Hallucination"
    if set(gold.values) - gold.optional - set(call.args):
        yield "Missing"


def _content_errors(call: CallLike, gold: GoldCall, same: Same, similar: Similar) -> Iterable[str]:
    for key, value in call.args.items():
        rights = gold.values[key]
        if key in gold.any_value or any(same(value, right) for right in rights):
            continue
        close = any(is_synonym(value, right) or similar(str(value), str(right)) for right in rights)
        yield "Synonyms" if close else "Others"
