"""TRL's `SFTTrainer` with a weight for each token.

The loss of a step is the mean over its samples of each sample's weighted mean, over all micro-batches and devices of
the step, whether samples are packed or not. `encode` divided a sample's weights by their sum, so here a token's share
multiplies its log-probability and the step divides by the number of samples. TRL counts tokens instead, which would let
long answers drown short calls; and its count does not know of samples inside a packed row.
"""

from __future__ import annotations

from typing import Any

import torch
from trl.trainer.sft_trainer import SFTTrainer

from train.sft.collator import SharesCollator
from train.sft.weighted import Weighted, backbone_of


class WeightedSftTrainer(SFTTrainer):
    """Takes datasets of `encode`'s samples, prepared (`dataset_kwargs={"skip_prepare_dataset": True}`)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # TRL takes no collator of others where it packs, so ours comes in afterwards, with the settings of its own.
        theirs: Any = self.data_collator
        self.data_collator = SharesCollator(theirs.pad_token_id, theirs.padding_free, theirs.return_position_ids)
        # Found before the trainer wraps the model for its devices.
        self._backbone = backbone_of(self.model)
        # The loss below is divided by the step's samples already: the trainer must not divide by micro-batches again.
        self.model_accepts_loss_kwargs = True

    @property
    def n_train_tokens(self) -> int:
        """Tokens of the batches so far, padding left out; what TRL counts."""
        return int(self._total_train_tokens)

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        shares = inputs.pop("shares")
        n_samples, is_evaluation = num_items_in_batch, num_items_in_batch is None
        if n_samples is None:
            n_samples = _n_samples(shares)
        result = super().compute_loss(Weighted(model, self._backbone, shares), inputs, return_outputs, n_samples)
        if is_evaluation and self.args.average_tokens_across_devices:
            # The samples above are this device's; the parent scales as if they were those of all.
            n_devices = self.accelerator.num_processes
            return (result[0] / n_devices, result[1]) if return_outputs else result / n_devices
        return result

    def _get_num_items_in_batch(self, batch_samples: list[Any], device: torch.device) -> Any:
        """Samples of a step: over its micro-batches, and over devices where the loss is averaged over all of them."""
        if not batch_samples or "shares" not in batch_samples[0]:
            return super()._get_num_items_in_batch(batch_samples, device)
        n_samples = torch.stack([_n_samples(batch["shares"]) for batch in batch_samples]).sum()
        if self.args.average_tokens_across_devices and self.args.world_size > 1:
            n_samples = self.accelerator.gather(n_samples.to(device)).sum()
        return n_samples.to(device)

    def _set_signature_columns_if_needed(self) -> None:
        if self._signature_columns is None:
            columns: Any = ["input_ids", "labels", "shares", "seq_lengths"]
            self._signature_columns = columns


def _n_samples(shares: torch.Tensor) -> torch.Tensor:
    """The shares of each sample add up to its weight, 1 as a rule: the loss is the weighted mean over samples."""
    return shares.sum().clamp(min=1e-6)
