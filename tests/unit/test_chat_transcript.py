"""The transcript: cards that fold, old turns that are drawn where one looks, tables, pictures, safe Markdown."""

from __future__ import annotations

import base64
import io
import json
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image
from textual.widgets import DataTable

from agent.events import (
    Answered,
    CellDisplayed,
    CellEnded,
    CellStarted,
    CellText,
    Event,
    FunctionStored,
    ModelDelta,
    ProgramWritten,
    RepairStarted,
    StageEnded,
    StageStarted,
    TokenUsage,
)
from sandbox.artifacts import TABLE_MIME
from tests.chat_driver import chat, send, texts, until
from tests.scripted_session import ScriptedSession, whole_turn
from tui.chat.transcript import graphics
from tui.chat.transcript.ansi import AnsiStream
from tui.chat.transcript.markdown import safe_parser
from tui.chat.transcript.picture import NotShown, PictureSource, load
from tui.chat.transcript.record import TurnRecord
from tui.chat.transcript.stage import StageView
from tui.chat.transcript.store import TurnStore
from tui.chat.transcript.table import from_frame, from_records
from tui.chat.transcript.window import Heights

FAILING = "films = search(nam='x')\nlen(films)"
RIGHT = "films = search(name='x')\nlen(films)"
ERROR = {
    "exception": "TypeError",
    "message": "unexpected keyword argument 'nam'",
    "frames": [{"file": "<cell>", "line": 1, "function": "<module>", "source": FAILING.splitlines()[0]}],
}


def repaired() -> list[Event]:
    """A turn with a failed cell and its repair."""
    return [
        StageStarted("implement"),
        StageEnded("implement", product=FAILING, seconds=1.0, usage=TokenUsage(200, 40)),
        ProgramWritten(FAILING),
        CellStarted(1, FAILING),
        CellEnded(1, "error", 0.2, error=ERROR),
        RepairStarted(1, "TypeError", "unexpected keyword argument 'nam'", 1),
        StageStarted("review"),
        StageEnded("review", product=RIGHT, seconds=0.5, usage=TokenUsage(100, 20, estimated=True)),
        ProgramWritten(RIGHT, "review"),
        CellStarted(2, RIGHT),
        CellText(2, "stdout", "\x1b[31mred\x1b[0m\n"),
        CellEnded(2, "ok", 0.3),
        FunctionStored("count_films", "e1", "count"),
        Answered("answered", "There are **8**.", seconds=2.0, usage=TokenUsage(300, 60)),
    ]


def png(width: int = 4, height: int = 4) -> bytes:
    """A small picture."""
    data = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(data, "PNG")
    return data.getvalue()


async def test_a_repaired_turn_shows_the_failing_line_the_traceback_and_the_difference() -> None:
    session = ScriptedSession(repaired())
    async with chat(session) as (app, pilot):
        await send(pilot, "How many?")
        await until(pilot, lambda: not app.transcript.is_busy)
        seen = texts(pilot)
        for part in (
            "▶1 films = search(nam='x')",
            "line 1, in <module>",
            "-films = search(nam='x')",
            "+films = search(",
        ):
            assert part in seen
        for part in ("240 tokens", "≈120 tokens", "1 line printed", "TypeError: unexpected", "There are 8."):
            assert part in seen
        assert "4 stages, 2.0 s, 360 tokens, 1 repair" in seen
        assert all(not view.is_open for view in app.query(StageView)), "after a good turn all is folded"
        app.transcript.unfold_last()
        await pilot.pause()
        assert not app.transcript.last.is_open
        app.query_one(".summary").focus()
        await pilot.press("enter")
        assert app.transcript.last.is_open
        app.query(".stage-head").first().focus()
        await pilot.press("right")
        assert app.query(StageView).first().is_open


