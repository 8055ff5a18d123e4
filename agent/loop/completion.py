"""One stage's conversation with the model: stream, keep thinking apart, read the product, feed a malformed one back."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from agent.errors import ModelUnreachable
from agent.events import Event, ModelDelta, StageEnded, StageStarted
from agent.loop.budget import Meter
from agent.models.base import Finish, Message, Model, TextDelta, ThinkingDelta, Usage
from agent.prompts.base import Malformed, PromptContext, PromptSet, Recalled, Routed, Stage

_MAX_ATTEMPTS = 3


class StageFailed(Exception):
    """The model gave nothing readable in three attempts; the turn fails and says so."""

    def __init__(self, stage: Stage, complaint: str) -> None:
        super().__init__(f"the model gave no usable reply for the stage '{stage.value}': {complaint}")
        self.stage = stage


class Completer:
    """Asks the model for a stage. Who calls it: the steps of the turn."""

    def __init__(self, model: Model, prompts: PromptSet, meter: Meter, emit: Callable[[Event], None]) -> None:
        self._model = model
        self._prompts = prompts
        self._meter = meter
        self._emit = emit

    def asks(self, stage: Stage) -> bool:
        """Whether this model's prompt set has the stage at all."""
        return stage in self._prompts.stages

    async def code(self, stage: Stage, context: PromptContext) -> str:
        """The product of a stage that gives text or Python source."""
        product = await self.product(stage, context)
        if not isinstance(product, str):
            raise TypeError(f"the stage {stage.value} gives {type(product).__name__}, not source")
        return product

    async def product(self, stage: Stage, context: PromptContext) -> str | Routed | Recalled:
        """What the stage gives, after at most three attempts.

        Raises:
            StageFailed: nothing readable came.
            BudgetExceeded, agent.errors.ModelError: as they say.
        """
        complaint = ""
        for attempt in range(1, _MAX_ATTEMPTS + 1):
            self._meter.check()
            self._emit(StageStarted(stage.value, attempt))
            begun = time.monotonic()
            messages = list(self._prompts.messages(stage, context))
            text, thinking, usage, reason = await self._stream(stage, messages)
            product: str | Routed | Recalled | None = None
            try:
                product = self._prompts.read(stage, text, context)
                complaint = ""
            except Malformed as malformed:
                complaint = str(malformed)
                if reason == "length":
                    complaint += " (The reply reached the limit on its length: be shorter.)"
            self._emit(
                StageEnded(
                    stage.value,
                    prompt=tuple((m.role, m.content) for m in messages),
                    completion=text,
                    thinking=thinking,
                    product=_shown(product),
                    complaint=complaint,
                    usage=self._meter.add(usage),
                    seconds=time.monotonic() - begun,
                )
            )
            if product is not None:
                return product
            context = replace(context, malformed=text, complaint=complaint)
        raise StageFailed(stage, complaint)

    async def _stream(self, stage: Stage, messages: list[Message]) -> tuple[str, str, Usage, str]:
        text: list[str] = []
        thinking: list[str] = []
        usage, reason = Usage(0, 0, estimated=True), ""
        async for delta in self._model.complete(messages, max_tokens=self._prompts.max_tokens(stage)):
            match delta:
                case TextDelta(piece):
                    text.append(piece)
                    self._emit(ModelDelta(stage.value, piece))
                case ThinkingDelta(piece):
                    thinking.append(piece)
                    self._emit(ModelDelta(stage.value, piece, thinking=True))
                case Usage():
                    usage = delta
                case Finish(why):
                    reason = why
        if not reason:
            raise ModelUnreachable(
                "the model's reply broke off", "try again; if it happens often, look at the endpoint's log"
            )
        return _encodable("".join(text)), _encodable("".join(thinking)), usage, reason


def _encodable(text: str) -> str:
    """JSON can carry half a surrogate pair, which no file and no kernel takes: halves that came in two pieces are put
    together, a half alone becomes U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _shown(product: str | Routed | Recalled | None) -> str:
    match product:
        case None:
            return ""
        case Routed(kind, _):
            return kind
        case Recalled(call):
            return call or "none"
        case _:
            return product
