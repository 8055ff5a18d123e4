"""What the prompt tells the app."""

from __future__ import annotations

from textual.message import Message


class Asked(Message):
    """A question is to be asked now: all of it, with what its chips stand for."""

    def __init__(self, question: str) -> None:
        super().__init__()
        self.question = question


class Commanded(Message):
    """`/name argument` was typed."""

    def __init__(self, name: str, argument: str) -> None:
        super().__init__()
        self.name = name
        self.argument = argument


class StopWanted(Message):
    """The running turn is to be stopped, since it is asked again with more."""
