"""`python -m tests.perf.peers [--json]`: smolagents' and AutoGen's Docker executors beside ours, in the same run.

Their packages go into a virtual environment of their own below the user's cache folder; their image is built here from
the same base as ours, with what their Dockerfiles install. Rounds alternate, and each scenario is a process of its own
that is ended after a while: some of them hang, which is a result. Needs pip's index; some minutes. Not part of CI.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import platformdirs

from sandbox.image import recipe
from sandbox.image.wheels import pip, target_of
from tests.on_pty import ROOT
from tests.perf.peer_worker import IMAGE, SCENARIOS

PEERS = ("smolagents[docker]==1.26.0", "autogen-ext[docker,docker-jupyter-executor]==0.7.5")
GATEWAY = ("jupyter_kernel_gateway", "jupyter_client", "ipykernel")  # as their Dockerfiles have it
LIMIT_S = {"starts": 240.0, "lines": 90.0, "ten_mb": 60.0, "dies": 45.0, "loop": 45.0, "fresh": 90.0}
COLUMNS = ("ours", "smolagents", "autogen")
_COMMAND = """["jupyter", "kernelgateway", "--KernelGatewayApp.ip=0.0.0.0", "--KernelGatewayApp.port=8888",
 "--JupyterWebsocketPersonality.list_kernels=true"]"""


def say(line: str) -> None:
    sys.stderr.write(line + "\n")


def interpreter() -> Path:
    """The Python that has the peers; made once."""
    home = platformdirs.user_cache_path("toolcoder") / "peers"
    python = home / "bin" / "python"
    wanted = home / "installed"
    if not wanted.exists() or wanted.read_text() != repr(PEERS):
        say(f"installing {', '.join(PEERS)} below {home}")
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PEERS]
        subprocess.run(command, check=True)
        wanted.write_text(repr(PEERS))
    return python


def build_image() -> None:
    """The peers' image from our base: a kernel gateway, ipykernel, and the labels by which all of ours are found."""
    import docker

    with closing(docker.from_env(timeout=600)) as client:
        if client.images.list(name=IMAGE):
            return
        base = next(name for name in (recipe.BASE, recipe.LOCAL_BASE) if client.images.list(name=name))
        say(f"building {IMAGE} from {base}")
        target = target_of(client, base)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "wheels").mkdir()
            download = pip("download", "--quiet", *target.pip_arguments, "--dest", str(folder / "wheels"))
            subprocess.run([*download, *GATEWAY, recipe.PIP], check=True)
            (folder / "Dockerfile").write_text(
                f"FROM {base}\nLABEL app=toolcoder\nCOPY wheels /wheels\n"
                "RUN python3 -m venv --without-pip /opt/peer \\\n"
                ' && /opt/peer/bin/python "$(echo /wheels/pip-*.whl)/pip" install --no-index --find-links /wheels \\\n'
                f"      {' '.join(GATEWAY)}\n"
                # Both hand a token over: one by this variable, the other by the gateway's own.
                'ENV PATH=/opt/peer/bin:/usr/bin:/bin TOKEN=""\n'
                'ENTRYPOINT ["/bin/sh", "-c", "export KG_AUTH_TOKEN=${KG_AUTH_TOKEN:-$TOKEN}; exec \\"$@\\"", "sh"]\n'
                f"EXPOSE 8888\nCMD {_COMMAND.replace(chr(10), '')}\n"
            )
            client.images.build(path=str(folder), tag=IMAGE, network_mode="none", rm=True, forcerm=True)


def scenario(who: str, name: str, python: Path) -> dict[str, Any]:
    """What came out; where it had to be ended, what had come out until then and `hangs`."""
    worker = str(ROOT / "tests" / "perf" / "peer_worker.py")
    command = [sys.executable if who == "ours" else str(python), worker, who, name]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TOOLCODER_PEER_IMAGE": recipe.IMAGE}
    before = _containers()
    begun = time.monotonic()
    try:
        done = subprocess.run(
            command, env=environment, cwd=tempfile.gettempdir(), capture_output=True, text=True, timeout=LIMIT_S[name],
            check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        found = _last_object(done.stdout)
        if done.returncode != 0:
            found |= {f"{name}_failed": (done.stderr.strip().splitlines() or ["?"])[-1][:200]}
    except subprocess.TimeoutExpired as late:
        out = late.stdout.decode() if isinstance(late.stdout, bytes) else late.stdout or ""
        found = _last_object(out) | {f"{name}_hangs": f"more than {time.monotonic() - begun:.0f} s"}
    left = _containers() - before
    if left:
        if who != "ours":
            subprocess.run(["docker", "rm", "-f", *left], capture_output=True, check=False)
        found[f"{name}_left_containers"] = len(left)
    return found


def _last_object(text: str) -> dict[str, Any]:
    lines = [line for line in text.splitlines() if line.startswith("{")]
    found: dict[str, Any] = json.loads(lines[-1]) if lines else {}
    return found


def _containers() -> set[str]:
    """Of the peers' image, and of this user's kernels as far as they belong to this run's processes."""
    listed = subprocess.run(
        ["docker", "ps", "-aq", "--filter", f"ancestor={IMAGE}"], capture_output=True, text=True, check=True
    )
    return set(listed.stdout.split())


def table(found: dict[str, dict[str, Any]]) -> str:
    """A row per figure, a column per sandbox."""
    keys = list(dict.fromkeys(key for who in COLUMNS for key in found[who]))
    lines = ["| | " + " | ".join(COLUMNS) + " |", "|---|" + "---|" * len(COLUMNS)]
    lines += [f"| {key} | " + " | ".join(_cell(found[who].get(key)) for who in COLUMNS) + " |" for key in keys]
    return "\n".join(lines)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    return "-" if value is None else str(value).replace("|", "/").replace("\n", " ")[:70]


def main() -> None:
    python = interpreter()
    build_image()
    found: dict[str, dict[str, Any]] = {who: {} for who in COLUMNS}
    for name in SCENARIOS:
        for who in COLUMNS:
            say(f"{name}: {who}")
            found[who] |= scenario(who, name, python)
    say(f"load average at the end {os.getloadavg()[0]:.2f}")
    sys.stderr.write(table(found) + "\n")
    if "--json" in sys.argv:
        sys.stdout.write(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
