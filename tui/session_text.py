"""A logged session as text for people, and as one object for programs: `toolcoder sessions show`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

from agent.bill import Bill
from agent.errors import SessionLogError
from agent.events import TokenUsage, ToolChange
from agent.log.reader import LoggedSession
from agent.log.schema import LogRecord
from agent.tools.turn_record import changed_line
from tui.cell_notes import difference_notes, display_notes, output_notes, restored_note
from tui.plain import cut_lines, plain, plain_line, plain_value


def session_object(logged: LoggedSession) -> dict[str, Any]:
    """The header, what each stage took, and every record; large values stay where they are kept, under `refs`."""
    bill = bill_of(logged)
    total = bill.total
    return {
        "session": logged.id,
        "toolcoder": logged.header.toolcoder,
        "torn": logged.torn,
        "bad_lines": [{"line": number, "why": why} for number, why in logged.bad_lines],
        "bill": {"stages": bill.as_object(), "total": {"n_calls": total.n_calls, **asdict(total.usage)}},
        "records": [
            {"time": r.time.isoformat(), "kind": r.kind, **r.fields, **({"refs": r.refs} if r.refs else {})}
            for r in logged.records
        ],
    }


def session_text(logged: LoggedSession) -> str:
    """The session as it was seen, without prompts and completions."""
    lines = [f"session {plain_line(logged.id)}, toolcoder {plain_line(str(logged.header.toolcoder))}"]
    for record in logged.records:
        lines.extend(_record_lines(_with_output(logged, record)))
    lines.extend(_bill_lines(bill_of(logged)))
    if logged.torn:
        lines.append("(the log ends in the middle of a line: the program was stopped there)")
    return "\n".join(lines) + "\n"


def bill_of(logged: LoggedSession) -> Bill:
    """What each stage of the session took, all its questions together."""
    bill = Bill()
    for record in logged.records:
        bill.see_record(record.kind, record.fields)
    return bill


def _bill_lines(bill: Bill) -> Iterator[str]:
    if len(bill.items) < 2:
        return
    yield ""
    yield "bill"
    for stage, item in (*bill.items.items(), ("all", bill.total)):
        yield f"  {plain_line(stage):<10}{item.n_calls:4} x{item.seconds:8.1f} s  {usage_text(item.usage)}".rstrip()


def usage_text(usage: TokenUsage) -> str:
    """Tokens, how many of them were cached, and the money where prices are known; '' where none were used."""
    if not usage.prompt_tokens + usage.completion_tokens:
        return ""
    cached = f", {usage.cached_tokens:,} of them cached" if usage.cached_tokens else ""
    cost = f", cost {usage.cost:.4g}" if usage.cost is not None else ""
    about = "about " if usage.estimated else ""
    return f"{about}{usage.prompt_tokens:,} tokens read{cached}, {usage.completion_tokens:,} written{cost}"


def _with_output(logged: LoggedSession, record: LogRecord) -> LogRecord:
    """Long output lies beside the log; of other large values the lines show too little to be worth reading."""
    if record.kind != "cell_output":
        return record
    try:
        return logged.resolved(record)
    except SessionLogError as error:
        return replace(record, fields={**record.fields, "text": str(error)})


def _record_lines(record: LogRecord) -> Iterator[str]:
    fields = record.fields
    match record.kind:
        case "session":
            again = "resumed, " if fields.get("resumed_from") else ""
            yield f"{again}model {_line(fields, 'model')}, {_line(fields, 'sandbox')}"
        case "question":
            yield ""
            yield f"{record.time.astimezone():%Y-%m-%d %H:%M:%S}  {_line(fields, 'question', 2000)}"
        case "named":
            yield f"named {_line(fields, 'name')}" if fields.get("name") else "its name was taken away"
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
            yield from (f"  | {line}" for line in cut_lines(plain(str(fields.get("text", ""))).splitlines()))
        case "cell_display":
            data, artifacts = _dict(fields.get("data")), _dicts(fields.get("artifacts"))
            yield from (f"  {note}" for note in display_notes(data, artifacts, _texts(fields.get("left_out"))))
        case "cell_end":
            yield f"  run       {_seconds(fields)}  {_line(fields, 'status')}"
            if fields.get("output_cut") and (spooled := _dict(fields.get("spooled"))):
                yield from (f"  {note}" for note in output_notes(spooled))
        case "kernel_restored":
            names = _texts(fields.get("restored")), _texts(fields.get("lost"))
            resumed = bool(fields.get("resumed"))
            yield f"  {restored_note(*names, str(fields.get('stopped') or ''), resumed=resumed)}"
            yield from (f"  {note}" for note in difference_notes(_texts(fields.get("differences"))))
        case "kernel_reattached":
            yield "  back in the kernel that the session had left"
        case "repair":
            yield f"  repair    {_line(fields, 'exception')}: {_line(fields, 'message')}"
        case "approval":
            yield f"  approval  {_line(fields, 'tool')}: {'allowed' if fields.get('allowed') else 'refused'}"
        case "decision" if fields.get("what") == "code":
            yield f"  program   {'allowed' if fields.get('allowed') else 'refused'} (by {_line(fields, 'by')})"
        case "feedback":
            correction = _line(fields, "correction", 400)
            yield f"  rated {_line(fields, 'rating')}{f': {correction}' if correction else ''}"
        case "function_reused" | "function_stored" | "function_retired":
            yield f"  {record.kind.removeprefix('function_'):<10}{_line(fields, 'name')}"
        case "error":
            yield f"  warning: {_line(fields, 'message', 400)}"
        case "answer":
            text = fields.get("answer") if fields.get("status") == "answered" else fields.get("error")
            yield f"  {_line(fields, 'status')} after {_seconds(fields).strip()}"
            yield from (f"  {line}" for line in plain(str(text or "")).splitlines())
            made = [ToolChange(str(c.get("name")), _dict(c.get("args"))) for c in _dicts(fields.get("changed"))]
            if made and fields.get("status") != "answered":  # an answer has it in its text
                yield f"  {plain_line(changed_line(made), 2000)}"


def _dict(value: Any) -> dict[str, Any]:
    """A damaged log may hold anything."""
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _texts(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _line(fields: Mapping[str, Any], name: str, limit: int = 160) -> str:
    return plain_line(str(fields.get(name) or ""), limit)


def _seconds(fields: Mapping[str, Any]) -> str:
    seconds = fields.get("seconds")
    return f"{seconds:6.1f} s" if isinstance(seconds, int | float) else ""
