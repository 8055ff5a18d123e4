"""One stage's conversation with the model: stream, keep thinking apart, read the product, feed a malformed one back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from agent.errors import ModelUnreachable
from agent.events import Event, ModelDelta, StageEnded, StageStarted
from agent.loop.budget import Meter
from agent.models.base import Finish, Message, Model, TextDelta, ThinkingDelta, Usage
from agent.models.token_estimate import CHARS_PER_TOKEN, estimate_prompt_tokens, estimate_tokens
from agent.prompts.base import Malformed, PromptContext, PromptSet, Recalled, Routed, Stage
from agent.prompts.fused import parts_of

_MAX_ATTEMPTS = 3
Check = Callable[[str], None]
"""Of a product that is source or text; raises `Malformed`."""


class StageFailed(Exception):
    """The model gave nothing readable in three attempts; the turn fails and says so."""

    def __init__(self, stage: Stage, complaint: str) -> None:
        super().__init__(f"the model gave no usable reply for the stage '{stage.value}': {complaint}")
        self.stage = stage


class SaidAgain(Exception):
    """The model was told why its product is of no use, and gave another that is of none either."""


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

    async def code(self, stage: Stage, context: PromptContext, check: Check | None = None) -> str:
        """The product of a stage that gives text or Python source."""
        product = await self.product(stage, context, check)
        if not isinstance(product, str):
            raise TypeError(f"the stage {stage.value} gives {type(product).__name__}, not source")
        return product

    async def product(
        self, stage: Stage, context: PromptContext, check: Check | None = None
    ) -> str | Routed | Recalled:
        """What the stage gives, after at most three attempts. `check` raises `Malformed` for a product that reads well
        and is still of no use: the model hears of it once, if its prompts can tell it at all.

        Raises:
            StageFailed: nothing readable came.
            SaidAgain: nothing that `check` takes came.
            BudgetExceeded, agent.errors.ModelError: as they say.
        """
        complaint = ""
        n_refused = 0
        for attempt in range(1, _MAX_ATTEMPTS + 1):
            messages = list(self._prompts.messages(stage, context))
            n_prompt = estimate_prompt_tokens(messages) if self._meter.counts_tokens else 0
            self._meter.check(n_prompt)
            self._emit(StageStarted(stage.value, attempt))
            begun = time.monotonic()
            reply = _Reply()
            try:
                await self._stream(stage, messages, reply, n_prompt)
            except BaseException as error:  # also an interruption: what was written and used so far is told
                self._emit(self._ended(stage, messages, reply, begun, _why(error)))
                raise
            product: str | Routed | Recalled | None = None
            try:
                read = self._prompts.read(stage, reply.text, context)
                complaint = _complaint(check, read)
                n_refused += bool(complaint)
                product = None if complaint else read
            except Malformed as malformed:
                complaint = str(malformed)
                if reply.reason == "length":
                    complaint += " (The reply reached the limit on its length: be shorter.)"
            self._emit(self._ended(stage, messages, reply, begun, complaint, product))
            if product is not None:
                return product
            context = replace(context, malformed=reply.text, complaint=complaint)
            if n_refused > 1 or (n_refused and list(self._prompts.messages(stage, context)) == messages):
                raise SaidAgain(complaint)
        if n_refused:
            raise SaidAgain(complaint)
        raise StageFailed(stage, complaint)

    def _ended(
        self,
        stage: Stage,
        messages: list[Message],
        reply: _Reply,
        begun: float,
        complaint: str,
        product: str | Routed | Recalled | None = None,
    ) -> StageEnded:
        return StageEnded(
            stage.value,
            prompt=tuple((m.role, m.content) for m in messages),
            completion=reply.text,
            thinking=reply.thinking,
            product=_shown(product),
            complaint=complaint,
            parts=_parts(stage, product),
            usage=self._meter.add(reply.usage or _estimated(messages, reply)),
            seconds=time.monotonic() - begun,
        )

    async def _stream(self, stage: Stage, messages: list[Message], reply: _Reply, n_prompt: int) -> None:
        cap = self._meter.room(n_prompt, self._prompts.max_tokens(stage))
        deltas = self._model.complete(messages, max_tokens=cap)
        async with aclosing(deltas) as stream:  # type: ignore[type-var]  # every model's is a generator
            async for delta in stream:
                match delta:
                    case TextDelta(piece):
                        reply.add(piece)
                        self._emit(ModelDelta(stage.value, piece))
                    case ThinkingDelta(piece):
                        reply.add(piece, thinking=True)
                        self._emit(ModelDelta(stage.value, piece, thinking=True))
                    case Usage():
                        reply.usage = delta
                    case Finish(why):
                        reply.reason = why
                if not reply.reason and self._meter.counts_tokens:
                    self._meter.check_running(n_prompt, reply.n_chars // CHARS_PER_TOKEN)
        if not reply.reason:
            raise ModelUnreachable(
                "the model's reply broke off", "try again; if it happens often, look at the endpoint's log"
            )


@dataclass
class _Reply:
    """What came of one completion so far."""

    texts: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    usage: Usage | None = None
    reason: str = ""

    n_chars: int = 0

    def add(self, piece: str, *, thinking: bool = False) -> None:
        (self.thoughts if thinking else self.texts).append(piece)
        self.n_chars += len(piece)

    @property
    def text(self) -> str:
        return _encodable("".join(self.texts))

    @property
    def thinking(self) -> str:
        return _encodable("".join(self.thoughts))


def _complaint(check: Check | None, product: str | Routed | Recalled) -> str:
    if check is None or not isinstance(product, str):
        return ""
    try:
        check(product)
    except Malformed as refused:
        return str(refused)
    return ""


def _parts(stage: Stage, product: str | Routed | Recalled | None) -> tuple[tuple[str, str], ...]:
    """Of a completion that did more than one stage, what each of them gave."""
    if isinstance(product, Routed) and product.scaffold:
        return ((stage.value, product.kind), (Stage.SCAFFOLD.value, product.scaffold))
    return parts_of(product) if stage is Stage.FUSED and isinstance(product, str) else ()


def _estimated(messages: list[Message], reply: _Reply) -> Usage:
    """Of a completion that did not come to its end; nothing where not even its beginning came."""
    if not (reply.texts or reply.thoughts):
        return Usage(0, 0, estimated=True)
    return Usage(estimate_prompt_tokens(messages), estimate_tokens(reply.text + reply.thinking), estimated=True)


def _why(error: BaseException) -> str:
    """Why a stage ended before its model had."""
    return "interrupted" if isinstance(error, asyncio.CancelledError) else str(error) or type(error).__name__


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
