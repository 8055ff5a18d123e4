"""What is known of a stored function, as lines: `toolcoder functions show`, and the chat's panel."""

from __future__ import annotations

from agent.functions.base import FunctionEntry
from tui.plain import plain_line


def facts(entry: FunctionEntry) -> list[str]:
    """The signature, then a line for each thing; without the source."""
    proved = f"{entry.verifying_call} = {entry.result_json}" if entry.verifying_call else "its run alone"
    known = (
        ("id", entry.id),
        ("subtask", entry.subtask),
        ("state", f"{entry.state} {entry.why}"),
        ("uses", f"{entry.n_uses}, {entry.n_successes} went well, {entry.n_failures} did not"),
        ("tools", ", ".join(name for name, _ in entry.tools) or "none"),
        ("verified", entry.verified or "never"),
        ("version", f"{entry.version}, replaces {entry.replaces}" if entry.replaces else str(entry.version)),
        ("proved by", proved),
        ("from", f"{entry.origin} {entry.session}, {entry.created}"),
    )
    return [plain_line(entry.signature, 400), *(f"  {label:<10}{plain_line(text, 300)}" for label, text in known)]
