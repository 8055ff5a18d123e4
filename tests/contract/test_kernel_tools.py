"""Tool calls from inside a kernel: bound by Python itself, answered by the host, only while their cell runs."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from sandbox.kernel import Kernel
from tests.contract.kernel_harness import ALL, REAL, HostFailed, Tools, case, run
from tests.contract.lent_kernels import over

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
def kernel(equipped: Kernel) -> Kernel:
    """All tests below have the tools of `Tools`."""
    return equipped


@over(ALL)
async def test_a_call_reaches_the_host_and_its_value_comes_back(kernel: Kernel, tools: Tools) -> None:
    cell = await run(kernel, "film = search_films('some')[0]\n[film['title'], film.year, film]")
    assert cell.result is not None and cell.result.json is not None
    assert json.loads(cell.result.json) == ["Somewhere", 2010, {"id": 1, "title": "Somewhere", "year": 2010}]
    (call,) = tools.calls
    assert (call.name, call.args) == ("search_films", {"title": "some"})


@over(ALL)
async def test_stubs_keep_signature_and_documentation(kernel: Kernel) -> None:
    code = "import inspect\n(search_films.__name__, search_films.__doc__, str(inspect.signature(search_films)))"
    cell = await run(kernel, code)
    assert cell.result is not None and cell.result.json is not None
    assert json.loads(cell.result.json) == [
        "search_films",
        "Films whose title contains the text.",
        "(title: str, limit: int = 10) -> list[dict]",
    ]


WRONG_CALLS = {
    "search_films(name='x')": "search_films() got an unexpected keyword argument 'name'",
    "search_films()": "search_films() missing 1 required positional argument: 'title'",
    "search_films('a', 2, 3)": "search_films() takes from 1 to 2 positional arguments but 3 were given",
    "search_films('a', title='b')": "search_films() got multiple values for argument 'title'",
}


@over(ALL)
async def test_a_call_that_does_not_bind_is_pythons_error_and_is_reported(kernel: Kernel, tools: Tools) -> None:
    for call, message in WRONG_CALLS.items():
        with case(call):
            error = (await run(kernel, f"\nfilms = {call}")).end.error
            assert error is not None
            assert (error.exception, error.message) == ("TypeError", message)
            assert [(frame.line, frame.source) for frame in error.frames] == [(2, f"films = {call}")]
            assert "toolcoder_runtime" not in error.text
            failure = tools.bind_failures.pop()
            assert (failure.name, failure.message) == ("search_films", message)
            assert tools.calls == tools.bind_failures == []


@over(ALL)
async def test_a_failed_bind_is_reported_with_its_arguments(kernel: Kernel, tools: Tools) -> None:
    await run(kernel, "search_films({'a': 1}, object, wrong=b'x')")
    (failure,) = tools.bind_failures
    assert failure.args == [{"a": 1}, "<class 'object'>"]
    assert failure.kwargs == {"wrong": "b'x'"}


@over(ALL)
async def test_a_tools_error_is_raised_at_the_line_of_the_call(kernel: Kernel) -> None:
    code = "def find(title):\n    return search_films(title)\n\nfind('nothing')"
    error = (await run(kernel, code)).end.error
    assert error is not None
    assert (error.exception, error.message) == ("ToolError", "LookupError: no film called 'nothing'")
    assert [(frame.line, frame.function) for frame in error.frames] == [(4, "<module>"), (2, "find")]
    caught = "try:\n    search_films('nothing')\nexcept ToolError as error:\n    found = (error.kind, error.message)"
    cell = await run(kernel, caught + "\nfound")
    assert cell.result is not None and cell.result.json == '["LookupError", "no film called \'nothing\'"]'


@over(ALL)
async def test_a_missing_field_says_which_there_are(kernel: Kernel) -> None:
    error = (await run(kernel, "search_films('some')[0]['name']")).end.error
    assert error is not None and error.exception == "KeyError"
    assert error.message == "no field 'name'; the fields are: id, title, year"
    error = (await run(kernel, "search_films('some')[0].name")).end.error
    assert error is not None and error.exception == "AttributeError" and "id, title, year" in error.message


@over(ALL)
async def test_arguments_that_are_no_json_never_leave_the_kernel(kernel: Kernel, tools: Tools) -> None:
    for value, exception in (("b'x'", "TypeError"), ("{1, 2}", "TypeError"), ("float('inf')", "ValueError")):
        error = (await run(kernel, f"echo({value})")).end.error
        assert error is not None and error.exception == exception, value
    cycle = (await run(kernel, "loop = []\nloop.append(loop)\necho(loop)")).end.error
    assert cycle is not None and cycle.exception == "ValueError"
    assert tools.calls == [] and len(tools.bind_failures) == 4


@over(REAL)
async def test_numpy_arguments_arrive_as_plain_values(kernel: Kernel, tools: Tools) -> None:
    code = "import numpy\necho([numpy.int64(3), numpy.float64(0.5), numpy.array([1, 2]), numpy.bool_(True)])"
    cell = await run(kernel, code)
    assert cell.end.status == "ok"
    assert tools.calls[0].args == {"value": [3, 0.5, [1, 2], True]}


@over(ALL)
async def test_text_of_every_kind_survives_both_ways(kernel: Kernel, tools: Tools) -> None:
    value = {"é": ['日本\u2028\x00"\\', "🎬", -0.5, None, True, 12345678901234567890]}
    cell = await run(kernel, f"echo({value!r}) == {value!r}")
    assert cell.result is not None and cell.result.text == "True"
    assert tools.calls[0].args == {"value": value}


@over(ALL)
async def test_concurrent_calls_from_threads(kernel: Kernel, tools: Tools) -> None:
    code = """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(8) as pool:
    answers = list(pool.map(lambda i: slow(1.0), range(8)))
