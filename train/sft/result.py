"""What came out of a run: for the caller, and written into its folder as curves, card and log."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from train.configs.schema import SftConfig
from train.encode import Dropped
from train.runs import files
from train.runs.curves import write_png
from train.runs.folder import RunFolder, versions
from train.runs.memory import peak_bytes
from train.runs.reader import State, read_metrics
from train.sft.card import model_card
from train.sft.data import Encoded


@dataclass(frozen=True)
class SftResult:
    """`losses`: the first and the last logged; `valid_loss` where there is a valid split."""

    run: Path
    state: State
    n_steps: int
    first_loss: float | None
    last_loss: float | None
    valid_loss: float | None
    seconds: float
    peak_bytes: int


def result_of(run: Path, state: State, n_steps: int, valid_loss: float | None, seconds: float) -> SftResult:
    """The losses come from the run's own metrics, over all resumptions."""
    losses = [metric.loss for metric in read_metrics(run) if metric.loss is not None]
    first, last = (losses[0], losses[-1]) if losses else (None, None)
    return SftResult(run, state, n_steps, first, last, valid_loss, seconds, peak_bytes())


def write_up(run: RunFolder, result: SftResult, config: SftConfig, made: tuple[Dropped, Encoded] | None) -> None:
    """Curves and log always; the model card where the run was ended by itself and has a model (`made`)."""
    write_png(read_metrics(run.path), run.path / files.CURVES, run.path.name)
    if made is not None:
        dropped, train = made
        told = {key: value for key, value in dataclasses.asdict(result).items() if value is not None and key != "run"}
        files.replace_text(run.path / files.CARD, model_card(run.path.name, config, train, dropped, told, versions()))
    run.log(json.dumps(dataclasses.asdict(result), default=str))
