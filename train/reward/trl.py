"""The same reward as a function that TRL's trainers call: GRPO, RLOO and whatever else takes `reward_funcs`.

Columns of the data set are JSON text: Arrow would unite the arguments of different tools to one record type and fill
the rest with nulls, and a gold call would get parameters that it never had.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from agent.scoring.gold import CallLike, GivenCall
from train.reward.table import PAPER, Rewarded, RewardTable, reward_of_answer
from train.rows import Called, ToolDoc
from train.templates.base import Template

Completion = str | Sequence[Mapping[str, Any]]


def columns(gold: Iterable[Sequence[CallLike]], tools: Iterable[ToolDoc]) -> dict[str, str]:
    """`gold` and `tools` as the columns that `trl_reward`'s function reads. `gold`: the right answers' calls."""
    answers = [[{"name": call.name, "args": dict(call.args)} for call in answer] for answer in gold]
    docs = [{"name": t.name, "description": t.description, "parameters": dict(t.parameters)} for t in tools]
    return {"gold": json.dumps(answers), "tools_json": json.dumps(docs)}


def trl_reward(
    template: Template, table: RewardTable = PAPER, note: Callable[[Rewarded], None] | None = None
) -> Callable[..., list[float]]:
    """A function `(completions, gold, tools_json, **rest) -> list[float]`; completions: texts or lists of messages.

    `note` gets each reward with its reason, for the metrics.
    """

    def tool_call_reward(
        completions: Sequence[Completion], gold: Sequence[str], tools_json: Sequence[str], **_rest: Any
    ) -> list[float]:
        rewards = []
        for completion, answers_json, docs_json in zip(completions, gold, tools_json, strict=True):
            answers = [[GivenCall(c["name"], c["args"]) for c in answer] for answer in json.loads(answers_json)]
            docs = [ToolDoc(doc["name"], doc["description"], doc["parameters"]) for doc in json.loads(docs_json)]
            read = template.parse(_text(completion))
            calls = read.calls if isinstance(read, Called) else None
            rewarded = reward_of_answer(calls, answers, docs, table)
            if note is not None:
                note(rewarded)
            rewards.append(rewarded.value)
        return rewards

    return tool_call_reward


def _text(completion: Completion) -> str:
    if isinstance(completion, str):
        return completion
    return "".join(str(message.get("content") or "") for message in completion if message.get("role") == "assistant")
