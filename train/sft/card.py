"""The model card of an SFT run: what it was made from, how, and what came out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from train.configs.schema import SftConfig
from train.encode import Dropped
from train.runs.memory import readable
from train.sft.data import Encoded


def model_card(
    name: str,
    config: SftConfig,
    encoded: Encoded,
    dropped: Dropped,
    results: Mapping[str, Any],
    versions: Mapping[str, str],
) -> str:
    """Markdown, with the front matter that the Hugging Face hub reads."""
    library = "peft" if config.model.adapter != "none" else "transformers"
    front = ["---", f"library_name: {library}", "tags: [toolcoder, sft, tool-use]", "pipeline_tag: text-generation"]
    if config.model.base != "tiny":
        front.append(f"base_model: {json.dumps(config.model.base)}")
    mae = "erroneous calls masked (MAE)" if config.data.mae else "errors trained on as well (no MAE)"
    pkt = f"key tokens weigh up to {config.pkt.w_max:g} (PKT)" if config.pkt.is_on else "all tokens weigh the same"
    rows = "\n".join(f"| {key} | {_cell(value)} |" for key, value in results.items())
    settings = json.dumps(config.model_dump(mode="json"), indent=2)
    return f"""{chr(10).join(front)}
---

# {name}

Trained by `toolcoder train sft` from `{config.model.base}`: {mae}; {pkt}.

| result | |
|---|---|
{rows}

## Data

{encoded.n_samples:,} texts of {encoded.n_tokens:,} tokens, of which {encoded.n_targets:,} are targets and \
{encoded.n_keys:,} key tokens. Cut at {config.data.max_length:,} tokens: {encoded.n_cut:,}. Rows without a target: \
{dropped.no_target:,}; texts whose targets were all behind the limit: {dropped.all_cut:,}.

The texts come from somebody's sessions: what they asked may be recalled by the model. The licence of the base model
holds for this one too.

## Use

    toolcoder --model ./{name}
    toolcoder train merge ./{name}       # an adapter into its base
    toolcoder train export ./{name}      # safetensors for transformers, vLLM and others

## Settings

```json
{settings}
```

## Versions

{", ".join(f"{package} {version}" for package, version in versions.items())}
"""


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.4g}"
    if isinstance(value, int) and value > 10_000_000:
        return readable(value)
    return str(value)
