"""Tools as JSON: the `tools` field of OpenAI's interface, which most families print in their prompts."""

from __future__ import annotations

from typing import Any

from train.rows import ToolDoc


def function_object(tool: ToolDoc) -> dict[str, Any]:
    """`{"name", "description", "parameters"}`; a tool without parameters gets an empty object's schema."""
    parameters = dict(tool.parameters) or {"type": "object", "properties": {}, "required": []}
    return {"name": tool.name, "description": tool.description, "parameters": parameters}


def tool_object(tool: ToolDoc) -> dict[str, Any]:
    return {"type": "function", "function": function_object(tool)}
