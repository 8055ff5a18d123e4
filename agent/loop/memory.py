"""What the loop remembers: functions recalled for a task or a subtask, and those of a program that worked.

Similarity only proposes; the model binds or declines. A repository that fails never costs the person an answer: the
turn goes on without it and says so.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from agent.events import Event, FunctionLeft, FunctionReused, FunctionsRecalled, FunctionStored
from agent.functions.base import FunctionEntry, FunctionRepository, RecordedCall
from agent.functions.entries import with_outcome
from agent.functions.extract import Extraction, extract_functions, signature
from agent.loop.completion import Completer
from agent.loop.execution import Outcome
from agent.loop.keeper import Keeper
from agent.prompts.base import FunctionDoc, PromptContext, Recalled, Stage

_MIN_TASK_SIMILARITY = 0.40
"""A question and the docstring of the function that answers it are worded differently: true pairs score from 0.4 on."""
_MIN_SUBTASK_SIMILARITY = 0.45
_N_TASK, _N_PER_SUBTASK, _N_SUBTASKS = 3, 2, 5


class Memory:
    """Who calls it: the turn. Remembers which entries it offered, so that a copied function is seen as reused."""

    def __init__(
        self,
        keeper: Keeper,
        emit: Callable[[Event], None],
        session: str,
        redact: Callable[[Any], Any] | None = None,
    ) -> None:
        self._keeper = keeper
        self._redact = redact
        self._emit = emit
        self._session = session
        self._offered: dict[str, FunctionEntry] = {}
        self.touched: list[str] = []
        """Ids of the entries that this turn reused or stored: what a person's verdict on the answer is about."""

    async def recall_task(self, completer: Completer, context: PromptContext) -> str | None:
        """A program that calls a stored function for the whole task; None where nothing fits or the model declines.

        Only confirmed functions go this short way, without a plan of their own.
        """
        if not completer.asks(Stage.RECALL):
            return None
        found = await self._search(context.question, _N_TASK, _MIN_TASK_SIMILARITY, confirmed=True)
        if not found:
            return None
        entries = {entry.name: entry for entry, _ in reversed(found)}  # of two with one name, the more similar
        docs = tuple(_doc(entry) for entry in entries.values())
        product = await completer.product(Stage.RECALL, replace(context, functions=docs))
        call = product.call if isinstance(product, Recalled) else None
        self._emit(FunctionsRecalled(context.question, _shown(found), call))
        if call is None:
            return None
        entry = entries[call.partition("(")[0]]
        self._offered[entry.id] = entry
        return f"{entry.source}\n\n{call}"

    async def recall_scaffold(self, completer: Completer, context: PromptContext) -> str | None:
        """The short way of a model that is not asked for RECALL: the function that its scaffold describes is there
        already, word for word, and confirmed; the call that its scaffold ends with binds it."""
        if completer.asks(Stage.RECALL):
            return None
        head, call = head_and_call(context.scaffold)
        if not head or not call:
            return None
        found = await self._search(head[1].partition("\n")[0], _N_TASK, _MIN_SUBTASK_SIMILARITY, confirmed=True)
        for entry, _ in found:
            if head == (entry.signature, entry.docstring):
                self._emit(FunctionsRecalled(context.question, _shown(found), call))
                self._offered[entry.id] = entry
                return f"{entry.source}\n\n{call}"
        return None

    async def recall_subtasks(self, context: PromptContext) -> tuple[FunctionDoc, ...]:
        """Candidates for the steps of a plan; IMPLEMENT copies those that fit."""
        candidates: dict[str, FunctionEntry] = {}
        for step in _steps(context.plan):
            found = await self._search(step, _N_PER_SUBTASK, _MIN_SUBTASK_SIMILARITY)
            if found:
                self._emit(FunctionsRecalled(step, _shown(found)))
            candidates.update({entry.id: entry for entry, _ in found})
        offered = dict(list(candidates.items())[:_N_SUBTASKS])
        self._offered.update(offered)
        return tuple(_doc(entry) for entry in offered.values())

    async def reused(self, program: str, *, ok: bool) -> None:
        """Record the outcome of every offered entry that stands unchanged in the program that ran."""
        defined = _definitions(program)
        for entry in self._offered.values():
            if _definitions(entry.source).items() <= defined.items():
                call = _call_of(entry.name, program)
                changed = await self._keeper.change(entry.id, lambda e, c=call: with_outcome(e, ok, c))  # type: ignore[misc]
                self._emit(FunctionReused(entry.name, entry.id))
                self.touched.append(entry.id)
                if changed is not None and not ok:
                    await self._keeper.doubt(changed)

    async def keep(self, context: PromptContext, program: str, outcome: Outcome) -> None:
        """Store the functions of a program that answered, each with the test that it passed alone."""
        known = [_definitions(entry.source) for entry in self._offered.values()]
        schemas = self._keeper.schemas
        run_calls = await outcome.loaded_calls()
        if run_calls is None:
            return

        def extracted(_: FunctionRepository) -> Extraction:  # reads all that tools returned: off the event loop
            return extract_functions(
                program,
                tools=schemas,
                calls=run_calls,
                session=self._session,
                task=context.question,
                redact=self._redact,
            )

        found = await self._keeper.attempt(extracted)
        new = [
            entry
            for entry in found or ()
            if not any(_definitions(entry.source).items() <= definitions.items() for definitions in known)
        ]
        if not new:
            return
        calls = [RecordedCall(name, args, value) for name, args, value in run_calls]
        for entry, verdict, stored in await self._keeper.admit(program, new, calls, self._redact):
            if not verdict.ok:
                self._emit(FunctionLeft(entry.name, verdict.reason))
            elif stored is not None:
                self._emit(FunctionStored(stored.name, stored.id, stored.subtask))
                self.touched.append(stored.id)

    async def _search(
        self, text: str, k: int, at_least: float, *, confirmed: bool = False
    ) -> list[tuple[FunctionEntry, float]]:
        found = [
            (entry, similarity)
            for entry, similarity in await self._keeper.search(text, k)
            if similarity >= at_least and (entry.state == "confirmed" or not confirmed)
        ]
        return [(entry, similarity) for entry, similarity in found if await self._keeper.is_sound(entry)]


