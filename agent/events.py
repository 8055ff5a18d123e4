"""The one stream of typed events that the loop yields: chat, `ask`, benchmarks and the session log all read it.

An event is a frozen dataclass; `kind` is its name in the log. Two kinds carry a future, through which a front end
answers the loop: `ApprovalAsked` and `PersonAsked`. `ModelDelta` and `CellText` are for the screen as things happen;
the log keeps whole completions and outputs instead (`StageEnded`, `CellEnded`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from agent.calls.categories import Category

Status = Literal["answered", "failed", "refused", "budget", "interrupted"]
Scope = Literal["once", "session", "always"]


@dataclass(frozen=True)
class TokenUsage:
    """`cached_tokens` are those of the prompt's that the endpoint had in its cache (0 where it does not tell)."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None
    estimated: bool = False
    cached_tokens: int = 0


@dataclass(frozen=True)
class Event:
    """Base of all."""

    kind: ClassVar[str] = "event"


@dataclass(frozen=True)
class SessionStarted(Event):
    """The header: everything that a reader of the log must know to judge what follows."""

    kind: ClassVar[str] = "session"
    session: str
    version: str
    model: str
    model_reason: str
    prompts: str
    sandbox: str
    tools: tuple[dict[str, Any], ...] = ()
    """Each tool: name, signature, purpose, description, JSON schema of its parameters, effect, hash of that, source."""
    resumed_from: str | None = None
    """The session whose log this continues (its own id); None in the first header."""
    asked_with: Mapping[str, Any] = field(default_factory=dict)
    """The flags that a resumption takes up again: model, tools, work_folder, work_mode."""


@dataclass(frozen=True)
class QuestionAsked(Event):
    kind: ClassVar[str] = "question"
    question: str
    turn: int = 1


@dataclass(frozen=True)
class FunctionsRecalled(Event):
    """What the repository proposed (entry, name, subtask, similarity) and what the model took (a call) or None."""

    kind: ClassVar[str] = "recall"
    task: str
    candidates: tuple[dict[str, Any], ...] = ()
    taken: str | None = None


@dataclass(frozen=True)
class StageStarted(Event):
    kind: ClassVar[str] = "stage_start"
    stage: str
    attempt: int = 1


@dataclass(frozen=True)
class ModelDelta(Event):
    kind: ClassVar[str] = "model_delta"
    stage: str
    text: str
    thinking: bool = False


@dataclass(frozen=True)
class StageEnded(Event):
    """`prompt` is the messages as (role, content); `product` what was read from the completion ('' where malformed).

    `parts`: of a completion that did several stages (`fused`; the bundled model's route), what each gave: (stage,
    product).
    """

    kind: ClassVar[str] = "stage_end"
    stage: str
    prompt: tuple[tuple[str, str], ...] = ()
    completion: str = ""
    thinking: str = ""
    product: str = ""
    complaint: str = ""
    parts: tuple[tuple[str, str], ...] = ()
    usage: TokenUsage = field(default_factory=TokenUsage)
    seconds: float = 0.0


@dataclass(frozen=True)
class ProgramWritten(Event):
    """The program about to run. `source`: the code; `origin`: implement, review, or reuse."""

    kind: ClassVar[str] = "program"
    source: str
    origin: Literal["implement", "review", "reuse"] = "implement"


@dataclass(frozen=True)
class CellStarted(Event):
    kind: ClassVar[str] = "cell_start"
    cell: int
    source: str


@dataclass(frozen=True)
class CellText(Event):
    kind: ClassVar[str] = "cell_output"
    cell: int
    stream: Literal["stdout", "stderr"]
    text: str


@dataclass(frozen=True)
class CellTextCut(Event):
    """Here text of the stream is missing: its head and its tail are passed on. `CellEnded.spooled` has the rest."""

    kind: ClassVar[str] = "cell_output_cut"
    cell: int
    stream: Literal["stdout", "stderr"]
    n_bytes: int
    n_lines: int


