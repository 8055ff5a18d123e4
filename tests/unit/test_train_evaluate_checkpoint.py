"""A local checkpoint as a predictor: real weights, tiny and random; what is generated is fixed but means nothing."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tiny_checkpoint import make_tiny_checkpoint
from train.errors import ModelFolderError
from train.rows import CallsRow, CodeRow, Said, ToolDoc

pytestmark = pytest.mark.torch

TOOL = ToolDoc("find", "Find.", {"type": "object", "properties": {"who": {"type": "string"}}, "required": ["who"]})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_checkpoint(tmp_path_factory.mktemp("model"), window_tokens=1024)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    import torch

    n = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(n)


def rows(*questions: str) -> list[CallsRow]:
    return [CallsRow(q, "g", (TOOL,), (Said("user", q),)) for q in questions]


def test_batches_change_nothing(folder: Path) -> None:
    from train.evaluate.checkpoint import CheckpointPredictor, Decoding

    asks = rows("Short?", "A rather longer question than the others, so that padding is needed.", "Who?")
    found = []
    for batch_size in (1, 3):
        predictor = CheckpointPredictor(folder, "qwen2.5", Decoding(batch_size, 12, "float32"))
        answers = dict(predictor.answers(asks))
        found.append([answers[i].text for i in range(3)])
        assert {answer.n_new for answer in answers.values()} <= set(range(13))
    assert found[0] == found[1]
    assert any(found[0])


def test_what_does_not_fit_is_no_answer_and_hurts_no_other(folder: Path) -> None:
    from train.evaluate.checkpoint import CheckpointPredictor, Decoding

    predictor = CheckpointPredictor(folder, "tl-codellama", Decoding(2, 8))
    answers = dict(predictor.answers(rows("Short?", "x" * 2000)))
    assert answers[0].n_new > 0
    assert (answers[1].text, answers[1].end) == ("", "length")


def test_stop_strings_end_an_answer(folder: Path) -> None:
    from train.evaluate.checkpoint import CheckpointPredictor, Decoding

    predictor = CheckpointPredictor(folder, "qwen2.5", Decoding(1, 24))
    plain = dict(predictor.answers(rows("Short?")))[0]
    letter = next(c for c in plain.text[3:] if c.isprintable() and c.isascii() and plain.text.find(c) >= 3)

    class Stopping:
        def __getattr__(self, name: str) -> object:
            return (letter,) if name == "stop" else getattr(predictor.template, name)

    cut = CheckpointPredictor(folder, "qwen2.5", Decoding(1, 24))
    cut._template = Stopping()  # type: ignore[assignment]
    answer = dict(cut.answers(rows("Short?")))[0]
    assert answer.text == plain.text[: plain.text.find(letter)]
    assert answer.end == "stop"
    assert answer.n_new < plain.n_new


def test_stages_are_asked_in_the_chat_template(folder: Path) -> None:
    from train.evaluate.checkpoint import CheckpointPredictor, Decoding

    predictor = CheckpointPredictor(folder, "qwen2.5", Decoding(1, 4))
    row = CodeRow("r", "g", "route", (("system", "Be brief."), ("user", "Why?")), "CODE")
    ((_, answer),) = predictor.answers([row])
    # A byte a token, the two markers one each: <|im_start|>system\nBe brief.<|im_end|>\n and so on.
    assert answer.n_prompt == len("0system\nBe brief.0\n0user\nWhy?0\n0assistant\n")
    assert answer.calls == ()


def test_the_first_token_is_the_tokenizers(folder: Path) -> None:
    from train.evaluate.checkpoint import CheckpointPredictor

    assert CheckpointPredictor(folder, "qwen2.5").first_token("getPapers") == "g"


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
def test_an_adapter_is_loaded_with_its_base(folder: Path, tmp_path: Path) -> None:
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    from train.evaluate.checkpoint import CheckpointPredictor, Decoding

    base = AutoModelForCausalLM.from_pretrained(str(folder))
    parts = ["v_proj", "o_proj", "down_proj"]
    config = LoraConfig(r=4, lora_alpha=400, target_modules=parts, init_lora_weights=False, task_type="CAUSAL_LM")
    get_peft_model(base, config).save_pretrained(str(tmp_path))
    plain, adapted = (CheckpointPredictor(path, "qwen2.5", Decoding(1, 8)) for path in (folder, tmp_path))
    assert dict(adapted.answers(rows("Who?")))[0].text != dict(plain.answers(rows("Who?")))[0].text


def test_other_weights_in_the_same_folder_are_another_predictor(folder: Path, tmp_path: Path) -> None:
    import shutil

    from safetensors.torch import load_file, save_file

    from train.evaluate.checkpoint import fingerprint

    copied = shutil.copytree(folder, tmp_path / "copy")
    assert fingerprint(copied) == fingerprint(folder)
    weights = load_file(copied / "model.safetensors")
    save_file({name: tensor + 0.01 for name, tensor in weights.items()}, copied / "model.safetensors", {"format": "pt"})
    assert fingerprint(copied) != fingerprint(folder)


def test_what_is_no_checkpoint_is_told(tmp_path: Path) -> None:
    from train.evaluate.checkpoint import CheckpointPredictor

    with pytest.raises(ModelFolderError, match="cannot load") as failed:
        CheckpointPredictor(tmp_path, "qwen2.5")
    assert "safetensors" in failed.value.hint


def test_general_ability_of_a_checkpoint(folder: Path, tmp_path: Path) -> None:
    """The tiny model prefers one letter whatever the question: known from its likelihoods, so the score is known."""
    from train.evaluate.checkpoint import CheckpointPredictor, Decoding
    from train.evaluate.general import GeneralRequest, evaluate_general

    docs = [{"question": f"{n}?", "choices": list("abcd"), "answer": n % 4, "subject": "s"} for n in range(8)]
    (tmp_path / "mmlu.jsonl").write_text("".join(json.dumps(doc) + "\n" for doc in docs))
    (tmp_path / "gsm8k.jsonl").write_text(json.dumps({"question": "1 + 1?", "answer": "#### 2"}) + "\n")
    predictor = CheckpointPredictor(folder, "qwen2.5", Decoding(4, 8))
    request = GeneralRequest(tmp_path, batch_size=4, n_new=8)
    report, _ = evaluate_general(request, predictor, None, tmp_path / "out")
    assert report.counts == {"mmlu": 8, "gsm8k": 1}
    lines = [json.loads(line) for line in (tmp_path / "out" / "predictions.jsonl").read_text().splitlines()]
    liked = [max(range(4), key=lambda i: float(line["answers"][i][0][0])) for line in lines[:8]]
    assert report.figures["mmlu"].value == 100 * sum(liked[n] == n % 4 for n in range(8)) / 8
    assert evaluate_general(request, predictor, None, tmp_path / "out")[0] == report
