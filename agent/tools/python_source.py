"""Python functions as tools: signature, docstring and types become a `ToolSpec`; calls run in a worker thread."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any

from agent.calls.spec import Parameter, Record, ToolSpec
from agent.catalogue.effect import effect_of
from agent.errors import ToolSourceError
from agent.tools.base import ToolOutcome
from agent.tools.docstrings import parse_docstring
from agent.tools.worker import in_own_thread, stopped

MAX_YIELDED = 1_000_000
"""Items of a generator; one that never ends must not fill the memory."""

NoticeFor = Callable[[str, Mapping[str, Any], Any], str | None]


class PythonTool:
    """A Python function of the host, sync or async. Sync ones run in a thread, so that a slow tool stops nobody."""

    def __init__(self, function: Callable[..., Any], *, source: str, notice_for: NoticeFor | None = None) -> None:
        self.spec = spec_of(function)
        self.source = source
        self._function = function
        self._notice_for = notice_for

    async def call(self, args: Mapping[str, Any]) -> ToolOutcome:
        """Call the function; whatever it raises passes through, but for what would end the program or hang it.

        Raises:
            agent.tools.worker.ToolStopped: it called `sys.exit()`, or something of that kind.
        """
        if inspect.iscoroutinefunction(self._function):
            value = await self._awaited(args)
        else:
            value = await in_own_thread(lambda: self._collected(self._function(**args)), self.spec.name)
        notice = self._notice_for(self.spec.name, args, value) if self._notice_for else None
        return ToolOutcome(value, notice)

    async def _awaited(self, args: Mapping[str, Any]) -> Any:
        try:
            return await self._function(**args)
        except SystemExit as error:
            raise stopped(error) from error
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise stopped(error) from error  # nobody cancelled this call: the function did it to itself

    def _collected(self, value: Any) -> Any:
        """A generator's items as a list; anything else as it is."""
        if not inspect.isgenerator(value):
            return value
        items = list(itertools.islice(value, MAX_YIELDED + 1))
        if len(items) > MAX_YIELDED:
            raise ValueError(f"{self.spec.name}() yields more than {MAX_YIELDED:,} items")
        return items


def spec_of(function: Callable[..., Any]) -> ToolSpec:
    """Read a function's signature, type hints and docstring.

    Raises:
        ToolSourceError: `*args`, `**kwargs`, positional-only parameters, or types that have no JSON schema.
    """
    name = function.__name__
    hints = _hints(function)
    doc = parse_docstring(inspect.getdoc(function) or "")
    parameters = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise ToolSourceError(
                f"the tool {name}() takes {parameter}, which a model cannot be told how to fill",
                "give every parameter a name: no *args, **kwargs or positional-only parameters",
            )
        required = parameter.default is parameter.empty
        parameters.append(
            Parameter(
                parameter.name,
                annotation=annotation_text(hints.get(parameter.name, Any)),
                required=required,
                default=None if required else parameter.default,
                description=doc.parameters.get(parameter.name, ""),
            )
        )
    returns = hints.get("return", Any)
    records: dict[str, Record] = {}
    _collect_records(returns, records)
    return ToolSpec(
        name=name,
        purpose=doc.purpose or name.replace("_", " "),
        description=doc.description,
        parameters=tuple(parameters),
        returns=annotation_text(returns),
        returns_description=doc.returns,
        records=tuple(records.values()),
        effect=effect_of(function),
        schema=_schema(name, parameters, hints),
    )


def annotation_text(annotation: Any) -> str:
    """A type hint as short Python source: `list[Film]`, `str | None`, `Any`."""
    if annotation is Any or annotation is inspect.Parameter.empty:
        return "Any"
    if annotation is None or annotation is type(None):
        return "None"
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        return " | ".join(annotation_text(a) for a in typing.get_args(annotation))
    if origin is typing.Literal:
        return f"Literal[{', '.join(map(repr, typing.get_args(annotation)))}]"
    if origin is typing.Annotated:
        return annotation_text(typing.get_args(annotation)[0])
    if origin is not None:
        inner = ", ".join("..." if a is Ellipsis else annotation_text(a) for a in typing.get_args(annotation))
        return f"{getattr(origin, '__name__', str(origin))}[{inner}]"
    return getattr(annotation, "__name__", str(annotation))


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function)
    except (NameError, TypeError) as error:
        raise ToolSourceError(
            f"the type hints of the tool {function.__name__}() cannot be read: {error}",
            "import the names that its annotations use at the top of the module, outside of TYPE_CHECKING",
        ) from error


def _collect_records(annotation: Any, into: dict[str, Record]) -> None:
    if typing.is_typeddict(annotation):
        hints = typing.get_type_hints(annotation)
        into.setdefault(
            annotation.__name__, Record(annotation.__name__, tuple((n, annotation_text(a)) for n, a in hints.items()))
        )
        for inner in hints.values():
            _collect_records(inner, into)
    for inner in typing.get_args(annotation):
        _collect_records(inner, into)


def _schema(name: str, parameters: list[Parameter], hints: Mapping[str, Any]) -> dict[str, Any]:
    """JSON schema of the arguments. Strict: an unknown argument never reaches the function."""
    from pydantic import TypeAdapter
    from pydantic.errors import PydanticUserError

    properties: dict[str, Any] = {}
    definitions: dict[str, Any] = {}
    for parameter in parameters:
        try:
            schema = TypeAdapter(hints.get(parameter.name, Any)).json_schema()
        except PydanticUserError as error:
            raise ToolSourceError(
                f"the parameter {parameter.name!r} of the tool {name}() has a type without a JSON schema: "
                f"{parameter.annotation}",
                "use str, int, float, bool, list, dict, Literal, TypedDict or a union of them",
            ) from error
        definitions.update(schema.pop("$defs", {}))
        properties[parameter.name] = schema
    whole: dict[str, Any] = {
        "type": "object",
        "properties": properties,
        "required": [p.name for p in parameters if p.required],
        "additionalProperties": False,
    }
    return whole | ({"$defs": definitions} if definitions else {})
