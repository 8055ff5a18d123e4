"""One scenario with one sandbox, in a process of its own: `python peer_worker.py WHO SCENARIO` prints a JSON object.

Run by `tests.perf.peers`, with the interpreter that has that sandbox's packages: nothing but the standard library is
imported at the top. Each peer is used as its own documentation shows, with its own classes and nothing patched.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import time
from collections.abc import Callable
from typing import Any, Protocol

IMAGE = "toolcoder-peer"
N_STARTS, N_CELLS, N_LINES = 3, 100, 300_000
LOOP_S = 5


class Sandbox(Protocol):
    def start(self) -> None: ...

    def run(self, code: str) -> str:
        """What the cell printed; raises whatever the sandbox raises."""
        ...

    def close(self) -> None: ...


class Smolagents:
    def start(self) -> None:
        from smolagents.monitoring import AgentLogger, LogLevel
        from smolagents.remote_executors import DockerExecutor

        self._executor = DockerExecutor(
            [], AgentLogger(level=LogLevel.OFF), port=_free_port(), image_name=IMAGE, build_new_image=False
        )

    def run(self, code: str) -> str:
        return str(self._executor.run_code_raise_errors(code).logs)

    def close(self) -> None:
        self._executor.cleanup()


class AutoGen:
    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()

    def start(self) -> None:
        self._loop.run_until_complete(self._start())

    async def _start(self) -> None:
        from autogen_ext.code_executors.docker_jupyter import DockerJupyterCodeExecutor, DockerJupyterServer

        self._server = DockerJupyterServer(custom_image_name=IMAGE)
        await self._server.__aenter__()
        self._executor = DockerJupyterCodeExecutor(jupyter_server=self._server, timeout=LOOP_S if _LOOPING else 60)
        for again in range(20):  # a server that is not up yet refuses the connection
            try:
                await self._executor.start()
                return
            except Exception:
                if again == 19:
                    raise
                await asyncio.sleep(0.25)

    def run(self, code: str) -> str:
        from autogen_core import CancellationToken
        from autogen_core.code_executor import CodeBlock

        block = CodeBlock(code=code, language="python")
        done = self._loop.run_until_complete(self._executor.execute_code_blocks([block], CancellationToken()))
        if done.exit_code != 0:
            raise RuntimeError(done.output[-300:])
        return str(done.output)

    def close(self) -> None:
        self._loop.run_until_complete(self._executor.stop())
        self._loop.run_until_complete(self._server.__aexit__(None, None, None))


class Ours:
    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()

    def start(self) -> None:
        from sandbox import KernelOptions, open_kernel

        async def begin() -> None:  # where an event loop runs
            self._kernel = open_kernel(KernelOptions(image=os.environ["TOOLCODER_PEER_IMAGE"]))
            await self._kernel.start()

        self._loop.run_until_complete(begin())

    def run(self, code: str) -> str:
        return self._loop.run_until_complete(self._run(code))

    async def _run(self, code: str) -> str:
        from sandbox.events import CellEnd, CellLimits, CellOutput

        pieces: list[str] = []
        problem = ""
        limits = CellLimits(wall_s=LOOP_S if _LOOPING else 120, output_bytes=1 << 30)
        async for event in self._kernel.run(code, limits):
            match event:
                case CellOutput(_, text):
                    pieces.append(text)
                case CellEnd() as end if end.status != "ok":
                    problem = end.died.message if end.died else end.status
        if problem:
            raise RuntimeError(problem)
        return "".join(pieces)

    def kill_to_fresh(self) -> float:
        from sandbox.bench.measure import kill_stuck

        return self._loop.run_until_complete(kill_stuck(self._kernel))

    def close(self) -> None:
        self._loop.run_until_complete(self._kernel.close())


WHO: dict[str, Callable[[], Sandbox]] = {"ours": Ours, "smolagents": Smolagents, "autogen": AutoGen}
_LOOPING = len(sys.argv) > 2 and sys.argv[2] == "loop"


def starts(make: Callable[[], Sandbox]) -> dict[str, Any]:
    """From nothing to a finished cell; then many cells in the last one."""
    taken: list[float] = []
    cells: list[float] = []
    for number in range(N_STARTS):
        sandbox = make()
        begun = time.perf_counter()
        sandbox.start()
        sandbox.run("1 + 1")
        taken.append(time.perf_counter() - begun)
        if number == N_STARTS - 1:
            for _ in range(N_CELLS):
                begun = time.perf_counter()
                sandbox.run("1 + 1")
                cells.append(time.perf_counter() - begun)
        sandbox.close()
    cells.sort()
    middle = sorted(taken)[len(taken) // 2]
    return {
        "start_s": middle,
        "cell_p50_ms": cells[len(cells) // 2] * 1e3,
        "cell_p95_ms": cells[-len(cells) // 20] * 1e3,
    }


def lines(make: Callable[[], Sandbox]) -> dict[str, Any]:
    """How many of many printed lines arrive."""
    found, seconds = _timed(make, f"for i in range({N_LINES}):\n    print('line', i)")
    return {"lines_lost": 1 - found.count("line ") / N_LINES, "lines_s": seconds}


def ten_mb(make: Callable[[], Sandbox]) -> dict[str, Any]:
    """How much of ten megabytes arrives."""
    found, seconds = _timed(make, "for _ in range(100):\n    print('x' * 99_999)")
    return {"lost_of_10mb": 1 - found.count("x") / 9_999_900, "print_10mb_s": seconds}


def dies(make: Callable[[], Sandbox]) -> dict[str, Any]:
    """What is told of a kernel that dies; whether the next cell runs, and when."""
    sandbox = make()
    sandbox.start()
    sandbox.run("1 + 1")
    begun = time.perf_counter()
    told = _told(sandbox, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    noticed = time.perf_counter() - begun
    _give({"died_told": told, "died_s": noticed})  # the rest may hang
    begun = time.perf_counter()
    after = _told(sandbox, "print('again')")
    return {"died_told": told, "died_s": noticed, "next_cell": after, "next_cell_s": time.perf_counter() - begun}


def loop(make: Callable[[], Sandbox]) -> dict[str, Any]:
    """What becomes of an endless loop with a time-out of five seconds where there is one, and of the next cell."""
    sandbox = make()
    sandbox.start()
    sandbox.run("1 + 1")
    begun = time.perf_counter()
    told = _told(sandbox, "while True:\n    pass")
    seconds = time.perf_counter() - begun
    _give({"loop_told": told, "loop_s": seconds})
    begun = time.perf_counter()
    after = _told(sandbox, "print('again')")
    return {"loop_told": told, "loop_s": seconds, "after_loop": after, "after_loop_s": time.perf_counter() - begun}


def fresh(make: Callable[[], Sandbox]) -> dict[str, Any]:
    """From killing a stuck kernel to a fresh one that has run a cell: by itself where it can, else by a new sandbox."""
    sandbox = make()
    sandbox.start()
    sandbox.run("1 + 1")
    begun = time.perf_counter()
    if isinstance(sandbox, Ours):
        return {"kill_to_fresh_s": sandbox.kill_to_fresh()}
    sandbox.close()  # neither peer replaces a kernel: who notices the death must begin anew
    other = make()
    other.start()
    other.run("1 + 1")
    taken = time.perf_counter() - begun
    other.close()
    return {"kill_to_fresh_s": taken}


def _timed(make: Callable[[], Sandbox], code: str) -> tuple[str, float]:
    sandbox = make()
    sandbox.start()
    sandbox.run("1 + 1")
    begun = time.perf_counter()
    found = sandbox.run(code)
    taken = time.perf_counter() - begun
    sandbox.close()
    return found, taken


def _told(sandbox: Sandbox, code: str) -> str:
    try:
        return f"ok {sandbox.run(code).strip()[:40]}"
    except BaseException as error:  # noqa: BLE001  (what the sandbox says is the result)
        return f"{type(error).__name__}: {error}".strip()[:200]


def _give(found: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


SCENARIOS = {"starts": starts, "lines": lines, "ten_mb": ten_mb, "dies": dies, "loop": loop, "fresh": fresh}

if __name__ == "__main__":
    _give(SCENARIOS[sys.argv[2]](WHO[sys.argv[1]]))
    os._exit(0)  # some leave threads that would never end
