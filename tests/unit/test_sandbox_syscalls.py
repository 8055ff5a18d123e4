"""The filter of system calls: its program for both processors, and a real process that put it on itself."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.runtime.toolcoder_runtime import syscalls

ALLOW, EPERM, ENOSYS, EAFNOSUPPORT = 0x7FFF0000, 0x00050001, 0x00050026, 0x00050061


def answer(program: bytes, architecture: int, number: int, *arguments: int) -> int:
    """What the filter says: Linux's classic BPF, as far as it is used here."""
    data = struct.pack("IIQ6Q", number, architecture, 0, *(*arguments, *[0] * (6 - len(arguments))))
    at, accumulator = 0, 0
    while True:
        what, yes, no, value = struct.unpack_from("HBBI", program, at * 8)
        at += 1
        match what:
            case 0x20:
                (accumulator,) = struct.unpack_from("I", data, value)
            case 0x15:
                at += yes if accumulator == value else no
            case 0x35:
                at += yes if accumulator >= value else no
            case 0x45:
                at += yes if accumulator & value else no
            case 0x06:
                return value
            case _:
                raise AssertionError(hex(what))


@pytest.mark.parametrize(("machine", "read"), [("x86_64", 0), ("aarch64", 63)])
def test_each_call_gets_its_answer(machine: str, read: int) -> None:
    architecture, column = syscalls.ARCHITECTURES[machine]
    program = syscalls.program(architecture, column)
    assert len(program) % 8 == 0 and len(program) // 8 < 256

    def ask(number: int, *arguments: int) -> int:
        return answer(program, architecture, number, *arguments)

    assert ask(read) == ALLOW
    for name, numbers in syscalls._REFUSED.items():
        assert numbers[column] < 0 or ask(numbers[column]) == EPERM, name
    for name, numbers in syscalls._ABSENT.items():
        assert numbers[column] < 0 or ask(numbers[column]) == ENOSYS, name
    socket, clone, ioctl = (pair[column] for pair in (syscalls._SOCKET, syscalls._CLONE, syscalls._IOCTL))
    assert [ask(socket, family) for family in (1, 2, 10, 16)] == [ALLOW] * 4
    assert [ask(socket, family) for family in (40, 17, 38, 31, 29, 30)] == [EAFNOSUPPORT] * 6
    assert [ask(socket, 16, 3, protocol) for protocol in (12, 9, 15)] == [EAFNOSUPPORT] * 3
    assert ask(clone, 0x003D0F00) == ALLOW and ask(clone, 17) == ALLOW  # threads and forks
    assert [ask(clone, 1 << bit) for bit in (17, 25, 26, 27, 28, 29, 30)] == [EPERM] * 7
    assert ask(ioctl, 0, 0x5412) == EPERM and ask(ioctl, 0, 0x5413) == ALLOW
    assert answer(program, 0x40000003, read) == ENOSYS  # the 32-bit calls have other numbers
    if machine == "x86_64":
        assert ask(0x40000000 | 101) == ENOSYS


PROBE = """
import json, multiprocessing, socket, subprocess, sys, threading
from sandbox.runtime.toolcoder_runtime.syscalls import install
done = []
early = threading.Thread(target=lambda: (go.wait(), done.append(opens(socket.AF_VSOCK))))
go = threading.Event()
def opens(family):
    try:
        socket.socket(family).close()
        return True
    except OSError:
        return False
early.start()
installed = install()
go.set()
early.join()
child = subprocess.run([sys.executable, '-c', 'import socket; socket.socket(socket.AF_VSOCK)'], capture_output=True)
with multiprocessing.get_context('fork').Pool(1) as pool:
    pooled = pool.apply(opens, (socket.AF_VSOCK,))
works = [opens(socket.AF_INET), opens(socket.AF_UNIX), bool(socket.if_nameindex()), subprocess.run(['true']).returncode]
print(json.dumps([installed, done[0], child.returncode, pooled, works]))
"""


@pytest.mark.skipif(
    sys.platform != "linux" or os.uname().machine not in syscalls.ARCHITECTURES, reason="no filter on this system"
)
def test_it_holds_for_threads_children_and_programs_and_the_rest_works() -> None:
    told = subprocess.run(
        [sys.executable, "-c", PROBE], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True
    )
    assert json.loads(told.stdout) == [True, False, 1, False, [True, True, True, 0]]
