"""Rows become tokens, labels and weights: the one place where MAE, PKT and a template meet a tokenizer.

Who calls it: SFT (all of it), PPO and the evaluation (`prompt_ids`). No torch: lists of numbers.

The loss of a sample is the weighted mean over its target tokens, that of a batch the mean over its samples. So the
weights leave here divided by their sum over the sample: whatever is packed, padded or accumulated afterwards, a token
keeps its share, and equivalent configurations give the same loss.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from train.errors import ModelFolderError
from train.pkt import KeyTokens, PktOptions, overlapping, weights_of
from train.rows import Call, Called, CallsRow, CodeRow, Row, Said
from train.templates.base import Segment, Template, is_target, text_of, up_to
from train.templates.code_view import code_segments

NO_TARGET = -100
"""The label of a token that the loss does not see."""


@dataclass(frozen=True)
class EncodeOptions:
    """`max_length`: tokens of a sample; what is behind them is cut. `mae` False makes errors targets again."""

    max_length: int = 8192
    mae: bool = True
    pkt: PktOptions = field(default_factory=PktOptions)


@dataclass(frozen=True)
class Sample:
    """One text of a row. Three lists of the same length.

    `labels`: the token itself where it is a target, else -100. `shares`: the weights of the target tokens divided by
    their sum and times the row's weight, so that they add up to that, 1 as a rule; 0 elsewhere. `n_keys`: key tokens
    among the targets.
    """

    row_id: str
    input_ids: list[int]
    labels: list[int]
    shares: list[float]
    n_keys: int = 0
    is_cut: bool = False


@dataclass
class Dropped:
    """Rows that gave no sample, by the reason; for the log and the model card."""

    no_target: int = 0
    all_cut: int = 0
    longest: int = 0
    """Tokens of the longest text that was cut, or left out for its length."""


class Encoder:
    """Encodes rows for one tokenizer and one template. `template` may be None where there are only `CodeRow`s."""

    def __init__(self, tokenizer: Any, template: Template | None, options: EncodeOptions) -> None:
        """
        Raises:
            ModelFolderError: the tokenizer gives no offsets.
        """
        if not getattr(tokenizer, "is_fast", False):
            hint = "Convert it: save it with AutoTokenizer, so that the folder has a tokenizer.json."
            raise ModelFolderError("the tokenizer gives no character offsets, by which key tokens are found", hint)
        self.dropped = Dropped()
        self._tokenizer, self._template, self._options = tokenizer, template, options
        self._keys = KeyTokens(tokenizer)

    def samples(self, rows: Iterable[Row]) -> Iterator[Sample]:
        """The samples of all rows in order; rows without a target are counted in `dropped`.

        Raises:
            ModelFolderError: the tokenizer's chat template refuses a row of the code view.
        """
        for row in rows:
            n_texts = 0
            for segments, tools, adds in self._texts(row):
                n_texts += 1
                sample = self._sample(row, segments, tools, adds)
                if sample is None:
                    self.dropped.all_cut += 1
                else:
                    yield sample
            if not n_texts:
                self.dropped.no_target += 1

    def _texts(self, row: Row) -> Iterator[tuple[tuple[Segment, ...], tuple[str, ...], bool]]:
        if isinstance(row, CodeRow):
            if row.is_target or not self._options.mae:
                yield self._code_text(dataclasses.replace(row, is_target=True)), row.tools, False
            return
        if self._template is None:
            raise ValueError("a template is needed for rows of calls")
        names = tuple(tool.name for tool in row.tools)
        for text in texts_of(row if self._options.mae else unmasked(row), self._template):
            yield text, names, self._template.adds_special_tokens

    def _code_text(self, row: CodeRow) -> tuple[Segment, ...]:
        from jinja2 import TemplateError

        try:
            return code_segments(row, self._tokenizer)
        except TemplateError as error:
            what = f"the chat template refuses the messages of row {row.id}: {error}"
            raise ModelFolderError(what, "Use another chat model, or --set data.view=calls.") from None

    def _sample(self, row: Row, segments: Sequence[Segment], tools: Sequence[str], adds: bool) -> Sample | None:
        text = text_of(segments)
        encoded = self._tokenizer(text, add_special_tokens=adds, return_offsets_mapping=True)
        ids: list[int] = list(encoded["input_ids"])
        offsets: list[tuple[int, int]] = list(encoded["offset_mapping"])
        if adds and ids and offsets[-1] == (0, 0):  # an end token that the tokenizer added: the text has its own
            ids.pop()
            offsets.pop()
        is_cut = len(ids) > self._options.max_length
        if is_cut:
            self.dropped.longest = max(self.dropped.longest, len(ids))
        ids, offsets = ids[: self._options.max_length], offsets[: self._options.max_length]
        targets = _targets(segments, offsets)
        if not any(targets[1:]):  # nothing predicts the first token
            return None
        starts = accumulate((len(segment.text) for segment in segments), initial=0)
        spans = [c.moved(at) for at, s in zip(starts, segments, strict=False) if s.is_target for c in s.calls]
        calls = [(span, self._keys.of_call(text, ids, offsets, span, tools)) for span in spans]
        targets[0] = False
        weights = weights_of(offsets, targets, calls, self._options.pkt)
        total = sum(weights) / row.weight  # what a person liked counts more beside the others
        labels = [token if target else NO_TARGET for token, target in zip(ids, targets, strict=True)]
        n_keys = len({key for _, keys in calls for key in keys if targets[key]})
        return Sample(row.id, ids, labels, [weight / total for weight in weights], n_keys, is_cut)


def texts_of(row: CallsRow, template: Template) -> Iterator[tuple[Segment, ...]]:
    """The texts that a row is trained on: one with all its targets, or one for each target turn.

    A family that closes only the last turn of a text gets a text for each turn that is a target, its history masked,
    as the released code trains: otherwise the model would never see how a call in the middle ends.
    """
    if template.closes_every_turn:
        segments = template.render(row)
        if any(segment.is_target for segment in segments):
            yield segments
        return
    for number, turn in enumerate(row.turns):
        if is_target(turn):
            history = tuple(dataclasses.replace(before, is_target=False) for before in row.turns[:number])
            segments = template.render(dataclasses.replace(up_to(row, number + 1), turns=(*history, turn)))
            yield segments


def unmasked(row: CallsRow) -> CallsRow:
    """The row as if nothing were known of errors: what plain SFT trains on."""
    return dataclasses.replace(row, turns=tuple(_unmasked(turn) for turn in row.turns))


def prompt_ids(template: Template, row: CallsRow, tokenizer: Any) -> list[int]:
    """The tokens after which a model is asked for the next turn; the beginning of what it was trained on."""
    ids = list(tokenizer(template.prompt(row), add_special_tokens=template.adds_special_tokens)["input_ids"])
    ends_itself = template.adds_special_tokens and ids and ids[-1] == tokenizer.eos_token_id
    return ids[:-1] if ends_itself else ids


def _unmasked(turn: Said | Called) -> Said | Called:
    if isinstance(turn, Said):
        return dataclasses.replace(turn, is_target=True)
    calls: tuple[Call, ...] = tuple(dataclasses.replace(call, is_target=True) for call in turn.calls)
    return dataclasses.replace(turn, calls=calls, is_target=True)


def _targets(segments: Sequence[Segment], offsets: Sequence[tuple[int, int]]) -> list[bool]:
    """Whether each token has a character of a target segment."""
    targets = [False] * len(offsets)
    at = 0
    for segment in segments:
        if segment.is_target:
            for index in overlapping(offsets, at, at + len(segment.text)):
                targets[index] = True
        at += len(segment.text)
    return targets
