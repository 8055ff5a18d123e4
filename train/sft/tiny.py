"""A model of about a million parameters with a tokenizer of the data's own, made in a second: `--model tiny`.

It answers nothing anybody would want; it shows that data, configuration and machine work before a real model is paid
for.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from train.templates.code_view import PLAIN_CHAT_TEMPLATE

N_TOKENS = 1024
EOS = "</s>"
_SPECIAL = ("<|im_start|>", "<|im_end|>", "<|endoftext|>")
"""The last is Qwen2's own: transformers adds it to any tokenizer beside a Qwen2-shaped model."""


def make_tiny(folder: Path, texts: Iterable[str], *, seed: int = 0, window_tokens: int = 4096, **shape: Any) -> Path:
    """Write a Qwen2-shaped model with random weights and a byte-level tokenizer trained on `texts` into `folder`.

    `shape`: `hidden_size`, `num_hidden_layers` and the like of transformers' Qwen2Config, other than the tiny ones.
    """
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    tokenizer = tiny_tokenizer(texts)
    tokenizer.save_pretrained(str(folder))
    defaults: dict[str, Any] = {
        "hidden_size": 128,
        "intermediate_size": 352,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        # Five times the usual one: so small a model learns nothing for hundreds of steps from the usual one.
        "initializer_range": 0.1,
    }
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        max_position_embeddings=window_tokens,
        tie_word_embeddings=True,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
        **{**defaults, **shape},
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        Qwen2ForCausalLM(config).save_pretrained(str(folder))
    return folder


def tiny_tokenizer(texts: Iterable[str], n_tokens: int = N_TOKENS) -> Any:
    """Byte-level BPE of `n_tokens` entries at most."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=n_tokens,
        special_tokens=[EOS, *_SPECIAL],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(texts, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=made, eos_token=EOS, pad_token=EOS, additional_special_tokens=list(_SPECIAL)
    )
    tokenizer.chat_template = PLAIN_CHAT_TEMPLATE
    return tokenizer
