"""How ToolAlpaca describes functions and writes gold arguments: prose with JSON in it, placeholders, slips of a pen."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from train.rows import ToolDoc

ASK = ToolDoc(
    "getDetails",
    "Ask the user for details that the request leaves out and a function needs.",
    {
        "type": "object",
        "properties": {"Question": {"type": "string", "description": "The question to the user."}},
        "required": ["Question"],
    },
)
"""The benchmark's own tool, offered beside each API's."""

_PARAMETERS = re.compile(r"^Parameters:\s*(?=\{)", re.MULTILINE)
_REQUIRED = re.compile(r"^\s*Required\.\s*", re.IGNORECASE)
_TYPE = re.compile(r"^\s*(string|integer|number|boolean|object|array)(\[\w+\])?\.?\s*", re.IGNORECASE)
_CHOICES = re.compile(r"One of: \[([^\]]*)\]")
_PLACEHOLDER = re.compile(r'"?\$\{[^{},"]*\}?"?')
_QUOTED_PLACEHOLDER = re.compile(r"\$?\{[^{}]*\}")
_ANY = "<any>"
_OPTIONAL = "[Optional]"


class BadGold(ValueError):
    """Gold arguments that are no JSON object even with their placeholders replaced."""


@dataclass(frozen=True)
class GoldStep:
    """One step of a gold answer. `free`: arguments that an earlier result or the day decides."""

    name: str
    args: Mapping[str, Any]
    free: frozenset[str]
    is_optional: bool


def tool_docs(api: Mapping[str, Any]) -> tuple[ToolDoc, ...]:
    """The tools of one API, with `getDetails` last."""
    described = api.get("Function_Description")
    found = described.items() if isinstance(described, dict) else _sections(str(api.get("NLDocumentation", "")))
    docs = [_tool(str(name), str(text)) for name, text in found if name != "components" and text]
    return (*docs, ASK)


def gold_step(action: str, action_input: str) -> GoldStep:
    """One gold call; `${animeId from searchAnime}` and `"{start date}"` become free arguments.

    Raises:
        BadGold: the arguments are no object.
    """
    name = action.strip()
    is_optional = name.startswith(_OPTIONAL)
    name = name.removeprefix(_OPTIONAL).strip()
    text = _PLACEHOLDER.sub(lambda _: json.dumps(_ANY), action_input.strip() or "{}")
    try:
        args = json.loads(text)
    except ValueError as error:
        raise BadGold(f"the arguments of {name} are no JSON: {error}") from error
    if not isinstance(args, dict):
        raise BadGold(f"the arguments of {name} are no object")
    free = frozenset(key for key, value in args.items() if _is_free(value))
    if name == ASK.name:
        free = frozenset(args)
    return GoldStep(name, args, free, is_optional)


def _is_free(value: Any) -> bool:
    match value:
        case str():
            return _ANY in value or _QUOTED_PLACEHOLDER.fullmatch(value) is not None
        case list():
            return any(map(_is_free, value))
        case dict():
            return any(map(_is_free, value.values()))
    return False


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """`name: description` up to the next one; descriptions have lines of their own."""
    heads = list(re.finditer(r"^(\w+): (?!\{)", text, re.MULTILINE))
    heads = [head for head in heads if head[1] not in ("Parameters", "Output")]
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        yield head[1], text[head.end() : following.start() if following else len(text)].strip()


def _tool(name: str, text: str) -> ToolDoc:
    found = _PARAMETERS.search(text)
    properties: dict[str, Any] = {}
    required: list[str] = []
    if found:
        try:
            described, _ = json.JSONDecoder().raw_decode(text, found.end())
        except ValueError:
            described = {}
        for key, words in described.items():
            properties[key], is_required = _parameter(str(words))
            if is_required:
                required.append(key)
    schema = {"type": "object", "properties": properties, "required": required}
    return ToolDoc(name, (text[: found.start()] if found else text).strip(), schema)


def _parameter(words: str) -> tuple[dict[str, Any], bool]:
    """A schema of "Required. string. One of: [a, b]. The kind of it.", and whether it must be given."""
    rest = _REQUIRED.sub("", words)
    is_required = rest != words
    schema: dict[str, Any] = {}
    kind = _TYPE.match(rest)
    if kind:
        schema["type"] = kind[1].lower()
        if kind[2]:
            schema["items"] = {"type": kind[2][1:-1].lower()}
        rest = rest[kind.end() :]
    choices = _CHOICES.search(rest)
    if choices and schema.get("type") == "string":
        schema["enum"] = [choice.strip() for choice in choices[1].split(",") if choice.strip()]
    schema["description"] = rest.strip()
    return schema, is_required
