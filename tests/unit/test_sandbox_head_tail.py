"""What of a cell's text is passed on, whatever the pieces in which it comes."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from sandbox.events import CellOutput, CellOutputGap
from sandbox.head_tail import HeadTail

PIECES = st.lists(
    st.tuples(st.sampled_from(["stdout", "stderr"]), st.text("aé日\n", min_size=1, max_size=40)), max_size=40
)


@given(pieces=PIECES, limit=st.integers(0, 200))
def test_head_gap_and_tail_are_the_whole_text(pieces: list[tuple[str, str]], limit: int) -> None:
    passing = HeadTail(limit)
    heads = [event for stream, text in pieces if (event := passing.add(stream, text.encode())) is not None]  # type: ignore[arg-type]
    rest = passing.rest()
    for stream in ("stdout", "stderr"):
        whole = "".join(text for name, text in pieces if name == stream)
        head = "".join(event.text for event in heads if event.stream == stream)
        tail = "".join(event.text for event in rest if isinstance(event, CellOutput) and event.stream == stream)
        gaps = [event for event in rest if isinstance(event, CellOutputGap) and event.stream == stream]
        assert whole.startswith(head) and whole[len(head) :].endswith(tail)
        assert len(head.encode()) <= limit // 2 and len(tail.encode()) <= limit - limit // 2
        left_out = whole[len(head) : len(whole) - len(tail)]
        assert [(gap.n_bytes, gap.n_lines) for gap in gaps] == (
            [(len(left_out.encode()), left_out.count("\n"))] if left_out else []
        )
        if len(whole.encode()) <= limit // 2:
            assert head == whole
    assert passing.is_cut == any(isinstance(event, CellOutputGap) for event in rest)


def test_text_that_fits_is_given_whole_and_in_order() -> None:
    passing = HeadTail(8)
    assert passing.add("stdout", b"abcd") == CellOutput("stdout", "abcd")
    assert passing.add("stdout", b"e") is None
    assert passing.add("stderr", b"12345") == CellOutput("stderr", "1234")
    assert passing.add("stdout", b"f") is None
    assert passing.rest() == [CellOutput("stdout", "e"), CellOutput("stderr", "5"), CellOutput("stdout", "f")]
    assert not passing.is_cut


def test_the_gap_stands_between_lines_and_before_the_tail() -> None:
    passing = HeadTail(40)
    heads = [passing.add("stdout", f"line {i}\n".encode()) for i in range(100)]
    assert [event.text for event in heads if event] == ["line 0\n", "line 1\n"]
    assert passing.rest() == [CellOutputGap("stdout", 760, 96), CellOutput("stdout", "line 98\nline 99\n")]


def test_single_characters_from_two_streams_take_little_memory() -> None:
    passing = HeadTail(1 << 16)
    tracemalloc.start()
    for _ in range(70_000):
        passing.add("stdout", b"a")
        passing.add("stderr", b"b")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    rest = passing.rest()
    assert sum(len(event.text) for event in rest if isinstance(event, CellOutput)) == 2 * (1 << 15)
    assert [event.n_bytes for event in rest if isinstance(event, CellOutputGap)] == [70_000 - (1 << 16)] * 2
    assert peak < 16 << 20