async def test_the_answer_grows_while_it_is_written_and_a_new_question_folds_the_old_card() -> None:
    writing = [StageStarted("answer"), ModelDelta("answer", "The **first** pa"), 30.0]
    async with chat(ScriptedSession(repaired(), writing)) as (app, pilot):
        await send(pilot, "one")
        await until(pilot, lambda: not app.transcript.is_busy)
        await send(pilot, "two")
        await until(pilot, lambda: "The first pa" in texts(pilot))
        first, second = app.query("TurnView")
        assert not first.is_open and second.is_open
        await pilot.press("escape")
        await until(pilot, lambda: "interrupted" in texts(pilot))


async def test_the_link_of_a_function_opens_the_functions_by_message_and_never_by_its_name() -> None:
    hostile = "count_films') or app.exit('"
    turn = [FunctionStored(hostile, "e1", "count"), Answered("answered", "ok")]
    async with chat(ScriptedSession(turn)) as (app, pilot):
        opened: list[tuple[str, str]] = []

        async def command(name: str, argument: str = "") -> None:
            opened.append((name, argument))

        await send(pilot, "q")
        await until(pilot, lambda: app.query(".link"))
        app.action_command = command
        app.query_one(".link").focus()
        await pilot.press("enter")
        await until(pilot, lambda: opened)
        assert opened == [("functions", hostile)]


async def test_old_turns_leave_the_screen_and_come_back_where_one_looks() -> None:
    async with chat(ScriptedSession(), size=(80, 24)) as (app, pilot):
        transcript = app.transcript
        transcript.remember((f"question {number}", repaired()) for number in range(52))
        for number in range(52, 60):
            await transcript.begin(f"question {number}")
            for event in repaired():
                transcript.take(event)
            await pilot.pause()
        await until(pilot, lambda: len(transcript.store) > 54, 60)
        assert len(app.query("TurnView")) < 25
        assert transcript.virtual_size.height > 60 * 5, "the scroll bar knows of all of them"
        for number in (30, 0, 50, 12):  # not one of the last: the end of the list stops the scrolling
            transcript.go_to(number)
            await until(pilot, lambda number=number: _top_question(app) == f"question {number}", 60)
        assert len(app.query("TurnView")) < 45
        transcript.page(-1)
        await pilot.pause()
        transcript.follow()
        await until(pilot, lambda: transcript.scroll_y >= transcript.max_scroll_y, 60)
        assert [number for number, text in transcript.texts() if "question 7\n" in text] == [7]


def _top_question(app: object) -> str:
    """The question of the card at the top of the transcript."""
    transcript = app.transcript
    top = transcript.region.y
    cards = [card for card in transcript.query("TurnView") if abs(card.region.y - top) <= 1 and card.region.height]
    return cards[0].record.question if cards else ""


async def test_an_old_card_shows_its_stages_again() -> None:
    async with chat(ScriptedSession(), size=(80, 24)) as (app, pilot):
        app.transcript.remember([("from the log", repaired())])
        await until(pilot, lambda: app.query("TurnView"))
        card = app.query("TurnView").first()
        await until(pilot, lambda: "4 stages" in texts(pilot))
        assert not app.query(StageView), "what is folded is not even made"
        card.unfold(True)
        await until(pilot, lambda: len(app.query(StageView)) == 4)
        assert "▶1 films" not in texts(pilot)
        list(app.query(StageView))[1].unfold(True)
        await until(pilot, lambda: "▶1 films" in texts(pilot))


def test_the_store_gives_back_what_it_was_given() -> None:
    store, record = TurnStore(), TurnRecord("q\n?\udce4")
    for event in [*whole_turn(), *repaired()]:
        if isinstance(event, Event):
            record.add(event)
    number = store.put(record, 9, 80)
    assert store.get(number) == (record.question, record.events)
    assert RIGHT in store.text(number) and store.place(number).height == 9
    store.close()


def test_a_record_is_bounded_whatever_a_cell_prints() -> None:
    record = TurnRecord("q")
    for number in range(20_000):
        record.add(CellText(1, "stdout", f"line {number}\n" * 10))
        record.add(CellText(1, "stderr", "e\n")) if number % 1_000 == 0 else None
    assert sum(len(event.text) for event in record.events if isinstance(event, CellText)) < 300_000
    assert record.events[-1].text.endswith("line 19999\n")


