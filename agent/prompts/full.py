"""The `full` prompt set: templates in `full/*.md` for models that know Python and English.

The system message is the same for every stage of a turn, so that a provider's prefix cache works. A completion is read
as the first fenced python block (PAPERS.md, section 1).
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from string import Template

from agent.calls.stubs import documentation, record_types
from agent.prompts.base import Malformed, PromptContext, Recalled, Routed, Stage
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
    Stage.RESELECT: 3000,
    Stage.IMPLEMENT: 6000,
    Stage.REVIEW: 6000,
    Stage.ANSWER: 3000,
}
_N_HISTORY = 6


class FullPrompts:
    """Fulfils `agent.prompts.base.PromptSet`."""

    name = "full"
    stages = frozenset(Stage)

    def messages(self, stage: Stage, context: PromptContext) -> Sequence[Message]:
        """System, earlier exchanges, the stage; then a malformed completion with its complaint, if any."""
        messages = [Message("system", _system(context))]
        for exchange in context.history[-_N_HISTORY:]:
            messages.append(Message("user", f"Earlier question: {exchange.question}"))
            messages.append(Message("assistant", exchange.answer))
        messages.append(Message("user", _template(stage.value).substitute(_fields(context))))
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
            case Stage.SELECT | Stage.RESELECT:
                return check_pseudocode(first_block(completion))
            case _:
                return check_program(first_block(completion))


@cache
def _template(name: str) -> Template:
    return Template(files("agent.prompts").joinpath("full", f"{name}.md").read_text("utf-8"))


def _system(context: PromptContext) -> str:
    work = ""
    if context.files:
        listed = "\n".join(f"  {name}" for name in context.files[:100])
        work = f"- The person's work folder can be read at /work. Its files:\n<data>\n{listed}\n</data>\n"
    tools = "\n".join(f"- {_one_line(t.name)}: {_one_line(t.purpose)}" for t in context.tools) or "(none)"
    return _template("system").substitute(
        files=work,
        tools=f"<data>\n{_data(tools)}\n</data>",
        today=datetime.datetime.now().astimezone().date().isoformat(),
    )


def _fields(context: PromptContext) -> dict[str, str]:
    functions = "\n\n".join(f"# {f.subtask}\n{f.source or f.signature}" for f in context.functions)
    docs = "\n\n".join(documentation(t) for t in context.selected)
    records = record_types(context.selected)
    tool_docs = "\n\n".join(part for part in (docs, records and f"Records:\n{records}") if part) or "(no tools)"
    return {
        "question": context.question,
        "scaffold_block": _block(context.scaffold),
        "plan_block": _block(context.plan),
        "pseudocode_block": _block(context.pseudocode),
        "program_block": _block(context.program),
        "unknown": _data(
            "\n".join(
                f"{u.name}: instead perhaps " + "; ".join(f"{c.signature} ({c.purpose})" for c in u.candidates)
                for u in context.unknown
            )
        ),
        "tool_docs": _data(tool_docs),
        "functions": _functions(functions, context),
        "traceback": _data(context.traceback),
        "output": f"What it printed:\n<data>\n{_data(context.output)}\n</data>\n" if context.output else "",
        "result": _data(context.result),
        "done": context.done,
    }


def _functions(functions: str, context: PromptContext) -> str:
    """As data for RECALL (the template has the frame), with a frame of its own for IMPLEMENT."""
    if not context.functions:
        return ""
    if not context.pseudocode:
        return _data("\n\n".join(f"# {f.subtask}\n{f.signature}\n    {f.docstring!r}" for f in context.functions))
    return (
        "\nFunctions that were verified on earlier questions. Where one fits a subtask, copy it unchanged and call it "
        "rather than write it again:\n<data>\n" + _data(functions) + "\n</data>\n"
    )


def _block(source: str) -> str:
    return f"```python\n{source}\n```"


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]


def _data(text: str) -> str:
    """Data cannot end its own frame."""
    return text.replace("</data>", "<\\/data>").replace("<data>", "<\\data>")
