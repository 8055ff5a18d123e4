"""A logged session in the forms that others read: chat messages (as TRL reads them) and ATIF, the agent trajectory
interchange format. Values that were redacted in the log stay so; large ones are put back in their places.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agent.errors import SessionLogError
from agent.log.reader import LoggedSession
from agent.log.schema import LogRecord, format_time

ATIF_VERSION = "ATIF-v1.8"
_PROGRAM = "run_python"
"""The name of a program's run as a tool call of the agent; the tools that it called follow it."""


def chat_messages(logged: LoggedSession) -> dict[str, Any]:
    """`{"messages": [{"role", "content"}]}` over all turns that were answered: question, programs that ended well with
    what they gave (role `tool`), answer."""
    messages: list[dict[str, str]] = []
    for turn in _turns(logged):
        answer = _last(turn, "answer")
        if answer.get("status") != "answered":
            continue
        messages.append({"role": "user", "content": _text(turn[0].fields, "question")})
        for run in _runs(turn):
            if run.end.get("status") == "ok":
                messages.append({"role": "assistant", "content": f"```python\n{run.source.rstrip()}\n```"})
                messages.append({"role": "tool", "name": _PROGRAM, "content": run.observed})
        messages.append({"role": "assistant", "content": _text(answer, "answer")})
    return {"messages": messages}


def atif(logged: LoggedSession) -> dict[str, Any]:
    """One trajectory: each question a step of the user; each program a step of the agent, with its run and the tools
    that it called as tool calls; each answer a step of the agent."""
    header = next((r.fields for r in logged.records if r.kind == "session"), {})
    steps: list[dict[str, Any]] = []

    def step(source: str, time: str, **fields: Any) -> None:
        steps.append({"step_id": len(steps) + 1, "timestamp": time, "source": source, **fields})

    n_prompt = n_completion = 0
    for turn in _turns(logged):
        step("user", format_time(turn[0].time), message=_text(turn[0].fields, "question"))
        for run in _runs(turn):
            step(
                "agent",
                format_time(run.time),
                message="",
                tool_calls=[
                    {"tool_call_id": run.id, "function_name": _PROGRAM, "arguments": {"code": run.source}},
                    *run.calls,
                ],
                observation={"results": [{"source_call_id": run.id, "content": run.observed}, *run.results]},
                extra={"origin": run.origin, "status": str(run.end.get("status") or "unfinished")},
            )
        answer = _last(turn, "answer")
        usage = answer.get("usage")
        usage = usage if isinstance(usage, dict) else {}
        n_turn_prompt, n_turn_completion = _int(usage, "prompt_tokens"), _int(usage, "completion_tokens")
        n_prompt, n_completion = n_prompt + n_turn_prompt, n_completion + n_turn_completion
        step(
            "agent",
            format_time(turn[-1].time),
            message=_text(answer, "answer") or _text(answer, "error"),
            metrics={"prompt_tokens": n_turn_prompt, "completion_tokens": n_turn_completion},
            extra={"status": str(answer.get("status") or "unfinished"), "repairs": _int(answer, "repairs")},
        )
    tools = header.get("tools")
    return {
        "schema_version": ATIF_VERSION,
        "session_id": logged.id,
        "agent": {
            "name": "toolcoder",
            "version": str(logged.header.toolcoder),
            "model_name": str(header.get("model") or "unknown"),
            "tool_definitions": [_definition(t) for t in tools if isinstance(t, dict)] if tools else [],
            "extra": {"sandbox": str(header.get("sandbox") or "")},
        },
        "steps": steps,
        "final_metrics": {
            "total_prompt_tokens": n_prompt,
            "total_completion_tokens": n_completion,
            "total_steps": len(steps),
        },
    }


class _Run:
    """A program with what became of it."""

    def __init__(self, name: str, record: LogRecord) -> None:
        self.id = name
        self.time = record.time
        self.source = _text(record.fields, "source")
        self.origin = _text(record.fields, "origin")
        self.end: Mapping[str, Any] = {}
        self.calls: list[dict[str, Any]] = []
        self.results: list[dict[str, Any]] = []
        self._output: list[str] = []

    def take(self, record: LogRecord) -> None:
        fields = record.fields
        match record.kind:
            case "cell_output":
                self._output.append(_text(fields, "text"))
            case "cell_end":
                self.end = fields
            case "tool_call":
                arguments = fields.get("args")
                called = {"tool_call_id": _text(fields, "id"), "function_name": _text(fields, "name")}
                self.calls.append({**called, "arguments": arguments if isinstance(arguments, dict) else {}})
            case "tool_return" if any(call["tool_call_id"] == fields.get("id") for call in self.calls):
                content = fields.get("message") or json.dumps(fields.get("value"), ensure_ascii=False)
                extra = {"category": _text(fields, "category")}
                self.results.append({"source_call_id": _text(fields, "id"), "content": str(content), "extra": extra})

    @property
    def observed(self) -> str:
        """What it printed, then its value or its traceback."""
        error = self.end.get("error")
        last = _text(error, "text") if isinstance(error, dict) else _text(self.end, "result")
        return "".join([*self._output, last])


def _runs(turn: Sequence[LogRecord]) -> Iterator[_Run]:
    run: _Run | None = None
    n_runs = 0
    for record in turn:
        # A cell without a program of its own: of a log whose program was not written, or cannot be read.
        if record.kind == "program" or (record.kind == "cell_start" and run is not None and run.end):
            if run is not None:
                yield run
            n_runs += 1
            run = _Run(f"program-{_int(turn[0].fields, 'turn')}-{n_runs}", record)
        elif run is not None:
            run.take(record)
    if run is not None:
        yield run


def _turns(logged: LoggedSession) -> Iterator[list[LogRecord]]:
    for turn in logged.turns:
        yield [_resolved(logged, record) for record in turn]


def _resolved(logged: LoggedSession, record: LogRecord) -> LogRecord:
    try:
        return logged.resolved(record)
    except SessionLogError:  # a value beside the log is gone: the rest is still worth having
        return record


def _last(turn: Sequence[LogRecord], kind: str) -> Mapping[str, Any]:
    return next((record.fields for record in reversed(turn) if record.kind == kind), {})


def _definition(tool: Mapping[str, Any]) -> dict[str, Any]:
    parameters = tool.get("schema") or tool.get("parameters") or {"type": "object"}
    described = {"name": _text(tool, "name"), "description": _text(tool, "description") or _text(tool, "purpose")}
    return {"type": "function", "function": {**described, "parameters": parameters}}


def _text(fields: Mapping[str, Any], name: str) -> str:
    return str(fields.get(name) or "")


def _int(fields: Mapping[str, Any], name: str) -> int:
    value = fields.get(name)
    return value if isinstance(value, int) else 0
