"""How much memory a kernel uses now, of how much. The cell that asks is ours: no program of the session, and it leaves
nothing behind. What it says is the sandbox's claim."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sandbox.events import CellLimits, CellResult
from sandbox.kernel import Kernel

_LIMITS = CellLimits(wall_s=3.0, n_tool_calls=1, output_bytes=16 << 10)
_SOURCE = """
def number(path, key=''):
    try:
        with open(path) as file:
            for line in file:
                if line.startswith(key):
                    words = line[len(key):].split()
                    return int(words[0]) * (1024 if key else 1) if words and words[0].isdigit() else 0
    except OSError:
        pass
    return 0

def measure():
    return [
        number('/proc/self/status', 'VmRSS:'),
        number('/sys/fs/cgroup/memory.current') or number('/sys/fs/cgroup/memory/memory.usage_in_bytes'),
        number('/sys/fs/cgroup/memory.max') or number('/sys/fs/cgroup/memory/memory.limit_in_bytes'),
    ]
"""


@dataclass(frozen=True)
class MemoryUse:
    """Bytes; 0 where the kernel cannot see it. `container_bytes` and `limit_bytes` are of all that runs in there."""

    process_bytes: int = 0
    container_bytes: int = 0
    limit_bytes: int = 0


async def memory_use(kernel: Kernel) -> MemoryUse:
    """
    Raises:
        sandbox.errors.SandboxError: the sandbox itself failed.
    """
    code = f"(lambda s: (exec({_SOURCE!r}, s), s['measure']())[1])({{}})"
    found: list[object] = []
    async for event in kernel.run(code, _LIMITS):
        if isinstance(event, CellResult) and event.json is not None:
            found = json.loads(event.json)
    # Without a limit, version 1 of control groups says a number near 2 ** 63.
    numbers = [n if isinstance(n, int) and 0 <= n < 1 << 60 else 0 for n in found]
    return MemoryUse(*numbers) if len(numbers) == 3 else MemoryUse()
