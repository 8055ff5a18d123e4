"""A local checkpoint as a predictor: batches of prompts of like length, greedy, with the model's KV cache.

Safetensors and no remote code, as everywhere. An adapter's folder (LoRA) is loaded with the base that it names. Imports
torch, so only a command that needs a model imports this.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

from train.errors import ModelFolderError, NotEnoughMemory
from train.evaluate.answers import Answer, Ask
from train.rl.warned import peft_reads_old_names
from train.rows import CallsRow
from train.templates import Template, template_named
from train.templates.code_view import PLAIN_CHAT_TEMPLATE, code_segments

_DTYPES = {"auto": "auto", "float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True)
class Decoding:
    """`batch_size`: prompts at once. `n_new`: the most new tokens of an answer. `dtype`: of the weights."""

    batch_size: int = 8
    n_new: int = 512
    dtype: str = "auto"


class CheckpointPredictor:
    """Fulfils `Predictor`. `template`: a name of `train.templates.NAMES`."""

    def __init__(self, folder: Path, template: str, decoding: Decoding | None = None, *, name: str = "") -> None:
        """Loads the weights.

        Raises:
            ModelFolderError: they cannot be.
        """
        self.name = name or folder.resolve().name
        self._folder = folder
        self._decoding = decoding or Decoding()
        self._tokenizer, self._model = load(folder, self._decoding.dtype)
        self._tokenizer.chat_template = self._tokenizer.chat_template or PLAIN_CHAT_TEMPLATE
        self._template = template_named(template, str(self._tokenizer.eos_token or "</s>"))

    def settings(self) -> Mapping[str, Any]:
        # Not the batch size: with padding masked it changes nothing but the last bits.
        return {
            "model": str(self._folder.resolve()),
            "weights": fingerprint(self._folder),
            "template": self._template.name,
            "n_new": self._decoding.n_new,
            "dtype": str(self._model.dtype).removeprefix("torch."),
        }

    @property
    def template(self) -> Template:
        return self._template

    @property
    def parts(self) -> tuple[Any, Any]:
        """Tokenizer and model, for lm-eval's own adapter."""
        return self._tokenizer, self._model

    def first_token(self, name: str) -> str:
        """The first token of a tool's name, as this model would begin to write it."""
        ids = self._tokenizer(name, add_special_tokens=False)["input_ids"]
        return str(self._tokenizer.decode(ids[:1])) if ids else ""

    def answers(self, asks: Sequence[Ask]) -> Iterator[tuple[int, Answer]]:
        """Longest prompts first: what does not fit into memory fails at once, not after an hour."""
        prompts = [self._ids(ask) for ask in asks]
        order = sorted(range(len(asks)), key=lambda i: -len(prompts[i]))
        size = self._decoding.batch_size
        for start in range(0, len(order), size):
            batch = order[start : start + size]
            texts = self._generated([prompts[i] for i in batch])
            for i, (text, n_new, ended) in zip(batch, texts, strict=True):
                yield i, self._answer(asks[i], text, len(prompts[i]), n_new, ended=ended)

    def close(self) -> None:
        """The weights go with the object."""

    def _ids(self, ask: Ask) -> list[int]:
        if isinstance(ask, CallsRow):
            text, special = self._template.prompt(ask), self._template.adds_special_tokens
        else:
            text, special = code_segments(ask, self._tokenizer)[0].text, False
        return list(self._tokenizer(text, add_special_tokens=special)["input_ids"])

    def _answer(self, ask: Ask, text: str, n_prompt: int, n_new: int, *, ended: bool) -> Answer:
        numbers: dict[str, Any] = {"n_prompt": n_prompt, "n_new": n_new, "end": "stop" if ended else "length"}
        if isinstance(ask, CallsRow):
            return Answer.of(text, self._template.parse(text), **numbers)
        return Answer(text, (), text, **numbers)

    def _generated(self, prompts: list[list[int]]) -> list[tuple[str, int, bool]]:
        """(text, tokens, whether it ended by itself) of each prompt."""
        window = int(getattr(self._model.config, "max_position_embeddings", 1 << 30) or 1 << 30)
        longest = max(map(len, prompts))
        room = min(self._decoding.n_new, window - longest)
        if room < 1:
            # The others of the batch must not suffer with it.
            if len(prompts) > 1:
                return [found for prompt in prompts for found in self._generated([prompt])]
            return [("", 0, False)]
        ends = _end_ids(self._tokenizer, self._model)
        pad = self._tokenizer.pad_token_id if self._tokenizer.pad_token_id is not None else ends[0]
        ids = torch.tensor([[pad] * (longest - len(p)) + p for p in prompts], device=self._model.device)
        mask = torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in prompts], device=self._model.device)
        config = GenerationConfig(
            max_new_tokens=room,
            do_sample=False,
            num_beams=1,
            eos_token_id=ends,
            pad_token_id=pad,
            stop_strings=list(self._template.stop),
        )
        try:
            with torch.inference_mode():
                out = self._model.generate(
                    ids, attention_mask=mask, generation_config=config, tokenizer=self._tokenizer
                )
        except (torch.OutOfMemoryError, MemoryError) as error:
            what = f"{len(prompts)} prompts of up to {longest} tokens do not fit into memory"
            raise NotEnoughMemory(what, "Lower --batch-size.") from error
        return [self._text(row, ends, room) for row in out[:, longest:].tolist()]

    def _text(self, new: list[int], ends: list[int], room: int) -> tuple[str, int, bool]:
        at = next((i for i, token in enumerate(new) if token in ends), len(new))
        # Markers of tools (`<tool_call>`) may be special tokens: they stay, the template's parser wants them.
        text = str(self._tokenizer.decode(new[:at], skip_special_tokens=False))
        cut = [where for stop in self._template.stop if (where := text.find(stop)) >= 0]
        ended = at < len(new) or bool(cut) or at < room
        return (text[: min(cut)] if cut else text), at, ended


