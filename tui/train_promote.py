"""The body of `toolcoder train promote`: both models answer both sets, the gate judges, the settings change."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from train.errors import ModelFolderError, Refused
from train.evaluate.benchmark import BENCHMARKS
from train.evaluate.compare import Comparison, compare, comparison_markdown
from train.evaluate.run import Questions, evaluate_singles
from train.out.promote import freeze, judge, record
from train.runs.reader import is_run, read_run
from tui.plain import plain_json
from tui.standard_streams import emit, narrate
from tui.train_eval.command import progress
from tui.train_eval.kinds import default_out
from tui.train_eval.models import predictor_of
from tui.train_eval.request import EvalRequest

if TYPE_CHECKING:
    from train.evaluate.answers import Predictor

_SPLIT = "heldout"


@dataclass(frozen=True)
class PromoteRequest:
    """`against` '' means the default model where it can be evaluated, else the run's base."""

    run: Path
    data: Path
    against: str = ""
    frozen: Path | None = None
    least: int = 20
    dry_run: bool = False
    as_json: bool = False


def promote(request: PromoteRequest) -> None:
    """
    Raises:
        Refused: it is worse somewhere, or there are too few questions.
        TrainError, AgentError, UsageProblem: told by the command line.
    """
    from agent.home import state_home

    in_use = request.against or _in_use(request.run)
    frozen = request.frozen or freeze(request.data, state_home() / "frozen")
    comparisons = {
        "held-out sessions": _compared(request, in_use, request.data),
        "frozen set": _compared(request, in_use, frozen),
    }
    verdict = judge(comparisons, request.least)
    changed = verdict.is_promoted and not request.dry_run
    if changed:
        _make_default(request.run, in_use, comparisons)
    if request.as_json:
        told: dict[str, Any] = {name: found.json() for name, found in comparisons.items()}
        emit(
            plain_json(
                {
                    "run": str(request.run),
                    "against": in_use,
                    "no_worse": verdict.is_promoted,
                    "promoted": changed,
                    "reasons": list(verdict.reasons),
                    "comparisons": told,
                },
                indent=2,
            )
            + "\n"
        )
    else:
        emit("\n".join(_titled(name, found) for name, found in comparisons.items()))
    if not verdict.is_promoted:
        raise Refused("not promoted: " + "; ".join(verdict.reasons), "The default model stays as it is.")
    narrate(f"the default model is now {request.run}\n" if changed else "no worse; nothing was changed (--dry-run)\n")


def _titled(name: str, found: Comparison) -> str:
    """The table of one set, under the set's name."""
    head, _, table = comparison_markdown(found).partition("\n")
    return f"# {name}: {head.partition(': ')[2]}\n{table}"


def _in_use(run: Path) -> str:
    """The settings' model where it can be asked these questions, else what the run started from."""
    from tui.settings_load import load_settings

    settings = load_settings().model
    if settings.name and settings.name != "bundled" and not settings.name.startswith("scripted:"):
        return settings.name
    if not is_run(run):
        raise ModelFolderError(f"{run} is no run, so its base is not known", "Name a model by --against.")
    base = str(dict(read_run(run).config.get("model", {})).get("base", ""))
    if base == "tiny":
        return str(run.resolve() / "base")
    if not Path(base).is_dir():
        raise ModelFolderError(f"the run's base {base!r} is no folder here", "Name a model by --against.")
    return str(Path(base).resolve())


def _compared(request: PromoteRequest, in_use: str, data: Path) -> Comparison:
    questions = Questions.load(BENCHMARKS["heldout"], data, _SPLIT)
    template = None
    if is_run(request.run):
        template = str(read_run(request.run).config.get("template") or "") or None
    folders = []
    for model in (in_use, str(request.run.resolve())):
        predictor = predictor_of(EvalRequest(model=model, template=template))
        folders.append(_evaluated(questions, predictor))
    return compare(*folders)


def _evaluated(questions: Questions, predictor: Predictor) -> Path:
    out = default_out(questions.config(predictor.name, predictor.settings()))
    with progress(f"{predictor.name} on {questions.path.name}", len(questions.items)) as on_step:
        evaluate_singles(questions, predictor, out, on_step)
    return out


def _make_default(run: Path, replaced: str, comparisons: dict[str, Comparison]) -> None:
    from agent.home import state_home
    from tui.settings_edit import write_value

    write_value("model", "name", str(run.resolve()))
    record(state_home() / "promotions.jsonl", run.resolve(), replaced, list(comparisons.values()))
