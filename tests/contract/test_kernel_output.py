"""What a cell writes: in order, complete, counted to the byte, and no more of it passed on than was asked for."""

from __future__ import annotations

import resource

import pytest

from sandbox.kernel import Kernel
from tests.contract.kernel_harness import ALL, REAL, opened, run
from tests.contract.lent_kernels import over

pytestmark = pytest.mark.asyncio(loop_scope="module")


@over(ALL)
async def test_streams_are_apart_and_in_order(kernel: Kernel) -> None:
    code = "import sys\nfor i in range(3):\n    print('out', i)\n    print('err', i, file=sys.stderr)"
    cell = await run(kernel, code)
    expected = [(stream, f"{stream[3:]} {i}\n") for i in range(3) for stream in ("stdout", "stderr")]
    assert cell.outputs == expected
    assert (cell.end.n_stdout_bytes, cell.end.n_stderr_bytes) == (18, 18)


@over(REAL)
async def test_output_of_child_processes_belongs_to_the_cell(kernel: Kernel) -> None:
    code = """
import os, subprocess
print('a')
os.system('echo b')
subprocess.run(['sh', '-c', 'echo c; echo d >&2'])
print('e')
subprocess.run(['sh', '-c', 'head -c 300000 /dev/zero | tr "\\\\0" x'])
"""
    cell = await run(kernel, code, output_bytes=1 << 20)
    assert cell.stdout == "a\nb\nc\ne\n" + "x" * 300_000
    assert cell.end.n_stderr_bytes == 2


@over(REAL)
async def test_characters_of_child_processes_are_not_torn(kernel: Kernel) -> None:
    code = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', \"print('日本é🎬' * 5000)\"])"
    cell = await run(kernel, code)
    assert cell.stdout == "日本é🎬" * 5000 + "\n"


@over(REAL)
async def test_forked_children_do_not_repeat_their_parents_output(kernel: Kernel) -> None:
    code = """
import os
print('parent')
pid = os.fork()
if pid == 0:
    print('child')
    os._exit(0)
os.waitpid(pid, 0)
print('after')
"""
    first = await run(kernel, code)
    later = await run(kernel, "import time; time.sleep(0.2)")  # a child's text may arrive after the cell's end
    text = first.stdout + later.stdout
    assert (text.count("parent"), text.count("child"), text.count("after")) == (1, 1, 1)


@over(REAL)
async def test_100k_lines_lose_nothing(kernel: Kernel) -> None:
    cell = await run(kernel, "for i in range(100_000):\n    print(i)", output_bytes=10 << 20)
    assert cell.stdout == "".join(f"{i}\n" for i in range(100_000))
    assert not cell.end.output_cut
    assert cell.end.n_stdout_bytes == len(cell.stdout)


@pytest.mark.slow
@over(REAL)
async def test_100_mb_are_counted_to_the_byte_and_do_not_fill_our_memory(kernel: Kernel) -> None:
    await run(kernel, "1")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cell = await run(kernel, "line = 'é' * 49 + 'xx'\nfor i in range(10_000):\n    print((line + '\\n') * 100, end='')")
    assert cell.end.n_stdout_bytes == 10_000 * 100 * 101
    assert cell.end.output_cut
    assert (248 << 10) < len(cell.stdout.encode()) <= 256 << 10
    assert set(cell.stdout.split("\n")) == {"é" * 49 + "xx", ""}  # cut between lines
    assert cell.end.n_stdout_bytes == len(cell.stdout.encode()) + cell.gaps[0].n_bytes
    assert cell.gaps[0].n_lines == 10_000 * 100 - cell.stdout.count("\n")
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kib < 200 << 10


@over(REAL)
async def test_a_single_large_print(kernel: Kernel) -> None:
    cell = await run(kernel, "print('x' * 20_000_000)", output_bytes=1000)
    assert cell.end.n_stdout_bytes == 20_000_001
    assert cell.stdout == "x" * 999 + "\n"


@over(ALL)
async def test_head_and_tail_are_per_stream_and_cut_between_characters(kernel: Kernel) -> None:
    code = "import sys\nprint('éé', end='')\nprint('ßß', end='')\nprint('àà', end='')\nprint('ok', file=sys.stderr)"
    cell = await run(kernel, code, output_bytes=10)
    assert cell.outputs == [("stdout", "éé"), ("stderr", "ok\n"), ("stdout", "àà")]
    assert [(gap.stream, gap.n_bytes, gap.n_lines) for gap in cell.gaps] == [("stdout", 4, 0)]
    assert cell.end.output_cut
    assert (cell.end.n_stdout_bytes, cell.end.n_stderr_bytes) == (12, 3)


@over(ALL)
async def test_output_before_an_error_is_kept(kernel: Kernel) -> None:
    cell = await run(kernel, "print('before')\n1/0")
    assert cell.stdout == "before\n" and cell.end.status == "error"


@over(REAL)
async def test_output_before_a_death_is_kept(kernel: Kernel) -> None:
    code = "import os, time\nprint('x' * 3_000_000)\nprint('last', flush=True)\ntime.sleep(0.5)\nos._exit(3)"
    cell = await run(kernel, code, output_bytes=10 << 20)
    assert cell.end.status == "died"
    assert cell.stdout == "x" * 3_000_000 + "\nlast\n"


@over(REAL)
async def test_odd_text(kernel: Kernel) -> None:
    cell = await run(kernel, "print('\\ud800 \\x1b[31m\\r\\x00')")
    assert cell.stdout == "\\ud800 \x1b[31m\r\x00\n"
    assert cell.end.status == "ok"


@over(REAL)
async def test_displays_come_in_their_place(kernel: Kernel) -> None:
    code = """
from IPython.display import display, HTML
print('one')
display(HTML('<b>two</b>'))
print('three')
"""
    cell = await run(kernel, code)
    assert cell.kinds == ["CellOutput", "CellDisplay", "CellOutput", "CellEnd"]
    assert cell.displays[0].data["text/html"] == "<b>two</b>"


@pytest.mark.docker
async def test_a_plot_and_a_table() -> None:
    async with opened("docker") as kernel:
        cell = await run(kernel, "import matplotlib.pyplot as plt\nplt.plot([1, 2, 3])\nplt.show()")
        assert cell.end.status == "ok" and cell.end.n_stderr_bytes == 0
        assert any(display.data.get("image/png", "").startswith("iVBOR") for display in cell.displays)
        table = await run(kernel, "import pandas\npandas.DataFrame({'a': [1, 2]})")
        assert table.result is not None and table.result.text.split() == ["a", "0", "1", "1", "2"]
        assert "<table" in table.displays[0].data["text/html"]


@over(REAL)
async def test_a_thread_that_prints_later_is_still_heard(kernel: Kernel) -> None:
    code = (
        "import threading\ngo = threading.Event()\nlate = threading.Thread(target=lambda: go.wait() and print('late'))"
    )
    assert (await run(kernel, code + "\nlate.start()")).stdout == ""
    assert (await run(kernel, "go.set()\nlate.join()")).stdout == "late\n"
