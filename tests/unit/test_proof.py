"""The judges of the proof: what they say of a kernel as it should be, and of each way in which it could not be."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.doctor import check_runc
from sandbox.events import ContainerLimits
from sandbox.proof.finding import Asked, Finding
from sandbox.proof.lures import lures
from sandbox.proof.proving import judge

LIMITS = ContainerLimits(memory_bytes=512 << 20, cpus=1.0, n_pids=96, disk_bytes=64 << 20)
HOST = {name: f"{name}:[1]" for name in ("cgroup", "ipc", "mnt", "net", "pid", "user", "uts")}
ASKED = Asked(
    kind="docker",
    limits=LIMITS,
    uids=frozenset((1000,)),
    mounts=frozenset(("/run/toolcoder", "/run/kernel")),
    sockets=frozenset(("/run/toolcoder", "/run/kernel")),
    namespaces=HOST,
    writable={"/tmp": 64 << 20, "/dev/shm": 64 << 20},
)
_EMPTY = "0000000000000000"
_STATUS = {
    "Name": "python", "Uid": "1000\t1000\t1000\t1000", "Gid": "1000\t1000\t1000\t1000", "Groups": "1000",
    "CapInh": _EMPTY, "CapPrm": _EMPTY, "CapEff": _EMPTY, "CapBnd": _EMPTY, "CapAmb": _EMPTY,
    "NoNewPrivs": "1", "Seccomp": "2",
}  # fmt: skip
GOOD: dict[str, Any] = {
    "network": {
        "interfaces": ["lo"], "routes": [], "connects": {"192.0.2.1:80": "ENETUNREACH"}, "name": "failed",
        "abstract": "ECONNREFUSED", "families": {"AF_VSOCK": "EAFNOSUPPORT", "AF_INET raw": "EPERM"},
    },
    "mounts": [
        {"target": "/", "root": "/", "options": "ro", "kind": "overlay", "source": "overlay", "super": "rw"},
        {"target": "/proc", "root": "/", "options": "rw", "kind": "proc", "source": "proc", "super": "rw"},
        {"target": "/tmp", "root": "/", "options": "rw", "kind": "tmpfs", "source": "tmpfs", "super": "rw"},
        {"target": "/etc/hosts", "root": "/x", "options": "ro", "kind": "ext4", "source": "x", "super": "rw"},
        {"target": "/run/toolcoder", "root": "/b", "options": "ro", "kind": "ext4", "source": "x", "super": "rw"},
        {"target": "/run/kernel", "root": "/s", "options": "rw", "kind": "tmpfs", "source": "tmpfs", "super": "rw"},
    ],
    "processes": {
        "self": "7", "status": {"1": dict(_STATUS), "7": dict(_STATUS)},
        "namespaces": {name: f"{name}:[2]" for name in HOST}, "uid_map": "0 0 4294967295", "label": "", "apparmor": "",
    },
    "syscalls": {"ptrace": "EPERM", "io_uring_setup": "ENOSYS", "mount": "EPERM"},
    "writable": {
        "places": {"/tmp": {"bytes": 64 << 20, "inodes": 99}, "/dev/shm": {"bytes": 64 << 20, "inodes": 99}},
        "n_folders": 100,
    },
    "special_files": {
        "sockets": ["/run/kernel/k-1", "/run/toolcoder/tools.sock"], "blocks": [], "characters": ["/dev/null"],
        "privileged": [], "engine": [], "mknod": "EPERM",
    },
    "kernel_files": {"shown": {"/proc/keys": 0, "/sys/firmware": 0}, "written": []},
    "limits": {
        "groups": {
            "memory": [str(512 << 20), ""], "swap": ["0", ""], "pids": ["96", ""],
            "cpu": ["100000 100000", ""], "cpu_period": ["100000 100000", ""],
        },
        "unified": True, "swap_kib": 0, "processors": 8,
        "ulimits": {"NOFILE": [1024, 1024], "CORE": [0, 0], "MSGQUEUE": [0, 0], "NPROC": [-1, -1], "DATA": [-1, -1]},
    },
    "secrets": {"found": [], "names": ["PATH"]},
}  # fmt: skip


def found(seen: dict[str, Any], asked: Asked = ASKED) -> dict[str, Finding]:
    return {finding.name: finding for finding in judge(seen, asked)}


def test_a_kernel_as_it_should_be_keeps_all_promises() -> None:
    judged = found(GOOD)
    assert {name for name, finding in judged.items() if finding.verdict != "kept"} == set()
    assert len(judged) == 19
    assert all(finding.promise and finding.seen for finding in judged.values())


def put(*path: str, to: Any) -> Callable[[dict[str, Any]], None]:
    """A change of what was seen."""

    def change(seen: dict[str, Any]) -> None:
        for key in path[:-1]:
            seen = seen[key]
        seen[path[-1]] = to

    return change


def mounted(target: str, **fields: str) -> Callable[[dict[str, Any]], None]:
    whole = {"target": target, "root": "/x", "options": "ro", "kind": "ext4", "source": "/dev/vda", "super": "rw"}

    def change(seen: dict[str, Any]) -> None:
        seen["mounts"] = [m for m in seen["mounts"] if m["target"] != target] + [whole | fields]

    return change


BROKEN: list[tuple[str, Callable[[dict[str, Any]], None]]] = [
    ("network", put("network", "interfaces", to=["eth0", "lo"])),
    ("network", put("network", "routes", to=["eth0"])),
    ("network", put("network", "connects", to={"169.254.169.254:80": "connected"})),
    ("network", put("network", "name", to="resolved")),
    ("network", put("network", "abstract", to="connected")),
    ("socket families", put("network", "families", "AF_VSOCK", to="")),
    ("socket families", put("network", "families", "AF_INET raw", to="")),
    ("mounts", mounted("/home/me")),
    ("mounts", mounted("/tmp/host")),
    ("mounts", mounted("/tmp")),
    ("mounts", mounted("/hostproc", kind="proc", root="/")),
    ("mounts", mounted("/run/toolcoder", options="rw")),
    ("sockets", put("special_files", "sockets", to=["/var/run/docker.sock"])),
    ("sockets", put("special_files", "engine", to=["/run/podman/podman.sock"])),
    ("devices", put("special_files", "blocks", to=["/dev/vda"])),
    ("devices", put("special_files", "characters", to=["/dev/kvm"])),
    ("devices", put("special_files", "mknod", to="")),
    ("namespaces", put("processes", "namespaces", "pid", to="pid:[1]")),
    ("namespaces", put("processes", "namespaces", "net", to="net:[1]")),
    ("environment", put("secrets", "found", to=["/proc/1/environ"])),
    ("user", put("processes", "status", "1", "Uid", to="0\t0\t0\t0")),
    ("capabilities", put("processes", "status", "7", "CapBnd", to="00000000a80425fb")),
    ("new privileges", put("processes", "status", "7", "NoNewPrivs", to="0")),
    ("seccomp", put("processes", "status", "7", "Seccomp", to="0")),
    ("seccomp", put("syscalls", "ptrace", to="ESRCH")),
    ("seccomp", put("syscalls", "mount", to="allowed")),
    ("kernel files", put("kernel_files", "shown", "/proc/keys", to=64)),
    ("kernel files", put("kernel_files", "written", to=["/proc/sysrq-trigger"])),
    ("writable places", put("writable", "places", "/var/tmp", to={"bytes": 1, "inodes": 1})),
    ("writable places", put("writable", "places", "/tmp", "bytes", to=1 << 40)),
    ("memory", put("limits", "groups", "memory", to=[str(1 << 40), ""])),
    ("memory", put("limits", "groups", "memory", to=["max", ""])),
    ("memory", put("limits", "groups", "swap", to=["4096", ""])),
    ("processes", put("limits", "groups", "pids", to=["max", ""])),
    ("processes", put("limits", "groups", "pids", to=["97", ""])),
    ("processors", put("limits", "groups", "cpu", to=["200000 100000", ""])),
    ("ulimits", put("limits", "ulimits", "NOFILE", to=[1024, 1048576])),
    ("ulimits", put("limits", "ulimits", "NOFILE", to=[1024, -1])),
    ("ulimits", put("limits", "ulimits", "CORE", to=[0, -1])),
]


@pytest.mark.parametrize(("promise", "change"), BROKEN)
def test_each_broken_promise_is_seen_and_no_other(promise: str, change: Callable[[dict[str, Any]], None]) -> None:
    seen = copy.deepcopy(GOOD)
    change(seen)
    judged = found(seen)
    assert {name for name, finding in judged.items() if finding.verdict == "broken"} == {promise}
    assert judged[promise].remedy


WEAKER: list[tuple[str, Callable[[dict[str, Any]], None]]] = [
    ("namespaces", put("processes", "namespaces", "cgroup", to="cgroup:[1]")),
    ("user", put("processes", "status", "7", "Groups", to="1000 27")),
    ("security module", put("processes", "label", to="unconfined")),
    ("writable places", put("writable", "places", "/run/kernel", to={"bytes": 1, "inodes": 1})),
    ("processors", put("limits", "groups", "cpu", to=["max 100000", ""])),
    ("ulimits", put("limits", "ulimits", "MSGQUEUE", to=[819200, 819200])),
]


@pytest.mark.parametrize(("promise", "change"), WEAKER)
def test_what_holds_less_is_named(promise: str, change: Callable[[dict[str, Any]], None]) -> None:
    seen = copy.deepcopy(GOOD)
    change(seen)
    judged = found(seen)
    assert {name: f.verdict for name, f in judged.items() if f.verdict != "kept"} == {promise: "weaker"}


def test_control_groups_of_the_first_version_are_read_too() -> None:
    seen = copy.deepcopy(GOOD)
    groups = {"memory": ["", str(512 << 20)], "swap": ["", str(512 << 20)], "pids": ["", "96"]}
    groups |= {"cpu": ["", "100000"], "cpu_period": ["", "100000"]}
    seen["limits"] |= {"groups": groups, "unified": False}
    assert {finding.verdict for finding in found(seen).values()} == {"kept"}
    groups["swap"] = ["", str(1 << 30)]
    assert found(seen)["memory"].verdict == "broken"
    groups["swap"] = ["", ""]
    assert found(seen)["memory"].verdict == "kept"  # this machine has no swap at all
    seen["limits"]["swap_kib"] = 1024
    assert found(seen)["memory"].verdict == "weaker"


def test_a_part_that_could_not_be_looked_at_is_never_called_kept() -> None:
    for part in GOOD:
        seen = dict(GOOD, **{part: {"error": "OSError: no"}})
        unknown = [finding for finding in found(seen).values() if finding.verdict == "unknown"]
        assert unknown and all("OSError: no" in finding.seen for finding in unknown), part
        assert [f for f in found({k: v for k, v in GOOD.items() if k != part}).values() if f.verdict == "unknown"], part


def test_a_reached_lure_breaks_the_network_promise() -> None:
    import socket
    from dataclasses import replace

    with lures() as set_up:
        assert set_up.reached() == ()
        host, port = set_up.addresses[0]
        socket.create_connection((host, port), timeout=5).close()
        reached = set_up.reached()
    assert reached == (host,)
    assert found(GOOD, replace(ASKED, lured=reached))["network"].verdict == "broken"


@pytest.mark.parametrize(
    ("runtime", "components", "name", "ok"),
    [
        ("runc", [{"Name": "runc", "Version": "1.2.7"}], "runc", None),
        ("runc", [{"Name": "runc", "Version": "1.2.8"}], "runc", True),
        ("runsc", [{"Name": "runc", "Version": "1.1.0"}], "runsc", True),
        ("crun", [{"Name": "OCI Runtime (crun)", "Version": "1.8"}], "crun", True),
        ("runc", [{"Name": "OCI Runtime", "Version": "crun version 1.8"}], "crun", True),
        ("runc", [], "runc", None),
    ],
)
def test_the_runtime_is_named(runtime: str, components: list[dict[str, str]], name: str, ok: bool | None) -> None:
    class Engine:
        def info(self) -> dict[str, Any]:
            return {"DefaultRuntime": runtime}

        def version(self) -> dict[str, Any]:
            return {"Components": components}

    engine: Any = Engine()
    check = check_runc(engine)
    assert (check.name, check.ok) == (name, ok)