def test_heights_find_the_turns_around_a_line() -> None:
    heights = Heights([10] * 1_000)
    assert heights.total == 10_000 and heights.top(3) == 30 and heights.at(35) == 3
    assert heights.around(5_000, 20) == range(499, 504)
    assert heights.around(99_999, 20) == range(1_000, 1_000)
    assert len(Heights([1] * 1_000).around(500, 200)) <= 40
    assert Heights([]).around(0, 20) == range(0)


@pytest.mark.parametrize(
    ("source", "inside", "outside"),
    [
        ("[click](javascript:alert)", "click", "href"),
        ("[text](http://192.0.2.1/a)", "text (http://192.0.2.1/a)", "link_open"),
        ("<http://192.0.2.1/>", "http://192.0.2.1/", "link_open"),
        ("![alt](http://192.0.2.1/i)", "[picture: alt] (http://192.0.2.1/i)", "image "),
        ("&#x202e;abc &#x200b;", "<U+202E>abc <U+200B>", "\u202e"),
        ("`\x9b2Jx`", "x", "\x9b"),
        ("<b onclick=x>hi</b>", "<b onclick=x>hi</b>", "html_inline"),
        ("```py\x1b[31m\nprint()\n```", "print()", "\x1b"),
    ],
)
def test_markdown_has_no_links_no_pictures_and_no_controls(source: str, inside: str, outside: str) -> None:
    tokens = safe_parser().parse(source)
    leaves = [leaf for token in tokens for leaf in (token.children or [token])]
    assert inside in "".join(leaf.content for leaf in leaves)
    assert outside not in "".join(f"{leaf.type} {leaf.content} {leaf.info}" for leaf in leaves)
    assert not [leaf for leaf in leaves if leaf.attrs.get("href") or leaf.attrs.get("src")]


def test_lines_of_an_answer_stay_lines() -> None:
    inline = safe_parser().parse("The Virgin Suicides\nSomewhere")[1]
    assert [leaf.type for leaf in inline.children or ()] == ["text", "hardbreak", "text"]


@pytest.mark.parametrize("cut", range(1, 30, 4))
def test_colours_survive_however_output_is_cut_and_nothing_else_does(cut: int) -> None:
    text = "a\x1b[1;31mred\x1b[0m\x1b]52;c;AAAA\x07b\x1b[2J\x1b[38;5;200mp\x1b[48;2;1;2;3mq\x9b0mz\r\nend\x1b[3"
    stream = AnsiStream()
    runs = [run for i in range(0, len(text), cut) for run in stream.feed(text[i : i + cut])] + stream.flush()
    assert "".join(run.text for run in runs) == "aredbpqz\nend3"
    styles = {c: run.style for run in runs for c in run.text}
    assert styles["r"] is not None and styles["r"].bold and styles["a"] is None and styles["z"] is None
    assert styles["p"].foreground.rgb == (255, 0, 215) and styles["q"].background.rgb == (1, 2, 3)


def test_frames_and_records_become_tables_and_other_values_do_not() -> None:
    frame = {
        "columns": ["a", "[b]"],
        "index": ["x", "y"],
        "rows": [[1, None], ["\x1b[2J", 2.5]],
        "n_rows": 9,
        "n_columns": 2,
    }
    table = from_frame(json.dumps(frame))
    assert table is not None and table.columns == ("", "a", "[b]") and table.left_out == "9 rows and 3 columns in all"
    assert from_frame("[1]") is None and from_frame("{}") is None
    records = from_records('[{"title": "A", "year": 1}, {"title": "B"}]')
    assert records is not None and records.rows == (("A", 1), ("B", ""))
    for value in ("[]", "[1, 2]", '[{"a": 1}]', "{", '"[x"', '[{"a": 1}, {"b": 2, "c": 3}, {"d": 4}]'):
        assert from_records(value) is None


