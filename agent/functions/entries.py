"""What happens to an entry: its identity, merging, counting, and its form as JSON. Pure functions."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, cast, get_args

from agent.functions.base import FunctionEntry, RecordedCall, State

N_SUCCESSES_TO_CONFIRM = 3


def entry_id(source: str) -> str:
    """`fn-` and 16 hex digits of the source's syntax tree without docstrings: layout and comments do not count.

    Raises:
        ValueError: the source does not parse.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(f"the function's source does not parse: {error}") from error
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            and ast.get_docstring(node) is not None
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return "fn-" + hashlib.sha256(ast.dump(tree).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def merged(old: FunctionEntry, new: FunctionEntry) -> FunctionEntry:
    """The same function ran again: counts are added up, the newer proof and tool hashes replace the older."""
    succeeded = _with_call(old.succeeded_with, new.verifying_call)
    return _confirmed_if_earned(
        replace(
            old,
            tools=new.tools,
            calls=new.calls if new.verifying_call else old.calls,
            verifying_call=new.verifying_call or old.verifying_call,
            result_json=new.result_json if new.verifying_call else old.result_json,
            n_uses=old.n_uses + new.n_uses,
            n_successes=old.n_successes + new.n_successes,
            n_failures=old.n_failures + new.n_failures,
            succeeded_with=succeeded,
        )
    )


def begun(entry: FunctionEntry) -> FunctionEntry:
    """A new entry as it is first stored: with its id, and its verifying call as the first that went well."""
    calls = _with_call(entry.succeeded_with, entry.verifying_call)
    return replace(entry, id=entry_id(entry.source), succeeded_with=calls)


def with_outcome(entry: FunctionEntry, ok: bool, call: str) -> FunctionEntry:
    if not ok:
        return replace(entry, n_uses=entry.n_uses + 1, n_failures=entry.n_failures + 1)
    counted = replace(
        entry,
        n_uses=entry.n_uses + 1,
        n_successes=entry.n_successes + 1,
        succeeded_with=_with_call(entry.succeeded_with, call),
    )
    return _confirmed_if_earned(counted)


def confirmed(entry: FunctionEntry) -> FunctionEntry:
    return entry if entry.state == "retired" else replace(entry, state="confirmed")


def retired(entry: FunctionEntry, reason: str) -> FunctionEntry:
    return replace(entry, state="retired", retired_because=reason)


def is_offered(entry: FunctionEntry, tools: Mapping[str, str]) -> bool:
    """Neither retired nor stale: every tool that it uses is there with the very same schema."""
    return entry.state != "retired" and all(tools.get(name) == schema for name, schema in entry.tools)


def to_json(entry: FunctionEntry) -> dict[str, Any]:
    return asdict(entry)


def from_json(data: Any) -> FunctionEntry:
    """Read `to_json`'s form back; unknown keys of a later version are ignored.

    Raises:
        ValueError: a field is missing or of another type.
    """
    try:
        known = {name: data[name] for name in FunctionEntry.__dataclass_fields__ if name in data}
        known["tools"] = tuple((str(name), str(schema)) for name, schema in data["tools"])
        known["calls"] = tuple(RecordedCall(str(c["name"]), dict(c["args"]), c["value"]) for c in data["calls"])
        known["succeeded_with"] = tuple(map(str, data["succeeded_with"]))
        entry = FunctionEntry(**known)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"no function entry: {error!r}") from error
    texts = (entry.id, entry.name, entry.signature, entry.docstring, entry.source, entry.subtask, entry.created)
    counts = (entry.n_uses, entry.n_successes, entry.n_failures)
    if not all(isinstance(t, str) for t in texts) or not all(isinstance(n, int) for n in counts):
        raise ValueError("no function entry: a field has the wrong type")
    if cast("str", entry.state) not in get_args(State):
        raise ValueError(f"no function entry: state {entry.state!r}")
    return entry


def _with_call(calls: tuple[str, ...], call: str) -> tuple[str, ...]:
    """Different calls only, and no more than are ever needed."""
    if not call or call in calls or len(calls) >= N_SUCCESSES_TO_CONFIRM:
        return calls
    return (*calls, call)


def _confirmed_if_earned(entry: FunctionEntry) -> FunctionEntry:
    earned = len(entry.succeeded_with) >= N_SUCCESSES_TO_CONFIRM and entry.n_failures == 0
    return confirmed(entry) if earned else entry
