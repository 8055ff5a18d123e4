"""What the loop remembers: functions recalled for a task or a subtask, and those of a program that worked.

Similarity only proposes; the model binds or declines. A repository that fails never costs the person an answer: the
turn goes on without it and says so.
"""

from __future__ import annotations

import ast
import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from agent.errors import RepositoryError
from agent.events import ErrorSeen, Event, FunctionReused, FunctionsRecalled, FunctionStored
from agent.functions.base import FunctionEntry, FunctionRepository
from agent.functions.extract import extract_functions
from agent.loop.completion import Completer
from agent.loop.execution import Outcome
from agent.prompts.base import FunctionDoc, PromptContext, Recalled, Stage
from agent.tools.base import schema_hash
from agent.tools.host import ToolHost

_MIN_TASK_SIMILARITY = 0.40
"""A question and the docstring of the function that answers it are worded differently: true pairs score from 0.4 on."""
_MIN_SUBTASK_SIMILARITY = 0.45
_N_TASK, _N_PER_SUBTASK, _N_SUBTASKS = 3, 2, 5

T = TypeVar("T")


class Memory:
    """Who calls it: the turn. Remembers which entries it offered, so that a copied function is seen as reused."""

    def __init__(
        self,
        repository: FunctionRepository | None,
        host: ToolHost,
        emit: Callable[[Event], None],
        session: str,
        redact: Callable[[Any], Any] | None = None,
    ) -> None:
        self._repository = repository
        self._redact = redact
        self._emit = emit
        self._session = session
        self._schemas = {tool.spec.name: schema_hash(tool.spec) for tool in host.tools}
        self._offered: dict[str, FunctionEntry] = {}

    async def recall_task(self, completer: Completer, context: PromptContext) -> str | None:
        """A program that calls a stored function for the whole task; None where nothing fits or the model declines."""
        if self._repository is None or not completer.asks(Stage.RECALL):
            return None
        found = await self._search(context.question, _N_TASK, _MIN_TASK_SIMILARITY)
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

    async def recall_subtasks(self, context: PromptContext) -> tuple[FunctionDoc, ...]:
        """Candidates for the steps of a plan; IMPLEMENT copies those that fit."""
        if self._repository is None:
            return ()
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
                await self._try(lambda r, e=entry, c=call: r.record_outcome(e.id, ok, c))  # type: ignore[misc]  # bound now
                self._emit(FunctionReused(entry.name, entry.id))

    async def keep(self, context: PromptContext, program: str, outcome: Outcome) -> None:
        """Store the functions of a program that answered."""
        if self._repository is None:
            return
        known = [_definitions(entry.source) for entry in self._offered.values()]

        def extracted(
            _: FunctionRepository,
        ) -> list[FunctionEntry]:  # reads all that tools returned: off the event loop
            found = extract_functions(
                program,
                tools=self._schemas,
                calls=outcome.calls,
                result_json=outcome.end.result_json,
                session=self._session,
                task=context.question,
                redact=self._redact,
            )
            return list(found)

        for entry in await self._try(extracted) or ():
            if any(_definitions(entry.source).items() <= definitions.items() for definitions in known):
                continue
            stored = await self._try(lambda r, e=entry: r.add(e))  # type: ignore[misc]  # bound now
            if stored is not None:
                self._emit(FunctionStored(entry.name, stored, entry.subtask))

    async def _search(self, text: str, k: int, at_least: float) -> list[tuple[FunctionEntry, float]]:
        found = await self._try(lambda r: list(r.search(text, k, self._schemas)))
        return [(entry, similarity) for entry, similarity in found or [] if similarity >= at_least]

    async def _try(self, action: Callable[[FunctionRepository], T]) -> T | None:
        if self._repository is None:
            return None
        try:
            return await asyncio.to_thread(action, self._repository)
        except RepositoryError as error:
            self._emit(ErrorSeen("functions", str(error), error.hint))
            self._repository = None
            return None
        except KeyError:  # another process removed the entry meanwhile
            return None
        except Exception as error:  # noqa: BLE001  a fault there is ours, and still no reason to lose an answer
            self._emit(ErrorSeen("functions", f"stored functions cannot be used: {type(error).__name__}: {error}"))
            self._repository = None
            return None


def _doc(entry: FunctionEntry) -> FunctionDoc:
    return FunctionDoc(entry.name, entry.signature, entry.docstring, entry.subtask, entry.source)


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