def _doc(entry: FunctionEntry) -> FunctionDoc:
    return FunctionDoc(entry.name, entry.signature, entry.docstring, entry.subtask, entry.source)


def head_and_call(scaffold: str) -> tuple[tuple[str, str] | None, str]:
    """A scaffold's signature and docstring, as entries have them, and the call at its end."""
    try:
        body = ast.parse(scaffold).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None, ""
    match body:
        case [ast.FunctionDef(name=name) as head, ast.Expr(value=ast.Call(func=ast.Name(id=called)) as call)] if (
            name == called
        ):
            return (signature(head), ast.get_docstring(head) or ""), ast.unparse(call)
    return None, ""


def _shown(found: Sequence[tuple[FunctionEntry, float]]) -> tuple[dict[str, Any], ...]:
    return tuple({"entry": e.id, "name": e.name, "subtask": e.subtask, "similarity": round(s, 3)} for e, s in found)


def _steps(plan: str) -> list[str]:
    return [s.strip() for s in re.findall(r"#\s*Step\s*\d+[.:)]?\s*(.+)", plan, re.IGNORECASE)]


def _call_of(name: str, program: str) -> str:
    """The program's last line where it calls this function with literals, else ''."""
    try:
        last = ast.parse(program).body[-1]
    except (SyntaxError, ValueError, RecursionError, IndexError):
        return ""
    match last:
        case ast.Expr(value=ast.Call(func=ast.Name(id=called)) as call) if called == name:
            return ast.unparse(call)
    return ""


def _definitions(source: str) -> dict[str, str]:
    """Top-level functions by name, as normalised source: layout and comments do not count."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError):
        return {}
    return {n.name: ast.dump(n) for n in body if isinstance(n, ast.FunctionDef)}
