"""Attempts on the broker: calls made by hand, floods, and calls that nobody may make."""

from __future__ import annotations

import asyncio
import os

import pytest

from tests.abuse.arena import Arena, Attempt, open_descriptors, says
from tests.contract.kernel_harness import Cell

pytestmark = [pytest.mark.docker, pytest.mark.asyncio(loop_scope="session")]

# Speaks to the broker's socket without any stub.
RAW = """
import json, os, socket, struct
from toolcoder_runtime.cells import current_cell
def connect():
    s = socket.socket(socket.AF_UNIX)
    s.connect(os.environ['TOOLCODER_BROKER'])
    s.settimeout(10)
    return s
def frame(data):
    return struct.pack('>I', len(data)) + data
def answer(s):
    head = s.recv(4)
    return json.loads(s.recv(struct.unpack('>I', head)[0])) if head else {}
def ask(data, cell=None):
    with connect() as s:
        s.sendall(frame(data if isinstance(data, bytes) else json.dumps(data).encode()))
        reply = answer(s)
        return reply.get('kind') or reply.get('value', 'closed')
def call(name, cell=None, **args):
    return ask({'op': 'call', 'cell': current_cell() if cell is None else cell, 'name': name, 'args': args})
"""


async def _called_exactly(arena: Arena, cell: Cell) -> None:
    """What was asked for is on record as it came, the last of two equal keys as everywhere else."""
    assert [(call.name, call.args) for call in arena.tools.calls[-1:]] == [("echo", {"value": "second"})]
    await arena.still_serves()


async def _no_call_of_these(arena: Arena, cell: Cell) -> None:
    assert not [call for call in arena.tools.calls if call.args.get("value") == "replayed"]
    assert "answered" not in cell.stdout
    await arena.still_serves()


async def _descriptors_come_back(arena: Arena, cell: Cell) -> None:
    """As many as before, a moment after the connections ended."""
    await arena.still_serves()
    await arena.settled(lambda: open_descriptors() < arena.n_descriptors + 50)


