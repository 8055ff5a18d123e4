"""Large pastes: a chip stands for them in the prompt, and their text goes to the question."""

from __future__ import annotations

import re

_N_LINES = 12
_N_CHARS = 1_000
_CHIP = re.compile(r"\[pasted \d+: [\d,]+ (?:lines|characters)\]")


class Pasted:
    """The texts behind the chips of one prompt."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self._n = 0

    def chip(self, text: str) -> str | None:
        """Keep a large text; what to write instead. None for a text that can stand in the prompt as it is."""
        n_lines = len(text.rstrip("\n").split("\n"))
        if n_lines <= _N_LINES and len(text) <= _N_CHARS:
            return None
        size = f"{n_lines:,} lines" if n_lines > 1 else f"{len(text):,} characters"
        self._n += 1
        name = f"[pasted {self._n}: {size}]"
        self.texts[name] = text
        return name

    def restore(self, texts: dict[str, str]) -> None:
        """The texts of a draft."""
        self.texts |= texts
        self._n = max(self._n, len(self.texts))

    def whole(self, text: str) -> str:
        """The question with what its chips stand for below it, each between two lines that name it."""
        used = [chip for chip in dict.fromkeys(_CHIP.findall(text)) if chip in self.texts]
        parts = [f"{chip}\n{self.texts[chip].rstrip()}\n[end of {chip[1:].partition(':')[0]}]" for chip in used]
        return "\n\n".join(
            [text, *(part for part in parts if part not in text)]
        )  # of an earlier question it may be there

    def used_in(self, text: str) -> dict[str, str]:
        """The texts whose chips are in it."""
        return {chip: self.texts[chip] for chip in _CHIP.findall(text) if chip in self.texts}


def chip_at(line: str, column: int) -> tuple[int, int] | None:
    """Where the chip lies that ends at this column of a line: one backspace removes it whole."""
    for found in _CHIP.finditer(line):
        if found.end() == column:
            return found.start(), found.end()
    return None
