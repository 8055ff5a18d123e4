"""Work over several turns: the model calls, an environment answers, until an answer comes or the turns are used up.

All items go on side by side, a turn at a time, so that a checkpoint always gets whole batches. An item that ended is
kept on disk at once. The environment is the one that PPO rolls out in (`train.rl.environment`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from agent.calls.categories import Category
from agent.scoring.multi import MOST_TURNS, Episode
from agent.scoring.single import bound_by_position
from train.evaluate.answers import Answer, Predictor
from train.evaluate.lines import append_line, read_lines
from train.formats.item import Item
from train.rl.environment import Acting, Environment, Reaction, Task
from train.rows import Call, Called, CallsRow, Said, row_json

FINISHING = ("finish", "Finish")
ASKING = ("ask_to_user", "getDetails")
_NOBODY = "There is nobody to ask. Go on with what you know."
_UNREADABLE = "Your reply could not be read. Call a tool in the form that you were given, or give the answer."


@dataclass
class _Open:
    """An item that is being worked on."""

    item: Item
    acting: Acting
    turns: list[Said | Called]
    categories: list[Category] = field(default_factory=list)
    n_turns: int = 0
    n_malformed: int = 0
    n_unobserved: int = 0
    answer: str | None = None

    @property
    def is_over(self) -> bool:
        return self.answer is not None or self.n_turns >= MOST_TURNS

    def row(self) -> CallsRow:
        return CallsRow(self.item.id, self.item.id, self.item.tools, tuple(self.turns), "eval")

    def episode(self) -> Episode:
        return Episode(tuple(self.categories), self.n_turns, self.answer, self.n_malformed, self.n_unobserved)


def play_all(
    items: Sequence[Item],
    predictor: Predictor,
    environment: Environment,
    kept: Path | None,
    on_step: Callable[[int], None],
) -> dict[str, Episode]:
    """Work through all items that the file has not yet.

    Raises:
        TrainError: the predictor's; what ended before is kept.
    """
    known = {key: parse_episode(data) for key, data in read_lines(kept).items()} if kept else {}
    on_step(sum(item.id in known for item in items))
    # The predictor answers while the loop of the environment stands still: it may need one of its own.
    with asyncio.Runner() as loop:
        going: list[_Open] = []
        try:
            going += loop.run(_begun([item for item in items if item.id not in known], environment))
            while going:
                answers = dict(predictor.answers([one.row() for one in going]))
                loop.run(_turns(going, answers))
                for one in [one for one in going if one.is_over]:
                    going.remove(one)
                    loop.run(one.acting.close())
                    known[one.item.id] = one.episode()
                    if kept:
                        append_line(kept, episode_json(one.episode(), one.row()))
                    on_step(sum(item.id in known for item in items))
        finally:
            loop.run(_ended(going, environment))
    return {item.id: known[item.id] for item in items}


async def _begun(items: Sequence[Item], environment: Environment) -> list[_Open]:
    begun = []
    for item in items:
        acting = await environment.begin(Task(item.id, item.tools, item.turns), seed=0)
        begun.append(_Open(item, acting, list(item.turns)))
    return begun


async def _turns(going: Sequence[_Open], answers: Mapping[int, Answer]) -> None:
    await asyncio.gather(*(_turn(one, answers[i]) for i, one in enumerate(going)))


async def _ended(going: Sequence[_Open], environment: Environment) -> None:
    for one in going:
        await one.acting.close()
    await environment.close()


async def _turn(one: _Open, answer: Answer) -> None:
    """One turn of one item."""
    one.n_turns += 1
    if answer.calls is None or not (answer.calls or answer.said.strip()):
        one.n_malformed += 1
        # An answer that did not fit into the model's window will not fit into a longer conversation either.
        one.n_turns = MOST_TURNS if answer.end == "length" and not answer.text else one.n_turns
        one.turns += [Said("assistant", answer.text), Said("user", _UNREADABLE)]
        return
    if not answer.calls:
        one.answer = answer.said
        one.turns.append(Said("assistant", answer.said))
        return
    declared = {tool.name: tuple(tool.parameters.get("properties") or ()) for tool in one.item.tools}
    bound = [bound_by_position(call, declared.get(call.name, ())) for call in answer.calls]
    turn = Called(tuple(Call(call.name, dict(call.args)) for call in bound))
    ending = next((call for call in turn.calls if call.name in FINISHING), None)
    if ending is not None:
        one.turns.append(turn)
        one.answer = "\n".join(str(value) for value in ending.args.values()) or " "
        return
    await _act(one, turn)


async def _act(one: _Open, turn: Called) -> None:
    asked = {i for i, call in enumerate(turn.calls) if call.name in ASKING and _is_declared(one, call.name)}
    others = tuple(call for i, call in enumerate(turn.calls) if i not in asked)
    reaction = await one.acting.act(replace(turn, calls=others)) if others else Reaction()
    feedback = iter(reaction.feedback)
    one.turns.append(turn)
    for i, call in enumerate(turn.calls):
        one.turns.append(Said("tool", _NOBODY if i in asked else next(feedback, ""), call.name))
    one.categories += [*(Category.ALL_RIGHT for _ in asked), *(seen.category for seen in reaction.calls)]
    one.n_unobserved += len(others) - len(reaction.calls)


def _is_declared(one: _Open, name: str) -> bool:
    return any(tool.name == name for tool in one.item.tools)


def episode_json(episode: Episode, row: CallsRow) -> dict[str, Any]:
    """A line of predictions.jsonl: the figures, and the whole conversation for readers."""
    return {**vars(episode), "id": row.id, "turns": row_json(row)["turns"]}


def parse_episode(data: Mapping[str, Any]) -> Episode:
    """
    Raises:
        ValueError, KeyError: it is none.
    """
    answer = data["answer"]
    return Episode(
        tuple(Category(name) for name in data["categories"]),
        int(data["n_turns"]),
        None if answer is None else str(answer),
        int(data["n_malformed"]),
        int(data["n_unobserved"]),
    )
