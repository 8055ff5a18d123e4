"""Reading completions: what is accepted, and what goes back to the model with which words."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.prompts.base import Malformed, Recalled, Routed
from agent.prompts.reading import (
    check_plan,
    check_program,
    check_pseudocode,
    check_scaffold,
    first_block,
    read_recall,
    read_route,
)

SCAFFOLD = 'def count(name: str) -> int:\n    """Count."""\n    ...\n\ncount("X")'


def test_the_first_of_several_blocks_counts() -> None:
    assert first_block("Sure!\n```python\na = 1\n```\nor\n```python\nb = 2\n```") == "a = 1"


@pytest.mark.parametrize("fence", ["```python", "```py", "```Python", "```", "``` python"])
def test_fences_in_their_usual_spellings(fence: str) -> None:
    assert first_block(f"{fence}\nf(1)\n```") == "f(1)"


def test_bare_code_is_accepted_prose_is_not() -> None:
    assert first_block("f(1)") == "f(1)"
    for prose in ("", "I cannot do that.", "yes", "42"):
        with pytest.raises(Malformed):
            first_block(prose)


def test_a_block_that_was_cut_off_is_said_to_be_so() -> None:
    with pytest.raises(Malformed, match="cut off"):
        first_block("```python\ndef f(")


@given(st.text())
def test_any_text_gives_source_or_malformed(text: str) -> None:
    with contextlib.suppress(Malformed):
        assert first_block(text)


def test_scaffold_needs_one_function_and_its_call_last() -> None:
    assert check_scaffold(SCAFFOLD) == SCAFFOLD
    for bad in ("count('X')", "def f(): ...", "def f(): ...\ndef g(): ...\nf()", "def f(): ...\ng()", "def f(:"):
        with pytest.raises(Malformed):
            check_scaffold(bad)


def test_plan_needs_steps() -> None:
    with pytest.raises(Malformed, match="Step 1"):
        check_plan(SCAFFOLD)
    assert check_plan(SCAFFOLD.replace("...", "# Step 1. look", 1))


def test_pseudocode_keeps_function_and_call() -> None:
    with pytest.raises(Malformed):
        check_pseudocode("x = 1")
    with pytest.raises(Malformed):
        check_pseudocode("def f():\n    return 1")


def test_a_program_with_a_syntax_error_is_run_and_repaired_not_refused() -> None:
    assert check_program("def (") == "def ("


def test_route() -> None:
    assert read_route(" CODE.\n") == Routed("code")
    assert read_route("```python\nx\n```") == Routed("code")
    assert read_route("Hello there.") == Routed("direct", "Hello there.")
    with pytest.raises(Malformed):
        read_route("  ")


def test_recall_takes_one_call_of_a_known_function_with_literals() -> None:
    names = ["count_films"]
    assert read_recall("NONE", names) == Recalled(None)
    assert read_recall("```python\ncount_films('A', year=-1)\n```", names) == Recalled("count_films('A', year=-1)")
    for bad in (
        "```python\nother('A')\n```",
        "```python\ncount_films(open('x'))\n```",
        "```python\nx = count_films('A')\n```",
        "```python\ncount_films('A')\ncount_films('B')\n```",
        "```python\ncount_films(\n```",
        "it fits",
    ):
        with pytest.raises(Malformed):
            read_recall(bad, names)


@pytest.mark.parametrize("reply", ["CODE", "**CODE**", "code.", "CODE\n\nIt needs a tool.", "CODE: it needs a tool"])
def test_a_route_may_give_its_reason(reply: str) -> None:
    assert read_route(reply) == Routed("code")


def test_a_route_that_only_says_yes_goes_back() -> None:
    with pytest.raises(Malformed, match="CODE"):
        read_route("Yes.")
    assert read_route("CODE is a word in the instructions.").kind == "direct"
    assert read_route("Yes, I can.").kind == "direct"


@pytest.mark.parametrize("reply", ["none.", "NONE. Nothing fits.", "NONE\nThey count films.", "```python\nNONE\n```"])
def test_declining_may_give_its_reason(reply: str) -> None:
    assert read_recall(reply, ["f"]) == Recalled(None)


def test_a_call_wins_over_a_word_before_it() -> None:
    assert read_recall("NONE of them lists, but this counts:\n```python\nf(1)\n```", ["f"]) == Recalled("f(1)")


@pytest.mark.parametrize(
    ("source", "words"),
    [("def f(:\n", "It is no valid Python: invalid syntax (line 1)"), ("x\0", "It is no valid Python: source code")],
)
def test_what_is_no_python_is_said_once(source: str, words: str) -> None:
    with pytest.raises(Malformed) as caught:
        check_scaffold(source)
    assert str(caught.value).startswith(words) and "<unknown>" not in str(caught.value)
