"""How long to wait for an endpoint, and how often to try again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.models.endpoint_errors import Endpoint, TransientFailure, timeout_failure

if TYPE_CHECKING:
    from tenacity import RetryCallState


@dataclass(frozen=True)
class EndpointLimits:
    connect_s: float = 10.0
    first_token_s: float = 180.0
    """From the request to the first token, thinking included; a local server may load the model in that time."""
    between_tokens_s: float = 60.0
    max_attempts: int = 4
    """For rate limits, server errors and lost connections, before the first token was passed on."""
    max_timeouts: int = 2
    """Attempts that may end in a time-out: waiting for a hung server again and again helps nobody."""
    base_wait_s: float = 0.5
    max_wait_s: float = 30.0
    """A server that asks for a longer pause (`Retry-After`) is not waited for."""


class TokenClock:
    """Watches one completion: each wait for the server is bounded, the first by another limit than the later ones."""

    def __init__(self, endpoint: Endpoint, limits: EndpointLimits) -> None:
        self._endpoint = endpoint
        self._limits = limits
        self._first_deadline = asyncio.get_running_loop().time() + limits.first_token_s
        self.started = False

    def token(self) -> None:
        """A token arrived."""
        self.started = True

    @asynccontextmanager
    async def waiting(self) -> AsyncIterator[None]:
        """Bounds what is awaited inside.

        Raises:
            TransientFailure: nothing came in time.
        """
        deadline = self._first_deadline
        waited_s = self._limits.first_token_s
        if self.started:
            waited_s = self._limits.between_tokens_s
            deadline = asyncio.get_running_loop().time() + waited_s
        try:
            async with asyncio.timeout_at(deadline):
                yield
        except TimeoutError:
            raise timeout_failure(self._endpoint, waited_s, started=self.started) from None


class RetryRule:
    """For tenacity: whether and when to try again. One per completion, since it counts time-outs."""

    def __init__(self, limits: EndpointLimits) -> None:
        self._limits = limits
        self._n_timeouts = 0

    def wants(self, state: RetryCallState) -> bool:
        failure = state.outcome.exception() if state.outcome is not None else None
        if not isinstance(failure, TransientFailure):
            return False
        self._n_timeouts += failure.timed_out
        too_long = failure.retry_after_s is not None and failure.retry_after_s > self._limits.max_wait_s
        return not too_long and self._n_timeouts < self._limits.max_timeouts

    def wait_s(self, state: RetryCallState) -> float:
        failure = state.outcome.exception() if state.outcome is not None else None
        backoff = self._limits.base_wait_s * 2 ** (state.attempt_number - 1)
        # Jitter, so that many clients of one server do not come back all at once.
        wait_s = min(backoff * random.uniform(0.8, 1.2), self._limits.max_wait_s)
        asked_s = failure.retry_after_s if isinstance(failure, TransientFailure) else None
        return wait_s if asked_s is None else max(asked_s, 0.0)
