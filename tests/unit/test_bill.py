"""What a turn took, by stage; and limits that end it in the middle of a reply."""

from __future__ import annotations

import re
from typing import Any

import pytest

from agent.bill import Bill, added
from agent.events import BudgetReached, CellEnded, ModelDelta, StageEnded, StageStarted, TokenUsage
from agent.loop.budget import Budget, BudgetExceeded, Meter
from agent.models.base import Usage
from agent.models.endpoint_chat import deltas_of
from agent.models.script import Script
from agent.models.scripted_server import Behaviour, ScriptedServer
from tests.unit.loop_script import GOOD, ask, fenced, of, scripted


def test_stages_are_added_up_in_order_and_cells_take_no_tokens() -> None:
    bill = Bill()
    for event in (
        StageEnded("plan", seconds=1.0, usage=TokenUsage(100, 10, 0.5)),
        CellEnded(1, "ok", 0.25),
        StageEnded("plan", seconds=0.5, usage=TokenUsage(100, 20, 0.25, True, 64)),
        StageEnded("answer", seconds=0.5, usage=TokenUsage(50, 5)),
    ):
        bill.see(event)
    assert list(bill.items) == ["plan", "sandbox", "answer"]
    assert bill.items["plan"].usage == TokenUsage(200, 30, 0.75, True, 64)
    assert bill.as_object()["sandbox"] == {"n_calls": 1, "seconds": 0.25}
    total = bill.total
    assert (total.n_calls, total.seconds, total.usage) == (4, 2.25, TokenUsage(250, 35, 0.75, True, 64))


def test_a_log_gives_the_same_bill_and_a_damaged_one_some() -> None:
    bill = Bill()
    usage = {"prompt_tokens": 7, "completion_tokens": 1, "cost": None, "estimated": False, "cached_tokens": 4}
    bill.see_record("stage_end", {"stage": "plan", "seconds": 1.5, "usage": usage})
    bill.see_record("stage_end", {"stage": "plan", "seconds": "?", "usage": {"prompt_tokens": "x"}})
    bill.see_record("cell_end", {"seconds": 2})
    bill.see_record("answer", {"seconds": 9})
    assert bill.items["plan"].usage == TokenUsage(7, 1, None, False, 4)
    assert bill.total.seconds == 3.5 and added(TokenUsage(), TokenUsage(1, 1, 0.0)).cost == 0.0


@pytest.mark.parametrize(
    ("told", "n_cached"),
    [
        ({"prompt_tokens_details": {"cached_tokens": 64}}, 64),
        ({"prompt_cache_hit_tokens": 32}, 32),
        ({"prompt_tokens_details": {"cached_tokens": 999}}, 100),
        ({"prompt_tokens_details": None}, 0),
        ({"prompt_tokens_details": {"cached_tokens": "many"}}, 0),
        ({}, 0),
    ],
)
def test_cached_tokens_are_read_where_the_endpoint_tells(told: dict[str, Any], n_cached: int) -> None:
    body = {"choices": [], "usage": {"prompt_tokens": 100, "completion_tokens": 5, **told}}
    assert deltas_of(body) == [Usage(100, 5, cached_tokens=n_cached)]


def test_cached_tokens_have_a_price_of_their_own() -> None:
    usage = Usage(1000, 100, cached_tokens=600)
    assert Budget(price_prompt=10, price_completion=30).cost(usage) == pytest.approx(0.013)
    assert Budget(price_prompt=10, price_completion=30, price_cached=1).cost(usage) == pytest.approx(0.0076)
    assert Budget(price_cached=1).cost(usage) is None


def test_what_is_sure_to_exceed_is_not_begun() -> None:
    meter = Meter(Budget(max_tokens=100))
    meter.add(Usage(40, 10))
    meter.check(49)
    with pytest.raises(BudgetExceeded, match=r"no room for the next step \(50 used"):
        meter.check(50)
    with pytest.raises(BudgetExceeded, match=r"ended in mid-reply \(100 used"):
        meter.check_running(40, 10)
    money = Meter(Budget(max_cost=0.001, price_prompt=10, price_completion=30))
    money.check(99)
    with pytest.raises(BudgetExceeded, match="no room"):
        money.check(100)