def load(folder: Path, dtype: str = "auto") -> tuple[Any, Any]:
    """Tokenizer and model, in evaluation mode, on the GPU where there is one.

    Raises:
        ModelFolderError: there is no checkpoint, or it cannot be loaded.
    """
    transformers.utils.logging.disable_progress_bar()  # the bar is ours
    adapter = folder / "adapter_config.json"
    options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    try:
        base = str(json.loads(adapter.read_text("utf-8"))["base_model_name_or_path"]) if adapter.is_file() else folder
        has_own = (folder / "tokenizer_config.json").is_file()
        tokenizer = AutoTokenizer.from_pretrained(str(folder if has_own else base), **options)
        model: Any = AutoModelForCausalLM.from_pretrained(
            str(base), dtype=_DTYPES[dtype], use_safetensors=True, **options
        )
        if adapter.is_file():
            from peft import PeftModel

            with peft_reads_old_names():
                model = PeftModel.from_pretrained(model, str(folder), use_safetensors=True)
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        hint = "A checkpoint is a folder with config.json, a tokenizer and *.safetensors; an adapter names its base."
        raise ModelFolderError(f"cannot load {folder}: {error}", hint) from error
    if tokenizer.pad_token_id is None or tokenizer.pad_token_id >= model.get_input_embeddings().num_embeddings:
        # Some tokenizers bring a padding token that the model has no embedding for.
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer, model.to("cuda" if torch.cuda.is_available() else "cpu").eval()


def fingerprint(folder: Path) -> str:
    """What tells these weights from those that another training left in the same folder: sizes and first megabytes."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.safetensors")):
        with path.open("rb") as file:
            digest.update(f"{path.name} {path.stat().st_size}\n".encode() + file.read(1 << 20))
    return digest.hexdigest()[:16]


def _end_ids(tokenizer: Any, model: Any) -> list[int]:
    ends = model.generation_config.eos_token_id
    ends = tokenizer.eos_token_id if ends is None else ends
    return list(ends) if isinstance(ends, list | tuple) else [0 if ends is None else int(ends)]
