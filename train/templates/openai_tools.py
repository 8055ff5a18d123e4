"""GPT models (Table 12): no text of ours at all; tools go into the `tools` field, calls come back as `tool_calls`.

Who calls it: `train eval` for endpoints, and exports to chat-messages files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from train.rows import Call, Called, CallsRow, Said
from train.templates.tool_json import tool_object


def request(row: CallsRow) -> dict[str, Any]:
    """`messages` and `tools` of `chat.completions.create`; without tools no such field, as the interface wants it."""
    messages: list[dict[str, Any]] = []
    waiting: list[str] = []
    for number, turn in enumerate(row.turns):
        match turn:
            case Called():
                waiting = [f"call_{number}_{index}" for index in range(len(turn.calls))]
                messages.append(
                    {
                        "role": "assistant",
                        "content": turn.thought or None,
                        "tool_calls": [_call(c, i) for c, i in zip(turn.calls, waiting, strict=True)],
                    }
                )
            case Said(role="tool"):
                # Feedback without a call before it (a cut trajectory) has nothing to belong to.
                role = {"role": "tool", "tool_call_id": waiting.pop(0)} if waiting else {"role": "user"}
                messages.append({**role, "content": turn.text})
            case Said():
                messages.append({"role": turn.role, "content": turn.text})
    tools = [tool_object(tool) for tool in row.tools]
    return {"messages": messages, **({"tools": tools} if tools else {})}


def read_message(message: Mapping[str, Any]) -> Called | Said | None:
    """The assistant's message of a completion; None where the arguments of a call are no JSON object."""
    thought = str(message.get("content") or "")
    calls = []
    for item in message.get("tool_calls") or ():
        function = item.get("function") or {}
        try:
            args = json.loads(function.get("arguments") or "{}")
        except ValueError:
            return None
        if not isinstance(args, dict):
            return None
        calls.append(Call(str(function.get("name", "")), args))
    return Called(tuple(calls), thought) if calls else Said("assistant", thought)


def _call(call: Call, call_id: str) -> dict[str, Any]:
    arguments = json.dumps(call.args, ensure_ascii=False, default=str)
    return {"id": call_id, "type": "function", "function": {"name": call.name, "arguments": arguments}}
