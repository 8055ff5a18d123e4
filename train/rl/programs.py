"""Roll-outs of the code view: the model writes a stage's program, a sandbox runs it, the host's record is the reward.

Gold of a question are the calls that went right in its logged session (DESIGN.md, *Training*); without any the
feedback's category decides. A program that raised, or took too long, gets no more than `REJECTED_CAP`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from train.errors import DataError
from train.evaluate.heldout import code_rows, records, turn_of
from train.evaluate.replayed import PROGRAM_STAGES, program_of
from train.formats.problems import Problem
from train.reward.program import RecordedCall, reward_of_program
from train.reward.table import ErrorKind, Rewarded, RewardTable
from train.rl.batch import Episode
from train.rl.config import PpoConfig
from train.rl.environment import ProgramEnvironment, Task
from train.rl.rollout import Speech, Writer, one_row, unfinished
from train.rl.tasks import TaskReport
from train.rows import ToolDoc
from train.templates.code_view import code_segments


@dataclass(frozen=True)
class CodeSpeech(Speech):
    """Prompts by the tokenizer's chat template, as the agent asks a checkpoint. `ends`: what closes a completion."""

    ends: tuple[str, ...] = ()

    def text_of(self, task: Task) -> str:
        if task.stage is None:
            raise ValueError(f"{task.id} is no task of the code view")
        return code_segments(task.stage, self.tokenizer)[0].text

    def prompt(self, task: Task) -> tuple[int, ...]:
        return self.ids(self.text_of(task))

    @property
    def stop(self) -> tuple[str, ...]:
        return self.ends

    def completion(self, ids: Sequence[int]) -> str:
        """What was written, without what closes it."""
        text = self.text(ids)
        for end in (*self.ends, self.tokenizer.eos_token):
            text = text.partition(end)[0] if end else text
        return text


def program_tasks(data: Path, report: TaskReport) -> tuple[Task, ...]:
    """The stages of a dataset's training split whose completions are programs, each with the right calls of its turn.

    Raises:
        DataError: there is no such file, or nothing in it is a program.
    """
    file = data / "code.train.jsonl" if data.is_dir() else data
    problems: list[Problem] = []
    try:
        rows = list(code_rows(file, problems.append))
        gold = records(file.with_name(file.name.replace("code.", "calls.", 1)))
    except OSError as error:
        hint = "Name a folder that `toolcoder train data` wrote, with its code view."
        raise DataError(f"cannot read {file}: {error.strerror}", hint) from error
    report.n_rows = len(rows) + len(problems)
    tasks = []
    for row in rows:
        if row.stage not in PROGRAM_STAGES:
            report.leave("no program is its completion")
            continue
        record = gold.get(turn_of(row))
        right = tuple((call,) for call in record.calls) if record is not None else ()
        tools = tuple(ToolDoc(name, "") for name in row.tools)
        tasks.append(Task(row.id, tools, (), right, row))
    for problem in problems:
        report.leave(f"not read: {problem.why}"[:80])
    report.n_tasks = len(tasks)
    if not tasks:
        hint = "Record sessions in which programs ran, or leave --view code out."
        raise DataError(f"{file} has no program to learn from", hint)
    return tuple(tasks)


def speech_of(tasks: Sequence[Task], speech: Speech) -> CodeSpeech:
    """How these tasks' model reads and writes: what its chat template puts behind a completion ends one."""
    row = tasks[0].stage
    after = code_segments(row, speech.tokenizer)[1].text.rpartition(row.completion.strip())[2] if row else ""
    end = after.strip()
    return CodeSpeech(speech.template, speech.tokenizer, (end,) if end else ())


async def roll_out_programs(
    environment: ProgramEnvironment,
    tasks: Sequence[Task],
    write: Writer,
    speech: CodeSpeech,
    config: PpoConfig,
    table: RewardTable,
    *,
    seed: int,
    apart: int,
) -> tuple[Episode, ...]:
    """One program for each task. `seed`: of what is written; `apart`: of the programs' own random numbers."""
    prompts = [speech.prompt(task) for task in tasks]
    answers = write(prompts, seed)
    texts = [speech.completion(written.ids) for written in answers]
    tools = tuple(environment.tools())

    async def judged(number: int) -> Rewarded:
        task, row = tasks[number], tasks[number].stage
        program = program_of(row, texts[number]) if row is not None else None
        if program is None or not program.strip():
            return Rewarded(table.format, ErrorKind.FORMAT, why="no program can be read")
        ran = await environment.run(program, apart * 10_007 + number)
        calls = tuple(RecordedCall(call.name, call.args, call.category) for call in ran.calls)
        gold = tuple(RecordedCall(call.name, call.args, call.category) for right in task.gold for call in right)
        return reward_of_program(program, calls, gold, tools, rejected=not ran.ok, table=table)

    found = await asyncio.gather(*(judged(number) for number in range(len(tasks))))
    episodes = []
    for task, prompt, written, text, reward in zip(tasks, prompts, answers, texts, found, strict=True):
        rewarded = unfinished(written, config) or reward
        row = one_row(prompt, written, rewarded.value)
        episodes.append(Episode((row,), (rewarded,), task.id, text.strip(), written.is_finished, written.entropy))
    return tuple(episodes)