async def test_tables_show_their_text_as_it_is() -> None:
    frame = {
        "columns": ["[bold]a"],
        "index": None,
        "rows": [["[@click=app.quit]x[/]\x1b[2J"]],
        "n_rows": 1,
        "n_columns": 1,
    }
    turn = [CellDisplayed(1, {TABLE_MIME: json.dumps(frame), "text/plain": "a"}), Answered("answered", "ok")]
    async with chat(ScriptedSession(turn)) as (app, pilot):
        await send(pilot, "q")
        await until(pilot, lambda: app.query(DataTable) and app.query_one(DataTable).row_count)
        shown = app.query_one(DataTable)
        assert shown.get_cell_at((0, 0)).plain == "[@click=app.quit]x[/]"
        assert shown.ordered_columns[0].label.plain == "[bold]a"


async def test_pictures_are_drawn_and_what_is_none_is_a_line() -> None:
    plot = CellDisplayed(1, {"image/png": base64.b64encode(png(40, 20)).decode()})
    broken = CellDisplayed(1, {"image/png": base64.b64encode(b"\x89PNG\r\n\x1a\nxx").decode()})
    drawing = CellDisplayed(
        1, {"image/svg+xml": "<svg/>"}, ({"path": "/x/a.svg", "mime": "image/svg+xml", "n_bytes": 6},)
    )
    async with chat(ScriptedSession([plot, broken, drawing, Answered("answered", "ok")])) as (app, pilot):
        await send(pilot, "q")
        await until(pilot, lambda: app.query("HalfcellImage") and "not a picture" in texts(pilot))
        image = app.query_one("HalfcellImage")
        assert (image.styles.width.value, image.styles.height.value) == (4, 1)
        assert "file: /x/a.svg" in texts(pilot), "a drawing is a file, and never rendered"


def test_pictures_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    def bomb(side: int) -> bytes:
        head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
        return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")

    def source(data: bytes, mime: str = "image/png") -> PictureSource:
        return PictureSource(mime, encoded=base64.b64encode(data).decode())

    for side in (5_000, 12_000, 60_000):
        with pytest.raises(NotShown, match="pixels"):
            load(source(bomb(side)))
    with pytest.raises(NotShown, match="not a picture"):
        load(source(png(), "image/jpeg"))
    (tmp_path / "a.png").write_bytes(png())
    (tmp_path / "link.png").symlink_to(tmp_path / "a.png")
    assert load(PictureSource("image/png", tmp_path / "a.png")).size == (4, 4)
    with pytest.raises(NotShown):
        load(PictureSource("image/png", tmp_path / "link.png"))
    with pytest.raises(NotShown, match="directory"):
        load(PictureSource("image/png", tmp_path))
    assert max(load(source(png(3_000, 100))).size) <= 1_600


@pytest.mark.parametrize(
    ("heard", "protocol", "typed"),
    [
        (b"\x1b[?62;4;22c", "sixel", b""),
        (b"hi\x1b_Gi=4211;OK\x1b\\\x1b[6;20;10t\x1b[?62;22cyou", "kitty", b"hiyou"),
        (b"\x1b_Gi=4211;ENOTSUPPORTED\x1b\\\x1b[?1;2c", "halfcell", b""),
        (b"typed\r", "halfcell", b"typed\r"),
        (b"\x1b[6;0;0t\x1b[?64c", "halfcell", b""),
    ],
)
def test_what_a_terminal_says_of_itself(heard: bytes, protocol: str, typed: bytes) -> None:
    found, rest = graphics.understood(heard)
    assert (found.protocol, rest) == (protocol, typed)
    assert min(found.cell) > 0
    assert found.chosen("off").protocol == "off" and found.chosen("auto") == found == found.chosen("nonsense")


def test_pictures_fit_and_are_never_enlarged() -> None:
    assert graphics.fitted((100, 100), (10, 20), 80) == (10, 5)
    assert graphics.fitted((4_000, 400), (10, 20), 80) == (80, 4)
    assert graphics.fitted((10, 4_000), (10, 20), 80) == (1, 20)
