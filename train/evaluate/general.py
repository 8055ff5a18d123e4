"""General ability (MMLU, GSM8K, HumanEval) by lm-eval as a library: what tool training may cost a model elsewhere.

A checkpoint is asked through lm-eval's own adapter for `transformers`; an endpoint through ours, which can generate but
gives no likelihoods, so MMLU is left out there. Answers are cached in the folder: a run that was cut off goes on.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from agent.scoring.intervals import wilson
from train.errors import DataError, Unsupported
from train.evaluate.answers import Predictor
from train.evaluate.folder import PREDICTIONS, EvalFolder, Outcome, sha256
from train.evaluate.general_tasks import KINDS, Kind, present, task_config
from train.evaluate.programs import ProgramRunner
from train.evaluate.report import Figure, Report
from train.rows import CodeRow
from train.runs.files import replace_text

if TYPE_CHECKING:
    from train.evaluate.checkpoint import CheckpointPredictor

GENERAL = "general"
_CACHE = "answers"


@dataclass(frozen=True)
class GeneralRequest:
    """`names`: of the kinds; empty for all whose files are in the folder."""

    data: Path
    names: tuple[str, ...] = ()
    limit: int | None = None
    batch_size: int = 8
    n_new: int = 512

    def kinds(self) -> tuple[Kind, ...]:
        """
        Raises:
            DataError: none is there, or one that is named is unknown.
        """
        unknown = [name for name in self.names if name not in KINDS]
        if unknown:
            raise DataError(f"no general task is called {unknown[0]!r}", f"There are {', '.join(KINDS)}.")
        found = tuple(KINDS[name] for name in self.names) or present(self.data)
        if not found:
            raise DataError(f"no file to ask from in {self.data}", f"{', '.join(f'{name}.jsonl' for name in KINDS)}.")
        return found


def evaluate_general(
    request: GeneralRequest, predictor: Predictor, runner: ProgramRunner | None, out: Path | None
) -> tuple[Report, tuple[str, ...]]:
    """Ask, judge, report.

    Raises:
        Unsupported: lm-eval is not installed.
        DataError: the files or the folder.
        TrainError: the predictor's.
    """
    lm, can_weigh = _lm(predictor, request.batch_size)
    kinds = [kind for kind in request.kinds() if can_weigh or kind.by_words]
    left_out = [kind.name for kind in request.kinds() if kind not in kinds]
    if not kinds:
        raise DataError(f"{', '.join(left_out)} needs likelihoods, which no endpoint gives", "Name gsm8k or humaneval.")
    folder = None
    if out is not None:
        hashes = {kind.name: sha256(request.data / f"{kind.name}.jsonl") for kind in kinds}
        named = {"benchmark": GENERAL, "split": "+".join(hashes), "data_sha256": hashes, "limit": request.limit}
        config = {**named, "model_name": predictor.name, "predictor": dict(predictor.settings())}
        folder = EvalFolder.open(out, config)
    samples = _samples(lm, request, kinds, runner, folder.path / _CACHE if folder else None)
    report = _report(predictor.name, kinds, samples, left_out)
    if folder is None:
        return report, ()
    replace_text(folder.path / PREDICTIONS, "".join(_raw(kinds, samples)))
    return report, folder.finish(report, _outcomes(kinds, samples))


def _samples(
    lm: Any, request: GeneralRequest, kinds: Sequence[Kind], runner: ProgramRunner | None, cache: Path | None
) -> dict[str, list[dict[str, Any]]]:
    """What lm-eval kept of each item, by kind."""
    from lm_eval.api.model import CachingLM
    from lm_eval.api.task import ConfigurableTask
    from lm_eval.evaluator import evaluate

    configs = {kind.name: task_config(kind, request.data, runner, request.n_new) for kind in kinds}
    tasks = {name: ConfigurableTask(config=config) for name, config in configs.items()}
    for task in tasks.values():
        task.set_fewshot_seed(seed=0)
    model = CachingLM(lm, f"{cache}.db") if cache is not None else lm
    found = evaluate(lm=model, task_dict=tasks, limit=request.limit, log_samples=True, bootstrap_iters=0)
    samples: dict[str, list[dict[str, Any]]] = found["samples"]
    return samples


def _report(name: str, kinds: Sequence[Kind], samples: Mapping[str, Any], left_out: Sequence[str]) -> Report:
    figures = {}
    for kind in kinds:
        rights = [_is_right(kind, sample) for sample in samples[kind.name]]
        figures[kind.name] = Figure(round(100 * sum(rights) / len(rights), 2), wilson(sum(rights), len(rights)))
    n = {kind.name: len(samples[kind.name]) for kind in kinds}
    notes = [f"{kind}: left out, since an endpoint gives no likelihoods." for kind in left_out]
    return Report(GENERAL, "General ability", "+".join(n), name, sum(n.values()), figures, n, notes=tuple(notes))


def _outcomes(kinds: Sequence[Kind], samples: Mapping[str, Any]) -> Iterator[Outcome]:
    for kind in kinds:
        for sample in samples[kind.name]:
            yield Outcome(f"{kind.name}/{sample['doc_id']}", {"right": _is_right(kind, sample)})


def _raw(kinds: Sequence[Kind], samples: Mapping[str, Any]) -> Iterator[str]:
    """Each item's answer as it came: a text, or the likelihoods of the choices."""
    for kind in kinds:
        for sample in samples[kind.name]:
            line = {"id": f"{kind.name}/{sample['doc_id']}", "answers": sample["resps"]}
            yield json.dumps(line, ensure_ascii=False, default=str).encode("utf-8", "replace").decode() + "\n"


def _is_right(kind: Kind, sample: Mapping[str, Any]) -> bool:
    return bool(sample[kind.metric] == 1)


def _lm(predictor: Predictor, batch_size: int) -> tuple[Any, bool]:
    """lm-eval's view of a predictor, and whether it gives likelihoods.

    Raises:
        Unsupported: lm-eval is not installed.
    """
    logging.getLogger("lm_eval").setLevel(logging.ERROR)  # its remarks are about options that nobody gave here
    try:
        from lm_eval.api.model import LM
    except ImportError as error:
        raise Unsupported(f"general ability needs lm-eval: {error}", "pip install 'toolcoder[eval]'") from error
    if hasattr(predictor, "parts"):
        from lm_eval.models.huggingface import HFLM

        tokenizer, model = cast("CheckpointPredictor", predictor).parts
        return HFLM(pretrained=model, tokenizer=tokenizer, batch_size=batch_size), True

    class Words(LM):
        """Generation through a predictor; the stop strings are cut here, since not every server takes them."""

        def generate_until(self, requests: list[Any], **_: Any) -> list[str]:
            asks = [CodeRow(f"{i}", "", GENERAL, (("user", r.args[0]),), "") for i, r in enumerate(requests)]
            texts = {index: answer.text for index, answer in predictor.answers(asks)}
            return [_until(texts[i], r.args[1].get("until") or ()) for i, r in enumerate(requests)]

        def loglikelihood(self, requests: list[Any], **_: Any) -> list[tuple[float, bool]]:
            raise NotImplementedError("an endpoint gives no likelihoods")

        def loglikelihood_rolling(self, requests: list[Any], **_: Any) -> list[float]:
            raise NotImplementedError("an endpoint gives no likelihoods")

    return Words(), False


def _until(text: str, stops: Sequence[str]) -> str:
    cuts = [at for stop in stops if (at := text.find(stop)) >= 0]
    return text[: min(cuts)] if cuts else text
