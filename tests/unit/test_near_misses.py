"""Questions that are worded alike and want different things: one's function is not bound to the other."""

from __future__ import annotations

from agent.functions.embed import HashingEmbedder
from agent.models.bundled.model import BundledModel
from agent.tools.sources import load_tools
from tui.curve.near_misses import Deciding, read_pairs, summary

SAMPLE = 16
"""Every sixteenth pair; `toolcoder bench near-misses` measures all of them (20 s)."""


async def test_the_bundled_model_binds_no_near_miss() -> None:
    pairs = read_pairs()
    assert len(pairs) >= 150
    deciding = Deciding(BundledModel.load(), [t.spec for t in load_tools().tools], HashingEmbedder())
    # Those that its scaffolds alone take for the same: a condition or a list is read over.
    hard = [p for p in pairs if "seasons" in p.asked or "shorter than" in p.stored or "are dramas?" in p.asked]
    decisions = [await deciding.decide(pair) for pair in [*hard, *pairs[::SAMPLE]]]
    assert len(hard) >= 8 and len(decisions) > 15
    assert summary(decisions)["wrong"] == []
    assert summary(decisions)["n_stored"] > 0.8 * len(decisions)  # "are comedies?" it declines, as a rule
