"""How a turn ends: every failure of model, tools, sandbox and budget as its `Answered`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from agent.errors import AgentError
from agent.events import Answered, BudgetReached, ErrorSeen, Event
from agent.loop.budget import BudgetExceeded, Meter
from agent.loop.completion import StageFailed
from agent.loop.turn import Turn
from agent.prompts.base import PromptContext
from sandbox.errors import SandboxError


async def ended(
    turn: Turn,
    context: Coroutine[Any, Any, PromptContext],
    meter: Meter,
    emit: Callable[[Event], None],
    was_interrupted: Callable[[], bool],
) -> Answered:
    """Run the turn on what `context` gives. An answer that is there stands: only what followed it is cut short.

    Raises:
        asyncio.CancelledError: the task was cancelled, and not because the person interrupted it.
        Exception: a fault of ours.
    """
    limit = asyncio.timeout(meter.seconds_left)
    try:
        async with limit:
            return await turn.run(await context)
    except asyncio.CancelledError:
        if not was_interrupted():
            raise
        asyncio.current_task().uncancel()  # type: ignore[union-attr]  # we are inside a task
        return turn.answered or Answered("interrupted", error="interrupted")
    except TimeoutError:
        if not limit.expired():
            raise
        over = BudgetExceeded("seconds", meter.budget.max_seconds or 0.0, round(meter.seconds, 1))
        return turn.answered or _over(over, turn, emit)
    except BudgetExceeded as over:
        return _over(over, turn, emit)
    except StageFailed as failed:
        hint = "try again, or choose a stronger model with --model"
        return Answered("failed", error=str(failed), hint=hint, fault="agent")
    except (AgentError, SandboxError) as error:
        emit(ErrorSeen(type(error).__name__, str(error), error.hint))
        return turn.answered or Answered("failed", error=str(error), hint=error.hint, fault="environment")


def _over(over: BudgetExceeded, turn: Turn, emit: Callable[[Event], None]) -> Answered:
    emit(BudgetReached(over.what, over.limit, over.used))
    return Answered("budget", turn.so_far, error=str(over), hint="raise the limit, or ask for less at a time")
