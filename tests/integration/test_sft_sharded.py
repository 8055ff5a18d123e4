"""The weighted loss over weights that are sharded by torch's FSDP: two processes on the CPU, gloo.

accelerate has no FSDP on a CPU, so the sharding is torch's own here; the loss and its batches are those of the trainer.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.forked import forked
from tests.tiny_rows import calls_rows
from train.encode import EncodeOptions, Encoder
from train.sft.tiny import make_tiny, tiny_tokenizer
from train.templates import template_named

pytestmark = pytest.mark.torch
TEXTS = [str(row) for row in calls_rows(4)]


def batch_of() -> list[dict[str, Any]]:
    encoder = Encoder(tiny_tokenizer(TEXTS), template_named("tl-codellama"), EncodeOptions(256))
    samples = list(encoder.samples(calls_rows(4)))[:4]
    return [{"input_ids": s.input_ids, "labels": s.labels, "shares": s.shares} for s in samples]


def summed_loss(model: Any, rows: list[dict[str, Any]]) -> Any:
    """What the trainer sums: the shares times the log-probabilities of TRL's fused head."""
    from train.sft.collator import SharesCollator
    from train.sft.weighted import Weighted, backbone_of

    batch = SharesCollator(0)(rows)
    weighted = Weighted(model, backbone_of(model), batch.pop("shares"))
    return -weighted(**batch, fused_lm_head=True, use_cache=False).log_probs.sum()


def a_model(base: Path) -> Any:
    from transformers import AutoModelForCausalLM
    from trl.trainer.utils import add_fused_lm_head

    model: Any = AutoModelForCausalLM.from_pretrained(str(base))
    add_fused_lm_head(model, outputs=("log_probs", "entropy", "is_top1"))
    return model


def half_of_the_work(rank: int, base: Path, folder: Path) -> None:
    import torch
    import torch.distributed as dist
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    dist.init_process_group("gloo", init_method=f"file://{folder / 'store'}", rank=rank, world_size=2)
    model = a_model(base)
    mesh = init_device_mesh("cpu", (2,))
    for layer in model.model.layers:
        fully_shard(layer, mesh=mesh)
    fully_shard(model, mesh=mesh)
    rows = batch_of()
    loss = summed_loss(model, rows[2 * rank : 2 * rank + 2]) / len(rows)
    (loss * 2).backward()  # gradients are averaged over the two
    total = loss.detach().clone()
    dist.all_reduce(total)
    gradients = [model.model.layers[0].self_attn.q_proj.weight.grad, model.model.embed_tokens.weight.grad]
    whole = [gradient.full_tensor() for gradient in gradients]
    if rank == 0:
        torch.save({"loss": total, "gradients": whole}, folder / "found.pt")
    dist.destroy_process_group()


def test_sharded_it_is_the_same_loss_and_the_same_gradient(tmp_path: Path) -> None:
    import torch
    import trl.trainer.sft_trainer  # the children that are forked need not import it

    assert trl.trainer.sft_trainer
    base = make_tiny(tmp_path / "base", TEXTS)
    children = [forked(half_of_the_work, rank, base, tmp_path) for rank in range(2)]
    for child in children:
        child.join(90)
    assert [child.exitcode for child in children] == [0, 0]
    found = torch.load(tmp_path / "found.pt", weights_only=True)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    model, rows = a_model(base), batch_of()
    loss = summed_loss(model, rows) / len(rows)
    loss.backward()
    torch.set_num_threads(threads)
    assert float(found["loss"]) == pytest.approx(float(loss.detach()), rel=1e-5)
    expected = [model.model.layers[0].self_attn.q_proj.weight.grad, model.model.embed_tokens.weight.grad]
    for one, other in zip(found["gradients"], expected, strict=True):
        assert float(one.abs().max()) > 0
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)
