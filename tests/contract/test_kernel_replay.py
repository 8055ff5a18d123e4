"""A fresh kernel gets the state of the good cells back; tools are asked nothing a second time."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.kernel import Kernel, ToolFailure, ToolValue
from sandbox.replay import RecordedCell, RecordingHandler, defined_names, replay
from sandbox.shelf import LARGE_BYTES, Shelf, Shelved
from tests.contract.kernel_harness import ALL, DOCKER, Cell, Tools, opened, run

KINDS = [DOCKER, "local", "fake"]
DIES = "import os\nos._exit(3)"
STUCK = "import time\nwhile True:\n    try:\n        time.sleep(0.05)\n    except BaseException:\n        pass"


class Session:
    """A kernel with its record, as the agent's loop keeps it."""

    def __init__(self, kind: Any) -> None:
        self.kind = kind
        self.tools = Tools()
        self.shelf = Shelf()
        self.handler = RecordingHandler(self.tools, self.shelf)
        self.cells: list[RecordedCell] = []

    async def __aenter__(self) -> Session:
        self.kernel: Kernel = await opened(self.kind, self.handler).__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self.kernel.close()
        self.shelf.close()

    async def good(self, code: str) -> Cell:
        cell = await run(self.kernel, code)
        assert cell.end.status == "ok", cell.end
        result = cell.result.text if cell.result is not None else None
        self.cells.append(RecordedCell(code, self.handler.take_calls(), result))
        return cell

    async def die(self) -> None:
        life = self.kernel.life
        if self.kind == "fake":
            for wall_s in (0.2, 2.0, 8.0):  # long enough for a busy machine to come to where it is stuck
                end = (await run(self.kernel, STUCK, wall_s=wall_s, interrupt_grace_s=0.2)).end
                if end.died is not None:
                    break
        else:
            end = (await run(self.kernel, DIES)).end
        assert end.died is not None
        await self.kernel.start()
        assert self.kernel.life == life + 1


@pytest.mark.parametrize("kind", ALL)
async def test_variables_come_back_and_no_tool_is_called_again(kind: Any) -> None:
    async with Session(kind) as session:
        await session.good("films = search_films('some')\nn = len(films)")
        await session.good("def twice(x):\n    return 2 * x\ntotal = twice(n)\ntotal")
        await session.die()
        gone = (await run(session.kernel, "total")).end.error
        assert gone is not None and gone.exception == "NameError"
        report = await replay(session.kernel, session.handler, session.cells)
        assert (report.n_replayed, report.stopped_at, report.reason) == (2, None, "")
        assert report.restored == ("films", "n", "total", "twice") and report.lost == () and report.differences == ()
        assert len(session.tools.calls) == 1
        after = await run(session.kernel, "films[0].title, total, echo('asked anew')")
        assert after.result is not None and after.result.text == "('Somewhere', 2, 'asked anew')"
        assert len(session.tools.calls) == 2


@pytest.mark.parametrize("kind", KINDS)
async def test_a_call_with_other_arguments_stops_the_replay_and_is_never_made(kind: Any) -> None:
    async with Session(kind) as session:
        await session.good("a = 1")
        await session.good(
            "import time\ntry:\n    b = echo(time.time_ns())\nexcept Exception:\n    b = 'caught'\nc = 3"
        )
        await session.good("d = 4")
        await session.die()
        report = await replay(session.kernel, session.handler, session.cells, unverified=["e = 5"])
        assert (report.n_replayed, report.stopped_at) == (1, 1)
        assert "echo()" in report.reason and "record" in report.reason
        assert len(session.tools.calls) == 1
        assert "a" in report.restored and {"d", "e"} <= set(report.lost)


@pytest.mark.parametrize("kind", KINDS)
async def test_failures_are_served_as_they_were(kind: Any) -> None:
    async with Session(kind) as session:
        code = "try:\n    search_films('nothing')\nexcept ToolError as error:\n    why = str(error)\nwhy"
        await session.good("from toolcoder_runtime import ToolError\n" + code)
        assert isinstance(session.cells[0].calls[0].answer, ToolFailure)
        await session.die()
        report = await replay(session.kernel, session.handler, session.cells)
        assert (report.stopped_at, report.differences, len(session.tools.calls)) == (None, (), 1)
        why = (await run(session.kernel, "why")).result
        assert why is not None and "no film called" in why.text


@pytest.mark.parametrize("kind", KINDS)
async def test_what_was_different_is_reported(kind: Any) -> None:
    async with Session(kind) as session:
        await session.good("import time\nstarted = time.time_ns()\nstarted")
        await session.good("x = 1 if 'y' in globals() else 2\nfirst = echo('first')")
        await session.die()
        await run(session.kernel, "y = 1")
        again = [*session.cells[:1], RecordedCell("z = 5", session.cells[1].calls)]
        report = await replay(session.kernel, session.handler, again)
        assert report.stopped_at is None and [d.cell for d in report.differences] == [0, 1]
        assert "its result was" in report.differences[0].what and report.differences[1].what.startswith("echo()")


@pytest.mark.parametrize("kind", ["local", "fake"])
async def test_large_values_are_put_aside_and_served(kind: Any) -> None:
    async with Session(kind) as session:
        await session.good(f"text = big({LARGE_BYTES + 10})\nn = len(text)")
        answer = session.cells[0].calls[0].answer
        assert isinstance(answer, ToolValue) and isinstance(answer.value, Shelved)
        assert answer.value.path.stat().st_mode & 0o077 == 0 or answer.value.path.parent.stat().st_mode & 0o077 == 0
        await session.die()
        await replay(session.kernel, session.handler, session.cells)
        n = (await run(session.kernel, "n, len(text)")).result
        assert n is not None and n.text == str((LARGE_BYTES + 10,) * 2)
    assert not answer.value.path.exists()


@pytest.mark.parametrize("kind", ["fake"])
async def test_a_cell_that_fails_now_stops_the_replay(kind: Any) -> None:
    async with Session(kind) as session:
        await session.good("a = 1")
        cells = [*session.cells, RecordedCell("b = missing"), RecordedCell("c = 1")]
        await session.die()
        report = await replay(session.kernel, session.handler, cells)
        assert (report.n_replayed, report.stopped_at) == (1, 1) and "NameError" in report.reason
        assert (report.restored, report.lost) == (("a",), ("b", "c"))


@pytest.mark.parametrize("kind", ["fake"])
async def test_a_replay_that_takes_too_long_is_given_up(kind: Any) -> None:
    async with Session(kind) as session:
        cells = [RecordedCell("a = 1"), RecordedCell("import time\nfor _ in range(500):\n    time.sleep(0.01)\nb = 2")]
        report = await replay(session.kernel, session.handler, cells, max_s=0.3)
        assert report.stopped_at == 1 and report.reason and "b" in report.lost


def test_names_that_a_cell_defines() -> None:
    code = """
import os.path, numpy as np
from json import loads as read
x, (y, *z) = 1, (2, 3)
a.b = c[0] = 4
for i in range(3):
    inner = i
with open('f') as file: pass
if (walrus := 1): pass
def f(arg): local = 1
class C:
    member = 1
squares = [hidden for hidden in ()]
try:
    pass
except ValueError as error:
    pass
x: int = 5
_ = 3
"""
    assert defined_names(code) == {
        *("os", "np", "read", "x", "y", "z", "i", "inner", "file", "walrus", "f", "C", "squares"),
    }
    assert defined_names("for x in") == frozenset()
