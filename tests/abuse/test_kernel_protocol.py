"""Attempts to lie to the client in the kernel's own protocol: the code inside can read the key that signs messages."""

from __future__ import annotations

import pytest

from sandbox.events import CellDisplay, CellEnd
from tests.abuse.arena import Arena, Attempt, died
from tests.contract.kernel_harness import Cell, run

pytestmark = [pytest.mark.docker, pytest.mark.asyncio(loop_scope="session")]

# Everything below sends as the kernel itself would: same socket, same key, same session.
FORGE = """
from ipykernel.kernelapp import IPKernelApp
app = IPKernelApp.instance()
parent = app.kernel.get_parent()
def forge(kind, content, parent=parent, **more):
    app.session.send(app.iopub_thread, kind, content, parent=parent, **more)
"""


async def _serves(arena: Arena, cell: Cell) -> None:
    await arena.still_serves()


async def _serves_after_a_death(arena: Arena, cell: Cell) -> None:
    """It may take the next cell with it, whose end says so."""
    following = await run(arena.kernel, "import time; time.sleep(1)", wall_s=30)
    assert following.end.status == "ok" or following.end.died is not None
    await arena.still_serves()


async def _its_end_is_its_own_claim(arena: Arena, cell: Cell) -> None:
    """Code that says that its cell is over has none any more: its calls are refused, the next cell is not confused."""
    n_calls = len(arena.tools.calls)
    following = await run(arena.kernel, "import time; time.sleep(1.5); 'mine'", wall_s=30)
    assert following.end.status == "ok" and following.result is not None and following.result.text == "'mine'"
    assert not any(call.args.get("value") == "after the end" for call in arena.tools.calls[n_calls:])


async def _only_its_own_result(arena: Arena, cell: Cell) -> None:
    assert cell.result is not None and cell.result.text == "'true'"
    following = await run(arena.kernel, "1 + 1", wall_s=30)
    assert following.result is not None and following.result.text == "2" and following.end.status == "ok"


async def _nothing_odd(arena: Arena, cell: Cell) -> None:
    assert cell.stdout.endswith("still here\n")
    for event in cell.events:
        if isinstance(event, CellDisplay):
            assert all(isinstance(value, str) for value in event.data.values())
    await arena.still_serves()


async def _cut_or_named(arena: Arena, cell: Cell) -> None:
    assert cell.end.output_cut or cell.end.died is not None or cell.end.status == "timeout", cell.end
    await arena.still_serves()


async def _no_exception_names_control(arena: Arena, cell: Cell) -> None:
    end = cell.end
    assert isinstance(end, CellEnd) and end.status == "error" and end.error is not None
    assert len(end.error.text) <= 200_000 and len(end.error.frames) <= 200
    assert all(isinstance(frame.line, int) for frame in end.error.frames)
    await arena.still_serves()


