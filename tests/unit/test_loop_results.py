"""What the loop does with what cells write, show and lose: for the model, the events, the log, and after a death."""

from __future__ import annotations

import asyncio
from pathlib import Path

from agent.errors import ModelUnreachable
from agent.events import (
    Answered,
    CellDisplayed,
    CellEnded,
    CellStarted,
    CellText,
    CellTextCut,
    Event,
    KernelRestored,
    ModelDelta,
    StageEnded,
    StageStarted,
    ToolCalled,
)
from agent.log.reader import read_session
from agent.log.writer import SessionLog
from agent.loop.shown import Shown, table_text
from sandbox.artifacts import TABLE_MIME
from sandbox.events import Artifact, CellDisplay, CellLimits, CellResult, SpoolOptions
from tests.contract.kernel_harness import SHOWS
from tests.unit.loop_script import PROGRAM, QUESTION, ask, events_of, fenced, of, scripted, session
from tui.session_text import session_text

STUCK = (
    "import time\nlost = 1\nwhile True:\n    try:\n        time.sleep(0.05)\n    except BaseException:\n        pass"
)
HURRIED = CellLimits(wall_s=2.5, interrupt_grace_s=0.2)
SESSION = "20261120-101500-aaaa"


def ends(events: list[Event]) -> list[tuple[str, str]]:
    """Each start of a stage with its end's complaint; a stage without an end is a mistake."""
    paired = []
    for i, event in enumerate(events):
        if isinstance(event, StageStarted):
            later = [e for e in events[i:] if isinstance(e, StageStarted | StageEnded)]
            assert len(later) > 1 and isinstance(later[1], StageEnded) and later[1].stage == event.stage
            paired.append((event.stage, later[1].complaint))
    return paired


async def test_a_stage_that_is_interrupted_has_an_end_with_what_was_used() -> None:
    async with session(scripted()) as talk:

        def stop(event: Event) -> None:
            if isinstance(event, ModelDelta) and event.stage == "plan":
                talk.interrupt()

        answered, events = await events_of(talk, QUESTION, stop)
    assert answered.status == "interrupted"
    stages = ends(events)
    assert [stage for stage, _ in stages][-1] in ("plan", "select") and all(not why for _, why in stages[:-1])
    assert answered.usage.completion_tokens == sum(e.usage.completion_tokens for e in of(StageEnded, events))


async def test_a_stage_whose_model_fails_has_an_end() -> None:
    answered, events = await ask(scripted(plan=ModelUnreachable("no route to the host")))
    assert answered.status == "failed"
    assert ends(events)[-1] == ("plan", "no route to the host")


async def test_after_a_death_good_cells_run_again_and_the_person_is_told() -> None:
    first = "table = [1, 2, 3]\n" + PROGRAM
    review = "(len(table), lost if 'lost' in globals() else 0)"
    model = scripted(implementation=[fenced(first), fenced(STUCK)], code_review=fenced(review))
    async with session(model, cell=HURRIED) as talk:
        answered, _ = await events_of(talk)
        assert answered.status == "answered"
        answered, events = await events_of(talk, "Now something that hangs?")
    (restored,) = of(KernelRestored, events)
    assert "table" in restored.restored and "count_films" in restored.restored
    assert (restored.lost, restored.stopped, restored.n_cells) == ((), "", 1)
    assert (answered.status, answered.value_json) == ("answered", "[3, 0]")
    assert of(ToolCalled, events) == []  # served from the record
    review = next(e for e in of(StageEnded, events) if e.stage == "review")
    assert "were restored" in review.prompt[-1][1] and "table" in review.prompt[-1][1]


async def test_a_death_with_nothing_to_lose_says_nothing() -> None:
    model = scripted(implementation=fenced(STUCK), code_review=fenced("7"))
    _, events = await ask(model, cell=HURRIED)
    assert of(KernelRestored, events) == [] and events[-1].status == "answered"  # type: ignore[attr-defined]


async def test_what_failed_cells_defined_is_told_as_lost() -> None:
    failed = "table = [1, 2, 3]\n1 / 0"
    model = scripted(
        implementation=[fenced(failed), fenced(STUCK)],
        code_review=[fenced("sum(table)"), fenced("'over'")],
    )
    async with session(model, cell=HURRIED) as talk:
        await events_of(talk)
        _, events = await events_of(talk, "Now something that hangs?")
    (restored,) = of(KernelRestored, events)
    assert restored.lost == ("result_1", "table") and "NameError" in restored.stopped


