"""One call for each of TL-Training's categories, from a program in the real kernel to the record of the host."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from agent.calls.categories import Category
from agent.calls.spec import Parameter, ToolSpec
from agent.events import Answered, Event, StageEnded, ToolCalled, ToolReturned
from agent.tools.base import ToolOutcome
from agent.tools.feedback import ToolReported, ToolUnstable
from tests.unit.loop_script import PSEUDO, events_of, fenced, of, scripted, session

pytestmark = [pytest.mark.docker, pytest.mark.timeout(240)]


class Weather:
    """A tool that does what its argument says."""

    source = "test"
    spec = ToolSpec(
        "weather",
        "The weather of a city.",
        parameters=(Parameter("city", "str"), Parameter("day", "int", False, 0)),
        returns="Any",
        schema={
            "type": "object",
            "properties": {"city": {"type": "string"}, "day": {"type": "integer"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    )

    async def call(self, args: Mapping[str, Any]) -> ToolOutcome:
        match args["city"]:
            case "gone":
                raise ConnectionResetError("reset by peer")
            case "busy":
                raise ToolUnstable("503 Service Unavailable")
            case "slow":
                raise TimeoutError("no answer")
            case "broken":
                raise TypeError("'<=' not supported between instances of 'str' and 'int'")
            case "unknown":
                return ToolOutcome({"error": "city not found"})
            case "reported":
                raise ToolReported("scan not found")
            case "bytes":
                return ToolOutcome(b"x")
        return ToolOutcome({"title": "Terror Train Error", "degrees": 21})


CALLS = {
    "weather('Rome')": Category.ALL_RIGHT,
    "weather(city='Rome', day=1)": Category.ALL_RIGHT,
    "weather('gone')": Category.TOOL_INSTABILITY,
    "weather('busy')": Category.TOOL_INSTABILITY,
    "weather('slow')": Category.TOOL_INSTABILITY,
    "weather('broken')": Category.TOOL_CALL_FAILURE,
    "weather('bytes')": Category.TOOL_CALL_FAILURE,
    "weather(7)": Category.TOOL_CALL_FAILURE,
    "weather(b'Rome')": Category.TOOL_CALL_FAILURE,
    "weather('Rome', sortBy='x')": Category.PARAMETER_HALLUCINATION,
    "weather('Rome', 1, 2)": Category.PARAMETER_HALLUCINATION,
    "weather()": Category.PARAMETER_MISSING,
    "weather('unknown')": Category.OTHERS,
    "weather('reported')": Category.OTHERS,
}
TRIED = "\n".join(f"tried(lambda: {call})" for call in CALLS)
PROGRAM = f"""
import traceback
told = []
def tried(call):
    try:
        call()
        told.append("")
    except Exception as error:
        told.append("".join(traceback.format_exception_only(error)))
{TRIED}
print(help(weather))
google_weather(told)"""
MENDED = "told"
PLANNED = PSEUDO.replace("search_people(name)", "weather(name)").replace('films_directed_by(people[0]["id"])', "people")


@dataclass(frozen=True)
class Ran:
    answered: Answered
    events: list[Event]

    @property
    def told(self) -> list[str]:
        import json

        found: list[str] = json.loads(self.answered.value_json or "[]")
        return found


@pytest.fixture(scope="module")
def ran() -> Ran:
    programs = {"tool selection": PLANNED, "implementation": PROGRAM, "code review": MENDED}
    model = scripted(**{stage: fenced(source) for stage, source in programs.items()})

    async def go() -> Ran:
        async with session(model, tools=[Weather()], kernel_kind="docker") as talk:
            return Ran(*await events_of(talk))

    return asyncio.run(go())


def test_the_turn_ends_well(ran: Ran) -> None:
    assert ran.answered.status == "answered", ran.answered
    assert ran.answered.repairs == 1 and len(ran.told) == len(CALLS)


@pytest.mark.parametrize(("number", "call"), list(enumerate(CALLS)))
def test_each_call_has_its_category(number: int, call: str, ran: Ran) -> None:
    returned = of(ToolReturned, ran.events)[number]
    assert returned.name == "weather" and returned.category is CALLS[call], (call, returned)


def test_a_name_that_nobody_has_is_a_tool_hallucination_and_the_model_is_told_the_closest(ran: Ran) -> None:
    last = of(ToolReturned, ran.events)[-1]
    assert (last.name, last.category) == ("google_weather", Category.TOOL_HALLUCINATION)
    assert [c.name for c in of(ToolCalled, ran.events)].count("google_weather") == 1
    review = next(e for e in of(StageEnded, ran.events) if e.stage == "review").prompt[-1][1]
    assert "There is no tool google_weather. The closest are:" in review
    assert "weather(city: str, day: int = 0) -> Any  # The weather of a city." in review


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("weather()", "missing 1 required positional argument: 'city'"),
        ("weather('Rome', sortBy='x')", "unexpected keyword argument 'sortBy'"),
        ("weather(7)", "7 is not of type 'string'"),
        ("weather(b'Rome')", "bytes is not JSON serializable"),
    ],
)
def test_a_message_names_the_fix(call: str, words: str, ran: Ran) -> None:
    message = ran.told[list(CALLS).index(call)]
    assert words in message
    if "serializable" not in words:
        assert "weather(city: " in message, "the signature"


def test_help_is_useful_in_the_kernel(ran: Ran) -> None:
    from agent.events import CellText

    shown = "".join(e.text for e in of(CellText, ran.events))
    assert "weather(city: " in shown and "The weather of a city." in shown
