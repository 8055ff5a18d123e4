"""The answer is there before its functions are proved, and nothing that follows takes it away or leaves a kernel."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import sandbox
from agent.events import Answered, AnswerReady, ErrorSeen, Event, FunctionStored
from agent.functions.embed import HashingEmbedder
from agent.functions.memory import MemoryRepository
from agent.functions.proof import Prover
from agent.loop.ahead import Ahead
from agent.loop.budget import Budget
from sandbox.errors import EngineMissing
from sandbox.events import KernelOptions
from tests.unit.loop_script import GOOD, PROGRAM, ask, events_of, fenced, of, scripted, session


@pytest.fixture
def kernels(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """All that are opened."""
    made: list[Any] = []
    real = sandbox.open_kernel

    def noted(*args: Any, **kwargs: Any) -> Any:
        made.append(real(*args, **kwargs))
        return made[-1]

    monkeypatch.setattr(sandbox, "open_kernel", noted)
    return made


@pytest.fixture
def slow_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    async def prove(self: Prover, *_: Any) -> Any:
        await asyncio.sleep(60)

    monkeypatch.setattr(Prover, "prove", prove)


def repository() -> MemoryRepository:
    return MemoryRepository(HashingEmbedder())


async def test_the_answer_comes_before_its_functions_are_proved(kernels: list[Any]) -> None:
    answered, events = await ask(scripted(), repository=repository())
    kinds = [type(e) for e in events]
    assert kinds.index(AnswerReady) < kinds.index(FunctionStored) < kinds.index(Answered)
    assert of(AnswerReady, events)[0].answer == answered.answer == GOOD["answer"]
    assert len(kernels) == 2 and all(kernel._closed for kernel in kernels)


async def test_the_kernel_of_the_proofs_serves_the_next_question_too(kernels: list[Any]) -> None:
    programs = [fenced(PROGRAM), fenced(PROGRAM.replace("return len(", "return 2 * len("))]
    async with session(scripted(implementation=programs), repository=repository()) as talk:
        (_, first), (_, second) = [await events_of(talk) for _ in programs]
    assert of(FunctionStored, first) and of(FunctionStored, second)
    assert len(kernels) == 2 and all(kernel._closed for kernel in kernels)


async def test_an_interrupt_then_costs_nobody_the_answer(kernels: list[Any], slow_proof: None) -> None:
    async with session(scripted(), repository=repository()) as talk:
        events: list[Event] = []
        async for event in talk.ask("How many films did Sofia Coppola direct?"):
            events.append(event)
            if isinstance(event, AnswerReady):
                talk.interrupt()
    assert isinstance(events[-1], Answered) and events[-1].status == "answered" and events[-1].answer == GOOD["answer"]
    assert all(kernel._closed for kernel in kernels)


async def test_a_budget_that_ends_then_costs_nobody_the_answer(slow_proof: None) -> None:
    answered, _ = await ask(scripted(), repository=repository(), budget=Budget(max_seconds=1.5))
    assert answered.status == "answered" and answered.seconds < 30


async def test_a_kernel_that_nobody_needed_is_removed(kernels: list[Any]) -> None:
    failing = scripted(implementation=fenced("1 / 0"), code_review=fenced("1 / 0"))
    answered, events = await ask(failing, repository=repository())
    assert answered.status == "failed" and not of(AnswerReady, events)
    assert len(kernels) == 2 and all(kernel._closed for kernel in kernels)


async def test_a_proof_without_a_kernel_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    async def start(self: Prover) -> None:
        raise EngineMissing("No engine answers.")

    monkeypatch.setattr(Prover, "start", start)
    answered, events = await ask(scripted(), repository=repository())
    assert answered.status == "answered"
    assert any("could not be verified: No engine answers." in e.message for e in of(ErrorSeen, events))


async def test_a_kernel_that_does_not_come_up_keeps_nobody_waiting(
    monkeypatch: pytest.MonkeyPatch, kernels: list[Any]
) -> None:
    async def start(self: Prover) -> None:
        await asyncio.Event().wait()  # as where the engine hangs

    monkeypatch.setattr(Prover, "start", start)
    monkeypatch.setattr("agent.loop.ahead.PATIENCE_S", 0.05)
    answered, events = await ask(scripted(), repository=repository())
    assert answered.status == "answered"
    assert any("was not there" in e.message for e in of(ErrorSeen, events))
    assert len(kernels) == 2 and all(kernel._closed for kernel in kernels)


async def test_one_that_is_not_needed_again_goes_by_itself(monkeypatch: pytest.MonkeyPatch, kernels: list[Any]) -> None:
    gone, close = asyncio.Event(), Prover.close

    async def noted(self: Prover) -> None:
        await close(self)
        gone.set()

    monkeypatch.setattr(Prover, "close", noted)
    ahead = Ahead(lambda: Prover(lambda handler: sandbox.open_kernel(KernelOptions(), handler, "fake"), []), str, 0.01)
    prover = await ahead.take()
    ahead.give_back(prover, is_fit=True)
    await asyncio.wait_for(gone.wait(), 60)
    await ahead.close()
    assert len(kernels) == 1 and kernels[0]._closed


async def test_without_a_repository_no_second_kernel_starts(kernels: list[Any]) -> None:
    await ask(scripted())
    assert len(kernels) == 1