def test_the_endpoint_is_told_how_much_room_there_is() -> None:
    meter = Meter(Budget(max_tokens=1000))
    meter.add(Usage(300, 100))
    assert meter.room(200, 3000) == 400 and meter.room(200, 50) == 50 and meter.room(900, 50) == 1
    money = Meter(Budget(max_cost=0.01, price_prompt=10, price_completion=30))
    assert money.room(400, 3000) == 200 and Meter(Budget()).room(400, 3000) == 3000


@pytest.mark.parametrize("limit", ["tokens", "cost"])
async def test_a_reply_that_grows_too_long_is_stopped_within_a_piece(limit: str) -> None:
    long = "x = 1\n" * 4000
    first, _ = await ask(scripted())
    n_enough = first.usage.prompt_tokens + first.usage.completion_tokens
    budget = (
        Budget(max_tokens=n_enough)
        if limit == "tokens"
        else Budget(max_cost=n_enough / 1e6, price_prompt=1.0, price_completion=1.0)
    )
    answered, events = await ask(scripted(implementation=fenced(long)), budget=budget)
    # Either we stop reading, or the model keeps to the room that it was told of; then nothing more is begun.
    assert answered.status == "budget" and re.search("mid-reply|no room", answered.error or "")
    assert of(StageStarted, events)[-1].stage == "implement" and of(BudgetReached, events)[0].what == limit
    written = sum(len(e.text) for e in of(ModelDelta, events) if e.stage == "implement")
    ended = of(StageEnded, events)[-1]
    assert 0 < written < len(long) / 2 and len(ended.completion) == written
    assert re.search("mid-reply|limit on its length", ended.complaint)
    n_used = answered.usage.prompt_tokens + answered.usage.completion_tokens
    assert n_enough - 2 <= n_used < n_enough + 50


async def test_the_result_is_said_where_the_answer_is_what_is_too_much() -> None:
    first, _ = await ask(scripted())
    limit = first.usage.prompt_tokens + first.usage.completion_tokens
    answered, _ = await ask(scripted(answer="word " * 4000), budget=Budget(max_tokens=limit + 100))
    assert (answered.status, answered.answer) == ("budget", "8")


async def test_an_endpoint_is_hung_up_on_when_the_budget_ends() -> None:
    from agent.models.endpoint import EndpointModel

    stages = {stage: reply for stage, reply in GOOD.items() if stage != "implementation"}

    def say(messages: Any) -> str:
        stage = next(line for m in messages for line in m.content.splitlines() if line.startswith("STAGE"))[7:]
        return str(stages.get(stage, "x = 1\n" * 4000))

    with ScriptedServer(Script(say), Behaviour(token_delay_s=0.002)) as server:
        answered, _ = await ask(EndpointModel("scripted", server.url), budget=Budget(max_tokens=6500))  # type: ignore[arg-type]
        assert answered.status == "budget"
        assert server.state.client_left.wait(10), "the server is still writing"


async def test_a_provider_with_a_prefix_cache_reads_little_anew() -> None:
    from agent.models.endpoint import EndpointModel
    from tests.unit.loop_script import events_of, session

    def say(messages: Any) -> str:
        stage = next(line for m in messages for line in m.content.splitlines() if line.startswith("STAGE"))[7:]
        return str(GOOD[stage])

    with ScriptedServer(Script(say), Behaviour(caches=True)) as server:
        shares = []
        for question in ("How many films did Sofia Coppola direct?", "Which films are by her?"):
            async with session(EndpointModel("scripted", server.url)) as talk:  # type: ignore[arg-type]
                answered, _ = await events_of(talk, question)
                shares.append(answered.usage.cached_tokens / answered.usage.prompt_tokens)
    # The first turn's stages share rules and tools; the second's find their instructions there too.
    assert shares[0] > 0.5 and shares[1] > 0.8, shares
