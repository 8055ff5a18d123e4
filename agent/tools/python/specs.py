"""From a described function (JSON) to a `ToolSpec`."""

from __future__ import annotations

from typing import Any

from agent.calls.spec import Parameter, Record, ToolSpec


def spec_from(described: dict[str, Any]) -> ToolSpec:
    """What `toolcoder_worker.describe` gives, as the agent knows tools."""
    return ToolSpec(
        name=described["name"],
        purpose=described["purpose"],
        description=described["description"],
        parameters=tuple(map(_parameter, described["parameters"])),
        returns=described["returns"],
        returns_description=described["returns_description"],
        records=tuple(Record(name, tuple((f, text) for f, text in fields)) for name, fields in described["records"]),
        effect=described["effect"],
        schema=described["schema"],
    )


def _parameter(described: dict[str, Any]) -> Parameter:
    default = ... if described.get("default_unknown") else described.get("default")
    return Parameter(
        described["name"], described["annotation"], described["required"], default, described["description"]
    )
