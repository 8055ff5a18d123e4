"""Real but tiny tokenizers of the two kinds that models have, trained on the spot in a blink."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

SPECIAL = (
    "<|im_start|>",
    "<|im_end|>",
    "<|begin_of_text|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|eot_id|>",
    "[gMASK]",
    "<sop>",
    "<|system|>",
    "<|user|>",
    "<|assistant|>",
    "<|observation|>",
)
TEXT = (
    'def getPaperDetails(title: str):\n    """\n    Details of a paper.\n\n    Args:\n        title: words\n    """',
    "def getPapersByKeywords(words: list): get_weather get_web_page search_films search finish finish_task",
    'User: Can you find papers?\nAssistant: getPaperDetails(title="Attention is all you need")</s>',
    '{"name": "getPaperDetails", "arguments": {"title": "Attention"}}, "parameters": {"type": "object"}',
    "Thought: so\nAction: getPaperDetails\nAction Input: {}\nObservation: nothing\nOutput: {}\nSystem: Function:",
)


def byte_level(n_tokens: int = 420, text: Iterable[str] = TEXT) -> Any:
    """Byte-level BPE, as GPT-2, Llama 3 and Qwen have it."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    specials = ["</s>", *SPECIAL]
    trainer = trainers.BpeTrainer(
        vocab_size=n_tokens, special_tokens=specials, initial_alphabet=alphabet, show_progress=False
    )
    made.train_from_iterator(text, trainer)
    return _wrapped(made)


def sentence_piece(n_tokens: int = 420, text: Iterable[str] = TEXT) -> Any:
    """BPE over SentencePiece's marked spaces with single bytes for the unknown, as Llama 2 and CodeLLaMA have it."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

    made = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    words = pre_tokenizers.Metaspace(prepend_scheme="first", split=True)
    lines = pre_tokenizers.Split("\n", "isolated")
    made.pre_tokenizer = pre_tokenizers.Sequence([words, lines, pre_tokenizers.Punctuation("isolated")])
    made.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace(), decoders.Fuse()])
    specials = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *SPECIAL]
    trainer = trainers.BpeTrainer(vocab_size=n_tokens + 256, special_tokens=specials, show_progress=False)
    made.train_from_iterator(text, trainer)
    # No piece has a space or a newline inside, as SentencePiece trains; but texts are not cut into words beforehand.
    made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A $B", special_tokens=[("<s>", made.token_to_id("<s>"))]
    )
    return _wrapped(made, bos_token="<s>", unk_token="<unk>")


def _wrapped(made: Any, **tokens: str) -> Any:
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast(
        tokenizer_object=made, eos_token="</s>", pad_token="</s>", additional_special_tokens=list(SPECIAL), **tokens
    )
