"""`python -m tests.perf.kill_storm [ROUNDS] [SEED]`: clients are killed at random moments; what is left afterwards?

Each round starts a client, waits until it is at the stage that was drawn, then a random while, and sends SIGKILL. After
every tenth round the next start of a client removes what those before it left: no container, no socket, no file may
remain. A test runs a round for each stage.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import docker

from sandbox.container import OWNER_LABEL

CHECKOUT = Path(__file__).parents[2]
STAGES = ("start", "cell", "tool", "spare", "wake", "pause", "dead", "close")
_LONGEST_S = {"start": 1.0, "close": 0.25, "spare": 1.0}
_USUAL_S = 0.1
_PATIENCE_S = 60.0

CLIENT = """
import asyncio, sys
from sandbox import KernelOptions, open_kernel
from sandbox.pool import Pool
from tests.contract.kernel_harness import SMALL, STUBS, Tools, run

def at(stage):
    if stage == sys.argv[1]:
        print(stage, flush=True)

async def main():
    pool = Pool(1 if sys.argv[1] in ("spare", "wake") else 0)
    kernel = open_kernel(KernelOptions(stubs=STUBS, limits=SMALL), Tools(), pool=pool)
    at("start"), at("spare")
    await pool.filled()
    at("wake")
    await run(kernel, "x = 1")
    match sys.argv[1]:
        case "cell":
            asyncio.get_running_loop().call_later(0.05, at, "cell")
            await run(kernel, "import time\\nwhile True:\\n    print('x' * 1000); time.sleep(0.001)")
        case "tool":
            asyncio.get_running_loop().call_later(0.05, at, "tool")
            await run(kernel, "slow(60)")
        case "pause":
            import docker
            docker.from_env().api.pause(kernel._process._launched._provisioner._name)
            at("pause")
            await asyncio.sleep(60)
        case "dead":
            asyncio.get_running_loop().call_later(0.05, at, "dead")
            await run(kernel, "import os; os._exit(1)")
            await run(kernel, "import time; time.sleep(60)")
        case "start" | "spare" | "wake":
            await run(kernel, "import time; time.sleep(60)")
    at("close")
    await kernel.close()
    await pool.close()

asyncio.run(main())
"""


@dataclass
class Storm:
    """What became of it: how many rounds by stage, how often something was there before the next start, and after."""

    n_rounds: Counter[str] = field(default_factory=Counter)
    n_orphans: int = 0
    n_missed: int = 0
    """Clients that ended before they could be killed; their rounds were repeated."""
    left: list[str] = field(default_factory=list)

    def line(self) -> str:
        """For people."""
        stages = ", ".join(f"{stage} {n}" for stage, n in sorted(self.n_rounds.items()))
        found = "nothing was left" if not self.left else f"LEFT: {', '.join(self.left)}"
        n = self.n_rounds.total()
        return f"{n} kills ({stages}); {self.n_orphans} containers waited for the next start; after it {found}"


def storm(n_rounds: int, seed: int, check_every: int = 10, say: Callable[[str], None] = lambda line: None) -> Storm:
    """Run it in folders of its own. Stages are drawn so that each comes as often as the others."""
    drawn = random.Random(seed)
    result = Storm()
    home = Path(tempfile.mkdtemp(prefix="tc-"))
    (home / "run").mkdir(mode=0o700)
    (home / "tmp").mkdir()
    environment = os.environ | {"XDG_RUNTIME_DIR": str(home / "run"), "TMPDIR": str(home / "tmp")}
    environment["TOOLCODER_MACHINE"] = str(home)  # only the next start of these clients removes what they left
    stages: list[str] = []
    try:
        for number in range(1, n_rounds + 1):
            stages = stages or drawn.sample(STAGES, len(STAGES))
            stage = stages.pop()
            while not _kill_one(stage, drawn.random(), environment):
                result.n_missed += 1
                assert result.n_missed <= n_rounds, f"clients do not come to the stage {stage!r}"
            result.n_rounds[stage] += 1
            if number % check_every == 0 or number == n_rounds:
                result.n_orphans += len(_containers(home))
                _run_client("none", environment).communicate(timeout=_PATIENCE_S)
                result.left += [f"round {number}: {thing}" for thing in _left(home)]
                say(f"{number} rounds: {len(result.left)} left")
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return result


def _kill_one(stage: str, when: float, environment: dict[str, str]) -> bool:
    """False where the client ended by itself: on a busy machine a start can take too long."""
    client = _run_client(stage, environment)
    try:
        assert client.stdout is not None
        if client.stdout.readline() != f"{stage}\n".encode():
            return False
        time.sleep(when * _LONGEST_S.get(stage, _USUAL_S))
        return client.poll() is None or stage == "close"
    finally:
        client.kill()
        client.communicate()


def _run_client(stage: str, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", CLIENT, stage]
    return subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE)


def _left(home: Path) -> list[str]:
    files = [str(path.relative_to(home)) for folder in ("run", "tmp") for path in (home / folder).rglob("*")]
    return [*_containers(home), *(name for name in files if not name.endswith(f"toolcoder-{os.geteuid()}"))]


def _containers(home: Path) -> list[str]:
    with contextlib.closing(docker.from_env()) as engine:
        found = engine.api.containers(all=True, filters={"label": OWNER_LABEL})
    return [c["Names"][0] for c in found if Path(c["Labels"][OWNER_LABEL]).is_relative_to(home)]


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


def main() -> int:
    n_rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    begun = time.monotonic()
    result = storm(n_rounds, seed, say=_say)
    sys.stdout.write(f"{result.line()} ({time.monotonic() - begun:.0f} s, seed {seed})\n")
    return 1 if result.left else 0


if __name__ == "__main__":
    sys.exit(main())
