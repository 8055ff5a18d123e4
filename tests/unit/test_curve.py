"""The stream of the curve, its figures, and a short run of it: whole turns in the fake kernel."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from agent.functions.embed import HashingEmbedder
from agent.models.bundled.model import BundledModel
from tui.curve.figures import markdown, summary
from tui.curve.plots import draw_png, terminal_plot
from tui.curve.running import Setup, Turn, read_turns, run_order
from tui.curve.stream import Stream, make_stream, recurring


@pytest.fixture(scope="module")
def stream() -> Stream:
    return make_stream()


def test_the_stream_is_what_the_benchmark_promises(stream: Stream) -> None:
    assert len(stream.tasks) == len({t.question for t in stream.tasks}) == 200
    before, last = stream.tasks[: stream.n_before], stream.tasks[stream.n_before :]
    known = {t.intent for t in before}
    never_seen = [t for t in last if t.intent not in known]
    assert len(last) == 50 and len(never_seen) >= 15
    assert len({t.intent for t in never_seen}) == len(never_seen)
    counts = sorted(Counter(t.intent for t in stream.tasks).values(), reverse=True)
    assert counts[0] > 4 * counts[6] and counts[-1] == 1, "a few intents make up much of it, many come once"
    assert make_stream(12, 1).tasks == make_stream(12, 1).tasks


def test_shuffled_orders_keep_the_last_quarter(stream: Stream) -> None:
    fixed, shuffled = stream.order(0), stream.order(1)
    assert fixed == list(stream.tasks) and shuffled != fixed and stream.order(1) == shuffled
    assert set(shuffled[stream.n_before :]) == set(fixed[stream.n_before :])
    assert recurring(fixed)[0] is False and 20 < sum(recurring(fixed)[stream.n_before :]) < 35


TURN = Turn(0, 0, "0000", True, False, True, "answered", "planned", 2.0, 3.0, 900, 600, 100, 5, 2, "How many?")


def test_figures_compare_what_was_asked_both_ways() -> None:
    bound = replace(
        TURN, repository=True, way="bound", answer_s=0.5, turn_s=0.5, prompt_tokens=290, completion_tokens=10
    )
    turns = [
        *(replace(TURN, position=i) for i in range(4)),
        *(replace(bound, position=i, right=i != 2) for i in range(3)),  # the fourth is not there yet
    ]
    found = summary(turns, 4)
    row = found["all"]["recurring"]
    assert row["without"]["n"] == row["with"]["n"] == 3
    assert row["fewer_tokens"] == pytest.approx(0.7) and row["less_time_to_answer"] == pytest.approx(0.75)
    assert row["with"]["success"] == pytest.approx(2 / 3) and row["with"]["ways"] == {"bound": 3}
    assert found["reuse"]["n"] == 3 and found["reuse"]["n_false"] == 1
    assert found["last_quarter"]["all"]["without"]["n"] == 0
    assert found["curves"][0]["with"]["success"] == [1.0, 1.0, 0.6667]
    assert found["curves"][0]["without"]["tokens"] == [1000.0, 2000.0, 3000.0, 4000.0]
    assert "| all |" not in markdown(found)
    assert "70%" in markdown(summary([replace(t, position=3) for t in turns[:1] + turns[4:5]], 4))


def test_the_plots_are_drawn(tmp_path: Path) -> None:
    curves = summary([replace(TURN, position=i, repository=w) for i in range(8) for w in (False, True)], 8)["curves"]
    assert "with the repository" in terminal_plot(curves) and terminal_plot({}) == ""
    assert draw_png(curves, tmp_path / "curve.png")
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")


async def test_a_run_learns_and_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    few = make_stream(10, 1)
    setup = Setup(BundledModel.load, HashingEmbedder(), tmp_path, "fake")
    first = []
    turns = run_order(few, 0, setup)
    async for turn in turns:
        first.append(turn)
        if len(first) == 5:
            break
    await turns.aclose()
    with setup.verdicts.open("a") as file:
        file.write('{"order": 0, "torn')
    setup.verdicts.write_text(setup.verdicts.read_text().rpartition("\n")[0] + "\n")
    rest = [turn async for turn in run_order(few, 0, setup)]
    assert len(first) + len(rest) == len(read_turns(setup.verdicts)) == 20
    assert {(t.position, t.repository) for t in first + rest} == {(i, w) for i in range(10) for w in (False, True)}
    with_it = [t for t in first + rest if t.repository]
    assert any(t.way in ("bound", "no model") for t in with_it), Counter(t.way for t in with_it)
    assert not any(t.way in ("bound", "no model") for t in first + rest if not t.repository)
    row = summary(first + rest, 10)["all"]["recurring"]
    assert row["fewer_tokens"] > 0.1 and row["with"]["success"] >= row["without"]["success"] > 0.5
    assert list((tmp_path / "order-0" / "functions").glob("fn-*.json"))
    assert json.loads(setup.verdicts.read_text().splitlines()[0])["order"] == 0
