"""What the loop does with functions: stored with a test, proposed, bound once confirmed, doubted, judged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from agent.events import (
    FeedbackGiven,
    FunctionLeft,
    FunctionRetired,
    FunctionReused,
    FunctionsRecalled,
    FunctionStored,
    ProgramWritten,
    StageStarted,
)
from agent.functions.entries import is_sealed
from agent.tools.base import Tool, ToolOutcome
from agent.tools.feedback import ToolUnstable
from agent.tools.sources import load_tools
from tests.unit.loop_script import (
    PROGRAM,
    HashingEmbedder,
    MemoryRepository,
    events_of,
    fenced,
    of,
    scripted,
    session,
)

NOLAN = "How many films has Christopher Nolan directed?"
SAME_WORDS = "How many films did Christopher Nolan direct?"
BIND_NOLAN = "```python\ncount_films('Christopher Nolan')\n```"


async def test_functions_are_stored_and_reused_by_the_next_question() -> None:
    repository = MemoryRepository(HashingEmbedder())
    recall = ["```python\ncount_films('Christopher Nolan')\n```"]
    async with session(scripted(recall=recall), repository=repository) as talk:
        first, events = await events_of(talk)
        assert first.status == "answered"
        assert {e.name for e in of(FunctionStored, events)} == {"films_of_director", "count_films"}
        await talk.rate("up")
        second, events = await events_of(talk, NOLAN)
        assert (second.status, second.value_json) == ("answered", "12")
        assert [e.name for e in of(FunctionReused, events)] == ["count_films"]
        assert [e.stage for e in of(StageStarted, events)] == ["route", "recall", "answer"]
        assert [e.origin for e in of(ProgramWritten, events)] == ["reuse"]


async def test_what_is_stored_carries_the_test_that_it_passed() -> None:
    repository = MemoryRepository(HashingEmbedder())
    async with session(scripted(), repository=repository) as talk:
        await events_of(talk)
        assert len(repository.list()) == 2
        for entry in repository.list():
            assert is_sealed(entry) and entry.calls and entry.verified and entry.state == "unconfirmed"
            assert entry.verifying_call.startswith(f"{entry.name}(name=") and entry.result_json


async def test_an_unconfirmed_function_is_not_bound_without_a_plan() -> None:
    repository = MemoryRepository(HashingEmbedder())
    async with session(scripted(recall=BIND_NOLAN), repository=repository) as talk:
        await events_of(talk)
        _, events = await events_of(talk, NOLAN)
        assert "recall" not in [e.stage for e in of(StageStarted, events)]
        assert [e.origin for e in of(ProgramWritten, events)] == ["implement"]


async def test_a_function_that_does_not_do_it_again_is_left() -> None:
    clock = PROGRAM.replace("len(films_of_director(name))", "len(films_of_director(name)) * time.time_ns()")
    repository = MemoryRepository(HashingEmbedder())
    async with session(scripted(implementation=fenced(f"import time\n{clock}")), repository=repository) as talk:
        answered, events = await events_of(talk)
    assert answered.status == "answered"
    assert [e.name for e in of(FunctionStored, events)] == ["films_of_director"]
    (left,) = of(FunctionLeft, events)
    assert left.name == "count_films" and "recorded was" in left.reason


async def test_a_thumbs_down_withdraws_and_is_logged() -> None:
    repository = MemoryRepository(HashingEmbedder())
    async with session(scripted(recall=BIND_NOLAN), repository=repository) as talk:
        with pytest.raises(ValueError, match="no answer to rate"):
            await talk.rate("up")
        await events_of(talk)
        events = await talk.rate("down", "it is 9")
        assert [(e.turn, e.rating, e.correction) for e in of(FeedbackGiven, events)] == [(1, "down", "it is 9")]
        assert {e.name for e in of(FunctionRetired, events)} == {"count_films", "films_of_director"}
        assert {e.state for e in repository.list()} == {"retired"}
        _, events = await events_of(talk, NOLAN)
        assert not of(FunctionReused, events)


async def test_a_poisoned_entry_is_found_before_it_is_proposed() -> None:
    """It runs and returns something; its recorded test contradicts it."""
    repository = MemoryRepository(HashingEmbedder())
    async with session(scripted(recall=BIND_NOLAN), repository=repository) as talk:
        await events_of(talk)
        await talk.rate("up")
        entry = next(e for e in repository.list() if e.name == "count_films")
        poison = entry.source.replace("return len(films_of_director(name))", "return len(films_of_director(name)) + 1")
        assert poison != entry.source
        repository.change(entry.id, lambda e: replace(e, source=poison))
        answered, events = await events_of(talk, NOLAN)
        assert answered.status == "answered"
        assert [e.origin for e in of(ProgramWritten, events)] == ["implement"]
        (gone,) = [e for e in of(FunctionRetired, events) if e.name == "count_films"]
        assert "it returned 9, recorded was 8" in gone.reason
        assert repository.get(entry.id).state == "quarantined"


async def test_a_stale_function_comes_back_when_it_still_does_what_it_did() -> None:
    other = PROGRAM.replace("films_of_director", "made_by").replace("count_films", "n_made")
    kept = MemoryRepository(HashingEmbedder())
    async with session(scripted(), repository=kept) as talk:
        await events_of(talk)
        entries = kept.list()
        again = MemoryRepository(HashingEmbedder())
        for entry in entries:
            stale = replace(entry, tools=tuple((name, "an older schema") for name, _ in entry.tools))
            if entry.name == "films_of_director":
                stale = replace(stale, source=stale.source.replace("search_people(name)", "search_people(nme=name)"))
            again.add(stale)
    async with session(scripted(implementation=fenced(other)), repository=again) as talk:
        _, events = await events_of(talk, "Say how often Sofia Coppola directed.")
        assert [e.name for e in of(FunctionRetired, events)] == ["films_of_director"]
        states = {e.name: e.state for e in again.list()}
        assert states["count_films"] == "unconfirmed" and states["films_of_director"] == "retired"
        back = next(e for e in again.list() if e.name == "count_films")
        assert "an older schema" not in [schema for _, schema in back.tools]


async def test_a_function_that_does_what_a_stored_one_does_is_united_with_it() -> None:
    repository = MemoryRepository(HashingEmbedder())
    other = PROGRAM.replace("films_of_director", "made_by").replace(
        "return len(made_by(name))", "return len([*made_by(name)])"
    )
    model = scripted(implementation=[fenced(PROGRAM), fenced(other.replace("Sofia Coppola", "Christopher Nolan"))])
    async with session(model, repository=repository) as talk:
        await events_of(talk)
        _, events = await events_of(talk, NOLAN)
        assert {e.name for e in of(FunctionStored, events)} == {"count_films", "films_of_director"}
        states = {(e.name, e.state) for e in repository.list()}
        assert ("made_by", "retired") in states and ("films_of_director", "unconfirmed") in states
        kept = [e for e in repository.list() if e.state != "retired"]
        assert len(kept) == 2 and all(e.n_uses == 2 for e in kept)


async def test_a_declined_function_leaves_the_staged_way() -> None:
    repository = MemoryRepository(HashingEmbedder())
    async with session(scripted(), repository=repository) as talk:
        await events_of(talk)
        answered, events = await events_of(talk, "How many films did Christopher Nolan act in?")
        assert answered.status == "answered"
        assert "implement" in [e.stage for e in of(StageStarted, events)]


async def test_a_reused_function_that_found_nothing_is_not_blamed() -> None:
    repository = MemoryRepository(HashingEmbedder())
    recall = ["```python\ncount_films('Zebulon Quartzfield')\n```", "NONE"]
    async with session(scripted(recall=recall), repository=repository) as talk:
        await events_of(talk)
        await talk.rate("up")
        answered, events = await events_of(talk, "How many films did Zebulon Quartzfield direct?")
        assert [e.origin for e in of(ProgramWritten, events)] == ["reuse", "implement"]
        assert answered.status == "answered"
        assert [e.n_failures for e in repository.list() if e.name == "count_films"] == [0]


REUSED = '''def make(name: str, n: int) -> str:
    """Make a playlist."""
    made = create_playlist(name)
    return made["name"][:n]


make("{name}", {n})'''


async def test_what_a_reused_function_changed_before_it_failed_is_not_changed_again() -> None:
    repository = MemoryRepository(HashingEmbedder())
    programs = [fenced(REUSED.format(name="First", n=9)), fenced(REUSED.format(name="Second", n=9))]
    model = scripted(implementation=programs, recall="```python\nmake('Second', 'nine')\n```")
    async with session(model, repository=repository, approve="yes") as talk:
        first, _ = await events_of(talk, "Make a playlist First")
        assert first.value_json == '"First"'
        await talk.rate("up")
        second, events = await events_of(talk, "Make another playlist, called Second")
        assert [e.origin for e in of(ProgramWritten, events)] == ["reuse", "implement"]
        assert (second.status, second.value_json) == ("answered", '"Second"'), "the name would be taken"


async def test_the_same_words_with_another_name_need_no_model() -> None:
    repository = MemoryRepository(HashingEmbedder())
    async with session(scripted(), repository=repository) as talk:
        await events_of(talk)
        _, events = await events_of(talk, SAME_WORDS)
        assert "implement" in [e.stage for e in of(StageStarted, events)], "not before it is confirmed"
        await talk.rate("up", turn=1)
        answered, events = await events_of(talk, SAME_WORDS)
        assert [e.stage for e in of(StageStarted, events)] == ["answer"]
        assert (answered.status, answered.value_json) == ("answered", "12")
        assert [e.taken for e in of(FunctionsRecalled, events)] == ["count_films(name='Christopher Nolan')"]
        for other in (
            "How many films did Christopher Nolan and Wes Anderson direct?",
            "How many films did she direct?",
        ):
            _, events = await events_of(talk, other)
            assert "scaffold" in [e.stage for e in of(StageStarted, events)]


async def test_words_that_a_secret_stands_in_are_not_kept() -> None:
    repository = MemoryRepository(HashingEmbedder())
    question = "How many films did Sofia Coppola direct? (key hunter2)"
    async with session(scripted(), repository=repository, redact=_hidden) as talk:
        await events_of(talk, question)
        assert [e.asked for e in repository.list()] == [(), ()]
        await events_of(talk)
        phrase = ("how many films did {name} direct", "count_films()")
        assert {e.name: e.asked for e in repository.list()} == {"count_films": (phrase,), "films_of_director": ()}


def _hidden(value: Any) -> Any:
    return json.loads(json.dumps(value).replace("hunter2", "[redacted]"))


async def test_the_bundled_model_binds_what_its_scaffold_describes() -> None:
    from agent.models.bundled.model import BundledModel

    repository = MemoryRepository(HashingEmbedder())
    async with session(BundledModel.load(), repository=repository) as talk:
        costs = []
        for name in ("Sofia Coppola", "Christopher Nolan", "Wes Anderson"):
            answered, events = await events_of(talk, f"How many films did {name} direct?")
            assert answered.status == "answered"
            costs.append(answered.usage.prompt_tokens + answered.usage.completion_tokens)
            # Not confirmed yet: planned like the first, but not written once more.
            is_first = len(costs) == 1
            assert [e.origin for e in of(ProgramWritten, events)] == ["implement" if is_first else "reuse"]
            stages = ["route", "plan", "select", *(["implement"] if is_first else [])]
            assert [e.stage for e in of(StageStarted, events)] == stages
            assert bool(of(FunctionReused, events)) is not is_first
        answered, events = await events_of(talk, "How many films were directed by Greta Gerwig?")
        costs.append(answered.usage.prompt_tokens + answered.usage.completion_tokens)
        assert [e.origin for e in of(ProgramWritten, events)] == ["reuse"]
        assert [e.stage for e in of(StageStarted, events)] == ["route"]
        assert costs[3] < 0.3 * costs[0]
        assert of(FunctionReused, events) and answered.value_json == "4"
        answered, events = await events_of(talk, "How many films did Bong Joon-ho direct?")
        assert not of(StageStarted, events) and answered.usage.prompt_tokens == 0
        _, events = await events_of(talk, "What was the last film Greta Gerwig directed?")
        assert not of(FunctionReused, events) or len(of(StageStarted, events)) > 2


class Locked:
    """A tool whose service takes the key for a while."""

    def __init__(self, tool: Tool) -> None:
        self._tool = tool
        self.spec, self.source = tool.spec, tool.source
        self.is_open = True

    async def call(self, args: Mapping[str, Any]) -> ToolOutcome:
        if not self.is_open:
            raise ToolUnstable("401 Unauthorized", status=401)
        return await self._tool.call(args)


async def test_a_refused_key_is_no_fault_of_a_stored_function_and_no_other_way_is_tried() -> None:
    repository = MemoryRepository(HashingEmbedder())
    tools = [Locked(tool) for tool in load_tools().tools]
    async with session(scripted(recall=BIND_NOLAN), repository=repository, tools=tools) as talk:
        await events_of(talk)
        await talk.rate("up")
        for tool in tools:
            tool.is_open = False
        answered, events = await events_of(talk, NOLAN)
        assert (answered.status, answered.fault) == ("failed", "environment") and "401" in str(answered.error)
        assert [e.origin for e in of(ProgramWritten, events)] == ["reuse"]
        assert {e.state for e in repository.list()} == {"confirmed"}


async def test_what_could_only_say_that_nothing_was_found_is_not_kept() -> None:
    nobody = PROGRAM.replace("Sofia Coppola", "Nobody Atall Xyzzy").replace("raise LookupError(", "return str(")
    program = nobody.replace("return len(films_of_director(name))", "return films_of_director(name)")
    repository = MemoryRepository(HashingEmbedder())
    async with session(scripted(implementation=fenced(program)), repository=repository) as talk:
        answered, _ = await events_of(talk)
        assert (answered.status, answered.value_json) == ("answered", "\"nobody is called 'Nobody Atall Xyzzy'\"")
        assert repository.list() == []
