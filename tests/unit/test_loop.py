"""The loop, stage by stage, with a scripted model and the real tools: what each ending looks like from outside."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.calls.categories import Category
from agent.errors import ModelBusy, ModelUnreachable
from agent.events import (
    Answered,
    ApprovalAsked,
    BudgetReached,
    CellEnded,
    CellStarted,
    CellText,
    ErrorSeen,
    Event,
    PersonAsked,
    ProgramWritten,
    RepairStarted,
    SessionStarted,
    StageEnded,
    StageStarted,
    ToolChange,
    ToolReturned,
)
from agent.log.reader import read_session
from agent.log.writer import SessionLog
from agent.loop.budget import Budget
from agent.loop.past import past_of
from agent.models.script import Reply
from sandbox.events import CellLimits
from tests.unit.loop_script import (
    PROGRAM,
    PSEUDO,
    QUESTION,
    ask,
    events_of,
    fenced,
    of,
    scripted,
    session,
)


async def test_a_question_is_answered_through_the_four_stages() -> None:
    answered, events = await ask(scripted())
    assert answered == replace(
        answered, status="answered", answer="Sofia Coppola directed 8 films.", value_json="8", error=None, repairs=0
    )
    assert [e.stage for e in of(StageStarted, events)] == ["route", "scaffold", "plan", "select", "implement", "answer"]
    assert [(e.name, e.category) for e in of(ToolReturned, events)] == [
        ("search_people", Category.ALL_RIGHT),
        ("films_directed_by", Category.ALL_RIGHT),
    ]
    assert answered.usage.prompt_tokens > 0 and answered.usage.completion_tokens > 0 and answered.seconds > 0
    header = of(SessionStarted, events)[0]
    assert events.index(header) == 0 and header.model == "scripted" and len(header.tools) == 20
    assert all(e.prompt and e.completion for e in of(StageEnded, events))


async def test_a_direct_answer_runs_nothing() -> None:
    answered, events = await ask(scripted(route="Hello!"), "Hi there")
    assert (answered.status, answered.answer) == ("answered", "Hello!")
    assert not of(ProgramWritten, events)


async def test_a_malformed_reply_goes_back_with_its_complaint() -> None:
    model = scripted(plan=["I would count them.", fenced(PSEUDO)])
    answered, events = await ask(model)
    assert answered.status == "answered"
    plans = [e for e in of(StageEnded, events) if e.stage == "plan"]
    assert "no python block" in plans[0].complaint and plans[0].product == "" and plans[1].complaint == ""


async def test_three_unusable_replies_end_the_turn_with_the_agent_at_fault() -> None:
    answered, events = await ask(scripted(scaffold="no idea"))
    assert (answered.status, answered.fault) == ("failed", "agent")
    assert (
        "'scaffold'" in (answered.error or "")
        and len([e for e in of(StageEnded, events) if e.stage == "scaffold"]) == 3
    )


async def test_an_unknown_tool_is_replaced_by_planning_reconstruction() -> None:
    wrong = PSEUDO.replace("search_people", "find_person")
    model = scripted(tool_selection=fenced(wrong), planning_reconstruction=[fenced(wrong), fenced(PSEUDO)])
    answered, events = await ask(model)
    assert answered.status == "answered"
    hallucinated = [e for e in of(ToolReturned, events) if e.category is Category.TOOL_HALLUCINATION]
    assert [e.name for e in hallucinated] == ["find_person", "find_person"]
    offered = next(m[-1].content for m in model.calls if "STAGE: planning reconstruction" in m[-1].content)
    assert "find_person does not exist" in offered and "search_people(name: str)" in offered


async def test_a_failing_program_is_repaired_from_its_traceback() -> None:
    broken = PROGRAM.replace('people[0]["id"]', 'people[0]["identity"]')
    model = scripted(implementation=fenced(broken), code_review=fenced(PROGRAM))
    answered, events = await ask(model)
    assert (answered.status, answered.value_json, answered.repairs) == ("answered", "8", 1)
    repair = of(RepairStarted, events)[0]
    assert (repair.round, repair.exception, repair.line) == (1, "KeyError", 6)
    review = next(m[-1].content for m in model.calls if "STAGE: code review" in m[-1].content)
    assert "identity" in review and "line 6" in review and "def films_directed_by(person_id: int)" in review


NOBODY = PROGRAM.replace("Sofia Coppola", "Nobody Atall Xyzzy")


async def test_a_program_that_no_review_can_save_fails_honestly_after_three() -> None:
    others = [fenced(f"n = {i}\n{NOBODY}") for i in range(3)]
    answered, events = await ask(scripted(implementation=fenced(NOBODY), code_review=others))
    assert (answered.status, answered.fault, answered.repairs) == ("failed", "agent", 3)
    assert "after 3 repairs: LookupError" in (answered.error or "") and answered.answer == ""
    assert "nothing was found by search_people(name='Nobody Atall Xyzzy')" in (answered.error or "")
    assert "may not exist there" in answered.hint
    assert len(of(CellEnded, events)) == 4


async def test_a_correction_that_is_none_is_told_once_and_not_run() -> None:
    model = scripted(implementation=fenced(NOBODY), code_review=fenced(f"# corrected\n{NOBODY}\n"))
    answered, events = await ask(model)
    assert (answered.status, answered.repairs) == ("failed", 1) and "the same program again" in str(answered.error)
    assert len(of(CellEnded, events)) == 1 and len(of(ProgramWritten, events)) == 1
    reviews = [e for e in of(StageEnded, events) if e.stage == "review"]
    assert len(reviews) == 2 and all("it is not run again" in e.complaint and not e.product for e in reviews)
    assert "it is not run again" in reviews[1].prompt[-1][1]


async def test_a_model_that_then_corrects_it_is_run() -> None:
    model = scripted(implementation=fenced(NOBODY), code_review=[fenced(NOBODY), fenced(PROGRAM)])
    answered, _ = await ask(model)
    assert (answered.status, answered.value_json, answered.repairs) == ("answered", "8", 1)


async def test_a_call_that_found_nothing_is_named_to_the_model_and_the_person() -> None:
    """`people[0]` of nobody: the traceback alone says `list index out of range`."""
    broken = NOBODY.replace('    if not people:\n        raise LookupError(f"nobody is called {name!r}")\n', "")
    model = scripted(implementation=fenced(broken), code_review=fenced(broken))
    answered, _ = await ask(model)
    assert "IndexError" in str(answered.error) and "nothing was found by search_people(" in str(answered.error)
    review = next(m[-1].content for m in model.calls if "STAGE: code review" in m[-1].content)
    assert "search_people(name='Nobody Atall Xyzzy') found nothing." in review
    assert "return a sentence that says what was not found" in review


async def test_a_syntax_error_is_a_failure_like_any_other() -> None:
    answered, events = await ask(scripted(implementation=fenced("def f(:\n  pass"), code_review=fenced(PROGRAM)))
    assert answered.status == "answered"
    assert of(RepairStarted, events)[0].exception == "SyntaxError"


async def test_a_called_name_that_does_not_exist_is_a_hallucinated_tool() -> None:
    broken = PROGRAM.replace("films_directed_by(", "movies_directed_by(")
    _, events = await ask(scripted(implementation=fenced(broken), code_review=fenced(PROGRAM)))
    bad = [e for e in of(ToolReturned, events) if e.category is not Category.ALL_RIGHT]
    assert [(e.name, e.category) for e in bad] == [("movies_directed_by", Category.TOOL_HALLUCINATION)]


WRITES = (
    'def make(name: str) -> str:\n    """Make a playlist."""\n    return create_playlist(name)["name"]\n\nmake("Quiet")'
)


async def test_a_change_is_refused_where_nobody_can_approve_it() -> None:
    answered, events = await ask(scripted(implementation=fenced(WRITES)))
    assert answered.status == "refused" and "create_playlist" in (answered.error or "") and "--yes" in answered.hint
    assert len(of(CellEnded, events)) == 1, "a refusal is not repaired"


async def test_a_person_who_said_no_is_not_told_that_nobody_was_there() -> None:
    def refuse(event: Event) -> None:
        if isinstance(event, ApprovalAsked):
            event.answer.set_result(False)

    answered, _ = await ask(scripted(implementation=fenced(WRITES)), person=refuse, interactive=True, approve="ask")
    assert answered.status == "refused" and "the person did not approve" in (answered.error or "")
    assert "terminal" not in answered.hint and "allow it" in answered.hint


async def test_a_change_is_made_once_the_person_approves() -> None:
    def approve(event: Event) -> None:
        if isinstance(event, ApprovalAsked):
            assert (event.tool, event.args) == ("create_playlist", {"name": "Quiet"})
            event.answer.set_result(True)

    answered, _ = await ask(scripted(implementation=fenced(WRITES)), person=approve, interactive=True, approve="ask")
    assert (answered.status, answered.value_json) == ("answered", '"Quiet"')


@pytest.mark.parametrize("end", ["interrupted", "failed", "refused"])
async def test_what_was_changed_is_told_however_the_turn_ends(end: str, tmp_path: Path) -> None:
    rest = {
        "interrupted": "import time\nfor _ in range(300):\n    print(_)\n    time.sleep(0.1)",
        "failed": "[][1]",
        "refused": 'ask_user("Which?")',
    }
    program = fenced(f'create_playlist("Quiet")\n{rest[end]}')
    model = scripted(route=["CODE", "Hi."], implementation=program, code_review=program)
    log = SessionLog(tmp_path, "20261120-101500-aaaa")
    async with session(model, approve="yes", log=log) as talk:

        def stop(event: Event) -> None:
            if isinstance(event, CellText) and end == "interrupted":
                talk.interrupt()

        answered, _ = await events_of(talk, QUESTION, stop)
        assert answered.status == end and answered.changed == (ToolChange("create_playlist", {"name": "Quiet"}),)
        assert past_of(read_session(log.path)).exchanges == talk.history and len(talk.history) == 1
        killed = tmp_path / "killed.jsonl"
        killed.write_text(
            "".join(line for line in log.path.read_text().splitlines(True) if '"kind":"answer"' not in line)
        )
        (exchange,) = past_of(read_session(killed)).exchanges
        assert exchange.answer.endswith("Changed: create_playlist(name='Quiet')")
        again, events = await events_of(talk, "Try again.")
        assert again.changed == (), "it was another question's"
        prompt = of(StageEnded, events)[0].prompt
        assert "but it stays what was done. Changed: create_playlist(name='Quiet')" in prompt[2][1]


ASKS = 'def pick() -> str:\n    """Ask."""\n    return ask_user("Which one?", ["a", "b"])\n\npick()'


async def test_a_question_to_the_person_is_returned_where_nobody_is_there() -> None:
    answered, _ = await ask(scripted(implementation=fenced(ASKS)))
    assert (answered.status, answered.answer) == ("refused", "Which one?\n- a\n- b")


async def test_a_question_to_the_person_is_answered_in_a_session() -> None:
    def reply(event: Event) -> None:
        if isinstance(event, PersonAsked):
            event.answer.set_result(event.choices[1])

    answered, _ = await ask(scripted(implementation=fenced(ASKS)), person=reply, interactive=True)
    assert answered.value_json == '"b"'


@pytest.mark.parametrize(
    ("budget", "what"),
    [(Budget(max_tokens=10), "tokens"), (Budget(max_cost=0.0, price_prompt=1.0, price_completion=1.0), "cost")],
)
async def test_budgets_end_the_turn(budget: Budget, what: str) -> None:
    answered, events = await ask(scripted(), budget=budget)
    assert answered.status == "budget" and of(BudgetReached, events)[0].what == what


async def test_the_time_budget_stops_a_cell_in_the_middle() -> None:
    program = fenced("import time\nfor _ in range(300): time.sleep(0.1)")
    answered, events = await ask(scripted(implementation=program), budget=Budget(max_seconds=1.5))
    assert answered.status == "budget" and of(BudgetReached, events)[0].what == "seconds"
    assert 1.4 < answered.seconds < 15


@pytest.mark.parametrize("stage", ["route", "scaffold", "implement"])
async def test_interrupting_at_a_stage_ends_the_turn_and_the_session_goes_on(stage: str) -> None:
    async with session(scripted()) as talk:

        def stop(event: Event) -> None:
            if isinstance(event, StageStarted) and event.stage == stage:
                talk.interrupt()

        answered, _ = await events_of(talk, QUESTION, stop)
        assert answered.status == "interrupted"
        again, _ = await events_of(talk)
        assert again.status == "answered"


async def test_a_model_that_fails_ends_the_turn_with_the_environment_at_fault() -> None:
    error = ModelUnreachable("no route to the host", "check the address")
    answered, events = await ask(scripted(select=error, tool_selection=error))
    assert (answered.status, answered.fault, answered.error, answered.hint) == (
        "failed", "environment", "no route to the host", "check the address",
    )  # fmt: skip
    assert of(ErrorSeen, events)


async def test_the_plain_result_is_shown_where_the_answer_stage_fails() -> None:
    answered, events = await ask(scripted(answer=ModelBusy("too many requests")))
    assert (answered.status, answered.answer) == ("answered", "8")
    assert "plain result" in of(ErrorSeen, events)[0].message


async def test_a_reply_cut_at_its_limit_is_told_to_be_shorter() -> None:
    model = scripted(scaffold=[Reply("```python\ndef f(", finish="length"), fenced(PSEUDO)])
    _, events = await ask(model)
    assert "be shorter" in next(e.complaint for e in of(StageEnded, events) if e.stage == "scaffold")


async def test_a_notice_of_the_source_stands_below_the_answer() -> None:
    program = PROGRAM.replace("films_directed_by", "films_with_actor")
    answered, _ = await ask(scripted(implementation=fenced(program), answer="Some."))
    assert answered.answer.startswith("Some.\n\nThe demo catalogue may be incomplete")


async def test_questions_that_cannot_be_asked() -> None:
    async with session(scripted()) as talk:
        for bad in ("", "  \n", "x" * 100_000):
            with pytest.raises(ValueError):
                await anext(talk.ask(bad))


async def test_leaving_the_stream_early_cancels_the_turn() -> None:
    program = fenced("import time\nfor _ in range(300): time.sleep(0.1)")
    async with session(scripted(implementation=program)) as talk:
        stream = talk.ask(QUESTION)
        assert isinstance(stream, AsyncGenerator), "one that can be closed"
        async for event in stream:
            if isinstance(event, ProgramWritten):
                break
        begun = asyncio.get_running_loop().time()
        await stream.aclose()
        assert asyncio.get_running_loop().time() - begun < 20
        assert not isinstance(event, Answered)


async def test_a_program_that_ran_too_long_is_reviewed_as_such() -> None:
    """Its exception is our interrupt: without words a model looks for a `KeyboardInterrupt` in its own code."""
    endless = [fenced(f"n = {i}\nwhile True:\n    pass") for i in range(3)]
    model = scripted(implementation=endless[0], code_review=endless[1:])
    answered, events = await ask(model, cell=CellLimits(wall_s=0.3))
    assert answered.status == "failed" and "after 2 repairs" in str(answered.error) and "cell_s" in answered.hint
    assert "ran longer than" in str(answered.error) and "KeyboardInterrupt" not in str(answered.error)
    assert [e.exception for e in of(RepairStarted, events)] == ["timeout"] * 2
    reviewed = next(m[-1].content for m in model.calls if "STAGE: code review" in m[-1].content)
    assert "The program was stopped here: it ran longer than" in reviewed and "better algorithm" in reviewed


async def test_an_interrupted_program_has_an_end() -> None:
    program = fenced("import time\nfor _ in range(300): time.sleep(0.1)")
    async with session(scripted(implementation=program)) as talk:

        def stop(event: Event) -> None:
            if isinstance(event, CellStarted):
                talk.interrupt()

        answered, events = await events_of(talk, QUESTION, stop)
        assert answered.status == "interrupted"
        assert [e.status for e in of(CellEnded, events)] == ["interrupted"]
