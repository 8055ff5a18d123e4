"""What a model answered to one question, and the file that keeps every answer: a run that was cut off goes on there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from agent.scoring.gold import GivenCall
from train.errors import DataError
from train.evaluate.lines import append_line, read_lines
from train.rows import Called, CallsRow, CodeRow, Said

Ask = CallsRow | CodeRow
"""What a predictor is asked: a trajectory that an assistant has to go on with, or a stage's messages."""


@dataclass(frozen=True)
class Answer:
    """`text`: raw, as the model wrote it. `calls`: empty for words without a call, None for what could not be read.

    `said`: the words of an answer without calls. `n_prompt`, `n_new`: tokens, 0 where nobody counted. `end`: why the
    model stopped (`stop`, `length`, `error`).
    """

    text: str
    calls: tuple[GivenCall, ...] | None
    said: str = ""
    n_prompt: int = 0
    n_new: int = 0
    end: str = "stop"

    @classmethod
    def of(cls, text: str, turn: Called | Said | None, **numbers: Any) -> Answer:
        """An answer from what a template read in it."""
        match turn:
            case Called(calls=calls):
                return cls(text, tuple(GivenCall(call.name, call.args) for call in calls), **numbers)
            case Said(text=said):
                return cls(text, (), said, **numbers)
        return cls(text, None, **numbers)


class Predictor(Protocol):
    """Something that answers: a checkpoint, an endpoint. Implementations raise `train.errors` only."""

    @property
    def name(self) -> str:
        """For tables."""

    def settings(self) -> Mapping[str, Any]:
        """What the answers depend on; kept in the folder, and a run is resumed only under the same."""

    def answers(self, asks: Sequence[Ask]) -> Iterator[tuple[int, Answer]]:
        """Each ask's answer with its index, in the order in which they are ready."""

    def close(self) -> None:
        """Free connections or memory; safe to call twice."""


@dataclass
class AnswerFile:
    """One JSON object a line: `{"id", "text", "calls", ...}`. `path`: None keeps them in memory alone."""

    path: Path | None = None
    known: dict[str, Answer] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path) -> AnswerFile:
        """Read what is there.

        Raises:
            DataError: a line of it is no answer.
        """
        found = cls(path)
        for key, data in read_lines(path).items():
            try:
                found.known[key] = parse_answer(data)
            except (ValueError, KeyError, TypeError) as error:
                what = f"{path}: what stands under {key!r} is no answer: {error}"
                raise DataError(what, "Remove that line, or choose another folder by --out.") from error
        return found

    def add(self, key: str, answer: Answer) -> None:
        self.known[key] = answer
        if self.path is not None:
            append_line(self.path, {"id": key, **answer_json(answer)})


def answer_json(answer: Answer) -> dict[str, Any]:
    calls = None if answer.calls is None else [{"name": call.name, "args": dict(call.args)} for call in answer.calls]
    return {**vars(answer), "calls": calls}


def parse_answer(data: Mapping[str, Any]) -> Answer:
    """
    Raises:
        ValueError, KeyError, TypeError: it is none.
    """
    calls = data["calls"]
    read = None if calls is None else tuple(GivenCall(str(call["name"]), dict(call["args"])) for call in calls)
    numbers = {key: int(data.get(key, 0)) for key in ("n_prompt", "n_new")}
    return Answer(str(data["text"]), read, str(data.get("said", "")), **numbers, end=str(data.get("end", "stop")))