@dataclass(frozen=True)
class CellDisplayed(Event):
    """A rich display (a plot, a table): MIME type to data, base64 for binary types.

    Where the session keeps files, `artifacts` are those that were made of it ({path, mime, n_bytes}) and `data` has
    only its small texts. `left_out` says what was not kept, and why.
    """

    kind: ClassVar[str] = "cell_display"
    cell: int
    data: dict[str, str]
    artifacts: tuple[dict[str, Any], ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class CellEnded(Event):
    """`result` is the repr of the last expression; `result_json` the same as JSON text where it is made of JSON types.

    `error`: {exception, message, frames: [{file, line, function, source}], text}; `died`: {cause, message};
    `spooled`, the file with all output: {path, n_bytes, n_lost_bytes, failure}.
    """

    kind: ClassVar[str] = "cell_end"
    cell: int
    status: Literal["ok", "error", "interrupted", "timeout", "died"]
    seconds: float
    result: str = ""
    result_json: str | None = None
    error: dict[str, Any] | None = None
    died: dict[str, str] | None = None
    n_stdout_bytes: int = 0
    n_stderr_bytes: int = 0
    output_cut: bool = False
    spooled: dict[str, Any] | None = None


@dataclass(frozen=True)
class KernelRestored(Event):
    """The kernel had died, or its session was resumed too late; a fresh one ran the earlier good cells again, with
    tool results from the record.

    `restored`, `lost`: names that earlier cells defined. `stopped`: why not all of those cells could be run again.
    """

    kind: ClassVar[str] = "kernel_restored"
    n_cells: int
    restored: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()
    stopped: str = ""
    resumed: bool = False
    """The session was resumed, and no kernel was left: this is how it begins."""

    @property
    def is_whole(self) -> bool:
        """Everything is there as it was."""
        return not (self.lost or self.differences or self.stopped)


@dataclass(frozen=True)
class KernelReattached(Event):
    """A resumed session came back to the kernel that its killed process had left: the variables are there."""

    kind: ClassVar[str] = "kernel_reattached"
    n_cells: int


@dataclass(frozen=True)
class ToolCalled(Event):
    """The broker's record of a call, also of one that never left the kernel (a failed bind) or the plan."""

    kind: ClassVar[str] = "tool_call"
    id: str
    name: str
    args: dict[str, Any]
    cell: int | None = None


@dataclass(frozen=True)
class ToolReturned(Event):
    """`value` is JSON; a large one is kept beside the log by its hash, then `value_ref` names it there.

    `raised`: the name of the exception that the program saw instead of a value; '' also where the call never left it.
    """

    kind: ClassVar[str] = "tool_return"
    id: str
    name: str
    category: Category
    seconds: float = 0.0
    value: Any = None
    value_ref: str | None = None
    message: str = ""
    notice: str | None = None
    raised: str = ""


@dataclass(frozen=True)
class ApprovalReply:
    """What a person says to an approval. `scope`: how long a yes holds; `args`: other arguments to call with."""

    allowed: bool
    scope: Scope = "once"
    args: dict[str, Any] | None = None


@dataclass(frozen=True)
class ApprovalAsked(Event):
    """A call needs a person's yes. The front end sets the future; a bool stands for a reply of that scope `once`.

    `reason` goes on after "the tool ...": why it is asked. `scopes` are the ones to offer. `complaint`, where not
    empty, says why the arguments that the person wrote (they are in `args`) cannot be used.
    """

    kind: ClassVar[str] = "approval_asked"
    id: str
    tool: str
    args: dict[str, Any]
    answer: asyncio.Future[ApprovalReply | bool] = field(compare=False, repr=False)
    reason: str = "changes something"
    signature: str = ""
    source: str = ""
    scopes: tuple[Scope, ...] = ("once", "session", "always")
    complaint: str = ""


@dataclass(frozen=True)
class ApprovalGiven(Event):
    """`by`: person, policy (a rule, an earlier approval, --yes), or nobody (no terminal: refused).

    `scope` is how long a person's yes holds, `args` what they changed the arguments to.
    """

    kind: ClassVar[str] = "approval"
    id: str
    tool: str
    allowed: bool
    by: Literal["person", "policy", "nobody"]
    scope: Scope = "once"
    args: dict[str, Any] | None = None


@dataclass(frozen=True)
class PersonAsked(Event):
    """`ask_user` was called. The front end sets the future to the reply, or to None where nobody can reply."""

    kind: ClassVar[str] = "person_asked"
    id: str
    question: str
    choices: tuple[str, ...]
    answer: asyncio.Future[str | None] = field(compare=False, repr=False)


@dataclass(frozen=True)
class RepairStarted(Event):
    kind: ClassVar[str] = "repair"
    round: int
    exception: str
    message: str
    line: int | None = None


@dataclass(frozen=True)
class FunctionReused(Event):
    kind: ClassVar[str] = "function_reused"
    name: str
    entry: str


@dataclass(frozen=True)
class FunctionStored(Event):
    kind: ClassVar[str] = "function_stored"
    name: str
    entry: str
    subtask: str


@dataclass(frozen=True)
class FunctionLeft(Event):
    """A function of the program that is not kept, and why: it did not do again what it did."""

    kind: ClassVar[str] = "function_left"
    name: str
    reason: str


@dataclass(frozen=True)
class FunctionRetired(Event):
    """A stored function is no longer proposed: retired, or in quarantine until it is verified again."""

    kind: ClassVar[str] = "function_retired"
    name: str
    entry: str
    reason: str


@dataclass(frozen=True)
class AnswerReady(Event):
    """The answer is there and will be the turn's, whatever follows: functions of its program are still being proved.
    A front end shows it now; `Answered` repeats it."""

    kind: ClassVar[str] = "answer_ready"
    answer: str


@dataclass(frozen=True)
class ToolChange:
    """A call that changed something, from the host's record. Not `is_certain`: it was begun and never returned."""

    name: str
    args: dict[str, Any]
    is_certain: bool = True


@dataclass(frozen=True)
class Answered(Event):
    """The end of a turn, always exactly one, whatever happened. `answer` is what a person reads.

    `value_json` is the result as JSON where there is one; `error` says what went wrong, `hint` what to do;
    `fault` says whose: the agent's (exit 1), the environment's (exit 3) or none. `changed` is what tools changed,
    however the turn ended; the text of an answer says it too.
    """

    kind: ClassVar[str] = "answer"
    status: Status
    answer: str = ""
    value_json: str | None = None
    error: str | None = None
    hint: str = ""
    fault: Literal["none", "agent", "environment"] = "none"
    seconds: float = 0.0
    usage: TokenUsage = field(default_factory=TokenUsage)
    repairs: int = 0
    changed: tuple[ToolChange, ...] = ()


@dataclass(frozen=True)
class FeedbackGiven(Event):
    kind: ClassVar[str] = "feedback"
    turn: int
    rating: Literal["up", "down"]
    correction: str = ""


@dataclass(frozen=True)
class ErrorSeen(Event):
    """Something of ours failed and the turn goes on or ends; `Answered` follows in the latter case."""

    kind: ClassVar[str] = "error"
    where: str
    message: str
    hint: str = ""


@dataclass(frozen=True)
class BudgetReached(Event):
    kind: ClassVar[str] = "budget"
    what: Literal["tokens", "seconds", "cost"]
    limit: float
    used: float
