"""The body of `toolcoder train promote`: both models answer both sets, the gate judges, the settings change."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from train.errors import DataError, ModelFolderError, Refused
from train.evaluate.benchmark import BENCHMARKS, CODE_VIEW
from train.evaluate.compare import Comparison, compare, comparison_markdown
from train.evaluate.heldout import code_rows, rows_file
from train.evaluate.run import Questions, evaluate_singles
from train.out.promote import freeze, judge, record
from train.runs.reader import is_run, read_run
from tui.plain import plain_json
from tui.standard_streams import emit, narrate
from tui.train_eval.command import progress
from tui.train_eval.given import data_of, default_out
from tui.train_eval.models import predictor_of
from tui.train_eval.request import EvalRequest
from tui.train_eval.sessions import code_view_by, views_of

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
    run_programs: bool = True
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
    comparisons = _compared(request, in_use, {"held-out sessions": request.data, "frozen set": frozen})
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


def _compared(request: PromoteRequest, in_use: str, sets: Mapping[str, Path]) -> dict[str, Comparison]:
    """Both models on both views of each set, by the set's and the view's name.

    Raises:
        DataError: a set has nothing held out in either view.
    """
    template = None
    if is_run(request.run):
        template = str(read_run(request.run).config.get("template") or "") or None
    asked = EvalRequest(template=template, run=request.run_programs)
    views = {
        f"{name}, {'code' if view.benchmark == CODE_VIEW else 'calls'}": view
        for name, data in sets.items()
        for view in views_of(replace(asked, data=data))
    }
    folders: dict[str, list[Path]] = {name: [] for name in views}
    for model in (in_use, str(request.run.resolve())):
        with closing(predictor_of(replace(asked, model=model))) as predictor:
            for name, view in views.items():
                folders[name].append(_evaluated(view, predictor, f"{predictor.name}, {name}"))
    return {name: compare(*pair) for name, pair in folders.items()}


def _evaluated(view: EvalRequest, predictor: Predictor, title: str) -> Path:
    if view.benchmark == CODE_VIEW:
        path = rows_file(data_of(view), "code", _SPLIT)
        rows = list(code_rows(path))
        if not rows:
            raise DataError(f"no completion to ask again in {path}", "Is it a file of toolcoder train data?")
        return code_view_by(predictor, path, _SPLIT, rows, title, progress, run=view.run)
    questions = Questions.load(BENCHMARKS["heldout"], data_of(view), _SPLIT)
    out = default_out(questions.config(predictor.name, predictor.settings()))
    with progress(title, len(questions.items)) as on_step:
        evaluate_singles(questions, predictor, out, on_step)
    return out


def _make_default(run: Path, replaced: str, comparisons: dict[str, Comparison]) -> None:
    from agent.home import state_home
    from tui.settings_edit import write_value

    write_value("model", "name", str(run.resolve()))
    record(state_home() / "promotions.jsonl", run.resolve(), replaced, list(comparisons.values()))
