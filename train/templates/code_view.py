"""The code view as text: a stage's messages by the tokenizer's own chat template, then the completion.

The agent asks a local checkpoint by that very template (`--model ./dir`), so the model is trained on what it will read.
A tokenizer without one gets `PLAIN_CHAT_TEMPLATE`, which is saved with the model.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from typing import Any

from train.rows import CodeRow
from train.templates.base import CallSpan, Segment

PLAIN_CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ message['role'].capitalize() + ':\\n' + message['content'] }}"
    "{{ (eos_token if message['role'] == 'assistant' else '') + '\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ 'Assistant:\\n' }}{% endif %}"
)
_FENCE = re.compile(r"```[a-zA-Z0-9]*\n(?P<code>.*?)(?:\n```|\Z)", re.DOTALL)


def code_segments(row: CodeRow, tokenizer: Any) -> tuple[Segment, ...]:
    """The prompt and the completion with its end; key tokens come from the tools' call sites.

    Raises:
        jinja2.TemplateError: the chat template refuses the messages, also without a system turn.
    """
    messages = [{"role": role, "content": content} for role, content in row.messages]
    prompt = _rendered(tokenizer, messages, opens=True)
    whole = _rendered(tokenizer, [*messages, {"role": "assistant", "content": row.completion}], opens=False)
    rest = whole[len(prompt) :] if whole.startswith(prompt) else ""
    said = row.completion if row.completion in rest else row.completion.strip()
    before, found, after = rest.partition(said)
    if not found:  # a template that rewrites what was said (drops thinking, say): its text is not what a model writes
        before, after = "", ""
    after = after.rstrip() or (tokenizer.eos_token or "")
    calls = tuple(span.moved(len(before)) for span in calls_in(said, row.tools))
    return (Segment(prompt), Segment(before + said + after, row.is_target, calls))


def calls_in(text: str, names: Collection[str]) -> tuple[CallSpan, ...]:
    """Where a program calls these names. Code in fences only, if there are fences; by `ast` where it parses."""
    wanted = frozenset(names)
    blocks = [(match.start("code"), match["code"]) for match in _FENCE.finditer(text)] or [(0, text)]
    return tuple(span.moved(at) for at, code in blocks for span in _calls(code, wanted))


def _rendered(tokenizer: Any, messages: list[dict[str, str]], *, opens: bool) -> str:
    from jinja2 import TemplateError

    try:
        return str(tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=opens))
    except TemplateError:
        system = "\n\n".join(m["content"] for m in messages if m["role"] == "system")
        turns = [dict(m) for m in messages if m["role"] != "system"]
        if not system or not turns:
            raise
        # As the agent does with a family that knows no system turn.
        turns[0]["content"] = f"{system}\n\n{turns[0]['content']}"
        return str(tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=opens))


def _calls(code: str, names: frozenset[str]) -> Iterator[CallSpan]:
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        yield from _by_pattern(code, names)
        return
    lines = code.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))

    def at(line: int, n_bytes: int) -> int:
        return starts[line - 1] + len(lines[line - 1].encode()[:n_bytes].decode(errors="ignore"))

    found = [
        n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id in names
    ]
    for node in sorted(found, key=lambda n: (n.lineno, n.col_offset)):
        name = node.func
        values = [*node.args, *(k.value for k in node.keywords)]
        yield CallSpan(
            getattr(name, "id", ""),
            at(node.lineno, node.col_offset),
            at(node.end_lineno or node.lineno, node.end_col_offset or 0),
            at(name.lineno, name.col_offset),
            at(name.end_lineno or name.lineno, name.end_col_offset or 0),
            tuple((at(v.lineno, v.col_offset), at(v.end_lineno or v.lineno, v.end_col_offset or 0)) for v in values),
        )


def _by_pattern(code: str, names: frozenset[str]) -> Iterator[CallSpan]:
    """Of code that does not parse: each call to the end of its line."""
    if not names:
        return
    pattern = r"(?<![\w.])(?:" + "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)) + r")(?=\()"
    for match in re.finditer(pattern, code):
        if code[: match.start()].rsplit("\n", 1)[-1].strip().startswith(("def", "#")):
            continue
        end = code.find("\n", match.end())
        yield CallSpan(match[0], match.start(), len(code) if end < 0 else end, match.start(), match.end())
