"""`toolcoder doctor --sandbox`: each promise of the sandbox, proven in a kernel; as lines or as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sandbox.errors import SandboxError
from sandbox.proof import Finding
from tui.from_settings import container_limits
from tui.images import image_name
from tui.plain import plain_line

if TYPE_CHECKING:
    from tui.settings import Settings

_MARKS = {"kept": "✓", "weaker": "!", "unknown": "!", "broken": "✗"}
_NAME_WIDTH = 16


def prove_sandbox(settings: Settings) -> list[Finding]:
    """What became of each promise. Blocking, some seconds; must not be called in an event loop."""
    from sandbox.events import KernelOptions
    from sandbox.proof.proving import prove

    limits = container_limits(settings.sandbox)
    files = str(settings.files.folder) if settings.files.folder is not None else None
    try:
        options = KernelOptions(
            image=image_name(settings.sandbox.image),
            limits=limits,
            files=files,
            transport=settings.sandbox.transport,
            runtime=settings.sandbox.runtime,
        )
        return prove(options, settings.sandbox.kind)
    except SandboxError as error:
        return [Finding("kernel", "a kernel can be looked at from inside", str(error), "broken", error.hint)]


def lines(finding: Finding) -> str:
    """One promise for a person: what was seen, then what was promised, then what to do."""
    indent = " " * (_NAME_WIDTH + 3)
    text = f"{_MARKS[finding.verdict]} {finding.name:<{_NAME_WIDTH}} {plain_line(finding.seen, 300)}\n"
    if finding.verdict != "kept":
        text += f"{indent}promised: {plain_line(finding.promise, 300)}\n"
        if finding.remedy:
            text += f"{indent}→ {plain_line(finding.remedy, 300)}\n"
    return text


def as_objects(found: Sequence[Finding]) -> list[dict[str, Any]]:
    """`[{"name", "promise", "seen", "verdict", "remedy"}]`; verdict is kept, weaker, broken or unknown."""
    return [
        {"name": f.name, "promise": f.promise, "seen": f.seen, "verdict": f.verdict, "remedy": f.remedy} for f in found
    ]
