"""The call itself: at its time, within its limits, again where a read may be tried again, its result as JSON."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from agent.tools.ask_user import SPEC as ASK_USER
from agent.tools.base import Tool, ToolOutcome
from agent.tools.checks import as_json
from agent.tools.feedback import PASSING_STATUS, CallRefused, is_unstable, status_of
from agent.tools.policy import HostLimits, Policy

if TYPE_CHECKING:
    from tenacity import RetryCallState

_FIRST_WAIT_S = 0.25
_LONGEST_WAIT_S = 8.0
_CONNECTION_CLASSES = frozenset({"TransportError", "ConnectionError", "Timeout", "ClientConnectionError", "URLError"})
"""Of httpx, requests, aiohttp and urllib: what their families call a connection that failed."""


class Invoker:
    """Calls tools that were admitted. `hide` takes known secrets out of a result's JSON text."""

    def __init__(self, policy: Policy, limits: HostLimits, hide: Callable[[str], str] | None = None) -> None:
        self._policy = policy
        self._general = limits
        self._hide = hide
        self._limits: dict[str, HostLimits] = {}
        self._room: dict[str, asyncio.Semaphore] = {}
        self._n_calls: Counter[str] = Counter()

    def begin_question(self) -> None:
        """The budgets of calls begin anew."""
        self._n_calls.clear()

    async def __call__(self, tool: Tool, args: Mapping[str, Any]) -> ToolOutcome:
        """What the tool gave, as JSON.

        Raises:
            CallRefused: the tool's budget for this question is used up.
            TimeoutError: it did not answer in its time, its retries included.
            Exception: whatever the tool raised.
        """
        name = tool.spec.name
        if name == ASK_USER.name:  # a person may take their time; a tool may not
            return await tool.call(args)
        limits = self._limits_of(tool)
        self._n_calls[name] += 1
        if limits.n_calls is not None and self._n_calls[name] > limits.n_calls:
            raise _BudgetSpent(f"{name}() was called {limits.n_calls} times for this question; no more are allowed")
        clock = asyncio.timeout(limits.call_s)
        try:
            async with clock, self._room_of(name, limits):
                outcome = await self._tried(tool, args, limits)
        except TimeoutError as error:
            if not clock.expired():  # the tool's own, which says something else
                raise
            raise TimeoutError(f"{name}() did not answer within {limits.call_s:g} s") from error
        value = await _plain(name, outcome.value, limits.result_bytes, self._hide)
        return replace(outcome, value=value)

    async def _tried(self, tool: Tool, args: Mapping[str, Any], limits: HostLimits) -> ToolOutcome:
        """A read is tried again, each time after a longer wait than the last; then its last error passes through."""
        if tool.spec.effect != "read" or limits.n_tries < 2:
            return await tool.call(args)
        import tenacity

        # A wait that would end after the call's time is not begun: the error says more than a time-out.
        stop = tenacity.stop_after_attempt(limits.n_tries) | tenacity.stop_before_delay(limits.call_s)
        retrying = tenacity.AsyncRetrying(stop=stop, wait=_wait_s, retry=_retry_if, reraise=True)
        return await retrying(tool.call, args)

    def _limits_of(self, tool: Tool) -> HostLimits:
        name = tool.spec.name
        if name not in self._limits:
            self._limits[name] = self._general.but(self._policy.limits_of(tool))
        return self._limits[name]

    def _room_of(self, name: str, limits: HostLimits) -> asyncio.Semaphore:
        if name not in self._room:
            self._room[name] = asyncio.Semaphore(limits.n_at_once)
        return self._room[name]


class _BudgetSpent(CallRefused):
    kind = "ToolBudgetExceeded"


def _retry_if(state: RetryCallState) -> bool:
    error = state.outcome.exception() if state.outcome is not None else None
    return error is not None and _may_retry(error)


def _wait_s(state: RetryCallState) -> float:
    """Twice as long each time, with a random part so that callers do not come back together; what the service asked
    for, where that is longer."""
    error = state.outcome.exception() if state.outcome is not None else None
    asked_for = getattr(error, "retry_after_s", None)
    backoff: float = min(_FIRST_WAIT_S * 2 ** (state.attempt_number - 1), _LONGEST_WAIT_S) * random.uniform(1, 1.5)
    return max(float(asked_for or 0.0), backoff)


def _may_retry(error: BaseException) -> bool:
    """Instability that may pass: a failure may say so itself, an HTTP status does, a broken connection always may."""
    said = getattr(error, "may_retry", None)
    if isinstance(said, bool):
        return said
    if (status := status_of(error)) is not None:
        return status in PASSING_STATUS
    return isinstance(error, ConnectionError | TimeoutError) or (
        is_unstable(error) and any(base.__name__ in _CONNECTION_CLASSES for base in type(error).__mro__)
    )


_SMALL = (str, int, float, bool, type(None))


async def _plain(name: str, value: Any, limit_bytes: int, hide: Callable[[str], str] | None) -> Any:
    """The value as the program will get it, in a thread where it may be large: a thread costs 50 µs."""
    if isinstance(value, _SMALL) and not (isinstance(value, str) and len(value) > 10_000):
        return as_json(name, value, limit_bytes, hide)
    return await asyncio.to_thread(as_json, name, value, limit_bytes, hide)
