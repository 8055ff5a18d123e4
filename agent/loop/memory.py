"""What the loop remembers: functions recalled for a task or a subtask, and those of a program that worked.

Similarity only proposes; the model binds or declines. A repository that fails never costs the person an answer: the
turn goes on without it and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from agent.events import Event, FunctionLeft, FunctionReused, FunctionsRecalled, FunctionStored
from agent.functions.base import FunctionEntry, FunctionRepository, RecordedCall, Summary
from agent.functions.entries import with_outcome, with_question
from agent.functions.extract import Extraction, extract_functions
from agent.functions.phrases import bound_call
from agent.functions.wording import covers
from agent.loop.completion import Completer
from agent.loop.keeper import Keeper
from agent.loop.outcome import Outcome
from agent.loop.pieces import definitions, final_call, head_and_call, steps_of
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

    async def recall_phrase(self, context: PromptContext) -> str | None:
        """A program for a question in the very words in which one confirmed function was asked for before, with other
        names: no model is asked. None where that is in doubt, or two functions were asked for in these words."""
        bound = [
            (known.id, call)
            for known in await self._keeper.confirmed()
            for call in dict.fromkeys(bound_call(phrase, context.question) for phrase in known.asked)
            if call is not None
        ]
        if len(bound) != 1 or (entry := await self._keeper.sound(bound[0][0])) is None:
            return None
        call = bound[0][1]
        self._emit(FunctionsRecalled(context.question, _shown([(entry, 1.0)]), call))
        self._offered[entry.id] = entry
        return f"{entry.source}\n\n{call}"

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
        already, word for word, and confirmed; the call that its scaffold ends with binds it. A question with telling
        words that nothing accounts for goes the long way (see `wording`)."""
        return await self._described(completer, context, lambda known: known.state == "confirmed")

    async def recall_plan(self, completer: Completer, context: PromptContext) -> str | None:
        """After the plan, for such a model: a function that is not confirmed yet, but that this scaffold describes word
        for word and whose tools are the very ones that were selected, is not written once more."""
        selected = {tool.name for tool in context.selected}
        return await self._described(completer, context, lambda known: {name for name, _ in known.tools} == selected)

    async def _described(
        self, completer: Completer, context: PromptContext, may_be: Callable[[Summary], bool]
    ) -> str | None:
        if completer.asks(Stage.RECALL):
            return None
        head, call = head_and_call(context.scaffold)
        if not head or not call:
            return None
        for known in await self._keeper.described(*head):
            described, phrases = (known.name, known.docstring), [pattern for pattern, _ in known.asked]
            if not may_be(known) or not covers(context.question, call, described, phrases):
                continue
            entry = await self._keeper.sound(known.id)
            if entry is not None:
                self._emit(FunctionsRecalled(context.question, _shown([(entry, 1.0)]), call))
                self._offered[entry.id] = entry
                return f"{entry.source}\n\n{call}"
        return None

    def expect_more(self) -> None:
        """A program is going to be written: see `Keeper.expect`."""
        self._keeper.expect()

    async def recall_subtasks(self, completer: Completer, context: PromptContext) -> tuple[FunctionDoc, ...]:
        """Candidates for the steps of a plan; IMPLEMENT copies those that fit. None for a model that is shown none."""
        if not completer.asks(Stage.RECALL):
            return ()
        candidates: dict[str, FunctionEntry] = {}
        for step in steps_of(context.plan):
            found = await self._search(step, _N_PER_SUBTASK, _MIN_SUBTASK_SIMILARITY)
            if found:
                self._emit(FunctionsRecalled(step, _shown(found)))
            candidates.update({entry.id: entry for entry, _ in found})
        offered = dict(list(candidates.items())[:_N_SUBTASKS])
        self._offered.update(offered)
        return tuple(_doc(entry) for entry in offered.values())

    async def reused(self, context: PromptContext, program: str, *, ok: bool) -> None:
        """Record the outcome of every offered entry that stands unchanged in the program that ran."""
        defined = definitions(program)
        for entry in self._offered.values():
            if definitions(entry.source).items() <= defined.items():
                changed = await self._succeeded(entry, context, program, ok=ok)
                self._emit(FunctionReused(entry.name, entry.id))
                self.touched.append(entry.id)
                if changed is not None and not ok:
                    await self._keeper.doubt(changed)

    async def keep(self, context: PromptContext, program: str, outcome: Outcome) -> None:
        """Store the functions of a program that answered, each with the test that it passed alone."""
        known = [definitions(entry.source) for entry in self._offered.values()]
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
            if not any(definitions(entry.source).items() <= offered.items() for offered in known)
        ]
        new = [
            self._with_words(entry, context, program)
            for entry in new
            if not await self._is_settled(entry, context, program)
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

    async def _is_settled(self, entry: FunctionEntry, context: PromptContext, program: str) -> bool:
        """A stored function was written once more: that counts as a use, and needs no new proof."""
        stored = await self._keeper.settled(entry)
        if stored is None:
            return False
        await self._succeeded(stored, context, program, ok=True)
        self.touched.append(stored.id)
        return True

    async def _succeeded(
        self, entry: FunctionEntry, context: PromptContext, program: str, *, ok: bool
    ) -> FunctionEntry | None:
        call, alone = final_call(entry.name, program), not context.history
        question = context.question if self._clean(context.question) == context.question else ""
        return await self._keeper.change(entry.id, lambda e: with_outcome(e, ok, call, question, alone=alone))

    def _with_words(self, entry: FunctionEntry, context: PromptContext, program: str) -> FunctionEntry:
        """The entry with the question's words, where it is what answered it and they hold no secret."""
        call = final_call(entry.name, program)
        if not call or self._clean(context.question) != context.question:
            return entry
        return with_question(entry, call, context.question, alone=not context.history)

    def _clean(self, text: str) -> Any:
        return self._redact(text) if self._redact is not None else text

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


def _shown(found: Sequence[tuple[FunctionEntry, float]]) -> tuple[dict[str, Any], ...]:
    return tuple({"entry": e.id, "name": e.name, "subtask": e.subtask, "similarity": round(s, 3)} for e, s in found)
