"""The calls that a program makes, read from its text: for comparing a stage's completion with the one that was right.

Static: a call in a loop counts once, and an argument that is no literal may be anything. What really happened stands in
the broker's record; the reward of a program uses that.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Collection, Mapping, Sequence

from agent.prompts.base import Malformed
from agent.prompts.reading import first_block
from agent.scoring.gold import CallLike, GivenCall, Gold, GoldCall
from agent.scoring.single import bound_by_position, same_call


def code_of(completion: str) -> str:
    """The first fenced block as the agent reads it, else the whole text."""
    try:
        return first_block(completion)
    except Malformed:
        return completion


def program_calls(completion: str, tools: Collection[str]) -> tuple[GivenCall, ...] | None:
    """Calls of these tools in the order of the text; None where the program does not parse.

    Positional arguments are named `arg0`, `arg1`; what is no literal is missing from no set of names, and its value is
    the argument's source.
    """
    tree = _parsed(code_of(completion))
    return None if tree is None else tuple(GivenCall(name, args) for name, args, _ in _calls(tree, frozenset(tools)))


def program_gold(completion: str, tools: Collection[str]) -> Gold | None:
    """The right calls of a program that was right; None where it does not parse."""
    tree = _parsed(code_of(completion))
    if tree is None:
        return None
    found = _calls(tree, frozenset(tools))
    calls = tuple(GoldCall.of(name, args, any_value=free) for name, args, free in found)
    return Gold((calls,) if calls else ())


def fits_record(completion: str, recorded: Sequence[CallLike], parameters: Mapping[str, Sequence[str]]) -> bool:
    """Whether a program could have made the recorded calls, and no others.

    It parses; each of its calls has the parameters and the literal values of a recorded one; and each tool that was
    called is called somewhere in it. Loops and values that are computed may be anything.

    Args:
        completion: the program, in a fence or not.
        recorded: the broker's record of a program that was right.
        parameters: the parameters of each tool, in order.
    """
    tree = _parsed(code_of(completion))
    if tree is None:
        return False
    written = _calls(tree, frozenset(parameters))
    for name, args, free in written:
        bound = bound_by_position(GivenCall(name, args), parameters[name])
        renamed = dict(zip(args, bound.args, strict=True))
        pattern = GoldCall.of(name, bound.args, any_value=frozenset(renamed[key] for key in free))
        if not any(same_call(call, pattern) for call in recorded):
            return False
    return {call.name for call in recorded} <= {name for name, _, _ in written}


def _parsed(code: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return tree if tree.body else None


def _calls(tree: ast.Module, tools: frozenset[str]) -> list[tuple[str, dict[str, object], frozenset[str]]]:
    nodes = [
        n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id in tools
    ]
    found = []
    for node in sorted(nodes, key=lambda n: (n.lineno, n.col_offset)):
        args: dict[str, object] = {}
        free = set()
        given = [*((f"arg{i}", a) for i, a in enumerate(node.args)), *((k.arg or "**", k.value) for k in node.keywords)]
        for key, value in given:
            try:
                args[key] = ast.literal_eval(value)
            except (ValueError, TypeError, RecursionError, MemoryError):
                args[key] = ast.unparse(value)
                free.add(key)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        found.append((name, args, frozenset(free)))
    return found
