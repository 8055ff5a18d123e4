"""What the prompt tells the app."""

from __future__ import annotations

from textual.message import Message


class Asked(Message):
    """A question is to be asked now. `typed` is what stood in the prompt, `question` all that the session gets."""

    def __init__(self, typed: str, question: str) -> None:
        super().__init__()
        self.typed = typed
        self.question = question


class Commanded(Message):
    """`/name argument` was typed."""

    def __init__(self, name: str, argument: str) -> None:
        super().__init__()
        self.name = name
        self.argument = argument


class StopWanted(Message):
    """The running turn is to be stopped, since it is asked again with more."""
