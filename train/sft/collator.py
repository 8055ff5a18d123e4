"""Batches for the weighted loss: TRL's own, with each token's share beside its label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from trl.trainer.sft_trainer import DataCollatorForLanguageModeling
from trl.trainer.utils import pad


@dataclass
class SharesCollator(DataCollatorForLanguageModeling):
    """Examples have `input_ids`, `labels`, `shares`, and `seq_lengths` where they are packed.

    Adds `shares` of shape (batch, length), 0 where TRL's labels are -100.
    """

    def torch_call(self, examples: list[dict[str, Any]]) -> dict[str, Any]:
        batch: dict[str, Any] = super().torch_call(examples)
        shares = [torch.tensor(example["shares"], dtype=torch.float32) for example in examples]
        if self.padding_free:
            shares = [torch.cat(shares)]
        batch["shares"] = pad(shares, 0, padding_side="right", pad_to_multiple_of=self.pad_to_multiple_of)
        return batch
