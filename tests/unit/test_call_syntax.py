"""Calls written as Python: read by `ast`, whatever stands around them, and written so that they are read back."""

from __future__ import annotations

import keyword
import string
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.calls.syntax import BadCall, Expression, parse_call, parse_calls, read_calls, write_call

NAMES = st.text(string.ascii_letters + "_", min_size=1, max_size=12).filter(
    lambda name: name not in {"None", "True", "False"}
)
FUNCTIONS = NAMES.filter(lambda name: not keyword.iskeyword(name))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("text", "name", "args", "kwargs"),
    [
        ("search()", "search", (), {}),
        ("search(q='Rome')", "search", (), {"q": "Rome"}),
        ('search(q="Rome", n=3)', "search", (), {"q": "Rome", "n": 3}),
        ("search(q='''it's''', x=-2.5)", "search", (), {"q": "it's", "x": -2.5}),
        ("search('Rome', n=3)", "search", ("Rome",), {"n": 3}),
        ("f(a=[1, {'b': (2, None)}], c=True)", "f", (), {"a": [1, {"b": (2, None)}], "c": True}),
        ("spotify.search(q=')(')", "spotify.search", (), {"q": ")("}),
        ("rate(from='EUR', to='from=1')", "rate", (), {"from": "EUR", "to": "from=1"}),
        ("f(**{'X-Key': 1}, **{'b': 2})", "f", (), {"X-Key": 1, "b": 2}),
        ("f(*[1, 2])", "f", (1, 2), {}),
        ("f(a=true)", "f", (), {"a": Expression("true")}),
        ("f(a=g(b=1))", "f", (), {"a": Expression("g(b=1)")}),
        (r"f(a='\d')", "f", (), {"a": "\\d"}),
        ("x = await f(a=1)", "f", (), {"a": 1}),
        ("Thought: I need it.\nAction: f(a=1)</s>", "f", (), {"a": 1}),
        ("The film(s) of the year (see below): f(a=1).", "f", (), {"a": 1}),
        ("Sure!\n```python\nf(a=1)\n```\nDone.", "f", (), {"a": 1}),
        ("I'll ask. It's easy:\n- `f(a='x')`", "f", (), {"a": "x"}),
        ("f(\n  a=1,  # it's one\n  b=2,\n)", "f", (), {"a": 1, "b": 2}),
    ],
)
def test_one_call(text: str, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    call = parse_call(text)
    assert (call.name, call.args, call.kwargs) == (name, args, kwargs)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "no call in it"),
        ("The film(s) are good.", "no call in it"),
        ("f(", "never closed"),
        ("f(a=[1)", "does not match"),
        ("f(q='it's')", "string is never closed"),
        ("f(q=“Rome”)", "invalid character"),
        ("f(a=1, a=2)", "repeated: a"),
        ("f(a=1, 2)", "positional argument follows"),
        ("f(**g)", "no dictionary"),
        ("f(*3)", "no list"),
        ("f(a=)", "invalid syntax: f\\(a=\\)|expected argument value"),
        ("f(a=1); g(b=2)", "2 calls"),
        ("x" * 200_000, "more than"),
        ("def f(a): ...", "no call in it"),
    ],
)
def test_no_call_says_why(text: str, what: str) -> None:
    with pytest.raises(BadCall, match=what):
        parse_call(text)


@pytest.mark.parametrize(
    "text", ["f(a=1)\ng(b=2)", "[f(a=1), g(b=2)]", "f(a=1); g(b=2)", "First f(a=1), then g(b=2).", "f(a=1) and\ng(b=2)"]
)
def test_several_calls(text: str) -> None:
    assert [(call.name, dict(call.kwargs)) for call in parse_calls(text)] == [("f", {"a": 1}), ("g", {"b": 2})]


def test_a_broken_call_beside_a_good_one_is_told() -> None:
    read = read_calls("f(a=1)\nthen\ng(b=")
    assert [call.name for call in read.calls] == ["f"]
    assert [problem.what for problem in read.problems] == ["'(' was never closed"]
    assert read.problems[0].offset == 12


@pytest.mark.parametrize(
    "text", ["é = 'ü'\r\nhm f(a='ß') !", "  éé(a='ü');\tf(a='ß')  ", "```\nf(a='ß')\n```", "\n\nf(a='ß')"]
)
def test_the_place_is_in_characters(text: str) -> None:
    call = parse_calls(text)[-1]
    assert text[call.start : call.end] == "f(a='ß')"


def test_positional_arguments_take_the_parameters_names() -> None:
    call = parse_call("f(1, 2, c=3)")
    assert call.bound(["a", "b", "c"]) == {"a": 1, "b": 2, "c": 3}
    with pytest.raises(BadCall, match=r"f\(\) takes 1 positional arguments but 2 were given"):
        call.bound(["a"])
    with pytest.raises(BadCall, match="multiple values for argument 'c'"):
        call.bound(["a", "c"])


def test_an_expression_equals_no_literal() -> None:
    assert Expression("x") == Expression("x")
    assert Expression("x") != "x"


@given(FUNCTIONS, st.dictionaries(NAMES | st.text(max_size=5), VALUES, max_size=4))
def test_what_is_written_is_read_back(name: str, args: dict[str, Any]) -> None:
    args = {unicodedata.normalize("NFKC", key): value for key, value in args.items()}  # as Python does with identifiers
    call = parse_call(write_call(name, args))
    assert (call.name, call.kwargs) == (name, args)


@given(st.text(alphabet="fg(),='\"[]{}*ab1 \n\\#:`.é“\x00\r", max_size=80) | st.text())
def test_no_text_makes_it_raise(text: str) -> None:
    for call in read_calls(text).calls:
        assert text[call.start : call.end].startswith(call.name.split(".", maxsplit=1)[0][:1]) or not text.isascii()


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("text", "n_calls"),
    [("f(" * 40_000, 0), ("f(a='" * 20_000, 0), ("f(a=1) " * 12_000, 256), ("(" * 90_000, 0), ("a." * 40_000 + "(", 0)],
)
def test_long_nonsense_ends(text: str, n_calls: int) -> None:
    assert len(read_calls(text).calls) == n_calls
