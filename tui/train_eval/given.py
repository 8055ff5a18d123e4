"""What a request names: the data, answers that are there, and the folder where an evaluation is kept."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from train.evaluate.answers import Answer
from train.evaluate.foreign_predictions import read_predictions
from train.templates import NAMES, template_named
from tui.failures import UsageProblem
from tui.train_eval.request import EvalRequest

GOLD = "gold"


def answers_given(
    request: EvalRequest, gold: Callable[[], Mapping[str, Answer]], ids: Sequence[str]
) -> Mapping[str, Answer]:
    if request.predictions == GOLD:
        return gold()
    if request.template is not None and request.template not in NAMES:
        raise UsageProblem(f"no template is called {request.template!r}", f"There are {', '.join(NAMES)}.")
    parse = template_named(request.template).parse if request.template else None
    return read_predictions(Path(request.predictions or "").expanduser(), ids, parse)


def name_of(request: EvalRequest) -> str:
    return GOLD if request.predictions == GOLD else Path(request.predictions or "").stem


def data_of(request: EvalRequest) -> Path:
    return (request.data or Path()).expanduser()


def default_out(config: Mapping[str, Any]) -> Path:
    """`evals/rotbench-clean-NAME-...` in the state's home; the settings' hash is in the name, so that none collide."""
    from agent.home import private_folder, state_home

    text = json.dumps(config, sort_keys=True, default=str)
    name = f"{config['benchmark']}-{config['split']}-{config['model_name']}"
    slug = re.sub(r"[^\w.-]+", "_", name)[:80]
    return private_folder(state_home() / "evals") / f"{slug}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
