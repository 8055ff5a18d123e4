"""Functional accuracy: the model's own scaffold, plan and code, run against the world; value and changes must agree."""

from __future__ import annotations

import itertools
import math
import sys
from dataclasses import dataclass, field
from random import Random
from typing import Any

from agent.prompts.base import Malformed, PromptContext, Stage
from agent.prompts.compact import CompactPrompts
from agent.prompts.compact_tokens import CompactTokenizer, tag_id
from train.bundled.batches import header_ids
from train.bundled.generation import generate, split_stages
from train.bundled.generator import run, tasks
from train.bundled.headers import Rendering, canonical, renamed
from train.bundled.model import Transformer
from train.bundled.task import Task
from train.bundled.world import World


def same_value(a: Any, b: Any) -> bool:
    """Equal, with numbers to a millionth."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return math.isclose(a, b, rel_tol=1e-6)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same_value(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)


@dataclass
class Score:
    """Right answers of a kind, and what went wrong."""

    n: int = 0
    n_right: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        return self.n_right / max(self.n, 1)


def _program(stages: dict[str, str], question: str) -> str:
    prompts = CompactPrompts()
    context = PromptContext(question=question)
    scaffold = str(prompts.read(Stage.SCAFFOLD, stages.get("scaffold", ""), context))
    return str(prompts.read(Stage.IMPLEMENT, stages.get("implement", ""), PromptContext(question, scaffold=scaffold)))


def _right(task: Task, stages: dict[str, str], world: World, rendering: Rendering) -> tuple[bool, str]:
    beyond = stages.get("route", "").strip() != "code"
    if task.beyond or beyond:
        return task.beyond == beyond, "beyond" if beyond else "code"
    try:
        program = _program(stages, task.question)
    except Malformed as error:
        return False, str(error)
    back = {new: old for old, new in rendering.tool_names.items()}
    fields = {new: old for old, new in rendering.field_names.items()}
    outcome = run(Rendering(rendering.tools, back, fields).undo(program), world)
    wanted = run(task.program, world)
    right = outcome.error is None and same_value(outcome.value, wanted.value) and outcome.changed == wanted.changed
    return right, program if outcome.error is None else f"{program}\n# {outcome.error!r}"


def _prompt(tokenizer: CompactTokenizer, question: str) -> tuple[list[int], list[int]]:
    ids, marks = tokenizer.question(question)
    return [tag_id("question"), *ids, tag_id("route")], [0, *marks, 0]


def score(
    model: Transformer, tokenizer: CompactTokenizer, kind: str, n: int, seed: int, rendering: Rendering | None = None
) -> Score:
    """Accuracy on n tasks of a kind (see `generator.KINDS`), under the bundled toolset or another header."""
    rendering = rendering or canonical()
    header = header_ids(tokenizer, rendering)
    found = Score()
    drawn = list(itertools.islice(tasks(seed, kind, per_world=5), n))
    if kind != "beyond":
        drawn = [pair for pair in drawn if not pair[1].beyond]
    for start in range(0, len(drawn), 50):
        part = drawn[start : start + 50]
        prompts = [_prompt(tokenizer, t.question) for _, t in part]
        for (world, task), ids in zip(part, generate(model, header, prompts), strict=True):
            stages = split_stages(tokenizer, ids, task.question.split())
            right, what = _right(task, stages, world, rendering)
            found.n += 1
            found.n_right += right
            if not right:
                found.failures.append(f"[{task.intent}] {task.question}\n{stages.get('scaffold', '')}\n{what}")
    return found


def report(
    model: Transformer, tokenizer: CompactTokenizer, n: int, n_shown: int = 0, seed: int = 990_001
) -> dict[str, float]:
    """Print the table of development; the real one runs the whole agent in the sandbox over the catalogue."""
    rng = Random(seed)
    rows: list[tuple[str, str, Rendering | None]] = [
        ("unseen names", "trained", None), ("held-out phrasings", "phrasings", None),
        ("held-out compositions", "compositions", None), ("beyond it, refused", "beyond", None),
        ("renamed, known words", "trained", renamed(rng, 0.0)), ("renamed, unseen words", "trained", renamed(rng, 1.0)),
    ]  # fmt: skip
    shares = {}
    for i, (name, kind, rendering) in enumerate(rows):
        result = score(model, tokenizer, kind, n, seed + i, rendering)
        shares[name] = result.share
        print(f"{name:24} {result.share:6.1%}  ({result.n_right} of {result.n})", flush=True)
        for failure in result.failures[:n_shown]:
            print("    " + failure.replace("\n", "\n    "), file=sys.stderr)
    return shares