ATTEMPTS = (
    Attempt(
        "broker-sizes",
        "requests that say they are 4 GB, that are larger than allowed, empty, or of half a frame",
        "refused before anything is kept",
        RAW
        + """
for head in (b'\\xff' * 4, struct.pack('>I', (64 << 20) + 1)):
    with connect() as s:
        s.sendall(head)
        print(answer(s).get('kind'))
print(ask(b''))
with connect() as s:
    s.sendall(struct.pack('>I', 100) + b'half')
    s.shutdown(socket.SHUT_WR)
    print(s.recv(10))
""",
        says("BadRequest", "BadRequest", "BadRequest", "b''"),
    ),
    Attempt(
        "broker-json",
        "JSON that is deep, no object, not finite, with half characters, with a number of 10,000 digits",
        "refused as a bad request, or passed on as plain data; never an exception of the host",
        RAW
        + """
begin = b'{"op":"call","cell":"' + current_cell().encode() + b'","name":"echo","args":{"value":'
for body in (b'[' * 5000 + b']' * 5000, b'NaN', b'Infinity', b'1e999999', b'9' * 10_000,
             b'{"a":' * 100 + b'1' + b'}' * 100):
    print(ask(begin + body + b'}}'))
for whole in (b'[]', b'5', b'null', b'"x"', b'{"op":5}', b'\\xff\\xfe', b'{"op":"call"}'):
    print(ask(whole))
""",
        says(*["BadRequest"] * 6, *["BadRequest"] * 4, "CellEnded", "BadRequest", "CellEnded"),
    ),
    Attempt(
        "broker-equal-keys",
        "two names and two arguments of one key, so that the check and the call see different ones",
        "one reading only: what is recorded is what was called",
        RAW
        + """
begin = b'{"op":"call","cell":"' + current_cell().encode() + b'",'
print(ask(begin + b'"name":"broken","name":"echo","args":{"value":"first"},"args":{"value":"first","value":"second"}}'))
""",
        _called_exactly,
    ),
    Attempt(
        "broker-replayed-cells",
        "calls with the id of another cell, of none, of a guess",
        "refused, and no tool hears of them",
        RAW
        + """
import uuid
for cell in ('', 'x', str(uuid.uuid4()), None, 5, ['x'], current_cell() + ' ', current_cell().upper() + 'A'):
    request = {'op': 'call', 'cell': cell, 'name': 'echo', 'args': {'value': 'replayed'}}
    print('refused' if ask(request) == 'CellEnded' else 'answered')
""",
        _no_call_of_these,
    ),
    Attempt(
        "broker-slow-senders",
        "two hundred connections that send a byte and then wait, and large requests that never end",
        "the others are answered meanwhile",
        RAW
        + """
slow = [connect() for _ in range(200)]
for i, s in enumerate(slow):
    s.sendall(struct.pack('>I', 2 << 20) + b'[' if i % 2 else b'\\0')
print(echo('through'), search_films('some')[0].title)
for s in slow: s.close()
""",
        says("through Somewhere"),
    ),
    Attempt(
        "broker-connections",
        "a thousand connections at once, held open",
        "a limit is met, the host keeps its descriptors, the next cell's calls are answered",
        RAW
        + """
held = []
try:
    for _ in range(1000): held.append(connect())
except OSError:
    pass
for s in held: s.close()
print(len(held) > 0)
""",
        _descriptors_come_back,
        limits={"wall_s": 30.0},
    ),
    Attempt(
        "broker-unread-replies",
        "ask for megabytes again and again and never read the replies",
        "the connection waits, the host does not grow (checked for all attempts), others are answered",
        RAW
        + """
deaf = [connect() for _ in range(8)]
request = {'op': 'call', 'cell': current_cell(), 'name': 'big', 'args': {'n_bytes': 4 << 20}}
for s in deaf:
    for _ in range(4): s.sendall(frame(json.dumps(request).encode()))
print(echo('through'))
for s in deaf: s.close()
""",
        says("through"),
    ),
    Attempt(
        "broker-hold",
        "pretend to be the guard: hold connections, and write to them for ever",
        "what is written is passed over, and no order is obeyed",
        RAW
        + """
for _ in range(5):
    s = connect()
    s.sendall(frame(b'{"op":"hold"}'))
    for _ in range(50): s.sendall(b'end\\n' * 10_000)
    s.close()
print(echo('through'))
""",
        says("through"),
    ),
    Attempt(
        "broker-stub",
        "replace a stub by code that shows one call and makes another",
        "the record has the call that was made, not the one that was shown",
        """
shown = []
original = echo
def echo(value): shown.append(value); return original('second')
print(echo('harmless'))
echo = original
""",
        _called_exactly,
    ),
    Attempt(
        "broker-classes",
        "reach Python's classes through arguments and results",
        "arguments are JSON and nothing else: plain data comes back",
        """
class Odd(dict):
    __class__ = int
    def __reduce__(self): return (print, ('unpickled',))
for value in ({'__class__': 'x', '__reduce__': ['os.system', 'id'], 'py/object': 'os.system'}, Odd(a=1)):
    print(type(echo(value)).__name__, echo(value))
""",
        says(
            "Record {'__class__': 'x', '__reduce__': ['os.system', 'id'], 'py/object': 'os.system'}", "Record {'a': 1}"
        ),
    ),
)


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=str)
async def test_attempt(arena: Arena, attempt: Attempt) -> None:
    await arena.attempt(attempt)


LEFT_BEHIND = Attempt(
    "broker-left-behind",
    "threads, forked processes and pools of a cell that go on calling after its end",
    "refused while the next cell runs",
    RAW
    + """
import threading, time, concurrent.futures
go = threading.Event()
def late():
    for _ in range(10):
        time.sleep(0.1)
        try:
            call('echo', value='left')
        except OSError: pass
cell = current_cell()
threading.Thread(target=late, daemon=True).start()
if os.fork() == 0:
    late()
    os._exit(0)
""",
    _no_call_of_these,
)


async def test_what_a_cell_leaves_behind(arena: Arena) -> None:
    await arena.attempt(LEFT_BEHIND)
    n_calls = len(arena.tools.calls)
    await asyncio.sleep(1.5 if os.getloadavg()[0] < 4 else 3)
    await arena.still_serves()
    left = [call for call in arena.tools.calls[n_calls:] if call.args.get("value") == "left"]
    assert left == []
