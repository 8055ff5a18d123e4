"""TS, PI and CF: tool selection, parameter identification, content filling, nested as in RoTBench (PAPERS 2.4).

TS: the tool's name equals an acceptable answer's. PI: TS, and so does the set of parameter names. CF: PI, and so do the
values. A prediction without a readable call fails all three, as a format error. Where an answer is several calls, they
are paired in any order and all must fit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent.scoring.gold import Alternative, CallLike, GivenCall, Gold, GoldCall
from agent.scoring.same import same_value

Same = Callable[[Any, Any], bool]
"""(given, gold) -> whether the value is right. BFCL compares more loosely than RoTBench."""
_Fits = Callable[[CallLike, GoldCall], bool]


@dataclass(frozen=True)
class Verdict:
    """Of one prediction; `cf` implies `pi` implies `ts`."""

    ts: bool = False
    pi: bool = False
    cf: bool = False


ALL_RIGHT = Verdict(ts=True, pi=True, cf=True)
ALL_WRONG = Verdict()


@dataclass(frozen=True)
class SingleScore:
    """Percentages over `n` predictions, to two decimals; every prediction counts, also one that could not be read."""

    n: int
    ts: float
    pi: float
    cf: float

    def json(self) -> dict[str, float]:
        return {"n": self.n, "ts": self.ts, "pi": self.pi, "cf": self.cf}


def judge(calls: Sequence[CallLike] | None, gold: Gold, same: Same = same_value) -> Verdict:
    """One prediction against all its right answers.

    Args:
        calls: what was predicted; empty for an answer in words, None for what could not be read.
        gold: the right answers; any of them may be met.
        same: how values are compared.
    """
    if calls is None:
        return ALL_WRONG
    if gold.wants_no_call:
        return ALL_WRONG if calls else ALL_RIGHT
    if not calls:
        return ALL_WRONG
    read = [renamed(call, gold) for call in (calls[:1] if gold.first_only else calls)]
    return Verdict(
        ts=any(_paired(read, right, same_name) for right in gold.alternatives),
        pi=any(_paired(read, right, same_parameters) for right in gold.alternatives),
        cf=any(_paired(read, right, lambda c, g: same_call(c, g, same)) for right in gold.alternatives),
    )


def score(verdicts: Iterable[Verdict]) -> SingleScore:
    """The table's row. No verdict at all scores 0 of 0."""
    listed = list(verdicts)
    n = len(listed)
    shares = (sum(v.ts for v in listed), sum(v.pi for v in listed), sum(v.cf for v in listed))
    ts, pi, cf = (round(100 * k / n, 2) if n else 0.0 for k in shares)
    return SingleScore(n, ts, pi, cf)


def same_name(call: CallLike, gold: GoldCall) -> bool:
    return call.name == gold.name


def same_parameters(call: CallLike, gold: GoldCall) -> bool:
    """The name fits and the parameters are the gold's, those that may be absent or not."""
    given, wanted = set(call.args), set(gold.values)
    return same_name(call, gold) and given <= wanted and wanted - gold.optional <= given


def same_call(call: CallLike, gold: GoldCall, same: Same = same_value) -> bool:
    """Parameters fit, and each value is one of those that are right."""
    return same_parameters(call, gold) and all(
        key in gold.any_value or any(same(value, right) for right in gold.values[key])
        for key, value in call.args.items()
    )


def renamed(call: CallLike, gold: Gold) -> CallLike:
    """The call under the name that it stands for, where the right answer is that tool."""
    meant = gold.aliases.get(call.name)
    names = {right.name for alternative in gold.alternatives for right in alternative}
    if meant is None or meant not in names or call.name in names:
        return call
    return GivenCall(meant, call.args)


def _paired(calls: Sequence[CallLike], right: Alternative, fits: _Fits) -> bool:
    """Whether each call can be given a gold call of its own, with none left over (bipartite matching)."""
    if len(calls) != len(right):
        return False
    taken: dict[int, int] = {}

    def place(at: int, seen: set[int]) -> bool:
        for i, gold in enumerate(right):
            if i not in seen and fits(calls[at], gold):
                seen.add(i)
                if i not in taken or place(taken[i], seen):
                    taken[i] = at
                    return True
        return False

    return all(place(at, set()) for at in range(len(calls)))


def bound_by_position(call: CallLike, parameters: Sequence[str]) -> CallLike:
    """The call with `arg0`, `arg1` (what a parser gives that has not seen the tools) named as the tool's parameters."""
    names: Mapping[str, str] = {f"arg{i}": name for i, name in enumerate(parameters)}
    if not any(key in names and key not in parameters for key in call.args):
        return call
    args = {names.get(key, key) if key not in parameters else key: value for key, value in call.args.items()}
    return GivenCall(call.name, args) if len(args) == len(call.args) else call
