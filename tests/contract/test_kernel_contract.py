"""What every kernel does: state, results, errors with their frames, one cell at a time, a life with a clear end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.errors import KernelClosed, KernelStartFailed
from sandbox.events import CellEnd, Frame, KernelOptions
from sandbox.kernel import Kernel
from tests.contract.kernel_harness import ALL, DOCKER, REAL, made, opened, run
from tests.contract.lent_kernels import over

pytestmark = pytest.mark.asyncio(loop_scope="module")


@over(ALL)
async def test_state_is_kept_between_cells(kernel: Kernel) -> None:
    assert (await run(kernel, "x = 20\ndef twice(n):\n    return 2 * n")).end.status == "ok"
    cell = await run(kernel, "twice(x) + 2")
    assert cell.result is not None
    assert (cell.result.text, cell.result.json, cell.result.cut) == ("42", "42", False)


@over(ALL)
async def test_plain_values_come_as_json_too(kernel: Kernel) -> None:
    values: tuple[object, ...] = ({"a": [1, 2.5, None, True], "b": ("x", {})}, "Amélie", [])
    for value in values:
        cell = await run(kernel, repr(value))
        assert cell.result is not None and cell.result.json is not None
        assert json.loads(cell.result.json) == json.loads(json.dumps(value))
        assert cell.result.text == repr(value)


@over(ALL)
async def test_other_values_come_as_repr_only(kernel: Kernel) -> None:
    for code in ("{1: 'a'}", "{1, 2}", "float('nan')", "object", "b'x'", "[object()]"):
        cell = await run(kernel, code)
        assert cell.result is not None and cell.result.json is None, code
    assert (await run(kernel, "x = 1")).result is None
    assert (await run(kernel, "None")).result is None


@over(ALL)
async def test_a_long_repr_is_cut_and_says_so(kernel: Kernel) -> None:
    cell = await run(kernel, "'x' * 5_000_000")
    assert cell.result is not None
    assert cell.result.cut and len(cell.result.text) == 200_000
    assert cell.result.json is None


@over(ALL)
async def test_a_repr_that_raises_fails_neither_the_cell_nor_the_kernel(kernel: Kernel) -> None:
    cell = await run(kernel, "class Bad:\n    def __repr__(self):\n        raise ValueError('no')\nBad()")
    assert cell.end.status == "ok"
    assert cell.result is not None and "Bad object" in cell.result.text


@over(REAL)
async def test_numpy_scalars_are_numbers(kernel: Kernel) -> None:
    cell = await run(kernel, "import numpy\n[numpy.int64(3), numpy.float32(0.5), numpy.bool_(True)]")
    assert cell.result is not None and cell.result.json == "[3, 0.5, true]"


@over(ALL)
async def test_an_error_has_the_frames_of_the_session_only(kernel: Kernel) -> None:
    await run(kernel, "def half(n):\n    # a comment\n    return n / 0")
    error = (await run(kernel, "\n\nvalue = 7\n\nhalf(value)\n")).end.error
    assert error is not None
    assert (error.exception, error.message) == ("ZeroDivisionError", "division by zero")
    assert error.frames == (
        Frame("<cell>", 5, "<module>", "half(value)"),
        Frame("<cell>", 3, "half", "return n / 0"),
    )
    assert error.text.startswith('Traceback (most recent call last):\n  File "<cell>", line 5, in <module>\n')
    assert error.text.endswith("ZeroDivisionError: division by zero")
    assert "\x1b" not in error.text and "ipykernel" not in error.text


@over(ALL)
async def test_frames_of_libraries_are_kept_under_their_short_name(kernel: Kernel) -> None:
    error = (await run(kernel, "import json\njson.loads('{')")).end.error
    assert error is not None and error.exception == "JSONDecodeError"
    assert error.frames[0].file == "<cell>"
    assert {frame.file for frame in error.frames[1:]} == {"json/__init__.py", "json/decoder.py"}


@over(ALL)
async def test_a_syntax_error_names_its_line(kernel: Kernel) -> None:
    end = (await run(kernel, "x = 1\n\nfor film in films\n    print(film)")).end
    assert end.status == "error" and end.error is not None
    assert end.error.exception == "SyntaxError"
    assert end.error.frames == (Frame("<cell>", 3, "<module>", "for film in films"),)
    indentation = (await run(kernel, "def f():\nreturn 1")).end.error
    assert indentation is not None and indentation.exception == "IndentationError"
    assert indentation.frames[0].line == 2


@over(ALL)
async def test_causes_are_in_the_text(kernel: Kernel) -> None:
    code = "try:\n    {}['a']\nexcept KeyError as error:\n    raise RuntimeError('outer') from error"
    error = (await run(kernel, code)).end.error
    assert error is not None and error.exception == "RuntimeError"
    assert "KeyError: 'a'" in error.text and "direct cause" in error.text
    assert [frame.line for frame in error.frames] == [4]


@over(ALL)
async def test_endless_recursion_gives_a_short_traceback(kernel: Kernel) -> None:
    error = (await run(kernel, "def f():\n    return f()\nf()")).end.error
    assert error is not None and error.exception == "RecursionError"
    assert len(error.frames) <= 200 and len(error.text) < 5000


@over(ALL)
async def test_errors_with_broken_or_huge_messages(kernel: Kernel) -> None:
    code = "class Odd(Exception):\n    def __str__(self):\n        raise ValueError('no')\nraise Odd()"
    error = (await run(kernel, code)).end.error
    assert error is not None and error.exception == "Odd" and "cannot be shown" in error.message
    huge = (await run(kernel, "raise ValueError('y' * 10_000_000)")).end.error
    assert huge is not None and len(huge.message) < 50_000 and len(huge.text) < 100_000
    assert (await run(kernel, "1")).end.status == "ok"


@over(ALL)
async def test_sys_exit_is_an_error_of_the_cell(kernel: Kernel) -> None:
    await run(kernel, "kept = 1")
    for code in ("import sys; sys.exit(3)", "exit(3)", "raise SystemExit(3)"):
        end = (await run(kernel, code)).end
        assert end.status == "error" and end.error is not None, code
        assert (end.error.exception, end.error.message) == ("SystemExit", "3")
    assert (await run(kernel, "kept")).end.status == "ok"


@over(REAL)
async def test_input_is_refused_instead_of_waiting(kernel: Kernel) -> None:
    end = (await run(kernel, "input('name? ')", wall_s=10)).end
    assert end.status == "error" and end.error is not None
    assert end.error.exception == "StdinNotImplementedError"


@over(REAL)
async def test_await_at_the_top_level(kernel: Kernel) -> None:
    code = "import asyncio\nasync def f():\n    await asyncio.sleep(0.01)\n    return 5\nawait f()"
    cell = await run(kernel, code)
    assert cell.result is not None and cell.result.text == "5"
    error = (await run(kernel, "async def g():\n    raise ValueError('late')\nawait g()")).end.error
    assert error is not None and [frame.line for frame in error.frames] == [3, 2]


@over(ALL)
async def test_without_tools_there_is_nothing_to_call(kernel: Kernel) -> None:
    error = (await run(kernel, "search_films('a')")).end.error
    assert error is not None
    assert (error.exception, error.message) == ("NameError", "name 'search_films' is not defined")


@pytest.mark.parametrize("kind", ALL)
async def test_the_end_of_a_life(kind: Any) -> None:
    kernel = opened(kind)
    assert (await run(kernel, "1")).end.status == "ok"  # started by itself
    await kernel.close()
    await kernel.close()
    with pytest.raises(KernelClosed):
        await run(kernel, "1")


@pytest.mark.parametrize("kind", ALL)
async def test_stubs_that_do_not_compile_are_our_failure(kind: Any) -> None:
    with pytest.raises(KernelStartFailed, match="stubs"):
        async with made(kind, KernelOptions(stubs="def f(:")):
            pass


@over(REAL)
async def test_two_kernels_at_once_share_nothing(kind: Any, kernel: Kernel) -> None:
    async with opened(kind) as other:
        await run(kernel, "x = 'one'")
        await run(other, "x = 'two'")
        first, second = await run(kernel, "x"), await run(other, "x")
        assert first.result is not None and second.result is not None
        assert (first.result.text, second.result.text) == ("'one'", "'two'")


@over(REAL)
async def test_a_second_cell_at_the_same_time_is_a_mistake_of_the_caller(kernel: Kernel) -> None:
    running = kernel.run("import time; print('x', flush=True); time.sleep(30)")
    await anext(running)
    with pytest.raises(RuntimeError, match="already"):
        await run(kernel, "1")
    await running.aclose()  # type: ignore[attr-defined]
    assert (await run(kernel, "1")).end.status == "ok"


@pytest.mark.parametrize("kind", [DOCKER])
async def test_the_description_says_what_isolates(kind: Any) -> None:
    kernel = opened(kind)
    assert "no network" in kernel.description and "512 MiB" in kernel.description
    await kernel.close()
    assert "NO ISOLATION" in opened("local").description
    assert "FAKE" in opened("fake").description


@over(ALL)
async def test_seconds_are_the_wall_clock_of_the_whole_cell(kernel: Kernel) -> None:
    end: CellEnd = (await run(kernel, "import time; time.sleep(0.3)")).end
    assert 0.3 <= end.seconds < 30
