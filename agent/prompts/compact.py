"""The bundled model's own prompts: one growing document of tagged sections, the same in training and in use.

Each stage's prompt is the whole document up to that stage's tag and its completion is the section. So the stages of
one question share their beginning, which the bundled model keeps in its cache. Texts are terse: blank lines,
`# Step n.` and the call at a program's end are left out here and put back by `read`, so that the loop sees the same
products as from every other model.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from agent.calls.spec import ToolSpec
from agent.prompts.base import Malformed, PromptContext, Routed, Stage
from agent.prompts.compact_pointers import is_call_line
from agent.prompts.follow_up import refers_back
from agent.prompts.message import Message

ORDER = (Stage.ROUTE, Stage.SCAFFOLD, Stage.PLAN, Stage.SELECT, Stage.IMPLEMENT, Stage.REVIEW)
TAGS = ("tools", "question", "route", "scaffold", "plan", "select", "implement", "traceback", "review")
LIMITS = {
    Stage.ROUTE: 4,
    Stage.SCAFFOLD: 120,
    Stage.PLAN: 100,
    Stage.SELECT: 260,
    Stage.IMPLEMENT: 400,
    Stage.REVIEW: 400,
}
BEYOND = (
    "I am the small bundled model: I answer questions about the films, series, music and playlists of the bundled "
    "catalogue, and this one is beyond me. Configure another model (`--model`, or OPENAI_API_KEY) for anything else."
)
NO_FOLLOW_UP = (
    "I am the small bundled model: I take each question by itself, and this one seems to go on from another. Ask "
    "it in full, with the names in it, or configure another model (`--model`, or OPENAI_API_KEY)."
)
_HIDDEN = frozenset({"ask_user"})
"""Built-in tools that the bundled model never calls are not shown to it."""


def header(tools: Sequence[ToolSpec]) -> str:
    """The tools and their records, one per line: `search_films(title) [Film]`, `Film id title year`."""
    lines = []
    records: dict[str, str] = {}
    for tool in tools:
        if tool.name in _HIDDEN:
            continue
        returns = tool.returns
        if returns.startswith("list["):
            returns = returns.removeprefix("list")
        lines.append(f"{tool.name}({', '.join(p.name for p in tool.parameters)}) {returns}")
        for record in tool.records:
            records[record.name] = " ".join((record.name, *(name for name, _ in record.fields)))
    return "\n".join([*lines, *records.values()])


def _tight(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.splitlines() if line.strip())


def tight_scaffold(source: str) -> str:
    """The scaffold without blank lines."""
    return _tight(source)


def tight_plan(source: str) -> str:
    """The steps of a commented scaffold, one per line."""
    lines = [line.strip() for line in source.splitlines()]
    return "\n".join(line.partition(". ")[2] for line in lines if line.startswith("# Step "))


def tight_select(source: str) -> str:
    """The body of the pseudocode."""
    lines = [line for line in source.splitlines() if line.startswith("    ") and not line.lstrip().startswith('"""')]
    return "\n".join(line[4:] for line in lines)


def tight_program(source: str) -> str:
    """The functions of a program without the main function's docstring, blank lines and the call at the end."""
    lines = [line for line in _tight(source).splitlines() if not is_call_line(line)]
    heads = [i for i, line in enumerate(lines) if line.startswith("def ")]
    if heads and heads[-1] + 1 < len(lines) and lines[heads[-1] + 1].lstrip().startswith('"""'):
        del lines[heads[-1] + 1]
    return "\n".join(lines)


def tight_traceback(text: str) -> str:
    """The source line that failed and the exception: the last lines of a traceback, without file names."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and set(line.strip()) - {"^", "~"}]
    source = [line for line in lines[:-1] if not line.startswith(("File ", "Traceback", "Cell ", "----"))]
    return "\n".join([*source[-1:], *lines[-1:]])[:300]


def document(sections: Sequence[tuple[str, str]]) -> str:
    """Sections as one text; the line after `<question>` is the question whatever it says."""
    return "".join(f"<{tag}>\n{text}\n" if text else f"<{tag}>\n" for tag, text in sections)


def parse(text: str) -> list[tuple[str, str]]:
    """The sections of a document; the inverse of `document`."""
    sections: list[tuple[str, list[str]]] = []
    tags = {f"<{tag}>": tag for tag in TAGS}
    lines = text.split("\n")
    if lines and lines[-1] == "":
        lines.pop()
    opaque = False
    for line in lines:
        if line in tags and not opaque:
            sections.append((tags[line], []))
            opaque = line == "<question>"
        elif sections:
            sections[-1][1].append(line)
            opaque = False
    return [(tag, "\n".join(body)) for tag, body in sections]


def _changed_call(context: PromptContext) -> list[str]:
    """The call at a program's end where a review changed it; as a rule it is the scaffold's and not repeated."""
    calls = [line for line in context.program.splitlines() if is_call_line(line)]
    return [call for call in calls[-1:] if call != _split_scaffold(context.scaffold)[1]]


def sections_before(stage: Stage, context: PromptContext) -> list[tuple[str, str]]:
    """What stands before a stage's own section."""
    found = [("tools", header(context.tools)), ("question", " ".join(context.question.split()) or "?")]
    products = {
        Stage.ROUTE: "code",
        Stage.SCAFFOLD: tight_scaffold(context.scaffold),
        Stage.PLAN: tight_plan(context.plan),
        Stage.SELECT: tight_select(context.pseudocode),
        Stage.IMPLEMENT: "\n".join([tight_program(context.program), *_changed_call(context)]).strip("\n"),
    }
    found += [(earlier.value, products[earlier]) for earlier in ORDER[: ORDER.index(stage)]]
    if stage is Stage.REVIEW:
        found.append(("traceback", tight_traceback(context.traceback)))
    return found


