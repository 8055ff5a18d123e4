"""The seam between the loop and the words: a prompt set renders each stage's messages and reads its completion.

Two sets exist: `full` (templates in files, for models that know Python and English) and `compact` (the bundled model's
own). `train` renders its data with the very same functions, so that a model is trained on what it will read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol

from agent.calls.spec import ToolSpec
from agent.prompts.message import Message

Mode = Literal["staged", "fused"]
"""`staged`: a completion per stage, as the paper has it; `fused`: one for scaffold, plan and selection."""
MORE_TOOLS = "more_tools"
"""What a model calls in its pseudocode to see tools that are not listed."""


class Stage(StrEnum):
    """The model's stages in order (PAPERS: 1 scaffold, 2a plan, 2b select, 2c reselect, 3 implement, 4 review)."""

    ROUTE = "route"
    RECALL = "recall"
    SCAFFOLD = "scaffold"
    PLAN = "plan"
    SELECT = "select"
    FUSED = "fused"
    """Scaffold, plan and selection in one completion, where the session's mode says so."""
    RESELECT = "reselect"
    IMPLEMENT = "implement"
    REVIEW = "review"
    ANSWER = "answer"


@dataclass(frozen=True)
class FunctionDoc:
    """What a model sees of a stored function; all of it is data, never instructions."""

    name: str
    signature: str
    docstring: str
    subtask: str
    source: str = ""


@dataclass(frozen=True)
class Exchange:
    """An earlier question of the session and its answer."""

    question: str
    answer: str
    program: str = ""


@dataclass(frozen=True)
class UnknownTool:
    """A name that the pseudocode calls and no tool has, with the most similar real tools; or a `more_tools(...)`
    with what it finds."""

    name: str
    candidates: tuple[ToolSpec, ...]
    is_denied: bool = False
    """It exists, but the person's rules deny it."""


@dataclass(frozen=True)
class PromptContext:
    """All that is known when a stage begins; each stage reads what it needs and ignores the rest."""

    question: str
    tools: tuple[ToolSpec, ...] = ()
    n_hidden_tools: int = 0
    """Tools that are there but not in `tools`: too many to list."""
    selected: tuple[ToolSpec, ...] = ()
    functions: tuple[FunctionDoc, ...] = ()
    history: tuple[Exchange, ...] = ()
    held: tuple[str, ...] = ()
    """What the kernel holds of earlier programs, a line each: names with types and how their values begin."""
    restored: str = ""
    """What a model must know where the kernel was replaced by another: which names are lost."""
    files: tuple[str, ...] = ()
    work_mode: Literal["none", "read-only", "copy", "read-write"] = "none"
    """What programs may do with the person's folder, whose `files` these are."""
    scaffold: str = ""
    plan: str = ""
    pseudocode: str = ""
    unknown: tuple[UnknownTool, ...] = ()
    program: str = ""
    traceback: str = ""
    noted: str = ""
    """For REVIEW: what the traceback does not show, such as calls that found nothing; for ANSWER those alone. Data."""
    advice: str = ""
    """For REVIEW: what may help against this kind of failure, in our words."""
    result: str = ""
    output: str = ""
    done: str = ""
    """For REVIEW: what the failed attempt already changed through tools, so that it is not done twice. For ANSWER:
    what the program changed."""
    malformed: str = ""
    """The completion of this stage that could not be read, and `complaint` says why; both empty on the first try."""
    complaint: str = ""


class Malformed(Exception):
    """A completion that cannot be read; the text goes back to the model as its complaint."""


@dataclass(frozen=True)
class Routed:
    """What ROUTE decided: `code` (go on), `direct` (`answer` is the reply) or `beyond` (`answer` says why not)."""

    kind: Literal["code", "direct", "beyond"]
    answer: str = ""
    scaffold: str = ""
    """The product of SCAFFOLD, where the completion went on with it: that stage is not asked for then."""


@dataclass(frozen=True)
class Recalled:
    """What RECALL decided: a call that binds a stored function, such as `count_films('Sofia Coppola')`, or None."""

    call: str | None


class PromptSet(Protocol):
    """Who calls it: `agent.loop` for every stage; `train` to render data."""

    name: str
    follows_up: bool
    """Whether its prompts show earlier questions and what the kernel holds of them."""
    stages: frozenset[Stage]
    """Stages this set asks the model for; the others are skipped (the loop has a plain way for each)."""

    def messages(self, stage: Stage, context: PromptContext) -> Sequence[Message]:
        """The messages of a stage."""
        ...

    def max_tokens(self, stage: Stage) -> int:
        """The cap on a stage's completion."""
        ...

    def read(self, stage: Stage, completion: str, context: PromptContext) -> str | Routed | Recalled:
        """The stage's product: Python source for scaffold, plan, select, reselect, implement and review.

        Raises:
            Malformed: no such thing in the completion; the message tells the model what was expected.
        """
        ...
