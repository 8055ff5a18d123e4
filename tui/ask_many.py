"""`toolcoder ask --file LIST`: each question in a session of its own, several at a time; one that fails keeps none of
the others from being asked, and a run that was stopped goes on where it was."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agent.events import Answered
from tui.ask_endings import decline, failed, interrupted
from tui.ask_list import Listed
from tui.ask_report import Report
from tui.ask_rows import Rows
from tui.exit_codes import ExitCode, code_of, worst
from tui.failures import UsageProblem, explain, show, show_hint
from tui.interruption import Interruption
from tui.plain import plain_json, plain_line
from tui.session_request import SessionLike
from tui.standard_streams import emit, narrate, stdout_for_data_alone

MakeSession = Callable[[], Awaitable[SessionLike]]
CloseShared = Callable[[], Awaitable[None]]
PrepareMany = Callable[[], tuple[MakeSession, CloseShared]]
"""Loads what sessions need, before the loop runs; gives what makes each of them, and what ends what they shared."""
_N_NOT_READY = 3
"""Questions in a row that the environment failed, after which the others would only fail like them."""


@dataclass(frozen=True)
class ManyOptions:
    """`output` None: results go to stdout. `as_json`: a summary on stdout in the end; `output` has the results then."""

    output: Path | None = None
    n_jobs: int = 1
    as_json: bool = False
    quiet: bool = False
    output_dir: Path | None = None


def ask_many(listed: Sequence[Listed], prepare: PrepareMany, options: ManyOptions) -> ExitCode:
    """Ask all that have no answer yet; the exit status is that of the worst.

    Raises:
        UsageProblem, ToolSourceError, AgentError: before the first question.
        OSError: a result cannot be written; those that were written stay.
    """
    if options.as_json and options.output is None:
        raise UsageProblem("--json with --file needs --output", "results are JSON Lines anyway; --json adds a summary")
    with Rows(options.output) as rows:
        done = rows.answered({item.key for item in listed})
        run = _Run([item for item in listed if item.key not in done], len(listed), len(done), rows, options)
        if run.waiting:
            with stdout_for_data_alone():
                make, close = prepare()
                asyncio.run(run.all(make, close))
    run.tell_end()
    return run.code


@dataclass
class _Run:
    """One run through the list."""

    waiting: list[Listed]
    n_listed: int
    n_before: int
    rows: Rows
    options: ManyOptions
    ended: Counter[str] = field(default_factory=Counter)
    code: ExitCode = ExitCode.DONE
    began: float = field(default_factory=time.monotonic)
    _running: set[SessionLike] = field(default_factory=set)
    _n_not_ready: int = 0
    _is_stopped: bool = False
    _stopped_by: Answered | None = None
    _unwritten: OSError | None = None

    async def all(self, make: MakeSession, close: CloseShared) -> None:
        """Until the list is through or somebody stops it."""
        self.waiting.reverse()  # taken from the end
        try:
            with Interruption(self._interrupt):
                async with asyncio.TaskGroup() as group:
                    for _ in range(min(self.options.n_jobs, len(self.waiting))):
                        group.create_task(self._work(make))
        finally:
            await close()
        if self._unwritten is not None:
            raise self._unwritten

    def tell_end(self) -> None:
        """What became of the list, for a person and, with `--json`, for a program."""
        n_left = self.n_listed - self.n_before - self.ended.total()
        counts = {"answered_before": self.n_before, **self.ended, "left": n_left}
        if not self.options.quiet:
            told = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in counts.items() if n)
            narrate(f"{self.n_listed} questions: {told}\n")
        if self._stopped_by is not None:
            show(f"stopped, since {_N_NOT_READY} questions in a row could not be asked: {self._stopped_by.error}")
            show_hint(self._stopped_by.hint or "the same command goes on with those that are left")
        if self.options.as_json:
            summary = {"n_questions": self.n_listed, **counts, "seconds": round(time.monotonic() - self.began, 3)}
            emit(plain_json({**summary, "output": str(self.options.output)}, indent=2) + "\n")

    def _interrupt(self) -> None:
        """Those that run are stopped and left for the next run; what is done is written already."""
        self._is_stopped = True
        self.code = ExitCode.INTERRUPTED
        for session in self._running:
            session.interrupt()

    async def _work(self, make: MakeSession) -> None:
        while self.waiting and not self._is_stopped:
            item = self.waiting.pop()
            report = Report()
            answered = await self._ask(item, make, report)
            if self._is_stopped and answered.status == "interrupted":
                return
            self._note(item, answered, report)

    async def _ask(self, item: Listed, make: MakeSession, report: Report) -> Answered:
        answered: Answered | None = None
        session: SessionLike | None = None
        try:
            async with await make() as session:
                self._running.add(session)
                if self._is_stopped:
                    return interrupted()
                async for event in session.ask(item.question):
                    report.take(event)
                    decline(event)
                    if isinstance(event, Answered):
                        answered = event
        except Exception as error:  # noqa: BLE001  # whatever failed: the other questions are asked all the same
            if answered is None:
                return _failed(error)
            # Closing failed. That costs nobody the answer, which is there.
            narrate(f"warning: {plain_line(explain(error).message, 400)}\n")
        finally:
            if session is not None:
                self._running.discard(session)
        return answered or Answered("failed", error="the turn ended without an answer", fault="agent")

    def _note(self, item: Listed, answered: Answered, report: Report) -> None:
        if self.options.output_dir is not None:
            report.gather(self.options.output_dir / item.file_name)
        row = {**item.more, "id": item.id, "question": item.question, "question_sha256": item.sha256}
        try:
            self.rows.add(row | report.as_object(answered))
        except OSError as error:  # the disk: to go on asking would waste what the answers cost
            self._unwritten, self._is_stopped = error, True
            return
        code = code_of(answered)
        self.code = worst(self.code, code)
        self.ended[answered.status] += 1
        self._n_not_ready = self._n_not_ready + 1 if code is ExitCode.NOT_READY else 0
        if self._n_not_ready == _N_NOT_READY and self.waiting:
            self._is_stopped, self._stopped_by = True, answered
        if not self.options.quiet:
            why = f"  {plain_line(answered.error or '', 100)}" if answered.status != "answered" else ""
            narrate(
                f"[{self.n_before + self.ended.total()}/{self.n_listed}] {answered.status} after {report.seconds:.1f} s"
                f"  {plain_line(item.question, 60)}{why}\n"
            )


def _failed(error: Exception) -> Answered:
    """A usage error of one question (its work folder, say) is its failure, not the run's."""
    try:
        return failed(error)
    except Exception as usage:  # noqa: BLE001  what `failed` raises again
        failure = explain(usage)
        return Answered("failed", error=failure.message, hint=failure.hint, fault="environment")