ATTEMPTS = (
    Attempt(
        "protocol-fake-idle",
        "say that the cell is over, go on running and calling tools while the next cell runs",
        "the cell ends as claimed; nothing that it does later is answered or told as the next cell's",
        FORGE
        + """
import threading, time
def later():
    for _ in range(20):
        time.sleep(0.1)
        try: echo('after the end')
        except Exception: pass
threading.Thread(target=later, daemon=True).start()
forge('status', {'execution_state': 'idle'})
time.sleep(1)
""",
        _its_end_is_its_own_claim,
    ),
    Attempt(
        "protocol-fake-parents",
        "results and errors in the name of other cells, before and after this one",
        "none of them is taken",
        FORGE
        + """
import uuid
for other in ({}, {'header': {'msg_id': 'x'}}, {'header': {**parent['header'], 'msg_id': str(uuid.uuid4())}}):
    forge('execute_result', {'data': {'text/plain': 'forged'}, 'metadata': {}, 'execution_count': 1}, other)
    forge('error', {'ename': 'Forged', 'evalue': '', 'traceback': []}, other)
    forge('status', {'execution_state': 'idle'}, other)
'true'
""",
        _only_its_own_result,
    ),
    Attempt(
        "protocol-odd-content",
        "messages of every kind with contents of the wrong types, NaN, huge numbers, half characters, deep nesting",
        "no exception on the host, no event that is not well-formed",
        FORGE
        + r"""
deep = x = []
for _ in range(900): x.append([]); x = x[0]
odd = [None, 5, 'x', [], {}, float('nan'), 10 ** 4000, '\ud800', {'text/plain': 5}, {'\ud800': '\udfff'}, {'a': [1]},
       deep]
for kind in ('stream', 'display_data', 'update_display_data', 'execute_result', 'error', 'status', 'clear_output',
             'comm_open', 'input_request', 'execute_input', 'made_up', '\x1b]0;x\x07', ''):
    for value in odd:
        for content in ({'data': value, 'metadata': value, 'name': value, 'text': value, 'toolcoder': value,
                         'execution_state': value, 'ename': value, 'evalue': value, 'traceback': value}, {}):
            if kind == 'error': continue
            try: forge(kind, content)
            except Exception: pass
print('still here')
""",
        _nothing_odd,
        limits={"wall_s": 40.0},
    ),
    Attempt(
        "protocol-odd-errors",
        "an error with made-up frames: a million of them, of the wrong types, with lines of megabytes",
        "an error of bounded size",
        FORGE
        + """
frames = [{'file': 'x' * 100, 'line': 'no', 'function': None, 'source': 5}] * 50_000
forge('error', {'ename': 'E', 'evalue': 'v', 'traceback': ['t'],
                'toolcoder': {'exception': 'E' * 10**6, 'message': ['no'], 'frames': frames, 'text': 'x' * 10**6}})
""",
        _no_exception_names_control,
        ends=("error",),
    ),
    Attempt(
        "protocol-garbage-frames",
        "frames that are no messages: without delimiter, with bad signatures, empty, thousands of parts",
        "dropped unread",
        FORGE
        + """
for frames in ([b'garbage'], [b''], [b'<IDS|MSG>'], [b'a', b'<IDS|MSG>', b'bad', b'{}', b'{}', b'{}', b'{}'],
               [b'<IDS|MSG>'] * 50, [b'x'] * 5000, [b'<IDS|MSG>', b''] + [b'\\xff\\xfe'] * 4):
    app.iopub_thread.send_multipart(frames)
print('still here')
""",
        _nothing_odd,
    ),
    Attempt(
        "protocol-huge-frame",
        "one message of a hundred megabytes",
        "dropped unread; the cell says so, or ends by its time",
        FORGE
        + """
import os
app.iopub_thread.send_multipart([b'x', b'<IDS|MSG>', b'', b'{}', b'{}', b'{}', b'[' * 100_000_000])
""",
        _cut_or_named,
        ends=("ok", "died", "timeout"),
        limits={"wall_s": 5.0, "interrupt_grace_s": 0.5},
    ),
    Attempt(
        "protocol-own-client",
        "connect to the kernel's own channels with its key: run code and shut it down from there",
        "it ends after its cell; a fresh kernel serves",
        """
import json, jupyter_client, time
client = jupyter_client.BlockingKernelClient(connection_file='/run/toolcoder/kernel.json')
client.load_connection_file()
client.start_channels()
client.shutdown()
time.sleep(1)
""",
        _serves_after_a_death,
        ends=("ok", "died"),
    ),
    Attempt(
        "protocol-closed-channels",
        "close the kernel's own sockets, so that it can never say anything again",
        "the cell ends by its time, the kernel is replaced",
        FORGE + "app.iopub_socket.close(0)\nimport time\ntime.sleep(30)",
        died("timeout", "exit_code", "signal", "unknown"),
        ends=("timeout", "died"),
        limits={"wall_s": 1.0, "interrupt_grace_s": 0.3},
    ),
    Attempt(
        "protocol-input",
        "ask the person for a password by input() and getpass",
        "nobody is asked: an error of the code",
        "import getpass\nfor ask in (input, getpass.getpass):\n    try: print(ask('Password: '))\n"
        "    except Exception as error: print(type(error).__name__)",
        _serves,
    ),
)


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=str)
async def test_attempt(arena: Arena, attempt: Attempt) -> None:
    await arena.attempt(attempt)
    await arena.still_serves()
