"""MAE: the seven categories from feedback, and the masks that follow."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.calls.categories import Category
from tests.perf.mae_report import erroneous, labelled, scores
from train.mae.classify import classify
from train.mae.exceptions import of_exception
from train.mae.mask import classified, masked
from train.rows import Call, Called, CallsRow, Said

RIGHT, UNSTABLE, FAILURE = Category.ALL_RIGHT, Category.TOOL_INSTABILITY, Category.TOOL_CALL_FAILURE
NO_TOOL, EXTRA, MISSING = Category.TOOL_HALLUCINATION, Category.PARAMETER_HALLUCINATION, Category.PARAMETER_MISSING
OTHERS = Category.OTHERS

EXAMPLES = Path(__file__).parents[1] / "data" / "feedback_examples.jsonl"
"""Made by who made the classifier, while making it: they keep what works, and measure nothing."""
PAPER = [
    ("name 'google_search' is not defined", NO_TOOL),
    ("cannot import name 'search' from 'tools'", NO_TOOL),
    ("f() got an unexpected keyword argument 'sortBy'", EXTRA),
    ("f() missing 1 required positional argument: 'aqi'", MISSING),
    ('{"error": "Response error."}', FAILURE),
    ("'<=' not supported between instances of 'str' and 'int'", FAILURE),
    ("Object of type bytes is not JSON serializable", FAILURE),
    ("HTTPSConnectionPool(host='x', port=443): Max retries exceeded with url: /v1", UNSTABLE),
    ("Max retries exceeded with url: /v1", UNSTABLE),
    ("404 Client Error: Not Found for url: https://api.example/x", UNSTABLE),
    ("500 Server Error: Internal Server Error for url: https://api.example/x", UNSTABLE),
    ("The read operation timed out", UNSTABLE),
    ("Rate limit exceeded", UNSTABLE),
    ("Invalid API call", UNSTABLE),
    ('{"error": "scan not found"}', OTHERS),
]
TRAPS = [
    ('[{"id": 4, "title": "Terror Train"}]', RIGHT),
    ("Terror Train", RIGHT),
    ('{"items": [1, 2], "error_count": 0}', RIGHT),
    ('{"errors": [], "data": {"id": 1}}', RIGHT),
    ('{"error": null, "temperature": 21}', RIGHT),
    ('{"title": "404", "artist": "KiiiKiii"}', RIGHT),
    ('{"job": "build", "status": "failed", "minutes": 3}', RIGHT),
    ("2024-01-01 12:00 ERROR refused\n2024-01-01 12:01 INFO up", RIGHT),
    ("Can't Find My Way Home", RIGHT),
    ("TypeError is raised when an operation meets the wrong type.", RIGHT),
    ("<html><head><title>Terror Train (1980)</title></head><body>error 404</body></html>", RIGHT),
    ("<html><head><title>502 Bad Gateway</title></head></html>", UNSTABLE),
    ("<?xml version='1.0'?><response status='fail'><message>no such stop</message></response>", OTHERS),
    ('{"error": "", "response": "{\'temp\': 3}"}', RIGHT),
    ('{"error": "", "response": "{\'error\': \'scan not found\'}"}', OTHERS),
    ('"{\\"error\\": \\"scan not found\\"}"', OTHERS),
    ('{"content": [{"type": "text", "text": "Unknown tool: x"}], "isError": true}', NO_TOOL),
    ('{"content": [{"type": "text", "text": "an error in the text"}], "isError": false}', RIGHT),
    ('{"detail": [{"loc": ["query", "x"], "msg": "field required", "type": "missing"}]}', MISSING),
    ("", RIGHT),
    ("[]", RIGHT),
    ("null", RIGHT),
]


@pytest.mark.parametrize(("feedback", "category"), [*PAPER, *TRAPS])
def test_feedback_has_the_category_of_the_papers_table(feedback: str, category: Category) -> None:
    assert classify(feedback) is category


def test_texts_that_were_told_right_stay_so() -> None:
    rows = labelled(EXAMPLES)
    wrong = [(row.feedback, classify(row.feedback)) for row in rows if classify(row.feedback) is not row.category]
    assert len(rows) > 1000 and not wrong


def traceback(*frames: str, last: str) -> str:
    return "\n".join(["Traceback (most recent call last):", *frames, last])


CELL = '  File "<cell>", line 3, in <module>\n    weather(town="Rome")'
TOOL = '  File "/srv/tools/weather.py", line 30, in weather\n    return client.get(url, tmo=3)'


@pytest.mark.parametrize(
    ("text", "category"),
    [
        (traceback(CELL, last="TypeError: weather() got an unexpected keyword argument 'town'"), EXTRA),
        (traceback(CELL, TOOL, last="TypeError: get() got an unexpected keyword argument 'tmo'"), FAILURE),
        (traceback(CELL, last="NameError: name 'wether' is not defined"), NO_TOOL),
        (traceback(CELL, TOOL, last="NameError: name 'url' is not defined"), FAILURE),
        (traceback(CELL, TOOL, last="requests.exceptions.ReadTimeout: HTTPSConnectionPool(...)"), UNSTABLE),
        (
            traceback(CELL, last="KeyError: 'a'")
            + "\n\nDuring handling of the above exception, another exception occurred:\n\n"
            + traceback(CELL, last="ConnectionError: refused"),
            UNSTABLE,
        ),
        ("some output\n" + traceback(CELL, last="ZeroDivisionError: division by zero"), FAILURE),
        ("This is the log that you asked for:\n" + traceback(CELL, last="KeyError: 'a'"), RIGHT),
    ],
)
def test_a_traceback_counts_by_its_last_exception_and_by_whose_code_raised_it(text: str, category: Category) -> None:
    assert classify(text) is category


def test_a_bind_failure_is_about_the_call_only_where_it_names_the_called_tool() -> None:
    text = "helper() missing 1 required positional argument: 'x'"
    assert classify(text) is MISSING
    assert classify(text, "helper") is MISSING
    assert classify(text, "get_weather") is FAILURE


def test_the_exceptions_name_decides_before_its_words() -> None:
    assert of_exception("ConnectionResetError", "scan not found") is UNSTABLE
    assert of_exception("ToolReported", "rate limit exceeded") is OTHERS
    assert of_exception("PermissionError", "the person said no") is OTHERS
    assert of_exception("PermissionError", "[Errno 13] Permission denied: 'x'") is FAILURE
    assert of_exception("KeyError", "'results'") is FAILURE


def test_the_classifier_stays_as_good_as_it_was_on_labels_of_somebody_else() -> None:
    rows = labelled()
    assert len(rows) >= 300
    report = [row for row in rows if row.half == "report"]
    right = sum(score.n_right for score in scores(report).values())
    assert right / len(report) >= 0.91
    masks = erroneous(report)
    assert masks.precision >= 0.97 and masks.recall >= 0.95


@settings(max_examples=60, deadline=None)
@given(st.text())
def test_any_text_has_a_category(text: str) -> None:
    assert isinstance(classify(text), Category)


def test_hostile_text_costs_no_more_than_its_length() -> None:
    begun = time.process_time()
    for text in (
        "Error: " + "a " * 50_000,
        "[" * 50_000,
        "x" * 200_000,
        "<" * 50_000,
        "missing " * 10_000,
        '{"error": "' + "a" * 99_000,
    ):
        classify(text)
    assert time.process_time() - begun < 10  # quadratic patterns took minutes


def row(*turns: Said | Called) -> CallsRow:
    return CallsRow("1", "", (), turns)


def test_erroneous_calls_are_masked_and_stay() -> None:
    wrong, right = Call("f", {"x": 1}), Call("g", {})
    trajectory = row(
        Said("user", "q"),
        Called((wrong,), thought="try f"),
        Said("tool", "f() got an unexpected keyword argument 'x'", name="f"),
        Called((wrong, right)),
        Said("tool", '{"error": "scan not found"}'),
        Said("tool", '{"id": 1}'),
        Said("assistant", "done"),
    )
    found = masked(classified(trajectory))
    assert len(found.turns) == len(trajectory.turns)
    first, both = [turn for turn in found.turns if isinstance(turn, Called)]
    assert not first.is_target and not first.calls[0].is_target and first.calls[0].category is EXTRA
    assert both.is_target and [c.is_target for c in both.calls] == [False, True]
    assert [c.category for c in both.calls] == [OTHERS, RIGHT]
    assert found.turns[-1] == Said("assistant", "done")


def test_masking_makes_no_target_of_what_was_none() -> None:
    context = Called((Call("f", {}, is_target=False),), is_target=False)
    assert masked(row(context)).turns == (context,)


def test_a_call_without_feedback_keeps_its_category() -> None:
    assert classified(row(Called((Call("f", {}, OTHERS),)))).turns == (Called((Call("f", {}, OTHERS),)),)
