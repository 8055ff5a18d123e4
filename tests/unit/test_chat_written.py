"""The answer is one widget: Markdown that grows is what it is as a whole, wraps, can be selected; when it is shown."""

from __future__ import annotations

import threading

import pytest
from textual.geometry import Offset
from textual.selection import Selection

from agent.events import Answered, AnswerReady, ModelDelta, StageEnded, StageStarted
from tests.chat_driver import chat, send, texts, until
from tests.scripted_session import ScriptedSession
from tui.chat.transcript.document import Document
from tui.chat.transcript.written import WrittenText
from tui.line_chat.showing import Shown

SOURCE = """# Films

A *first* paragraph, `code` and **bold**
on two lines, with [a link](http://192.0.2.1/).

3. three
4. four
   - nested
     with a second line
5. five

> quoted
>
> - in a list

| film | year |
|---|---|
| The Virgin Suicides | 1999 |
| 東京 | 2003 |

```python
def count(films: list) -> int:

    return len(films)
```

---
The end.
"""
LONG = {
    "list": "Before:\n\n"
    + "".join(f"{n}. entry {n} of a list\n   - with a part\n" for n in range(1, 120))
    + "\nAfter.",
    "code": "Before:\n\n```python\n" + "".join(f"x{n} = {n}  # a line\n" for n in range(300)) + "```\n\nAfter.",
    "lines": "\n".join(f"line {n} of a paragraph that is long" for n in range(400)) + "\n\nAfter.",
}


def rows(document: Document, width: int = 40) -> list[str]:
    found = [row for block in (*document.closed, *document.growing) for row in block.rows(width)]
    return [(row.lead.plain + row.content.plain).rstrip() for row in found]


def grown(source: str, n_chars: int) -> Document:
    document = Document()
    for start in range(0, len(source), n_chars):
        document.add(source[start : start + n_chars])
        assert len(document.source) == min(start + n_chars, len(source))
    return document


def whole(source: str) -> Document:
    document = Document()
    document.add(source, is_whole=True)
    return document


@pytest.mark.parametrize("n_chars", [1, 7, 40])
def test_markdown_that_grows_is_in_the_end_what_it_is_as_a_whole(n_chars: int) -> None:
    document = grown(SOURCE, n_chars)
    document.add("", is_whole=True)
    assert rows(document) == rows(whole(SOURCE))


def test_how_markdown_is_set() -> None:
    set_ = rows(whole(SOURCE))
    assert set_[:6] == [
        "Films", "", "A first paragraph, code and bold", "on two lines, with a link", "(http://192.0.2.1/).", "",
    ]  # fmt: skip
    for part in ("3. three", "4. four", "   ▪ nested", "     with a second line", "▌ quoted", "▌", "▌ • in a list"):
        assert part in set_
    assert "The Virgin Suicides │ 1999" in set_ and " def count(films: list) -> int:" in set_ and "─" * 40 in set_
    assert max(len(row) for row in rows(whole(SOURCE), 20)) <= 20


@pytest.mark.parametrize("kind", LONG)
def test_what_gets_long_is_closed_in_part_and_loses_nothing(kind: str) -> None:
    source = LONG[kind]
    document = grown(source, 50)
    assert [row for row in rows(document) if row] == [row for row in rows(whole(source)) if row]
    n_closed = len(document.closed)
    assert n_closed > 5, "it was not kept open as one"
    document.add("", is_whole=True)
    assert rows(document) == rows(whole(source))


async def test_the_answer_is_shown_once_it_is_there_and_can_be_selected() -> None:
    is_over = threading.Event()
    answer = "A **bold** answer that is much too long for one line of this narrow screen.\n\n1. one\n2. two"
    turn = [
        StageStarted("answer"), ModelDelta("answer", answer[:30]), ModelDelta("answer", answer[30:]),
        StageEnded("answer"), AnswerReady(answer), is_over, Answered("answered", answer),
    ]  # fmt: skip
    async with chat(ScriptedSession(turn), size=(40, 24)) as (app, pilot):
        await until(pilot, lambda: app.session)
        await send(pilot, "go")
        await until(pilot, lambda: "1. one" in texts(pilot) and "looks what to keep" in texts(pilot))
        assert app.transcript.is_busy
        written = app.query_one(WrittenText)
        assert written.size.height == 6 and "█ A bold answer" in written.render_lines(written.size.region)[0].text
        picked = written.get_selection(Selection(Offset(2, 0), Offset(1, 2)))
        assert picked == ("bold answer that is much too long for one line of this narrow screen.\n\n1", "\n")
        app.screen.selections = {written: Selection(Offset(2, 0), Offset(6, 0))}
        await pilot.pause()
        styles = {segment.text: segment.style for segment in written.render_lines(written.size.region)[0]}
        assert styles["bold"].bgcolor != styles["A "].bgcolor
        is_over.set()
        await until(pilot, lambda: not app.transcript.is_busy)
        assert texts(pilot).count("1. one") == 1


def test_line_by_line_it_is_said_then_too_and_once() -> None:
    said: list[str] = []
    shown = Shown("plain", said.append)
    shown.take(AnswerReady("eight"))
    assert said[-1] == "Answer:\neight\n"
    shown.take(Answered("answered", "eight"))
    shown.take(Answered("answered", "nine"))
    assert "".join(said).count("eight") == 1 and said[-1] == "Answer:\nnine\n"


def test_a_table_wider_than_the_screen_stays_readable() -> None:
    document = Document()
    wide = "\n".join(
        [
            "| " + " | ".join(f"column {n}" for n in range(12)) + " |",
            "|---:" * 12 + "|",
            *("| " + " | ".join("" if n == 3 else f"value{n * k}" for n in range(12)) + " |" for k in (1, 2)),
        ]
    )
    document.add(wide + "\n\nAfter.")
    found = rows(document, 60)
    assert max(map(len, found)) <= 60 and found[0].startswith("─── 1 ──")
    assert "column 11  value11" in found and not any(line.startswith("column 3 ") for line in found), "as records"
    columns = rows(document, 160)
    assert columns[0].count("│") == 11 and columns[2].startswith("  value0 │   value1 │")
    short = Document()
    short.add("| film | what it is about |\n|---|---|\n| Lost | " + "a long sentence " * 6 + "|\n| Found | short |\n")
    found = rows(short, 40)
    assert max(map(len, found)) <= 40 and found[0].startswith("film  │ what it is about")
    assert [line for line in found if line.startswith("─")] == [found[1]] * 2, "a line between rows that wrap"
    for width in (1, 8, 20):
        assert rows(document, width) and rows(short, width)
