"""What a model answered to one question, and the file that keeps every answer: a run that was cut off goes on there."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from agent.scoring.gold import GivenCall
from train.errors import DataError
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


@dataclass
class AnswerFile:
    """One JSON object a line: `{"id", "text", "calls", ...}`; appended as answers come, the last of an id counts."""

    path: Path
    known: dict[str, Answer] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path) -> AnswerFile:
        """Read what is there. A torn last line (the machine went down) is cut off; it is answered again.

        Raises:
            DataError: another line is no answer.
        """
        found = cls(path)
        if not path.exists():
            return found
        data = path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) < len(data):
            os.truncate(path, len(whole))
        for number, line in enumerate(whole.splitlines(), 1):
            try:
                key, answer = parse_answer(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                what = f"{path}:{number}: no answer: {error}"
                raise DataError(what, "Remove that line, or choose another folder by --out.") from error
            found.known[key] = answer
        return found

    def add(self, key: str, answer: Answer, **beside: Any) -> None:
        """Append it; it is on its way to the disk when this returns. `beside`: for readers, not read again."""
        self.known[key] = answer
        line = json.dumps({"id": key, **answer_json(answer), **beside}, ensure_ascii=False, default=str)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line.encode("utf-8", "replace").decode() + "\n")


def answer_json(answer: Answer) -> dict[str, Any]:
    calls = None if answer.calls is None else [{"name": call.name, "args": dict(call.args)} for call in answer.calls]
    return {**vars(answer), "calls": calls}


def parse_answer(data: Mapping[str, Any]) -> tuple[str, Answer]:
    """
    Raises:
        ValueError, KeyError, TypeError: it is none.
    """
    calls = data["calls"]
    read = None if calls is None else tuple(GivenCall(str(call["name"]), dict(call["args"])) for call in calls)
    numbers = {key: int(data.get(key, 0)) for key in ("n_prompt", "n_new")}
    answer = Answer(str(data["text"]), read, str(data.get("said", "")), **numbers, end=str(data.get("end", "stop")))
    return str(data["id"]), answer
