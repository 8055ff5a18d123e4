"""False reuse, measured: two questions are worded alike and want different things. The first one's function is stored
and confirmed; is it bound to the second? The decision alone is made, by the loop's own `Memory`; nothing runs.

Where a model misreads the *first* question, its function may be what the second one asks for: `fits` says so, by the
words that tell the two apart, and such a reuse is not false.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from agent.calls.spec import ToolSpec
from agent.events import Event
from agent.functions.base import FunctionEntry
from agent.functions.embed import Embedder
from agent.functions.entries import confirmed, seal_of, with_question
from agent.functions.memory import MemoryRepository
from agent.functions.proof import Prover
from agent.loop.budget import Budget, Meter
from agent.loop.completion import Completer, StageFailed
from agent.loop.keeper import Keeper
from agent.loop.memory import Memory
from agent.loop.pieces import head_and_call
from agent.models.base import Model
from agent.prompts import prompt_set
from agent.prompts.base import PromptContext, Routed, Stage

PAIRS = Path(__file__).parents[2] / "tests" / "data" / "near_miss_pairs.jsonl"


@dataclass(frozen=True)
class Pair:
    """Two questions of a `kind` of near miss; neither is answered by the other's function."""

    kind: str
    stored: str
    asked: str


@dataclass(frozen=True)
class Decision:
    """`bound`: the call that the stored function was bound by; `way`: phrase, recall or scaffold."""

    pair: Pair
    bound: str | None
    way: str
    function: str
    """Signature and docstring of what was stored; '' where the model scaffolds nothing for the first question."""

    @property
    def is_false(self) -> bool:
        return self.bound is not None and not fits(self.pair, self.function)


_POLES = (
    (r"how many|count|number of|n_", r"list|which|what are|titles"),
    ("longest", "shortest"),
    ("longer", "shorter"),
    ("first|earliest|oldest", "last|latest|newest"),
    ("before|older", "after|since|newer"),
    ("add", "remove"),
)


def fits(pair: Pair, function: str) -> bool:
    """Whether the function's description has what the second question has and the first one has not."""
    for poles in _POLES:
        for wanted, other in (poles, poles[::-1]):
            if _has(wanted, pair.asked) and _has(other, pair.stored) and not _has(wanted, pair.stored):
                return _has(wanted, function) and not _has(other, function)
    return False


def _has(words: str, text: str) -> bool:
    return re.search(rf"(?<![a-z])(?:{words})", text.lower()) is not None


def read_pairs(path: Path = PAIRS) -> list[Pair]:
    """One pair per line.

    Raises:
        FileNotFoundError: they lie in the repository, not in the package.
    """
    return [Pair(**json.loads(line)) for line in path.read_text("utf-8").splitlines() if line.strip()]


class Deciding:
    """Who calls it: the command and the suite. One model, and scaffolds that are asked for once per question."""

    def __init__(self, model: Model, tools: Sequence[ToolSpec], embedder: Embedder) -> None:
        self._prompts = prompt_set(model.prompt_style)
        self._model, self._tools, self._embedder = model, tuple(tools), embedder
        self._scaffolds: dict[str, str] = {}

    async def decide(self, pair: Pair) -> Decision:
        """Store the first question's function as confirmed, then ask the second."""
        head, call = head_and_call(await self._scaffold(pair.stored))
        if head is None:
            return Decision(pair, None, "", "")
        repository = MemoryRepository(self._embedder)
        repository.add(_stored(head, call, pair.stored))
        memory = Memory(Keeper(repository, {}, _ignore, _no_prover), _ignore, "near-misses")
        context = PromptContext(pair.asked, tools=self._tools)
        way, program = "phrase", await memory.recall_phrase(context)
        if program is None:
            way, program = "recall", await memory.recall_task(self._completer(), context)
        if program is None:
            context = replace(context, scaffold=await self._scaffold(pair.asked))
            way, program = "scaffold", await memory.recall_scaffold(self._completer(), context)
        bound = program.splitlines()[-1] if program else None
        return Decision(pair, bound, way if bound else "", f"{head[0]}: {head[1]}")

    async def _scaffold(self, question: str) -> str:
        """'' where the model calls the question beyond it, or gives nothing readable."""
        if question not in self._scaffolds:
            completer, context = self._completer(), PromptContext(question, tools=self._tools)
            try:
                routed = await completer.product(Stage.ROUTE, context)
                assert isinstance(routed, Routed)
                self._scaffolds[question] = routed.scaffold
                if routed.kind == "code" and not routed.scaffold:
                    self._scaffolds[question] = await completer.code(Stage.SCAFFOLD, context)
            except StageFailed:
                self._scaffolds[question] = ""
        return self._scaffolds[question]

    def _completer(self) -> Completer:
        return Completer(self._model, self._prompts, Meter(Budget()), _ignore)


def summary(decisions: Iterable[Decision]) -> dict[str, Any]:
    """Shares between 0 and 1; `n_stored`: pairs whose first question got a function at all."""
    decisions = list(decisions)
    wrong = [d for d in decisions if d.is_false]
    n_stored = sum(bool(d.function) for d in decisions)
    kinds, wrong_kinds = Counter(d.pair.kind for d in decisions), Counter(d.pair.kind for d in wrong)
    return {
        "n": len(decisions),
        "n_stored": n_stored,
        "n_bound": sum(d.bound is not None for d in decisions),
        "false_reuse": len(wrong) / len(decisions) if decisions else None,
        "by_kind": {kind: {"n": n, "wrong": wrong_kinds[kind]} for kind, n in kinds.items()},
        "wrong": [asdict(d) for d in wrong],
    }


def _stored(head: tuple[str, str], call: str, question: str) -> FunctionEntry:
    signature, docstring = head
    name = signature.partition("(")[0]
    source = f"def {signature}:\n    {docstring!r}\n    raise NotImplementedError"
    subtask = docstring.partition("\n")[0]
    entry = confirmed(FunctionEntry(name, signature, docstring, source, subtask, verifying_call=call))
    return with_question(replace(entry, seal=seal_of(entry)), call, question, alone=True)


def _ignore(event: Event) -> None:
    """Nobody watches."""


def _no_prover() -> Prover:
    raise RuntimeError("a stored function is sealed here; nothing is verified")
