"""What one run of a program came to, as the loop needs it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from agent.calls.categories import Category
from agent.events import CellEnded
from agent.tools.turn_record import FailedCall
from sandbox.shelf import Shelved, loaded

_LOADED_BYTES = 32 << 20


@dataclass(frozen=True)
class Outcome:
    """One run of a program, as the loop needs it."""

    end: CellEnded
    output: str = ""
    notices: tuple[str, ...] = ()
    calls: tuple[tuple[str, dict[str, Any], Any], ...] = ()
    refused: str | None = None
    question: tuple[str, tuple[str, ...]] | None = None
    table: str = ""
    """The value as a capped table, where it is one."""
    unknown_tool: str = ""
    """The name of a tool that the program called and nobody has."""
    kernel: str = ""
    """What a model must know of a kernel that was replaced: which variables are there, which are lost."""
    failures: tuple[FailedCall, ...] = ()
    """Calls that raised on the host."""
    empty: tuple[str, ...] = ()
    """Reads that found nothing, as calls."""
    is_denied: bool = False
    """There is such a tool as `unknown_tool`, but the person's rules deny it."""
    package: str = ""
    """The package that was missing and was not added; `package_hint` says what the person can do about it."""
    package_hint: str = ""

    async def loaded_calls(self) -> tuple[tuple[str, dict[str, Any], Any], ...] | None:
        """The calls with values that were put aside; None where they are more than can be kept with a function."""
        if sum(value.n_bytes for _, _, value in self.calls if isinstance(value, Shelved)) > _LOADED_BYTES:
            return None
        return await asyncio.to_thread(lambda: tuple((name, args, loaded(value)) for name, args, value in self.calls))

    @property
    def shown_result(self) -> str:
        """The value as a reader gets it."""
        return self.table or self.end.result

    @property
    def ok(self) -> bool:
        return self.end.status == "ok"

    @property
    def has_failed(self) -> bool:
        """Another program might do better: it failed, and not because a person said no or stopped it."""
        return not self.ok and self.refused is None and self.end.status != "interrupted"

    @property
    def not_found(self) -> bool:
        """The program itself said that what it was asked about does not exist; that is no fault of its functions."""
        return self.end.error is not None and self.end.error["exception"] == "LookupError"

    @property
    def found_nothing(self) -> str:
        """The reads that found nothing, a line each."""
        return shorten("\n".join(f"{call} found nothing." for call in self.empty), 2000)

    @property
    def cause(self) -> tuple[str, str]:
        """The exception and its message; of a stopped program its status and why it was stopped."""
        if self.end.status == "timeout":
            # Its exception is our own interrupt, which says nothing to anybody.
            return "timeout", f"it ran longer than the {self.end.seconds:.0f} s that a program has"
        error = self.end.error or {}
        return (
            str(error.get("exception", self.end.status)),
            str(error.get("message", (self.end.died or {}).get("message", ""))),
        )

    @property
    def traceback(self) -> str:
        """What a model reads of a failure: the traceback, or why the program was stopped."""
        text = self._cause_text
        return f"{text}\n\n{self.kernel}" if self.kernel else text

    @property
    def failed_call(self) -> FailedCall | None:
        """The tool call that the run failed by, if it was one: the error says the same; or no call went well, since a
        service failed, and the program made nothing good of that."""
        if self.ok or not self.failures or self.end.error is None:
            return None
        text = str(self.end.error.get("text", ""))
        for failed in reversed(self.failures):
            if failed.message.partition("\n")[0][:80] in text and failed.kind in text:
                return failed
        last = self.failures[-1]
        return last if not self.calls and last.category is Category.TOOL_INSTABILITY else None

    @property
    def _cause_text(self) -> str:
        if self.end.status == "timeout":
            where = str(self.end.error["text"]) + "\n\n" if self.end.error else ""
            return f"{where}The program was stopped here: {self.cause[1]}."
        if self.end.error:
            return str(self.end.error["text"])
        if self.end.died:
            return f"The kernel was stopped: {self.end.died['message']}"
        return f"The cell ended with status {self.end.status}."


def shorten(text: str, limit: int) -> str:
    """Head and tail, with the number of characters left out between them."""
    if len(text) <= limit:
        return text
    head, tail = text[: limit * 2 // 3], text[-limit // 3 :]
    return f"{head}\n... {len(text) - len(head) - len(tail):,} characters left out ...\n{tail}"
