"""General ability from local files: MMLU, GSM8K and HumanEval as tasks of lm-eval, in the wording of its own.

Files, one JSON object a line, as the data sets are published: `mmlu.jsonl` {"question", "choices", "answer", "subject"}
(with `mmlu_dev.jsonl` for five examples), `gsm8k.jsonl` {"question", "answer"} (with `gsm8k_train.jsonl` for five
examples), `humaneval.jsonl` {"task_id", "prompt", "test", "entry_point"}. lm-eval's own HumanEval runs programs in the
process that evaluates, so its check is replaced: programs run in the sandbox.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from train.errors import DataError
from train.evaluate.programs import ProgramRunner

N_EXAMPLES = 5
_CHOICES = "{{question.strip()}}\nA. {{choices[0]}}\nB. {{choices[1]}}\nC. {{choices[2]}}\nD. {{choices[3]}}\nAnswer:"
_NUMBER = "(-?[$0-9.,]{2,})|(-?[0-9]+)"
_TOP_LEVEL = ["\nclass", "\ndef", "\n#", "\nif", "\nprint"]


@dataclass(frozen=True)
class Kind:
    """`keys`: what each line must have. `examples`: the file of few-shot examples beside it. `metric`: whose value is
    1 for a right item. `by_words`: answers are generated, so that an endpoint can be asked too."""

    name: str
    keys: tuple[str, ...]
    metric: str
    examples: str = ""
    by_words: bool = True


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("mmlu", ("question", "choices", "answer"), "acc", "mmlu_dev.jsonl", by_words=False),
        Kind("gsm8k", ("question", "answer"), "exact_match", "gsm8k_train.jsonl"),
        Kind("humaneval", ("task_id", "prompt", "test", "entry_point"), "passed"),
    )
}


def present(folder: Path) -> tuple[Kind, ...]:
    """The kinds whose file is there."""
    return tuple(kind for kind in KINDS.values() if (folder / f"{kind.name}.jsonl").is_file())


def task_config(kind: Kind, folder: Path, runner: ProgramRunner | None, n_new: int) -> dict[str, Any]:
    """The configuration that `lm_eval.api.task.ConfigurableTask` takes. `n_new`: most tokens of an answer.

    Raises:
        DataError: the file is missing, empty or of another form, or HumanEval has no sandbox.
    """
    docs = {"test": read_docs(folder / f"{kind.name}.jsonl", kind.keys)}
    examples = folder / kind.examples
    if kind.examples and examples.is_file():
        docs["examples"] = read_docs(examples, kind.keys)
    config: dict[str, Any] = {
        "task": kind.name,
        "custom_dataset": _dataset(docs),
        "test_split": "test",
        "num_fewshot": min(N_EXAMPLES, len(docs.get("examples", ()))),
        "metadata": {},
        **_WORDING[kind.name],
    }
    if "generation_kwargs" in config:
        config["generation_kwargs"] = {**config["generation_kwargs"], "max_gen_toks": n_new}
    if "examples" in docs:
        config |= {"fewshot_split": "examples", "fewshot_config": {"sampler": "first_n"}}
    if kind.name == "humaneval":
        if runner is None:
            raise DataError("HumanEval's programs need the sandbox", "Start Docker, or leave humaneval out by --split.")
        config["process_results"] = _passing(runner)
    return config


_WORDING: Mapping[str, Mapping[str, Any]] = {
    "mmlu": {
        "output_type": "multiple_choice",
        "doc_to_text": _CHOICES,
        "doc_to_choice": ["A", "B", "C", "D"],
        "doc_to_target": "answer",
        "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
    },
    "gsm8k": {
        "output_type": "generate_until",
        "doc_to_text": "Question: {{question}}\nAnswer:",
        "doc_to_target": "{{answer}}",
        "generation_kwargs": {"until": ["Question:", "</s>", "<|im_end|>"], "do_sample": False},
        "metric_list": [
            {
                "metric": "exact_match",
                "aggregation": "mean",
                "higher_is_better": True,
                "ignore_case": True,
                "regexes_to_ignore": [",", r"\$", "(?s).*#### ", r"\.$"],
            }
        ],
        "filter_list": [
            {
                "name": "flexible-extract",
                "filter": [
                    {"function": "regex", "group_select": -1, "regex_pattern": _NUMBER},
                    {"function": "take_first"},
                ],
            }
        ],
    },
    "humaneval": {
        "output_type": "generate_until",
        "doc_to_text": "{{prompt}}",
        "doc_to_target": "{{test}}\ncheck({{entry_point}})",
        "generation_kwargs": {"until": _TOP_LEVEL, "do_sample": False},
        "metric_list": [{"metric": "passed", "aggregation": "mean", "higher_is_better": True}],
    },
}


def read_docs(path: Path, keys: Sequence[str]) -> list[dict[str, Any]]:
    """The file's objects.

    Raises:
        DataError: it cannot be read, or a line lacks a key.
    """
    docs = []
    try:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.strip():
                doc = json.loads(line)
                missing = [key for key in keys if key not in doc]
                if missing:
                    raise DataError(f"{path}:{number}: {', '.join(missing)} is missing", f"Keys: {', '.join(keys)}.")
                docs.append(doc)
    except (OSError, ValueError, TypeError) as error:
        raise DataError(f"cannot read {path}: {error}", f"JSON Lines with {', '.join(keys)}.") from error
    if not docs:
        raise DataError(f"{path} is empty", f"JSON Lines with {', '.join(keys)}.")
    return docs


def _dataset(docs: Mapping[str, list[dict[str, Any]]]) -> Callable[..., Any]:
    def load(**_: Any) -> Any:
        import datasets

        return {split: datasets.Dataset.from_list(found) for split, found in docs.items()}

    return load


def _passing(runner: ProgramRunner) -> Callable[[Mapping[str, Any], Sequence[Any]], dict[str, float]]:
    """HumanEval's check of one completion, in the sandbox."""

    def process(doc: Mapping[str, Any], results: Sequence[Any]) -> dict[str, float]:
        said = results[0][0] if isinstance(results[0], list) else results[0]
        body = str(said).partition("```")[0]
        ran = runner.run(f"{doc['prompt']}{body}\n\n{doc['test']}\n\ncheck({doc['entry_point']})\n")
        return {"passed": float(ran.ok)}

    return process
