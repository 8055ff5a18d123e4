"""`doctor --sandbox` on real containers: all promises are kept, and each one that is broken on purpose is noticed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sandbox import engine_side
from sandbox.events import KernelOptions
from sandbox.proof import Finding
from sandbox.proof.lures import CANARY_VARIABLE
from sandbox.proof.proving import prove
from tests.contract.kernel_harness import SMALL
from tests.on_pty import ROOT

pytestmark = pytest.mark.docker


def verdicts(findings: list[Finding]) -> dict[str, str]:
    return {finding.name: finding.verdict for finding in findings}


def test_the_command_proves_every_promise_and_ends_with_0(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TOOLCODER_")}
    done = subprocess.run(
        [sys.executable, "-m", "tui.main", "doctor", "--sandbox", "--json"],
        cwd=ROOT,
        env={**kept, "TOOLCODER_HOME": str(tmp_path), "TOOLCODER_SANDBOX_MEMORY_MB": "384"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    told = json.loads(done.stdout)
    promises = {p["name"]: p for p in told["promises"]}
    assert len(promises) == 19
    assert not [p for p in told["promises"] if p["verdict"] in ("broken", "unknown")], told["promises"]
    assert "384 MiB" in promises["memory"]["promise"] and str(384 << 20) in promises["memory"]["seen"]
    assert (done.returncode, told["ready"]) == (0, True)


def weakened(monkeypatch: pytest.MonkeyPatch, change: Callable[[dict[str, Any]], None]) -> dict[str, str]:
    """The verdicts on a container that differs from ours."""
    ours: Any = engine_side.container_settings  # type: ignore[attr-defined]

    def settings(*args: Any, **kwargs: Any) -> dict[str, Any]:
        made: dict[str, Any] = ours(*args, **kwargs)
        change(made)
        return made

    monkeypatch.setattr(engine_side, "container_settings", settings)
    return verdicts(prove(KernelOptions(limits=replace(SMALL, memory_bytes=256 << 20))))


def test_a_container_that_reaches_out_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from docker.types import Mount

    def change(made: dict[str, Any]) -> None:
        for name in ("dns", "dns_search"):
            made.pop(name)
        made["network_mode"] = "bridge"
        made["environment"][CANARY_VARIABLE] = os.environ[CANARY_VARIABLE]
        made["mounts"].append(Mount("/mnt", str(tmp_path), type="bind"))
        made["mounts"].append(Mount("/srv/engine.sock", "/var/run/docker.sock", type="bind"))
        made["devices"] = ["/dev/fuse:/dev/fuse:r"] if Path("/dev/fuse").exists() else ["/dev/null:/dev/extra:r"]
        made["mem_limit"] = made["memswap_limit"] = 512 << 20
        made["pids_limit"] = 4096
        made["nano_cpus"] = int(2e9)
        made["ulimits"] = []

    found = weakened(monkeypatch, change)
    expected = {
        "network",
        "environment",
        "mounts",
        "sockets",
        "devices",
        "memory",
        "processes",
        "processors",
        "ulimits",
        "writable places",
    }
    if os.cpu_count() == 1:
        expected.remove("processors")
    assert {name for name, verdict in found.items() if verdict == "broken"} == expected


def test_a_container_with_rights_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(made: dict[str, Any]) -> None:
        made["environment"].pop("TOOLCODER_FILTER")
        made["read_only"] = False
        made["user"] = "0:0"
        made["cap_drop"] = []
        made["security_opt"] = ["seccomp=unconfined"]
        made["pid_mode"] = "host" if os.geteuid() == 0 else None
        made["ipc_mode"] = "host"

    found = weakened(monkeypatch, change)
    expected = {"user", "capabilities", "new privileges", "seccomp", "namespaces", "writable places"}
    assert expected <= {name for name, verdict in found.items() if verdict == "broken"}
