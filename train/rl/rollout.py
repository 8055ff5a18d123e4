"""Roll-outs: the model writes, the reward judges; in an environment the tools' feedback goes back to it, turn by turn.

All roll-outs of a batch take their turns together: one batched generation, then all acts at once. Against gold a
roll-out is one answer.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from train.reward.live import live_reward
from train.reward.program import REJECTED_CAP
from train.reward.table import ErrorKind, Rewarded, RewardTable, reward_of_answer, reward_of_call
from train.rl.batch import Episode, Row
from train.rl.config import PpoConfig
from train.rl.environment import Acting, Environment, Reaction, Task
from train.rl.generate import Written
from train.rows import Called, CallsRow, Said
from train.templates.base import Template

Writer = Callable[[Sequence[Sequence[int]], int], Sequence[Written]]
"""(prompts as ids, seed) -> an answer to each."""


@dataclass(frozen=True)
class Speech:
    """How texts become ids and back: the template and the tokenizer."""

    template: Template
    tokenizer: Any

    def row(self, task: Task) -> CallsRow:
        """The task as the row that templates render."""
        return _row(task.tools, task.turns, task.id)

    def text_of(self, task: Task) -> str:
        """What the model reads before its first token."""
        return self.template.prompt(self.row(task))

    def prompt(self, task: Task) -> tuple[int, ...]:
        return tuple(self.tokenizer.encode(self.text_of(task), add_special_tokens=self.template.adds_special_tokens))

    @property
    def stop(self) -> tuple[str, ...]:
        """Strings that end an answer, besides the end token."""
        return self.template.stop

    def ids(self, text: str) -> tuple[int, ...]:
        return tuple(self.tokenizer.encode(text, add_special_tokens=False))

    def text(self, ids: Sequence[int]) -> str:
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=False))


def roll_out_against_gold(
    tasks: Sequence[Task], write: Writer, speech: Speech, config: PpoConfig, table: RewardTable, *, seed: int
) -> tuple[Episode, ...]:
    """One answer to each task, compared with its gold."""
    prompts = [speech.prompt(task) for task in tasks]
    episodes = []
    for task, prompt, written in zip(tasks, prompts, write(prompts, seed), strict=True):
        text = speech.text(written.ids)
        read = speech.template.parse(text)
        calls = read.calls if isinstance(read, Called) else None
        rewarded = unfinished(written, config) or reward_of_answer(calls, task.gold, task.tools, table)
        row = one_row(prompt, written, rewarded.value)
        episodes.append(Episode((row,), (rewarded,), task.question, text.strip(), written.is_finished, written.entropy))
    return tuple(episodes)


@dataclass
class _Going:
    """A roll-out under way. `rows` are complete; `context`, `answer`, ... are of the one that grows."""

    task: Task
    acting: Acting
    turns: list[Said | Called]
    prompt: tuple[int, ...]
    answer: list[int] = field(default_factory=list)
    written: list[bool] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    scores: list[tuple[int, float]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    rewards: list[Rewarded] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    entropies: list[float] = field(default_factory=list)
    is_finished: bool = True
    is_over: bool = False

    def end_row(self) -> None:
        if self.answer:
            answer, written, logprobs = tuple(self.answer), tuple(self.written), tuple(self.logprobs)
            row = Row(self.prompt, answer, written, logprobs, tuple(self.scores), tuple(self.values))
            self.rows.append(row)
        self.answer, self.written, self.logprobs, self.values, self.scores = [], [], [], [], []


async def roll_out_in(
    environment: Environment,
    tasks: Sequence[Task],
    write: Writer,
    speech: Speech,
    config: PpoConfig,
    table: RewardTable,
    *,
    seed: int,
) -> tuple[Episode, ...]:
    """Each task in the environment, for at most `max_turns` turns."""
    acting = await asyncio.gather(*(environment.begin(task, seed * 10_007 + i) for i, task in enumerate(tasks)))
    going = [_Going(task, a, list(task.turns), speech.prompt(task)) for task, a in zip(tasks, acting, strict=True)]
    try:
        for turn in range(config.max_turns):
            live = [g for g in going if not g.is_over]
            if not live:
                break
            answers = write([(*g.prompt, *g.answer) for g in live], seed * 101 + turn)
            acts = [_act(g, w, speech, config, table) for g, w in zip(live, answers, strict=True)]
            await asyncio.gather(*acts)
    finally:
        await asyncio.gather(*(g.acting.close() for g in going))
    episodes = []
    for g in going:
        g.end_row()
        entropy = sum(g.entropies) / len(g.entropies) if g.entropies else None
        said = " ⏎ ".join(g.said)
        episodes.append(Episode(tuple(g.rows), tuple(g.rewards), g.task.question, said, g.is_finished, entropy))
    return tuple(episodes)


async def _act(going: _Going, written: Written, speech: Speech, config: PpoConfig, table: RewardTable) -> None:
    text = speech.text(written.ids)
    going.said.append(text.strip())
    going.answer += written.ids
    going.written += [True] * len(written.ids)
    going.logprobs += written.logprobs
    going.values += written.values
    going.is_finished = written.is_finished
    if written.entropy is not None:
        going.entropies.append(written.entropy)
    turn = speech.template.parse(text)
    cut = unfinished(written, config)
    if turn is None or cut is not None:
        _reward(going, cut or Rewarded(table.format, ErrorKind.FORMAT, why="no parsable call"))
        going.is_over = True
        return
    reaction = await going.acting.act(turn)
    for rewarded in _rewards(turn, reaction, going, table):
        _reward(going, rewarded)
    going.is_over = reaction.is_over or isinstance(turn, Said) or not written.is_finished
    before = tuple(going.turns)
    going.turns.append(turn)
    if isinstance(turn, Called):
        names = [call.name for call in turn.calls]
        going.turns += [Said("tool", said, name) for said, name in zip(reaction.feedback, names, strict=False)]
    if not going.is_over:
        _go_on(going, before, turn, speech)
        going.is_over = len(going.prompt) + len(going.answer) > config.max_prompt_tokens


def _go_on(going: _Going, before: tuple[Said | Called, ...], turn: Called | Said, speech: Speech) -> None:
    """The prompt of the next turn: the same text and the feedback where turns are closed, else a row of its own."""
    task, template = going.task, speech.template
    after = template.prompt(_row(task.tools, tuple(going.turns), task.id))
    if template.closes_every_turn:
        rendered = "".join(s.text for s in template.render(_row(task.tools, (*before, turn), task.id)))
        if after.startswith(rendered):
            # The model wrote the turn's end token; white space behind that is the template's.
            told = speech.ids(rendered[len(rendered.rstrip()) :] + after[len(rendered) :])
            going.answer += told
            going.written += [False] * len(told)
            going.logprobs += [0.0] * len(told)
            going.values += [0.0] * len(told) if going.values else []
            return
    going.end_row()
    going.prompt = speech.prompt(dataclasses.replace(task, turns=tuple(going.turns)))


def _rewards(turn: Called | Said, reaction: Reaction, going: _Going, table: RewardTable) -> list[Rewarded]:
    """Of the calls by gold where there is any, else by their feedback; of an answer in words by its judge."""
    gold = [call for answer in going.task.gold for call in answer]
    found = []
    for call in reaction.calls:
        by_gold = [reward_of_call(call, right, going.task.tools, table) for right in gold]
        rewarded = max(by_gold, key=lambda r: r.value) if by_gold else live_reward(call.category, table)
        if rewarded is not None:
            found.append(rewarded)
    if isinstance(turn, Said) and gold and not going.rewards:
        found.append(Rewarded(table.format, ErrorKind.FORMAT, why="it answered without any call"))
    elif isinstance(turn, Said) and reaction.is_rejected is not None:
        bad = Rewarded(REJECTED_CAP, ErrorKind.VALUE, why="its answer was rejected")
        found.append(bad if reaction.is_rejected else Rewarded(table.all_right, ErrorKind.ALL_RIGHT))
    return found


def _reward(going: _Going, rewarded: Rewarded) -> None:
    going.rewards.append(rewarded)
    going.scores.append((len(going.answer) - 1, rewarded.value))


def unfinished(written: Written, config: PpoConfig) -> Rewarded | None:
    """The reward of an answer that was cut off, where there is one for that."""
    if written.is_finished or config.unfinished_reward is None:
        return None
    return Rewarded(config.unfinished_reward, ErrorKind.FORMAT, why="it was cut off by its limit")


def one_row(prompt: tuple[int, ...], written: Written, reward: float) -> Row:
    """A roll-out of one answer."""
    n = len(written.ids)
    return Row(prompt, written.ids, (True,) * n, written.logprobs, ((n - 1, reward),), written.values)


def _row(tools: Any, turns: tuple[Said | Called, ...], key: str) -> CallsRow:
    return CallsRow(key, key, tools, turns)