answers
"""
    cell = await run(kernel, code)
    assert cell.result is not None and cell.result.text == repr(["done"] * 8)
    assert tools.most_at_once >= 4
    assert len({call.call_id for call in tools.calls}) == 8


@over(REAL)
async def test_calls_from_a_forked_process(kernel: Kernel) -> None:
    code = """
import multiprocessing
search_films('some')  # opens this thread's connection, which the child must not share
with multiprocessing.get_context('fork').Pool(2) as pool:
    titles = pool.map(lambda_free, ['some', 'marie'])
[f[0].title for f in titles] + [search_films('some')[0].title]
"""
    await run(kernel, "def lambda_free(title):\n    return search_films(title)")
    cell = await run(kernel, code, wall_s=20)
    assert cell.end.error is None
    assert cell.result is not None and cell.result.text == "['Somewhere', 'Marie Antoinette', 'Somewhere']"


@over(ALL)
async def test_a_thread_left_behind_is_refused(kernel: Kernel, tools: Tools) -> None:
    left_behind = """
import threading, time
go, answers = threading.Event(), []
def later():
    go.wait()
    try:
        answers.append(search_films('some'))
    except ToolError as error:
        answers.append(error.kind)
thread = threading.Thread(target=later)
thread.start()
"""
    assert (await run(kernel, left_behind)).end.status == "ok"
    cell = await run(kernel, "go.set()\nthread.join()\nanswers")
    assert cell.result is not None and cell.result.text == "['CellEnded']"
    assert tools.calls == []
    own = await run(kernel, "t = threading.Thread(target=later); t.start(); t.join(); answers[-1][0].title")
    assert own.result is not None and own.result.text == "'Somewhere'"


@over(ALL)
async def test_a_pool_made_by_an_earlier_cell_may_be_used_by_a_later_one(kernel: Kernel) -> None:
    setup = "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(1)\npool.submit(int).result()"
    await run(kernel, setup)
    cell = await run(kernel, "pool.submit(search_films, 'some').result()[0].title")
    assert cell.result is not None and cell.result.text == "'Somewhere'"


@over(ALL)
async def test_the_number_of_calls_is_limited_per_cell(kernel: Kernel, tools: Tools) -> None:
    error = (await run(kernel, "for i in range(10):\n    echo(i)", n_tool_calls=3)).end.error
    assert error is not None and error.message.startswith("ToolBudgetExceeded: ")
    assert len(tools.calls) == 3
    assert (await run(kernel, "echo(1)", n_tool_calls=3)).end.status == "ok"


@over(ALL)
async def test_a_tool_that_returns_50_mb(kernel: Kernel) -> None:
    cell = await run(kernel, "len(big(50_000_000))")
    assert cell.result is not None and cell.result.text == "50000000"
    error = (await run(kernel, "big(70_000_000)")).end.error
    assert error is not None and error.message.startswith("ResultTooLarge: ")
    assert (await run(kernel, "echo(1)")).end.status == "ok"


@over(ALL)
async def test_a_failure_of_the_host_is_an_exception_and_not_the_codes_fault(kernel: Kernel) -> None:
    with pytest.raises(HostFailed):
        await run(kernel, "import time\ntry:\n    broken()\nexcept Exception:\n    time.sleep(0.05)")
    assert (await run(kernel, "echo(1)")).end.status == "ok"


@over(REAL)
async def test_a_call_that_is_under_way_when_the_cell_is_stopped_is_cancelled(kernel: Kernel, tools: Tools) -> None:
    end = (await run(kernel, "slow(60)", wall_s=1.0)).end
    assert end.status == "timeout" and end.died is None
    assert end.error is not None and end.error.exception == "KeyboardInterrupt"
    deadline = time.monotonic() + 60
    while not tools.cancelled:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
    assert len(tools.cancelled) == 1
    assert (await run(kernel, "search_films('some')[0].title")).end.status == "ok"


@over(ALL)
async def test_the_clock_stands_still_while_a_person_is_waited_for(kernel: Kernel) -> None:
    cell = await run(kernel, "person(1.8)", wall_s=1.5)
    assert cell.end.status == "ok" and cell.end.seconds >= 1.8
    assert cell.result is not None and cell.result.text == "'yes'"
