"""Events with anything in them: for tests that no event, in whatever order and whatever its text, harms a screen."""

from __future__ import annotations

import asyncio
import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal, Union

from hypothesis import strategies as st

from agent import events, file_events
from agent.calls.categories import Category
from agent.events import Answered, Event, TokenUsage
from sandbox.artifacts import TABLE_MIME

KINDS: tuple[type[Event], ...] = tuple(
    value
    for module in (events, file_events)
    for value in vars(module).values()
    if isinstance(value, type) and issubclass(value, Event) and value is not Event
)
ASKING = tuple(kind for kind in KINDS if any("Future" in str(field.type) for field in dataclasses.fields(kind)))

_SPECIALS = (
    "\x1b]52;c;T1dORUQ=\x07", "\x1b]8;;http://192.0.2.1/\x1b\\x", "[@click=app.quit]x[/]", "[bold", "\x9b2J", "\u202e",
    "# x\n\n- y", "```", "|a|b|\n|-|-|\n|1|2|", "\r", "\x1b[31", "\x00", "", "\udce4", "a\tb", "漢字", "שלום",
    "&#27;[31m", "[x](javascript:y)",
)  # fmt: skip
TEXTS = st.one_of(st.sampled_from(_SPECIALS), st.text(max_size=40), st.lists(st.sampled_from(_SPECIALS)).map("".join))
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
_NAMED: dict[str, st.SearchStrategy[Any]] = {
    "error": st.none()
    | st.fixed_dictionaries(
        {"exception": TEXTS, "message": TEXTS},
        optional={
            "frames": _JSON
            | st.lists(
                st.fixed_dictionaries(
                    {"file": st.sampled_from(["<cell>", "x.py"]), "line": st.integers(-1, 9) | TEXTS, "source": TEXTS}
                ),
                max_size=3,
            )
        },
    ),
    "died": st.none() | st.fixed_dictionaries({"cause": TEXTS, "message": TEXTS}),
    "data": st.dictionaries(
        st.sampled_from(["image/png", "image/svg+xml", "text/html", "text/plain", TABLE_MIME]), TEXTS, max_size=3
    ),
    "artifacts": st.lists(
        st.fixed_dictionaries({"path": TEXTS, "mime": st.sampled_from(["image/png", "text/html"])}),
        max_size=2,
    ).map(tuple),
    "changes": st.just(()),
    "packages": st.just(()),
    "kept_back": st.lists(st.tuples(TEXTS, TEXTS), max_size=2).map(tuple),
    "left_out": st.just(()),
    "spooled": st.none() | st.fixed_dictionaries({"path": TEXTS, "n_bytes": st.integers(0, 99)}),
    "result_json": st.none() | TEXTS | st.just('[{"a": 1}, {"a": "[b]x[/b]"}]'),
    "value_json": st.none() | TEXTS | st.just('[{"a": 1}, {"a": "[b]x[/b]"}]'),
    "stage": st.sampled_from(["plan", "implement", "answer"]) | TEXTS,
}  # fmt: skip


def any_event() -> st.SearchStrategy[Event]:
    """Any event but those that ask for a reply and the one that ends a turn."""
    return st.one_of([_built(kind) for kind in KINDS if kind not in ASKING and kind is not Answered])


def any_answer() -> st.SearchStrategy[Answered]:
    """Any end of a turn."""
    return _built(Answered)  # type: ignore[return-value]


def filled(kind: type[Event], text: str) -> Event:
    """An event of this kind with `text` wherever it has a text; one that asks gets a future of the running loop."""
    values: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        hint = typing.get_type_hints(kind, include_extras=False)[field.name]
        values[field.name] = _filled(hint, text, "" if kind is Answered else field.name)
    return kind(**values)


def _filled(hint: Any, text: str, name: str) -> Any:
    if "Future" in str(hint):
        return asyncio.get_running_loop().create_future()
    if name in ("error", "died"):
        return {
            "exception": text,
            "message": text,
            "cause": text,
            "frames": [{"file": text, "line": 1, "source": text}],
        }
    if name == "spooled":
        return {"path": text, "n_bytes": 1, "failure": text, "n_lost_bytes": 1}
    if name == "artifacts":
        return ({"path": text, "mime": text, "n_bytes": 1},)
    if name in ("candidates", "changes", "packages", "tools"):
        return ()
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        return _filled(next(arg for arg in args if arg is not type(None)), text, name)
    if origin is Literal:
        return args[0]
    if origin is tuple:
        return (_filled(args[0], text, name),) if args[-1] is Ellipsis else tuple(_filled(a, text, name) for a in args)
    if origin in (dict, Mapping):
        return {text: text}
    known = {str: text, int: 1, float: 1.0, bool: True, TokenUsage: TokenUsage(1, 1), Category: Category.ALL_RIGHT}
    return known.get(hint, text)


def _built(kind: type[Event]) -> st.SearchStrategy[Event]:
    hints = typing.get_type_hints(kind)
    return st.builds(
        kind,
        **{
            field.name: _of(hints[field.name])
            if field.name not in _NAMED or (kind is Answered and field.name == "error")
            else _NAMED[field.name]
            for field in dataclasses.fields(kind)
        },
    )


def _of(hint: Any) -> st.SearchStrategy[Any]:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        return st.one_of([_of(arg) for arg in args])
    if origin is Literal:
        return st.sampled_from(args)
    if origin is tuple:
        if args[-1] is Ellipsis:
            return st.lists(_of(args[0]), max_size=2).map(tuple)
        return st.tuples(*[_of(arg) for arg in args])
    if origin in (dict, Mapping):
        return st.dictionaries(TEXTS, _JSON, max_size=2)
    known: dict[Any, st.SearchStrategy[Any]] = {
        str: TEXTS,
        int: st.integers(-1, 10_000),
        float: st.floats(0, 1e6),
        bool: st.booleans(),
        type(None): st.none(),
        Any: _JSON,
        Category: st.sampled_from(list(Category)),
        TokenUsage: st.builds(TokenUsage, st.integers(0, 9), st.integers(0, 9), st.none() | st.floats(0, 9)),
    }
    if hint not in known and dataclasses.is_dataclass(hint):  # a part of an event
        hints = typing.get_type_hints(hint)
        return st.builds(hint, **{name: _of(kind) for name, kind in hints.items()})
    return known[hint]
