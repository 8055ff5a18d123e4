"""The `full` prompt set: templates in `full/*.md` for models that know Python and English.

What stays the same comes first, so that a provider's prefix cache works: the rules and the tools are the same for every
stage and, with the same tools, for every session; then the files and the date; then the conversation; then the stage's
instructions, and what differs from question to question last. A completion is read as the first fenced python block
(PAPERS.md, section 1).
"""

from __future__ import annotations

import ast
import datetime
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from string import Template

from agent.calls.stubs import documentation, record_types
from agent.prompts.base import MORE_TOOLS, FunctionDoc, Malformed, PromptContext, Recalled, Routed, Stage, UnknownTool
from agent.prompts.fused import check_fused
from agent.prompts.message import Message
from agent.prompts.reading import (
    check_plan,
    check_program,
    check_pseudocode,
    check_scaffold,
    first_block,
    read_recall,
    read_route,
)

_MAX_TOKENS = {
    Stage.ROUTE: 1000,
    Stage.RECALL: 500,
    Stage.SCAFFOLD: 1000,
    Stage.PLAN: 2000,
    Stage.SELECT: 3000,
    Stage.FUSED: 4000,
    Stage.RESELECT: 3000,
    Stage.IMPLEMENT: 6000,
    Stage.REVIEW: 6000,
    Stage.ANSWER: 3000,
}
_FRAME = re.compile(r"<\s*(/?)\s*data\s*>", re.IGNORECASE)
_MAX_RECORDS = 4000
"""Characters of record types in SELECT; a toolset with more shows them only with the selected tools."""


class FullPrompts:
    """Fulfils `agent.prompts.base.PromptSet`."""

    name = "full"
    follows_up = True
    stages = frozenset(Stage)

    def messages(self, stage: Stage, context: PromptContext) -> Sequence[Message]:
        """System, earlier exchanges, the stage; then a malformed completion with its complaint, if any."""
        messages = [Message("system", _system(context))]
        for exchange in context.history:
            messages.append(Message("user", f"Earlier question: {exchange.question}"))
            messages.append(Message("assistant", exchange.answer))
        messages.append(Message("user", _template(stage.value).substitute(_fields(context)).rstrip()))
        if context.complaint:
            messages.append(Message("assistant", context.malformed or "(an empty reply)"))
            messages.append(Message("user", f"That reply cannot be used: {context.complaint}"))
        return messages

    def max_tokens(self, stage: Stage) -> int:
        """Generous: a model that thinks needs room before its block."""
        return _MAX_TOKENS[stage]

    def read(self, stage: Stage, completion: str, context: PromptContext) -> str | Routed | Recalled:
        """See `PromptSet.read`."""
        match stage:
            case Stage.ROUTE:
                return read_route(completion)
            case Stage.RECALL:
                return read_recall(completion, [f.name for f in context.functions])
            case Stage.ANSWER:
                if not completion.strip():
                    raise Malformed("The answer is empty. Reply with the answer as plain text.")
                return completion.strip()
            case Stage.SCAFFOLD:
                return check_scaffold(first_block(completion))
            case Stage.PLAN:
                return check_plan(first_block(completion))
            case Stage.FUSED:
                return check_fused(first_block(completion))
            case Stage.SELECT | Stage.RESELECT:
                return check_pseudocode(first_block(completion))
            case _:
                return check_program(first_block(completion))


@cache
def _template(name: str) -> Template:
    return Template(files("agent.prompts").joinpath("full", f"{name}.md").read_text("utf-8"))


_WORK = {
    "none": "",
    "read-only": "- The person's work folder can be read at /work, which is the current folder.\n",
    "copy": "- A copy of the person's work folder is at /work, the current folder. Programs may change it; the person"
    " sees the changes and decides whether they are applied.\n",
    "read-write": "- The person's work folder is at /work, the current folder. What programs change there is written to"
    " the person's files at the end of each program.\n",
}


def _system(context: PromptContext) -> str:
    work = _WORK["read-only" if context.work_mode == "none" and context.files else context.work_mode]
    if context.files:
        listed = _data("\n".join(context.files))
        work += f"  Its files, and how they begin:\n<data>\n{listed}\n</data>\n"
    tools = "\n".join(f"- {_one_line(t.name)}: {_one_line(t.purpose)}" for t in context.tools) or "(none)"
    return _template("system").substitute(
        files=f"\nThe person's files\n{work}" if work else "",
        tools=f"<data>\n{_data(tools)}\n</data>{_hidden(context)}",
        today=datetime.datetime.now().astimezone().date().isoformat(),
    )


def _hidden(context: PromptContext) -> str:
    """How to see the tools that are too many to list."""
    if not context.n_hidden_tools:
        return ""
    return (
        f"\nThese are the closest of {len(context.tools) + context.n_hidden_tools:,} tools. Where none of them does a "
        f'step, write `{MORE_TOOLS}("what it should do")` at that step of the pseudocode, in the stage of tool '
        "selection only; you are then shown others. It is no function of the kernel."
    )


