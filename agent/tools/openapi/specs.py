"""From an operation to the Python function that a model sees, and back from its arguments to where each is sent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from agent.calls.spec import Parameter, Record, ToolSpec
from agent.tools.openapi import wording
from agent.tools.openapi.arguments import FILE, Argument, Arguments, Binding, file_schema, is_list
from agent.tools.openapi.naming import parameter_names
from agent.tools.openapi.operations import READS, ApiOperation, is_json, is_lines, is_text
from agent.tools.openapi.paging import paging_text
from agent.tools.openapi.records import RecordMaker, RecordNames
from agent.tools.openapi.references import References
from agent.tools.openapi.schemas import SchemaConverter, allows_null, number

BINARY = Record("BinaryContent", (("content_type", "str"), ("n_bytes", "int"), ("base64", "str")))
_FORMATS = {
    "date": "YYYY-MM-DD",
    "date-time": "ISO 8601",
    **{name: name for name in ("time", "uuid", "email", "uri")},
    "byte": "base64",
}
_SAYS_NOTHING = {"", "ok", "success", "successful", "successful response", "a successful response", "default response"}


class SpecMaker:
    """One per document."""

    def __init__(self, references: References) -> None:
        self._references = references
        self._schemas = SchemaConverter(references)
        self._names = RecordNames()
        self._arguments = Arguments(references)

    def spec(self, name: str, operation: ApiOperation) -> tuple[ToolSpec, dict[str, Binding]]:
        """The function called `name`, and a binding for each of its parameters."""
        makes = RecordMaker(self._references, self._names)
        arguments = self._arguments.of(operation)
        names = parameter_names([(each.location, each.text) for each in arguments])
        pairs = list(zip(names, arguments, strict=True))
        schema, nulls = self._argument_schema(pairs)
        parameters = tuple(self._parameter(each, argument, makes, f"{name}_{each}") for each, argument in pairs)
        returns, about = self._returns(operation, makes, name)
        if any(argument.binding.is_file for argument in arguments):
            makes.records[FILE.name] = FILE
        purpose = wording.purpose(
            operation.summary, operation.description, f"{operation.method.upper()} {wording.line(operation.path)}"
        )
        spec = ToolSpec(
            name=name,
            purpose=purpose,
            description=self._description(operation, pairs, purpose),
            parameters=parameters,
            returns=returns,
            returns_description=about,
            records=tuple(makes.records.values()),
            effect="read" if operation.method in READS else "write",
            schema=schema,
        )
        return spec, {each: replace(argument.binding, keeps_null=each in nulls) for each, argument in pairs}

    def _argument_schema(self, pairs: list[tuple[str, Argument]]) -> tuple[dict[str, Any], set[str]]:
        """The schema of all arguments, and those of the body where None is a value."""
        properties: dict[str, Any] = {}
        pointers: frozenset[str] = frozenset()
        nulls = set()
        for name, argument in pairs:
            if argument.binding.is_file:
                schema: Any = file_schema(argument)
            else:
                schema, needs = self._schemas.convert(argument.schema)
                pointers |= needs
            if allows_null(schema):
                nulls |= {name} if argument.location == "body" else set()
            elif not argument.required:  # None stands for an argument that is left out
                schema = {"anyOf": [schema, {"type": "null"}]}
            properties[name] = schema
        definitions = self._schemas.definitions(pointers)
        if definitions is None:  # too much to check here: the server does
            properties, definitions = {name: {} for name in properties}, {}
        whole: dict[str, Any] = {
            "type": "object",
            "properties": properties,
            "required": [name for name, argument in pairs if argument.required],
            "additionalProperties": False,
        }
        return whole | ({"$defs": definitions} if definitions else {}), nulls

    def _parameter(self, name: str, argument: Argument, makes: RecordMaker, hint: str) -> Parameter:
        if argument.binding.is_file:
            one = f"str | {FILE.name}"
            annotation = f"list[{one}]" if is_list(argument) else one
        else:
            annotation = makes.annotation(argument.schema, hint)
        default = None
        if not argument.required:
            default = self._default(argument.schema, annotation)
            if default is None and annotation != "Any" and "None" not in annotation.split(" | "):
                annotation += " | None"
        return Parameter(name, annotation, argument.required, default, self._about(argument))

    def _default(self, schema: Any, annotation: str) -> Any:
        value = self._references.schema(schema).get("default")
        match annotation:
            case "int" | "float":
                return number(value)
            case "bool":
                return {"true": True, "false": False}.get(str(value).lower())
            case "str":
                return value if isinstance(value, str) and len(value) <= 100 else None
        return value if isinstance(value, str | int | bool) and repr(value) in annotation else None

    def _about(self, argument: Argument) -> str:
        parts = [wording.line(argument.description)]
        node = self._references.schema(argument.schema)
        if form := _FORMATS.get(str(node.get("format"))):
            parts.append(f"({form})")
        low, high = number(node.get("minimum")), number(node.get("maximum"))
        if low is not None and high is not None and "aximum" not in parts[0]:
            parts.append(f"({low:g} to {high:g})")
        if argument.binding.is_file:
            parts.append("Text, or a file's content in base64 with its name.")
        example = node.get("example")
        if not parts[0] and isinstance(example, str | int) and len(str(example)) <= 60:
            parts.append(f"For example {wording.line(str(example))!r}.")
        return " ".join(part for part in parts if part)

    def _returns(self, operation: ApiOperation, makes: RecordMaker, name: str) -> tuple[str, str]:
        response = operation.response
        about = wording.line(response.description)
        if about.lower().strip(" .") in _SAYS_NOTHING:
            about = ""
        if response.media_type is None:
            return "None", about
        if is_json(response.media_type):
            text = makes.annotation(response.schema, f"{name}_result")
        elif is_text(response.media_type):
            text = "str"
        elif is_lines(response.media_type):
            text = "list[Any]"
        else:
            makes.records[BINARY.name] = BINARY
            text = BINARY.name
            about = f"{about} Decode its `base64` with base64.b64decode.".strip()
        return (f"{text} | None" if response.may_be_empty and text != "Any" else text), about

    def _description(self, operation: ApiOperation, pairs: list[tuple[str, Argument]], purpose: str) -> str:
        sent = {argument.text: name for name, argument in pairs if argument.location in {"query", "body"}}
        parts = [wording.paragraphs(operation.description)]
        if purpose.endswith(parts[0]):
            parts = []
        if operation.deprecated:
            parts.append("Deprecated.")
        parts.append(paging_text(sent, operation.response.schema, self._references))
        needed = self._arguments.needed_together(operation.body)
        if together := [name for name, argument in pairs if argument.location == "body" and argument.text in needed]:
            parts.append(f"If any of the body's arguments is given, {', '.join(together)} must be.")
        parts.append(f"Request: {operation.method.upper()} {wording.line(operation.path)}")
        return "\n\n".join(part for part in parts if part)
