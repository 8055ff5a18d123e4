"""What a tool may do: rules, approvals and how long they hold, limits, tries."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.calls.categories import Category
from agent.calls.spec import Parameter, ToolSpec
from agent.events import ApprovalAsked, ApprovalGiven, ApprovalReply, ErrorSeen, Event, ToolReturned
from agent.tools.approvals import Approvals, ApprovalsProblem
from agent.tools.base import ToolOutcome
from agent.tools.feedback import ToolUnstable
from agent.tools.host import HostRules, ToolHost
from agent.tools.policy import Decision, HostLimits, Policy, ToolLimits
from sandbox.kernel import ToolFailure, ToolReply, ToolRequest, ToolValue

SCHEMA = {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"], "additionalProperties": False}
SPEC = ToolSpec("act", "Act.", parameters=(Parameter("x", "int"),), returns="int", schema=SCHEMA)
WRITE = replace(SPEC, effect="write")


class Scripted:
    """A tool that answers with the arguments, after what its script says."""

    def __init__(self, spec: ToolSpec = SPEC, *script: BaseException, source: str = "./mine.py") -> None:
        self.spec, self.source, self.script = spec, source, list(script)
        self.calls: list[dict[str, Any]] = []
        self.n_at_once = self.most_at_once = 0

    async def call(self, args: Mapping[str, Any]) -> ToolOutcome:
        self.calls.append(dict(args))
        self.n_at_once += 1
        self.most_at_once = max(self.most_at_once, self.n_at_once)
        await asyncio.sleep(0)
        self.n_at_once -= 1
        if self.script:
            raise self.script.pop(0)
        return ToolOutcome(args["x"])


class Bench:
    def __init__(
        self, tool: Scripted, person: Callable[[ApprovalAsked], Any] | None = None, approve: Any = "ask", **rules: Any
    ) -> None:
        self.events: list[Event] = []
        self.person = person
        self.host = ToolHost(
            [tool], self.emit, approve=approve, interactive=person is not None, rules=HostRules(**rules)
        )
        self.host.begin_cell(1)

    def emit(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, ApprovalAsked) and self.person:
            event.answer.set_result(self.person(event))

    async def call(self, x: Any = 1) -> ToolReply:
        return await self.host.call(ToolRequest("c1", "act", {"x": x}))

    @property
    def n_asked(self) -> int:
        return sum(isinstance(e, ApprovalAsked) for e in self.events)


def rules(**decisions: Decision) -> Policy:
    return Policy({name.replace("__", "*"): decision for name, decision in decisions.items()})


@pytest.mark.parametrize(
    ("written", "decision"),
    [
        ({}, "allow"),
        ({"act": "deny"}, "deny"),
        ({"*": "deny", "a*": "ask", "act": "allow"}, "allow"),
        ({"act": "allow", "a*": "ask", "*": "deny"}, "allow"),
        ({"a*": "allow", "*t": "deny"}, "deny"),
        ({"./mine.py/*": "ask"}, "ask"),
        ({"./other.py/*": "deny"}, "allow"),
    ],
)
def test_the_most_specific_rule_counts_in_whatever_order(written: dict[str, Decision], decision: Decision) -> None:
    assert Policy(written).decide(Scripted()) == decision


def test_without_rules_by_effect_and_trust() -> None:
    assert Policy().decide(Scripted(WRITE)) == "ask"
    assert Policy().decide(Scripted(replace(SPEC, is_trusted=False))) == "ask"


async def test_a_denied_tool_is_not_offered_and_not_called_also_with_yes() -> None:
    tool = Scripted()
    bench = Bench(tool, approve="yes", policy=rules(act="deny"))
    assert "act" not in [t.spec.name for t in bench.host.tools]
    reply = await bench.call()
    assert isinstance(reply, ToolFailure) and reply.kind == "PermissionError" and tool.calls == []
    assert ApprovalGiven("c1", "act", False, "policy") in bench.events
    assert bench.host.record.refused is None, "no person could help"


async def test_ask_with_nobody_there_means_deny() -> None:
    tool = Scripted()
    bench = Bench(tool, policy=rules(act="ask"))
    assert isinstance(await bench.call(), ToolFailure) and tool.calls == []
    assert bench.host.record.refused and "nobody is there" in bench.host.record.refused


async def test_once_session_and_always(tmp_path: Path) -> None:
    path = tmp_path / "approvals.json"
    for scope, n_asked, n_asked_later in (("once", 2, 2), ("session", 1, 2), ("always", 1, 0)):
        approvals = Approvals(path)
        approvals.remove()
        bench = Bench(Scripted(WRITE), lambda asked, s=scope: ApprovalReply(True, s), approvals=approvals)  # type: ignore[misc]
        assert [await bench.call(1), await bench.call(2)] == [ToolValue(1), ToolValue(2)]
        assert bench.n_asked == n_asked, scope
        later = Bench(Scripted(WRITE), lambda asked: ApprovalReply(True), approvals=Approvals(path))
        await later.call(1)
        await later.call(2)
        assert later.n_asked == n_asked_later, scope
    assert path.stat().st_mode & 0o777 == 0o600
    assert "act" in path.read_text() and [a.tool for a in Approvals(path).remove("act")] == ["act"]
    assert Approvals(path).list() == []


@pytest.mark.parametrize(
    "other",
    [
        replace(WRITE, schema={**SCHEMA, "properties": {"x": {"type": "number"}}}),
        replace(WRITE, parameters=(Parameter("x", "float"),)),
        replace(SPEC, is_trusted=False),
    ],
)
async def test_always_is_void_when_the_tool_changes(other: ToolSpec, tmp_path: Path) -> None:
    Approvals(tmp_path / "a.json").add(Scripted(WRITE))
    bench = Bench(Scripted(other), lambda asked: False, approvals=Approvals(tmp_path / "a.json"))
    await bench.call()
    assert bench.n_asked == 1
    same_words = Bench(
        Scripted(replace(WRITE, description="Better words.")), lambda _: False, approvals=Approvals(tmp_path / "a.json")
    )
    assert await same_words.call() == ToolValue(1) and same_words.n_asked == 0


async def test_an_explicit_ask_is_not_undone_by_an_older_always(tmp_path: Path) -> None:
    approvals = Approvals(tmp_path / "a.json")
    approvals.add(Scripted(WRITE))
    bench = Bench(Scripted(WRITE), lambda asked: ApprovalReply(False), approvals=approvals, policy=rules(act="ask"))
    await bench.call()
    asked = next(e for e in bench.events if isinstance(e, ApprovalAsked))
    assert asked.scopes == ("once", "session")


async def test_a_damaged_file_of_approvals_approves_nothing_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{")
    bench = Bench(
        Scripted(WRITE), lambda asked: ApprovalReply(True, "always"), approvals=Approvals(tmp_path / "a.json")
    )
    assert await bench.call() == ToolValue(1) and bench.n_asked == 1
    assert any(isinstance(e, ErrorSeen) and "damaged" in e.message for e in bench.events)
    with pytest.raises(ApprovalsProblem):
        Approvals(tmp_path / "a.json").list()


async def test_edited_arguments_are_checked_called_and_told() -> None:
    replies = iter([ApprovalReply(True, args={"x": "seven"}), ApprovalReply(True, args={"x": 7})])
    tool = Scripted(WRITE)
    bench = Bench(tool, lambda asked: next(replies))
    assert await bench.call(1) == ToolValue(7) and tool.calls == [{"x": 7}]
    again = [e for e in bench.events if isinstance(e, ApprovalAsked)][1]
    assert "'seven' is not of type 'integer'" in again.complaint and again.args == {"x": "seven"}
    assert ApprovalGiven("c1", "act", True, "person", args={"x": 7}) in bench.events
    assert bench.host.record.notices == ["You changed the arguments of a call: it was act(x=7)."]


async def test_one_yes_for_the_session_settles_calls_that_wait_for_theirs() -> None:
    bench = Bench(Scripted(WRITE), lambda asked: ApprovalReply(True, "session"))
    replies = await asyncio.gather(*(bench.call(i) for i in range(8)))
    assert replies == [ToolValue(i) for i in range(8)] and bench.n_asked == 1


class Gone(ConnectionError):
    pass


@pytest.mark.parametrize(
    ("spec", "script", "n_calls", "good"),
    [
        (SPEC, [Gone(), Gone()], 3, True),
        (SPEC, [Gone()] * 5, 3, False),
        (SPEC, [ValueError("no")], 1, False),
        (SPEC, [ToolUnstable("404")], 1, False),
        (SPEC, [ToolUnstable("503", may_retry=True, retry_after_s=0.01)], 2, True),
        (WRITE, [Gone()], 1, False),
    ],
)
async def test_reads_are_tried_again(
    spec: ToolSpec, script: list[BaseException], n_calls: int, good: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.tools.invoke._FIRST_WAIT_S", 0.001)
    tool = Scripted(spec, *script)
    bench = Bench(tool, approve="yes")
    assert isinstance(await bench.call(), ToolValue if good else ToolFailure)
    assert len(tool.calls) == n_calls
    assert sum(isinstance(e, ToolReturned) for e in bench.events) == 1


async def test_a_wait_that_the_time_does_not_hold_is_not_begun() -> None:
    tool = Scripted(SPEC, *[ToolUnstable("busy", may_retry=True, retry_after_s=60)] * 3)
    bench = Bench(tool, limits=HostLimits(call_s=5))
    reply = await bench.call()
    assert isinstance(reply, ToolFailure) and reply.message == "busy" and len(tool.calls) == 1


async def test_the_budget_of_calls_and_the_calls_at_once() -> None:
    tool = Scripted()
    limits = {"a*": ToolLimits(n_calls=4, n_at_once=2)}
    bench = Bench(tool, policy=Policy(limits=limits))
    replies = await asyncio.gather(*(bench.call(i) for i in range(6)))
    assert sum(isinstance(r, ToolValue) for r in replies) == 4 and tool.most_at_once == 2
    refused = [r for r in replies if isinstance(r, ToolFailure)]
    assert {r.kind for r in refused} == {"ToolBudgetExceeded"}
    assert {e.category for e in bench.events if isinstance(e, ToolReturned)} == {Category.ALL_RIGHT, Category.OTHERS}
    bench.host.begin_cell(2)
    assert isinstance(await bench.call(), ToolFailure), "a repair belongs to the same question"
    bench.host.begin_question()
    bench.host.begin_cell(3)
    assert isinstance(await bench.call(), ToolValue)


async def test_a_schema_that_refers_elsewhere_fetches_nothing() -> None:
    spec = replace(SPEC, schema={"type": "object", "properties": {"x": {"$ref": "http://127.0.0.1:9/schema.json"}}})
    reply = await Bench(Scripted(spec)).call()
    assert isinstance(reply, ToolFailure) and "127.0.0.1:9" in reply.message
    assert json.dumps(reply.message).count("refused") == 0, "nobody tried to connect"
