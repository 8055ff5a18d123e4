"""One task: a question and what the model should write at every stage."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """`signature` is `name(a: str) -> int`; an empty one means that the question is beyond the toolset.

    `pseudocode` and `body` are lines without indentation at their top level; `helpers` is source of sub-functions.
    `broken` and `traceback` are set for a repair example: the program that failed, and the last lines of its traceback.
    """

    intent: str
    question: str
    signature: str = ""
    doc: str = ""
    arguments: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    pseudocode: tuple[str, ...] = ()
    helpers: str = ""
    body: tuple[str, ...] = ()
    broken: str = ""
    traceback: str = ""
    held_phrase: bool = False

    @property
    def beyond(self) -> bool:
        return not self.signature

    @property
    def call(self) -> str:
        return f"{self.signature.partition('(')[0]}({', '.join(self.arguments)})"

    @property
    def scaffold(self) -> str:
        return f'def {self.signature}:\n    """{self.doc}"""\n\n{self.call}'

    @property
    def functions(self) -> str:
        """The sub-functions and the main function, without the call."""
        main = f"def {self.signature}:\n" + "\n".join("    " + line for line in self.body)
        return f"{self.helpers}\n\n{main}" if self.helpers else main

    @property
    def program(self) -> str:
        return f"{self.functions}\n\n{self.call}"
