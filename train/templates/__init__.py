"""Tool templates of the paper's model families (TL-Training, Appendix D) and the code view's text.

`template_named` gives one by name; `NAMES` are the names. No torch, no tokenizer: text with offsets.
"""

from __future__ import annotations

from collections.abc import Callable

from train.templates.base import CallSpan, Segment, Template
from train.templates.chatglm4 import ChatGlm4
from train.templates.llama31 import Llama31
from train.templates.nexusraven import NexusRaven
from train.templates.qwen2 import Qwen2
from train.templates.qwen25 import Qwen25
from train.templates.tl_codellama import TlCodeLlama
from train.templates.toolllama import ToolLlama

_MADE: dict[str, Callable[[str], Template]] = {
    "tl-codellama": TlCodeLlama,
    "toolllama": ToolLlama,
    "nexusraven": lambda _: NexusRaven(),
    "chatglm4": lambda _: ChatGlm4(),
    "qwen2": lambda _: Qwen2(),
    "llama3.1": lambda _: Llama31(),
    "qwen2.5": lambda _: Qwen25(),
}
NAMES = tuple(_MADE)

__all__ = ["NAMES", "CallSpan", "Segment", "Template", "UnknownTemplate", "template_named"]


class UnknownTemplate(ValueError):
    """No template has this name; the message lists those that there are."""


def template_named(name: str, eos: str = "</s>") -> Template:
    """The template of a family. `eos`: the tokenizer's end token, for families that write no marker of their own.

    Raises:
        UnknownTemplate: there is none of this name.
    """
    try:
        return _MADE[name](eos)
    except KeyError:
        raise UnknownTemplate(f"no template is called {name!r}; there are {', '.join(NAMES)}") from None
