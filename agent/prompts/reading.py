"""Reading completions: the first python block, and whether it is what the stage asked for.

What is wrong goes back to the model in words (`Malformed`); nothing is guessed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from agent.prompts.base import Malformed, Recalled, Routed

_FENCE = re.compile(r"```[ \t]*(?:python3?|py)?[ \t]*\r?\n(.*?)(?:\r?\n)?```", re.DOTALL | re.IGNORECASE)
_OPEN_FENCE = re.compile(r"```[ \t]*(?:python3?|py)[ \t]*\r?\n(.+)\Z", re.DOTALL | re.IGNORECASE)


def first_block(completion: str) -> str:
    """The first fenced python block.

    Raises:
        Malformed: none there; a block that was cut off is reported as such.
    """
    found = _FENCE.search(completion)
    if found and found.group(1).strip():
        return found.group(1).strip("\n").rstrip()
    if _OPEN_FENCE.search(completion):
        raise Malformed(
            "The python block is not closed, so it was probably cut off. Reply with one complete, shorter python block."
        )
    if not found and completion.strip() and _is_code(completion):
        return completion.strip()
    raise Malformed("There is no python block in it. Reply with exactly one block between ```python and ```.")


def read_route(completion: str) -> Routed:
    """`CODE` goes on; anything else is the answer itself."""
    text = completion.strip()
    if not text:
        raise Malformed("It is empty. Reply with CODE, or with the answer as plain text.")
    if _says("CODE", text) or text.strip(" .*`").lower() == "code" or "```" in text:
        return Routed("code")
    if re.fullmatch(r"\W*(yes|no)\W*", text, re.IGNORECASE):
        raise Malformed("Reply with the one word CODE, or with the answer itself as plain text.")
    return Routed("direct", text)


def read_recall(completion: str, names: Sequence[str]) -> Recalled:
    """A single call of a known function with literal arguments, or None where the model declined."""
    text = completion.strip()
    if not text or re.fullmatch(r"\W*NONE\W*", text, re.IGNORECASE) or (_says("NONE", text) and "```" not in text):
        return Recalled(None)
    source = first_block(completion)
    if source.strip().upper() == "NONE":
        return Recalled(None)
    try:
        body = ast.parse(source).body
    except SyntaxError as error:
        raise Malformed(f"The call is no valid Python: {error.msg}. Reply with one call, or NONE.") from error
    if len(body) != 1 or not isinstance(body[0], ast.Expr) or not isinstance(body[0].value, ast.Call):
        raise Malformed("Reply with a single call of one of the functions, or NONE.")
    call = body[0].value
    if not isinstance(call.func, ast.Name) or call.func.id not in names:
        raise Malformed(f"Only these functions exist: {', '.join(names)}. Call one of them, or reply NONE.")
    try:
        for argument in (*call.args, *(k.value for k in call.keywords)):
            ast.literal_eval(argument)
    except ValueError as error:
        raise Malformed("Every argument must be a literal taken from the question. Otherwise reply NONE.") from error
    return Recalled(ast.unparse(call))


def _says(word: str, text: str) -> bool:
    """The word alone, or with a reason after it that nobody asked for ("CODE: a tool is needed")."""
    return re.match(rf"\W*{word}(?:\W*(?:\n|\Z)|\W*[.:,;(–—-])", text) is not None


def check_scaffold(source: str) -> str:
    """One function and, below it, one call of it."""
    body = _parsed(source).body
    functions = [n for n in body if isinstance(n, ast.FunctionDef)]
    if len(functions) != 1:
        raise Malformed("The scaffold must define exactly one function.")
    if not _ends_with_call(body, functions[0].name):
        raise Malformed(f"The last line must be the call of {functions[0].name}() that answers the question.")
    return source


def check_plan(source: str) -> str:
    """The scaffold with at least one step."""
    check_scaffold(source)
    if not re.search(r"#\s*Step\s*1\b", source, re.IGNORECASE):
        raise Malformed("There is no comment `# Step 1. ...` in the function.")
    return source


def check_pseudocode(source: str) -> str:
    """Valid Python that still ends with the call."""
    body = _parsed(source).body
    if not any(isinstance(n, ast.FunctionDef) for n in body) or not isinstance(body[-1], ast.Expr):
        raise Malformed("Keep the function, and the call as the last line.")
    return source


def check_program(source: str) -> str:
    """Any Python: one with a syntax error is run, and repaired from its traceback."""
    if not source.strip():
        raise Malformed("The program is empty.")
    return source


def _ends_with_call(body: list[ast.stmt], name: str) -> bool:
    last = body[-1]
    return (
        isinstance(last, ast.Expr)
        and isinstance(last.value, ast.Call)
        and isinstance(last.value.func, ast.Name)
        and last.value.func.id == name
    )


def _parsed(source: str) -> ast.Module:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        # A syntax error's own text ends in "(<unknown>, line 3)".
        what, line = getattr(error, "msg", str(error)), getattr(error, "lineno", None)
        raise Malformed(f"It is no valid Python: {what}" + (f" (line {line})" if line else "")) from error
    if not tree.body:
        raise Malformed("The python block is empty.")
    return tree


def _is_code(text: str) -> bool:
    """A model that forgot the fence: accepted only if the whole reply is Python that defines or calls something."""
    try:
        tree = ast.parse(text.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(isinstance(n, ast.FunctionDef) for n in tree.body) or any(
        isinstance(n, ast.Expr) and isinstance(n.value, ast.Call) for n in tree.body
    )
