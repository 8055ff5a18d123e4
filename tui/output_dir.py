"""`ask --output-dir`: what programs showed (plots, documents) goes beside what they left in /out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sandbox.files.beneath import Beneath


def gather(artifacts: Sequence[Mapping[str, Any]], folder: Path) -> list[dict[str, Any]]:
    """Copy those that lie elsewhere into `folder` as `display-1.png` and so on; the artifacts with their new paths.

    Raises:
        OSError: the folder cannot be made, or a file cannot be written.
    """
    gathered: list[dict[str, Any]] = []
    number = 0
    for artifact in artifacts:
        source = Path(str(artifact["path"]))
        if source.parent == folder:
            gathered.append(dict(artifact))
            continue
        folder.mkdir(parents=True, exist_ok=True)
        while True:
            number += 1
            name = f"display-{number}{source.suffix}"
            try:
                with Beneath(folder) as target, Beneath(source.parent) as kept, kept.open(source.name) as content:
                    target.write(name, content)
                break
            except FileExistsError:  # of an earlier question: never written over
                continue
        gathered.append({**artifact, "path": str(folder / name)})
    return gathered
