"""The whole output of a cell lies in a file of the session, however much it is and however the cell ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from sandbox.events import SpooledOutput, SpoolOptions
from sandbox.kernel import Kernel
from tests.contract.kernel_harness import ALL, REAL, Cell, opened, run
from tests.contract.lent_kernels import over

pytestmark = pytest.mark.asyncio(loop_scope="module")
KEY = "-----BEGIN PRIVATE KEY-----\nabc\ndef\n-----END PRIVATE KEY-----"


def hidden(text: str) -> str:
    return text.replace("hunter22", "[redacted]").replace(KEY, "[redacted]")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("session") / "made-when-needed"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kernel(kind: Any, folder: Path) -> AsyncIterator[Kernel]:
    async with opened(kind, spool=SpoolOptions(str(folder), redact=hidden)) as kernel:
        yield kernel


def spooled(cell: Cell) -> tuple[SpooledOutput, str]:
    assert cell.end.spooled is not None
    return cell.end.spooled, Path(cell.end.spooled.path).read_text()


@over(ALL)
async def test_both_streams_are_whole_and_in_order_where_little_is_passed_on(kernel: Kernel) -> None:
    code = "import sys\nfor i in range(2000):\n    print('out', i)\n    print('err', i, file=sys.stderr)"
    cell = await run(kernel, code, output_bytes=1000)
    found, text = spooled(cell)
    assert text == "".join(f"out {i}\nerr {i}\n" for i in range(2000))
    assert (found.n_bytes, found.n_lost_bytes, found.failure) == (len(text), 0, "")
    assert found.n_bytes == cell.end.n_stdout_bytes + cell.end.n_stderr_bytes
    assert cell.end.output_cut and {gap.stream for gap in cell.gaps} == {"stdout", "stderr"}
    assert cell.stdout.startswith("out 0\n") and cell.stdout.endswith("out 1999\n")


@over(ALL)
async def test_the_file_is_private_and_each_cell_has_its_own(kernel: Kernel) -> None:
    first, _ = spooled(await run(kernel, "print('one')"))
    second, text = spooled(await run(kernel, "print('two')"))
    assert first.path != second.path and text == "two\n"
    assert Path(first.path).stat().st_mode & 0o777 == 0o600
    assert (await run(kernel, "x = 1")).end.spooled is None


@over(ALL)
async def test_secrets_are_taken_out_also_where_they_come_in_pieces(kernel: Kernel) -> None:
    code = f"""
key = ({KEY[:40]!r}, {KEY[40:]!r})
for piece in ('the key is hun', 'ter2', '2, ', 'keep it\\n', *key, 'end without a newline: hunt', 'er22'):
    print(piece, end='', flush=True)
"""
    _, text = spooled(await run(kernel, code))
    assert text == "the key is [redacted], keep it\n[redacted]end without a newline: [redacted]"


@over(ALL)
async def test_partial_output_is_kept_on_a_time_out(kernel: Kernel) -> None:
    code = "import time\nfor i in range(100_000):\n    print('line', i, flush=True)\n    time.sleep(0.005)"
    cell = await run(kernel, code, wall_s=1.2, output_bytes=60)
    found, text = spooled(cell)
    assert cell.end.status == "timeout" and found.n_bytes == cell.end.n_stdout_bytes > 60
    *whole, last = text.splitlines()
    assert whole == [f"line {i}" for i in range(len(whole))] and f"line {len(whole)}".startswith(last)


@over(REAL)
async def test_output_before_a_death_is_kept(kernel: Kernel) -> None:
    code = "import os, time\nprint('x' * 3_000_000)\nprint('last', flush=True)\ntime.sleep(0.5)\nos._exit(3)"
    cell = await run(kernel, code, output_bytes=100)
    _, text = spooled(cell)
    assert cell.end.status == "died" and text == "x" * 3_000_000 + "\nlast\n"


@over(REAL)
async def test_a_big_text_is_whole_to_the_last_byte(kernel: Kernel) -> None:
    cell = await run(kernel, "for i in range(40):\n    print('é' * 250_000)")
    found, text = spooled(cell)
    assert text == ("é" * 250_000 + "\n") * 40
    assert found.n_bytes == cell.end.n_stdout_bytes == 40 * 500_001


@pytest.mark.parametrize("kind", ["local", "fake"])
async def test_beyond_the_share_of_the_disk_bytes_are_counted_and_the_end_says_so(kind: Any, tmp_path: Path) -> None:
    async with opened(kind, spool=SpoolOptions(str(tmp_path), limit_bytes=10_000)) as kernel:
        cell = await run(kernel, "print('x', end='')\nfor i in range(4):\n    print('é' * 2000)")
        found, text = spooled(cell)
        assert (found.n_bytes, found.n_lost_bytes) == (9_999, 16_005 - 9_999)  # no half a character
        assert ("x" + ("é" * 2000 + "\n") * 4).startswith(text) and cell.end.n_stdout_bytes == 16_005
        later = await run(kernel, "print('more')")
        assert later.end.spooled is not None and later.end.spooled.n_lost_bytes >= 4
        assert later.stdout == "more\n"
    async with opened(kind, spool=SpoolOptions(str(tmp_path), limit_bytes=10_000)) as again:  # a resumed session
        cell = await run(again, "print('again')")
        assert cell.end.spooled is not None and cell.end.spooled.n_lost_bytes >= 5
    assert len(list(tmp_path.glob("cell-*.txt"))) <= 2


@pytest.mark.parametrize("kind", ["local", "fake"])
async def test_a_resumed_session_writes_over_nothing(kind: Any, tmp_path: Path) -> None:
    for text in ("first", "second"):
        async with opened(kind, spool=SpoolOptions(str(tmp_path))) as kernel:
            await run(kernel, f"print({text!r})")
    assert [path.read_text() for path in sorted(tmp_path.glob("cell-*.txt"))] == ["first\n", "second\n"]


@pytest.mark.parametrize("kind", ["local", "fake"])
async def test_a_folder_that_cannot_be_written_costs_no_cell(kind: Any, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    async with opened(kind, spool=SpoolOptions(str(tmp_path / "taken"))) as kernel:
        cell = await run(kernel, "print('x')\n7")
        assert cell.end.status == "ok" and cell.stdout == "x\n" and cell.result is not None
        assert cell.end.spooled is not None
        assert (cell.end.spooled.n_lost_bytes, cell.end.spooled.failure) == (2, "File exists")