def _fields(context: PromptContext) -> dict[str, str]:
    docs = "\n\n".join(documentation(t) for t in context.selected)
    records = record_types(context.selected)
    tool_docs = "\n\n".join(part for part in (docs, records and f"Records:\n{records}") if part) or "(no tools)"
    return {
        "question": context.question + _held(context),
        "scaffold_block": _block(context.scaffold),
        "plan_block": _block(context.plan),
        "pseudocode_block": _block(context.pseudocode),
        "program_block": _block(context.program),
        "unknown": _data("\n".join(_unknown(u) for u in context.unknown)),
        "tool_docs": _data(tool_docs),
        "records": _records(context),
        "functions": _functions(context),
        "traceback": _data("\n\n".join(part for part in (context.traceback, context.noted) if part)),
        "advice": f"{context.advice}\n" if context.advice else "",
        "facts": _facts(context),
        "output": f"What it printed:\n<data>\n{_data(context.output)}\n</data>\n" if context.output else "",
        "result": _data(context.result),
        "done": _done(context.done),
    }


def _held(context: PromptContext) -> str:
    """Below a follow-up: what the kernel has of the programs before it."""
    restored = f"\n\n{context.restored}" if context.restored else ""
    if not context.held:
        return restored
    held = _data("\n".join(context.held))
    return (
        f"{restored}\n\nThe kernel still has these names of earlier programs. Where the question is about them, use"
        " them: a value is an argument of the call, as in f(result_1), and a function is called without being defined."
        f"\n<data>\n{held}\n</data>"
    )


def _done(changes: str) -> str:
    if not changes:
        return ""
    return (
        "The failed run already made the changes below. Keep the same calls: each gives its result again and changes "
        f"nothing twice.\n<data>\n{_data(changes)}\n</data>\n"
    )


def _facts(context: PromptContext) -> str:
    """For ANSWER: what the record says, whatever the program returned."""
    parts = []
    if context.noted:
        parts.append(f"What the record of the calls says besides:\n<data>\n{_data(context.noted)}\n</data>\n")
    if context.done:
        parts.append(
            "What was really changed, by that record; where this is less or more than was asked, say so:\n"
            f"<data>\n{_data(context.done)}\n</data>\n"
        )
    return "".join(parts)


def _records(context: PromptContext) -> str:
    """For SELECT: a model that does not see fields invents tools such as `get_rating`."""
    records = record_types(context.tools)
    if not records or len(records) > _MAX_RECORDS:
        return ""
    return f"\nThe records that tools return:\n<data>\n{_data(records)}\n</data>\n"


def _unknown(unknown: UnknownTool) -> str:
    similar = "".join(f"\n  {c.signature}  # {_one_line(c.purpose)}" for c in unknown.candidates)
    if unknown.name.startswith(f"{MORE_TOOLS}("):
        return f"{unknown.name} finds:{similar or ' nothing'}"
    why = "is denied by the person's settings" if unknown.is_denied else "does not exist"
    return f"{unknown.name} {why}. Similar:{similar or ' nothing'}"


def _functions(context: PromptContext) -> str:
    """As data for RECALL (the template has the frame), with a frame of its own for IMPLEMENT."""
    if not context.functions:
        return ""
    if not context.pseudocode:
        return _data("\n\n".join(_described(f) for f in context.functions))
    return (
        "\nFunctions that were verified on earlier questions. Where one fits a subtask, copy it unchanged, with those "
        "that it calls, rather than write it again:\n<data>\n" + _data(_sources(context.functions)) + "\n</data>\n"
    )


def _described(function: FunctionDoc) -> str:
    """What RECALL needs: signature and docstring, and the subtask where it says something else."""
    doc = " ".join(function.docstring.split())
    subtask = " ".join(function.subtask.split())
    lines = [doc, *([] if doc.startswith(subtask) else [f"Written for: {subtask}"])]
    return f"def {function.signature}:\n" + "\n".join(f"    # {line}" for line in lines if line)


def _sources(functions: Sequence[FunctionDoc]) -> str:
    """Their sources, with what several of them bring along written once."""
    pieces: dict[str, None] = {}
    for function in functions:
        pieces.update(dict.fromkeys(_top_level(function.source or f"def {function.signature}: ...")))
    return "\n\n".join(pieces)


def _top_level(source: str) -> list[str]:
    """The source's top-level statements; it is one piece where it does not parse."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return [source]
    lines = source.splitlines()
    return ["\n".join(lines[_first_line(node) - 1 : node.end_lineno]) for node in body]


def _first_line(node: ast.stmt) -> int:
    """Of its decorators where it has some: `lineno` is that of `def`."""
    decorators = node.decorator_list if isinstance(node, ast.FunctionDef | ast.ClassDef) else []
    return min([node.lineno, *(d.lineno for d in decorators)])


def _block(source: str) -> str:
    return f"```python\n{source}\n```"


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]


def _data(text: str) -> str:
    """Data cannot end its own frame, in no spelling that a model would take for its end."""
    return _FRAME.sub(r"<\\\1data>", text)
