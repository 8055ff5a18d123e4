"""Thousands of descriptions of real operations as specs of tools: the service models that ship with botocore."""

from __future__ import annotations

import gzip
import importlib.util
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from agent.calls.spec import Parameter, Record, ToolSpec
from agent.tools.naming import parameter_names

_TYPES = {"string": "str", "integer": "int", "long": "int", "boolean": "bool", "float": "float", "double": "float"}
_TAG = re.compile(r"<[^>]+>")


SERVICES = (
    "s3 sqs sns polly rekognition translate transcribe kms secretsmanager lambda dynamodb ecs iam rds cloudwatch logs "
    "athena organizations route53 ce ses elasticache apigateway cloudfront ssm glue redshift cognito-idp lightsail ec2 "
    "connect sagemaker iot quicksight pinpoint"
).split()


@cache
def real_specs(n: int) -> tuple[ToolSpec, ...]:
    """`n` operations of services that do very different things."""
    found = importlib.util.find_spec("botocore")
    assert found is not None and found.origin is not None, "the set-up for tests installs botocore"
    folder = Path(found.origin).parent / "data"
    specs: list[ToolSpec] = []
    for service in SERVICES:
        path = max((folder / service).glob("*/service-2.json.gz"))
        specs += _of_service(service, json.loads(gzip.decompress(path.read_bytes())))
        if len(specs) >= n:
            break
    assert len(specs) >= n
    return tuple(specs[:n])


def _of_service(service: str, model: dict[str, Any]) -> list[ToolSpec]:
    shapes = model["shapes"]
    made = []
    for operation_name, operation in model["operations"].items():
        text = " ".join(_TAG.sub("", operation.get("documentation", "")).split())
        given = shapes.get(operation.get("input", {}).get("shape", ""), {})
        gives = shapes.get(operation.get("output", {}).get("shape", ""), {})
        required = given.get("required", [])
        members = dict(sorted(given.get("members", {}).items(), key=lambda m: m[0] not in required))
        parameters = tuple(
            Parameter(name, _TYPES.get(shapes[members[wire]["shape"]]["type"], "Any"), wire in required)
            for name, wire in parameter_names(members).items()
        )
        fields = tuple((field, "Any") for field in gives.get("members", {}))
        snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", operation_name).lower()
        made.append(
            ToolSpec(
                f"{service.replace('-', '_').replace('.', '_')}_{snake}",
                purpose=text.partition(". ")[0][:200] or operation_name,
                description=text[:2000],
                parameters=parameters,
                records=(Record(f"{operation_name}Result", fields),) if fields else (),
                effect="read" if operation_name.startswith(("Get", "List", "Describe", "Search")) else "write",
                schema={"type": "object"},
            )
        )
    return made
