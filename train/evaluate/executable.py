"""BFCL's executable categories run: does a predicted call give what the right call gives?

The functions come from a file of the person's (BFCL has one); they and the calls run as one program in the sandbox,
never here. Results are equal (numbers to a millionth); BFCL's other two ways are kept: `real_time_match`, numbers
within 20 %, and `structural_match`, the same type, length or keys.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agent.calls.syntax import write_call
from agent.scoring.gold import CallLike
from train.errors import DataError
from train.evaluate.programs import ProgramRunner
from train.evaluate.singles import Judged
from train.formats.bfcl_values import first_values

_COMPARE = """
import json as _json, math as _math
def _near(a, b, share):
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return _math.isclose(a, b, rel_tol=share, abs_tol=1e-9)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(_near(x, y, share) for x, y in zip(a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_near(a[k], b[k], share) for k in a)
    return a == b
def _shaped(a, b):
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys()
    return len(a) == len(b) if isinstance(a, (list, tuple)) else True
def _same(a, b, kind):
    if kind == "structural_match":
        return _shaped(a, b)
    return _near(a, b, 0.2 if kind == "real_time_match" else 1e-6)
def _ran(call):
    try:
        return True, call()
    except Exception:
        return False, None
"""


def executed(judged: Sequence[Judged], functions: str, runner: ProgramRunner) -> Mapping[str, bool]:
    """For each item whether its calls gave what the right calls give, each right call met once in any order.

    Args:
        judged: items with gold calls; those without are left out.
        functions: the source of the file that defines the functions.
        runner: the sandbox.

    Raises:
        DataError: the file of functions itself does not run.
    """
    tried = runner.run(functions)
    if not tried.ok:
        hint = "It runs in the sandbox: without a network, and with the packages of its image."
        raise DataError(f"the file of functions cannot be run: {tried.error}", hint)
    found = {}
    for one in judged:
        if one.item.gold.alternatives:
            found[one.item.id] = _executed(one, functions, runner)
    return found


def _executed(one: Judged, functions: str, runner: ProgramRunner) -> bool:
    if one.verdict.cf:
        return True  # the very same calls
    gold = one.item.gold.alternatives[0]
    calls: Sequence[CallLike] = one.answer.calls or () if one.answer is not None else ()
    if len(calls) != len(gold):
        return False
    names = one.item.gold.aliases
    originals = {plain: dotted for dotted, plain in names.items()}
    given = [write_call(originals.get(call.name, call.name), call.args) for call in calls]
    right = [write_call(originals.get(call.name, call.name), first_values(call)) for call in gold]
    kinds = [*one.item.match, *["exact_match"] * len(gold)][: len(gold)]
    program = "\n".join(
        [
            functions,
            _COMPARE,
            f"_given = [{', '.join(f'_ran(lambda: {call})' for call in given)}]",
            f"_right = [{', '.join(f'_ran(lambda: {call})' for call in right)}]",
            f"_kinds = {kinds!r}",
            "_left = list(range(len(_right)))",
            "for _ok, _value in _given:",
            "    _fits = [i for i in _left if _ok and _right[i][0] and _same(_value, _right[i][1], _kinds[i])]",
            "    _left = [i for i in _left if i not in _fits[:1]]",
            "print(_json.dumps(not _left))",
        ]
    )
    ran = runner.run(program)
    return ran.ok and ran.said.strip().endswith("true")