class CompactPrompts:
    """The `PromptSet` of the bundled model; RECALL, RESELECT and ANSWER are not asked of it."""

    name = "compact"
    follows_up = False
    stages = frozenset(ORDER)

    def messages(self, stage: Stage, context: PromptContext) -> Sequence[Message]:
        """One user message: the document up to the stage's tag."""
        return [Message("user", document([*sections_before(stage, context), (stage.value, "")]))]

    def max_tokens(self, stage: Stage) -> int:
        return LIMITS[stage]

    def read(self, stage: Stage, completion: str, context: PromptContext) -> str | Routed:
        """The product of a stage; see `agent.prompts.base.PromptSet`."""
        text = completion.strip("\n")
        match stage:
            case Stage.ROUTE:
                if context.history and refers_back(context.question):
                    return Routed("beyond", NO_FOLLOW_UP)
                return _read_route(text)
            case Stage.SCAFFOLD:
                return _read_scaffold(text)
            case Stage.PLAN:
                steps = [f"    # Step {i}. {line.strip()}" for i, line in enumerate(text.splitlines(), 1)]
                return _into_scaffold(context.scaffold, steps)
            case Stage.SELECT:
                body = ["    " + line for line in text.splitlines()]
                return _parsed(_into_scaffold(context.scaffold, body, call=False))
            case Stage.IMPLEMENT:
                return _read_program(text, context.scaffold)
            case Stage.REVIEW:
                calls = [line for line in text.splitlines() if is_call_line(line)]
                functions = [line for line in text.splitlines() if not is_call_line(line)]
                return _read_program("\n".join(functions), context.scaffold, *calls[-1:])
            case _:
                raise ValueError(f"the compact prompts have no stage {stage}")


def _read_route(text: str) -> Routed:
    """`code`, as a rule with the scaffold behind it, which the model looked ahead at to be sure."""
    word, _, rest = text.partition("\n")
    if word.strip() != "code":
        return Routed("beyond", BEYOND)
    tag, _, scaffold = rest.partition("\n")
    if tag != f"<{Stage.SCAFFOLD.value}>":
        return Routed("code")
    try:
        return Routed("code", scaffold=_read_scaffold(scaffold))
    except Malformed:  # asked for by itself, it gets its complaint
        return Routed("code")


def _parsed(source: str) -> str:
    try:
        ast.parse(source)
    except SyntaxError as error:
        raise Malformed(f"this is no Python: {error.msg} in line {error.lineno}") from None
    return source


def _read_scaffold(text: str) -> str:
    head = [line for line in text.splitlines() if not is_call_line(line)]
    call = [line for line in text.splitlines() if is_call_line(line)]
    if not head or not head[0].startswith("def ") or len(call) != 1:
        raise Malformed("expected one function without a body and the call that answers the question")
    head[0] = re.sub(r"\bposition: str\b", "position: int", head[0])  # the first two editions learned it so
    return _parsed("\n".join([*head, "", "", call[0]]))


def _split_scaffold(scaffold: str) -> tuple[list[str], str]:
    lines = [line for line in scaffold.splitlines() if line.strip()]
    return [line for line in lines if not is_call_line(line)], next((x for x in lines if is_call_line(x)), "")


def _into_scaffold(scaffold: str, body: list[str], call: bool = True) -> str:
    head, main_call = _split_scaffold(scaffold)
    return "\n".join([*head, *body, *(("", "", main_call) if call else ())])


def _read_program(text: str, scaffold: str, changed_call: str = "") -> str:
    """Functions as a program. The last one is the scaffold's: its signature and docstring stand, however written.

    A review may call it with other arguments (`changed_call`).
    """
    head, call = _split_scaffold(scaffold)
    if call and changed_call.partition("(")[0] == call.partition("(")[0]:
        call = changed_call
    lines = text.splitlines()
    heads = [i for i, line in enumerate(lines) if line.startswith("def ")]
    if not heads:
        raise Malformed("expected a program made of functions")
    spaced: list[str] = []
    for i, line in enumerate(lines):
        if line.startswith("def ") and spaced:
            spaced += ["", ""]
        spaced += head if i == heads[-1] else [line]
    return _parsed("\n".join([*spaced, "", "", call]))
