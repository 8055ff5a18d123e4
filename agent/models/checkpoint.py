"""A user's own checkpoint, or what a training run of ours made, run in process with `transformers`: `--model ./dir`.

Safetensors only and no remote code, so loading a folder never runs anything that came with it. The only file of `agent`
that may import torch; it does so in a thread, at the first completion.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.errors import ContextTooSmall, ModelError, ModelFilesError
from agent.models.base import Delta, Finish, Message, PromptStyle, Usage
from agent.models.checkpoint_files import CheckpointFiles, check_torch, find_checkpoint
from agent.models.checkpoint_stream import TokenQueue
from agent.models.thinking import Lead, ThinkSplitter

MAX_NEW_TOKENS = 2048
"""When the caller sets no limit: a small model that loops must end some time."""


@dataclass(frozen=True)
class _Loaded:
    tokenizer: Any
    model: Any

    @property
    def window_tokens(self) -> int | None:
        window = getattr(self.model.config, "max_position_embeddings", None)
        return window if isinstance(window, int) else None


@dataclass(frozen=True)
class _Prompt:
    ids: Any
    """Tensor of shape (1, n_tokens)."""
    opens_thinking: bool

    @property
    def n_tokens(self) -> int:
        return int(self.ids.shape[1])


class CheckpointModel:
    """Fulfils `Model`; one completion at a time."""

    prompt_style: PromptStyle = "full"

    def __init__(self, folder: Path, *, name: str | None = None) -> None:
        """Looks at the files, loads nothing yet.

        Raises:
            ModelFilesError: files are missing or of an unsupported kind, or torch is not installed.
        """
        self._files = find_checkpoint(folder)
        check_torch()
        self.name = name or folder.resolve().name
        self._folder = folder
        self._loaded: _Loaded | None = None
        self._one_at_a_time = asyncio.Lock()

    async def complete(
        self, messages: Sequence[Message], *, max_tokens: int | None = None, temperature: float = 0.0
    ) -> AsyncIterator[Delta]:
        async with self._one_at_a_time:
            if self._loaded is None:
                self._loaded = await asyncio.to_thread(_load, self._files)
            loaded = self._loaded
            prompt = await asyncio.to_thread(_render, loaded, messages, self._folder)
            n_new = _room(loaded, prompt, max_tokens, self.name)
            splitter = ThinkSplitter(Lead.THINKING if prompt.opens_thinking else Lead.TEXT)
            run = _Run(loaded, prompt, n_new, temperature)
            try:
                run.start()
                async with aclosing(run.texts()) as texts:
                    async for text in texts:
                        for delta in splitter.feed(text):
                            yield delta
            finally:
                await run.stop()
            for delta in splitter.flush():
                yield delta
            yield Finish("length" if run.n_tokens >= n_new and not run.ended_by_itself else "stop")
            yield Usage(prompt.n_tokens, run.n_tokens)

    async def aclose(self) -> None:
        self._loaded = None


class _Run:
    """One generation in a thread, its text handed to the event loop piece by piece."""

    def __init__(self, loaded: _Loaded, prompt: _Prompt, n_new: int, temperature: float) -> None:
        self.n_tokens = 0
        self.ended_by_itself = False
        self._loaded, self._prompt, self._n_new, self._temperature = loaded, prompt, n_new, temperature
        self._cancel = threading.Event()
        self._streamer = TokenQueue(lambda ids: str(loaded.tokenizer.decode(ids, skip_special_tokens=True)))
        self._thread: asyncio.Future[None] | None = None

    def start(self) -> None:
        self._thread = asyncio.get_running_loop().run_in_executor(None, self._generate)

    async def texts(self) -> AsyncGenerator[str, None]:
        async for text in self._streamer:
            yield text
        if self._thread is not None:
            await self._thread  # raises what the thread raised

    async def stop(self) -> None:
        """Cancels and waits until the thread has let go of the model."""
        self._cancel.set()
        if self._thread is not None:
            with suppress(ModelError):  # already raised by `texts`, or nobody wants it any more
                await asyncio.shield(self._thread)

    def _generate(self) -> None:
        import torch
        from transformers import GenerationConfig, StoppingCriteriaList

        model, tokenizer = self._loaded.model, self._loaded.tokenizer
        ends = model.generation_config.eos_token_id
        ends = tokenizer.eos_token_id if ends is None else ends
        end_ids = ends if isinstance(ends, list) else [ends]
        sampling = {"do_sample": True, "temperature": self._temperature} if self._temperature > 0 else {}
        pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else end_ids[0]
        config = GenerationConfig(max_new_tokens=self._n_new, eos_token_id=ends, pad_token_id=pad, **sampling)
        try:
            with torch.inference_mode():
                ids = model.generate(
                    self._prompt.ids,
                    attention_mask=torch.ones_like(self._prompt.ids),
                    generation_config=config,
                    streamer=self._streamer,
                    stopping_criteria=StoppingCriteriaList([self._count]),
                )
            self.ended_by_itself = int(ids[0, -1]) in end_ids
        except (RuntimeError, ValueError, IndexError) as error:  # out of memory included
            raise ModelError(f"the checkpoint failed while generating: {error}", "A smaller model may fit.") from None
        finally:
            self._streamer.end()  # also after a failure: the reader must not wait for ever

    def _count(self, ids: Any, scores: Any, **_: Any) -> Any:
        """Called by `generate` after each token; true ends it."""
        import torch

        self.n_tokens += 1
        return torch.full((ids.shape[0],), self._cancel.is_set(), dtype=torch.bool, device=ids.device)


def _load(files: CheckpointFiles) -> _Loaded:
    """
    Raises:
        ModelFilesError: the files cannot be read as a model; damaged, or it needs code of its own.
    """
    import torch
    import transformers
    from safetensors import SafetensorError

    # Progress bars and warnings would land in the middle of the chat.
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    kwargs = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(str(files.tokenizer), **kwargs)
        with_info: Any = transformers.AutoModelForCausalLM.from_pretrained(
            str(files.weights), use_safetensors=True, dtype="auto", output_loading_info=True, **kwargs
        )
        model, info = with_info
        if files.adapter is not None:
            model = _with_adapter(model, files.adapter)
    except (OSError, ValueError, KeyError, RuntimeError, ImportError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:300]
        raise ModelFilesError(
            f"cannot load the checkpoint {files.adapter or files.weights}: {reason}",
            "It must be a causal language model that transformers knows without code of its own.",
        ) from None
    if info["missing_keys"]:
        # transformers would go on with random numbers in their place.
        names = ", ".join(sorted(info["missing_keys"])[:3])
        raise ModelFilesError(f"{files.weights} lacks weights: {names}", "Download or copy the folder again.")
    accelerator = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    return _Loaded(tokenizer, model.to(accelerator).eval())


def _with_adapter(model: Any, adapter: Path) -> Any:
    """The adapter merged into the weights: no slower than a whole model."""
    import warnings

    from peft import PeftModel

    with warnings.catch_warnings():  # peft asks transformers for a name that it will drop: nothing to tell a person
        warnings.simplefilter("ignore", FutureWarning)
        return PeftModel.from_pretrained(model, str(adapter)).merge_and_unload()


def _render(loaded: _Loaded, messages: Sequence[Message], folder: Path) -> _Prompt:
    """
    Raises:
        ModelFilesError: the chat template refuses the messages.
    """
    from jinja2 import TemplateError

    for turns in ([_turn(message) for message in messages], _without_system(messages)):
        try:
            text = loaded.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        except TemplateError as error:  # some templates know no system role: try once without
            reason = error
            continue
        ids = loaded.tokenizer(text, return_tensors="pt", add_special_tokens=False)["input_ids"]
        opens = text.rstrip().endswith(("<think>", "<thinking>"))
        return _Prompt(ids.to(loaded.model.device), opens)
    raise ModelFilesError(f"the chat template of {folder} refuses our messages: {reason}", "Use another chat model.")


def _turn(message: Message) -> dict[str, str]:
    return {"role": message.role, "content": message.content}


def _without_system(messages: Sequence[Message]) -> list[dict[str, str]]:
    """The system text put before the first user turn."""
    system = "\n\n".join(message.content for message in messages if message.role == "system")
    turns = [_turn(message) for message in messages if message.role != "system"]
    if system and turns:
        turns[0]["content"] = f"{system}\n\n{turns[0]['content']}"
    return turns


def _room(loaded: _Loaded, prompt: _Prompt, max_tokens: int | None, name: str) -> int:
    """Tokens that may be generated.

    Raises:
        ContextTooSmall: the prompt leaves none.
    """
    wanted = max_tokens if max_tokens is not None else MAX_NEW_TOKENS
    window = loaded.window_tokens
    if window is None:
        return wanted
    if prompt.n_tokens >= window:
        raise ContextTooSmall(
            f"the prompt has {prompt.n_tokens:,} tokens, the context window of {name} {window:,}",
            "Use a model with a larger window, or make the question and the tool list shorter.",
        )
    return min(wanted, window - prompt.n_tokens)
