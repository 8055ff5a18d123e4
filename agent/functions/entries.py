"""What happens to an entry: its identity, merging, counting, and its form as JSON. Pure functions."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any, Protocol, cast, get_args

from agent.functions.base import FunctionEntry, RecordedCall, State, Summary
from agent.functions.phrases import N_PHRASES, Phrase, phrase_of

N_SUCCESSES_TO_CONFIRM = 3
N_FAILURES_TO_QUARANTINE = 3


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
    succeeded = _with_call(old, new.verifying_call)
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
            asked=with_phrases(old.asked, new.asked),
            used=new.created or old.used,
            verified=new.verified if new.verifying_call else old.verified,
            seal=new.seal if new.verifying_call else old.seal,
        )
    )


def begun(entry: FunctionEntry) -> FunctionEntry:
    """A new entry as it is first stored: with its id, and its verifying call as the first that went well."""
    calls = _with_call(entry, entry.verifying_call)
    return replace(entry, id=entry_id(entry.source), succeeded_with=calls)


def with_phrases(old: Iterable[Phrase], new: Iterable[Phrase]) -> tuple[Phrase, ...]:
    """Both without repetitions, the newest last and at most `N_PHRASES`."""
    return tuple(dict.fromkeys([*old, *new][::-1]))[:N_PHRASES][::-1]


def with_outcome(
    entry: FunctionEntry, ok: bool, call: str = "", question: str = "", *, alone: bool = False
) -> FunctionEntry:
    """One more use. `call` is the expression that was run; a third different one that went well confirms the entry.

    Where that call answered `question`, its words are kept (`alone`: see `phrases.phrase_of`).
    """
    used = replace(entry, n_uses=entry.n_uses + 1, used=now())
    if not ok:
        failed = replace(used, n_failures=used.n_failures + 1)
        too_often = failed.n_failures >= N_FAILURES_TO_QUARANTINE and failed.n_failures * 2 > failed.n_uses
        return quarantined(failed, f"it failed {failed.n_failures} of {failed.n_uses} times") if too_often else failed
    phrase = phrase_of(question, _with_keywords(entry, call), alone=alone) if question and call else None
    return _confirmed_if_earned(
        replace(
            used,
            n_successes=used.n_successes + 1,
            succeeded_with=_with_call(used, call),
            asked=with_phrases(used.asked, [phrase] if phrase else ()),
        )
    )


def with_question(entry: FunctionEntry, call: str, question: str, *, alone: bool) -> FunctionEntry:
    """A new entry whose `call` answered `question`, with the words of it."""
    phrase = phrase_of(question, _with_keywords(entry, call), alone=alone)
    return replace(entry, asked=(phrase,)) if phrase else entry


def confirmed(entry: FunctionEntry) -> FunctionEntry:
    """A person said that the answer was right."""
    return entry if entry.state in ("retired", "quarantined") else replace(entry, state="confirmed")


def retired(entry: FunctionEntry, why: str) -> FunctionEntry:
    return replace(entry, state="retired", why=why)


def quarantined(entry: FunctionEntry, why: str) -> FunctionEntry:
    """Not proposed until it is verified again; it has to earn its confirmation anew."""
    return (
        entry if entry.state == "retired" else replace(entry, state="quarantined", why=why, succeeded_with=(), asked=())
    )


def verified(entry: FunctionEntry, tools: Mapping[str, str]) -> FunctionEntry:
    """It passed its test in a clean kernel with `tools` (name to schema hash); out of quarantine it starts afresh."""
    current = replace(
        entry,
        verified=now(),
        seal=seal_of(entry),
        tools=tuple((name, tools.get(name, schema)) for name, schema in entry.tools),
    )
    return replace(current, state="unconfirmed", why="", n_failures=0) if entry.state == "quarantined" else current


def seal_of(entry: FunctionEntry) -> str:
    """Sixteen hex digits over all that a verification depends on but the tools."""
    calls = [[call.name, dict(call.args), call.value] for call in entry.calls]
    text = json.dumps([entry.source, entry.verifying_call, entry.result_json, calls], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def is_sealed(entry: FunctionEntry) -> bool:
    """What stands there now is what was verified."""
    return entry.seal != "" and entry.seal == seal_of(entry)


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Stateful(Protocol):
    """An entry, or what a repository says of one without reading it."""

    @property
    def state(self) -> str: ...

    @property
    def tools(self) -> tuple[tuple[str, str], ...]: ...


def summary_of(entry: FunctionEntry) -> Summary:
    return Summary(**{name: getattr(entry, name) for name in Summary.__dataclass_fields__})


def is_described(entry: Summary, signature: str, docstring: str) -> bool:
    return (entry.signature, entry.docstring) == (signature, docstring)


def subtask_mark(subtask: str) -> str:
    """Sixteen hex digits: another text has another vector."""
    return hashlib.sha256(subtask.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def is_offered(entry: Stateful, tools: Mapping[str, str] | None) -> bool:
    """In use, and every tool that it uses is there with the very same schema (None: whatever its tools are)."""
    return entry.state in ("unconfirmed", "confirmed") and (tools is None or not is_stale(entry, tools))


def is_bindable(entry: Stateful, tools: Mapping[str, str]) -> bool:
    """Confirmed, and offered with these tools: it may be bound and run without a new plan."""
    return entry.state == "confirmed" and is_offered(entry, tools)


def is_stale(entry: Stateful, tools: Mapping[str, str]) -> bool:
    """A tool that it uses is gone or has another schema than when it was verified."""
    return any(tools.get(name) != schema for name, schema in entry.tools)


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
        known["asked"] = tuple((str(question), str(call)) for question, call in data.get("asked", ()))
        entry = FunctionEntry(**known)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"no function entry: {error!r}") from error
    names = "id name signature docstring source subtask created why verified seal used replaces origin verifying_call"
    texts = [getattr(entry, name) for name in names.split()]
    counts = (entry.n_uses, entry.n_successes, entry.n_failures, entry.version)
    if not all(isinstance(t, str) for t in texts) or not all(isinstance(n, int) for n in counts):
        raise ValueError("no function entry: a field has the wrong type")
    if cast("str", entry.state) not in get_args(State):
        raise ValueError(f"no function entry: state {entry.state!r}")
    return entry


def _with_call(entry: FunctionEntry, call: str) -> tuple[str, ...]:
    """Different calls only, and no more than are ever needed."""
    calls, call = entry.succeeded_with, _with_keywords(entry, call)
    if not call or call in calls or len(calls) >= N_SUCCESSES_TO_CONFIRM:
        return calls
    return (*calls, call)


def _with_keywords(entry: FunctionEntry, call: str) -> str:
    """`f('Ada', n=2)` as `f(name='Ada', n=2)`: the same arguments are the same call, however they are passed."""
    try:
        node = ast.parse(call, mode="eval").body
        head = ast.parse(f"def {entry.signature}: ...").body[0]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return call
    if not isinstance(node, ast.Call) or not isinstance(head, ast.FunctionDef) or head.args.posonlyargs:
        return call
    names = [argument.arg for argument in head.args.args]
    if len(node.args) > len(names) or any(isinstance(value, ast.Starred) for value in node.args):
        return call
    named = [ast.keyword(name, value) for name, value in zip(names, node.args, strict=False)]
    order = [*names, *(argument.arg for argument in head.args.kwonlyargs)]
    keywords = sorted([*named, *node.keywords], key=lambda k: order.index(k.arg) if k.arg in order else len(order))
    return ast.unparse(ast.Call(node.func, [], keywords))


def _confirmed_if_earned(entry: FunctionEntry) -> FunctionEntry:
    earned = len(entry.succeeded_with) >= N_SUCCESSES_TO_CONFIRM and entry.n_failures == 0
    return confirmed(entry) if earned else entry