async def test_output_is_cut_in_the_middle_for_the_model_and_marked_in_the_log(tmp_path: Path) -> None:
    flood = "for i in range(20_000):\n    print('line', i)\n1 / 0"
    log = SessionLog(tmp_path, SESSION)
    spool = SpoolOptions(str(tmp_path / f"{SESSION}.d"))
    model = scripted(implementation=fenced(flood), code_review=fenced("7"))
    limits = CellLimits(output_bytes=20_000)
    _, events = await ask(model, log=log, spool=spool, cell=limits, session_id=SESSION)
    (gap,) = of(CellTextCut, events)
    ended = of(CellEnded, events)[0]
    passed = sum(len(e.text) for e in of(CellText, events) if e.cell == 1)
    assert ended.output_cut and ended.n_stdout_bytes == passed + gap.n_bytes
    assert ended.spooled is not None and Path(ended.spooled["path"]).stat().st_size == ended.n_stdout_bytes
    prompt = next(e for e in of(StageEnded, events) if e.stage == "review").prompt[-1][1]
    assert "line 0\n" in prompt and "line 19999" in prompt and "left out" in prompt and len(prompt) < 20_000
    shown = session_text(read_session(log.path))
    assert "  | line 0\n" in shown and "  | line 19999\n" in shown and "lines left out" in shown
    assert str(ended.spooled["path"]) in shown


async def test_displays_are_events_with_files_and_the_log_lists_them(tmp_path: Path) -> None:
    program = SHOWS + "display(Shows({'text/markdown': '# plot', 'text/plain': 'p'}))\n7"
    log = SessionLog(tmp_path, SESSION)
    spool = SpoolOptions(str(tmp_path / f"{SESSION}.d"))
    _, events = await ask(scripted(implementation=fenced(program)), log=log, spool=spool, session_id=SESSION)
    (display,) = of(CellDisplayed, events)
    (artifact,) = display.artifacts
    assert (artifact["mime"], artifact["n_bytes"], display.data) == ("text/markdown", 6, {"text/plain": "p"})
    assert Path(artifact["path"]).read_text() == "# plot"
    assert f"file: {artifact['path']} (text/markdown, 6 bytes)" in session_text(read_session(log.path))


TABLE = '{"columns": ["a", "b"], "index": ["x", "y"], "rows": [[1, null], [2.5, "z"]], "n_rows": 300, "n_columns": 2}'


def test_a_table_is_shown_to_the_model_as_capped_text() -> None:
    assert table_text(TABLE) == " | a | b\nx | 1 | \ny | 2.5 | z\n(300 rows, 2 columns in all)"
    for broken in ("", "[]", "{}", '{"columns": 1}', "[" * 5000, '{"columns": ["a"], "index": [], "rows": [1]}'):
        assert table_text(broken) == ""
    shown = Shown(1000)
    shown.text("before\n")
    shown.display(CellDisplay({"text/plain": "repr", TABLE_MIME: TABLE}))
    shown.result(CellResult("repr"))
    assert shown.output == "before\n" and shown.table.startswith(" | a | b")


def test_what_is_no_text_is_named_to_the_model() -> None:
    shown = Shown(1000)
    shown.display(CellDisplay({"text/plain": "<Figure>"}, (Artifact("/x/y.png", "image/png", 12_345),), ("html: no",)))
    assert shown.output == "[shown to the person: image/png, 12,345 bytes]\n[not shown: html: no]\n"
    shown.result(CellResult("7"))
    assert "image/png" in shown.output and shown.table == ""


def test_the_end_of_the_output_matters_most() -> None:
    shown = Shown(90)
    shown.text("a" * 50 + "\n")
    shown.gap(1000, 10)
    shown.text("b" * 50 + "\n" + "c" * 40)
    head, left_out, tail = shown.output.split("\n", 2)
    assert head == "a" * 30 and left_out == "... 1,052 bytes (11 lines) left out ..."
    assert tail == "b" * 19 + "\n" + "c" * 40


async def test_a_second_interrupt_reaches_the_kernel() -> None:
    async with session(scripted(implementation=fenced(STUCK)), cell=CellLimits(interrupt_grace_s=30)) as talk:

        def stop(event: Event) -> None:
            if isinstance(event, CellStarted):
                for delay_s in (0.5, 0.8):
                    asyncio.get_running_loop().call_later(delay_s, talk.interrupt)

        answered, _ = await events_of(talk, QUESTION, stop)
    assert isinstance(answered, Answered) and answered.status == "interrupted" and answered.seconds < 25
