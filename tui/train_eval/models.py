"""Which predictor `--model` means: a checkpoint's or a run's folder, else a name that the configured endpoint knows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agent.models.checkpoint_files import check_torch
from agent.models.choose import Choice, Kind, choose
from train.runs.reader import is_run, read_run
from train.templates import NAMES
from tui.failures import UsageProblem
from tui.from_settings import key_value, model_request
from tui.run_places import named_run
from tui.settings_load import load_settings
from tui.standard_streams import narrate
from tui.train_eval.request import EvalRequest

if TYPE_CHECKING:
    from train.evaluate.answers import Predictor
    from train.evaluate.checkpoint import CheckpointPredictor
    from train.evaluate.endpoint import Address

DEFAULT_TEMPLATE = "tl-codellama"


def predictor_of(request: EvalRequest) -> Predictor:
    """The predictor, ready to answer.

    Raises:
        UsageProblem: the model cannot be evaluated, or the template has no such name.
        AgentError, TrainError: it is not there.
    """
    if request.template is not None and request.template not in NAMES:
        raise UsageProblem(f"no template is called {request.template!r}", f"There are {', '.join(NAMES)}.")
    choice = choose(model_request(load_settings().model, _named(request.model)))
    if choice.kind is Kind.CHECKPOINT:
        return _checkpoint(request, Path(choice.name).expanduser())
    if choice.kind is not Kind.ENDPOINT:
        hint = "Name a checkpoint's folder (./dir), a run's folder, or a model of an endpoint."
        raise UsageProblem(f"{choice.kind} models cannot be evaluated here", hint)
    return _endpoint(request, choice)


def _named(model: str | None) -> str | None:
    """A run's or a checkpoint's folder also without `./` before it, and a run by its name under the home."""
    folder = named_run(model) if model else None
    if folder is not None and (is_run(folder) or (folder / "config.json").is_file()):
        return str(folder.resolve())
    return model


def first_token_of(predictor: Predictor) -> CheckpointPredictor | None:
    """The predictor where it knows a tokenizer."""
    return predictor if hasattr(predictor, "first_token") else None  # type: ignore[return-value]


def _checkpoint(request: EvalRequest, folder: Path) -> Predictor:
    check_torch()
    weights, template, name = folder, request.template, folder.resolve().name
    if is_run(folder):
        run = read_run(folder)
        weights, template = run.model_folder, template or str(run.config.get("template") or "") or None
    if template is None:
        narrate(f"template: {DEFAULT_TEMPLATE} (--template names another: {', '.join(NAMES)})\n")
    from train.evaluate.checkpoint import CheckpointPredictor, Decoding

    decoding = Decoding(request.batch_size, request.n_new, request.dtype)
    return CheckpointPredictor(weights, template or DEFAULT_TEMPLATE, decoding, name=name)


def _endpoint(request: EvalRequest, choice: Choice) -> Predictor:
    from train.evaluate.endpoint import WIRES, EndpointPredictor, Requests

    wire = next((known for known in WIRES if known == request.wire), None)
    if wire is None:
        raise UsageProblem(f"--wire {request.wire!r} is none of {', '.join(WIRES)}")
    how = Requests(wire, request.template or DEFAULT_TEMPLATE, request.concurrency, request.n_new)
    return EndpointPredictor(_address(choice), how)


def _address(choice: Choice) -> Address:
    from train.evaluate.endpoint import Address

    key = key_value(choice.key_name) if choice.key_name is not None else None
    return Address(choice.name, choice.base_url, key)
