"""A logged session as text for people, and as one object for programs: `toolcoder sessions show`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agent.log.reader import LoggedSession
from agent.log.schema import LogRecord
from tui.plain import plain, plain_line, plain_value


def session_object(logged: LoggedSession) -> dict[str, Any]:
    """The header and every record; large values stay where they are kept, under `refs`."""
    return {
        "session": logged.id,
        "toolcoder": logged.header.toolcoder,
        "torn": logged.torn,
        "bad_lines": [{"line": number, "why": why} for number, why in logged.bad_lines],
        "records": [
            {"time": r.time.isoformat(), "kind": r.kind, **r.fields, **({"refs": r.refs} if r.refs else {})}
            for r in logged.records
        ],
    }


def session_text(logged: LoggedSession) -> str:
    """The session as it was seen, without prompts and completions."""
    lines = [f"session {plain_line(logged.id)}, toolcoder {plain_line(str(logged.header.toolcoder))}"]
    for record in logged.records:
        lines.extend(_record_lines(record))
    if logged.torn:
        lines.append("(the log ends in the middle of a line: the program was stopped there)")
    return "\n".join(lines) + "\n"


def _record_lines(record: LogRecord) -> Iterator[str]:
    fields = record.fields
    match record.kind:
        case "session":
            yield f"model {_line(fields, 'model')}, {_line(fields, 'sandbox')}"
        case "question":
            yield ""
            yield f"{record.time.astimezone():%Y-%m-%d %H:%M:%S}  {_line(fields, 'question', 2000)}"
        case "stage_end":
            yield f"  {_line(fields, 'stage'):<10}{_seconds(fields)}"
        case "program":
            yield f"  program ({_line(fields, 'origin')})"
            yield from (f"    {line}" for line in plain(str(fields.get("source", ""))).splitlines())
        case "tool_call":
            arguments = fields.get("args")
            named = arguments.items() if isinstance(arguments, dict) else ()
            shown = ", ".join(f"{plain_line(str(k))}={plain_value(v, 80)}" for k, v in named)
            yield f"  call      {_line(fields, 'name')}({shown})"
        case "tool_return":
            ended = f"{_line(fields, 'category')} {_line(fields, 'message')}".rstrip()
            yield f"  return    {_line(fields, 'name')}: {ended}"
        case "cell_output":
            yield from (f"  | {line}" for line in plain(str(fields.get("text", ""))).splitlines()[:40])
        case "cell_end":
            yield f"  run       {_seconds(fields)}  {_line(fields, 'status')}"
        case "repair":
            yield f"  repair    {_line(fields, 'exception')}: {_line(fields, 'message')}"
        case "approval":
            yield f"  approval  {_line(fields, 'tool')}: {'allowed' if fields.get('allowed') else 'refused'}"
        case "function_reused" | "function_stored" | "function_retired":
            yield f"  {record.kind.removeprefix('function_'):<10}{_line(fields, 'name')}"
        case "error":
            yield f"  warning: {_line(fields, 'message', 400)}"
        case "answer":
            text = fields.get("answer") if fields.get("status") == "answered" else fields.get("error")
            yield f"  {_line(fields, 'status')} after {_seconds(fields).strip()}"
            yield from (f"  {line}" for line in plain(str(text or "")).splitlines())


def _line(fields: Mapping[str, Any], name: str, limit: int = 160) -> str:
    return plain_line(str(fields.get(name) or ""), limit)


def _seconds(fields: Mapping[str, Any]) -> str:
    seconds = fields.get("seconds")
    return f"{seconds:6.1f} s" if isinstance(seconds, int | float) else ""
