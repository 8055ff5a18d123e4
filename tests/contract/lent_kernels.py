"""One kernel of a kind for all tests of a file that need none of their own: starting one costs a second.

Under `over(ALL)` a test asks for `kernel` (or for `equipped` and its `tools`) and gets one that looks new: the names
that earlier tests defined are gone, what the tools were asked is forgotten, and after a failed test it is another one.
"""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from sandbox.kernel import Kernel
from tests.contract.kernel_harness import Tools, opened, run

THINNED = ("docker-relay", "bubblewrap")
"""These kinds run every test, but of one with many variants (programs that hang, deaths) only some: what differs is how
the kernel is reached, and a start takes its time. `EVERYWHERE=1 make test` runs them all."""
FAILED = pytest.StashKey[bool]()
"""Whether the test itself failed; conftest.py sets it."""


def over(kinds: list[Any]) -> pytest.MarkDecorator:
    """The test runs for each of these kinds; those of one kind follow each other."""
    return pytest.mark.parametrize("kind", kinds, scope="module")


def is_thinned(kind: Any) -> bool:
    """Whether some of the variants of a test are enough for this kind."""
    return kind in THINNED and not os.environ.get("EVERYWHERE")


class LentKernel:
    """A kernel that is opened when it is first needed, and again where a test may have spoilt it."""

    def __init__(self, kind: Any, tools: Tools | None = None) -> None:
        self.kind = kind
        self.tools = tools
        self._kernel: Kernel | None = None
        self._names_at_first: list[str] = []

    async def as_new(self) -> Kernel:
        """The kernel, started (after a death: afresh), without what earlier tests left there."""
        if self._kernel is None:
            self._kernel = await opened(self.kind, self.tools).__aenter__()
            names = (await run(self._kernel, "list(globals())")).result
            assert names is not None and names.json is not None
            self._names_at_first = json.loads(names.json)
        else:
            kept = set(self._names_at_first)
            forget = f"[globals().pop(n) for n in [*globals()] if n[:1] != '_' and n not in {kept!r}]\nNone"
            assert (await run(self._kernel, forget)).end.status == "ok"
        if self.tools is not None:
            self.tools.forget()
        return self._kernel

    async def give_up(self) -> None:
        """Close it; who asks next gets another."""
        kernel, self._kernel = self._kernel, None
        if kernel is not None:
            await kernel.close()
