"""What the proof looks at, from inside: this source is run as a cell of the kernel that is to be proven.

It only observes and tries; what that means is decided on the host (`sandbox.proof.judging`). Standard library only, and
nothing is asked of the host's packages. Each part returns JSON values; a part that fails says so under `error`.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import resource
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

CONNECT_S = 0.5
N_SHOWN = 50
MASKED = (
    "/proc/kcore /proc/keys /proc/latency_stats /proc/timer_list /proc/timer_stats /proc/sched_debug /proc/acpi"
    " /proc/scsi /proc/asound /sys/firmware /sys/devices/virtual/powercap /proc/kmsg /proc/slabinfo /proc/vmallocinfo"
).split()
GUARDED = (
    "/proc/sysrq-trigger /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sys/vm/drop_caches"
    " /proc/irq/default_smp_affinity /sys/kernel/uevent_helper /sys/fs/cgroup/release_agent"
    " /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/memory/cgroup.procs /sys/fs/cgroup/memory/memory.limit_in_bytes"
    " /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max"
).split()
ENGINE_SOCKETS = (
    "/var/run/docker.sock /run/docker.sock /run/podman/podman.sock /run/containerd/containerd.sock"
    " /run/crio/crio.sock /run/docker/containerd/containerd.sock"
).split()
# Number on x86-64 and on arm64, and arguments with which the kernel itself would answer anything but EPERM or ENOSYS.
SYSCALLS: dict[str, tuple[int, int, tuple[int, ...]]] = {
    "unshare(CLONE_NEWUSER)": (272, 97, (0x10000000,)),
    "mount": (165, 40, (0, 0, 0, 0, 0)),
    "pivot_root": (155, 41, (0, 0)),
    "setns": (308, 268, (-1, 0)),
    "ptrace": (101, 117, (0x4200, 0, 0, 0)),
    "process_vm_readv": (310, 270, (1, 0, 0, 0, 0, 0)),
    "keyctl": (250, 219, (0, -3, 0)),
    "add_key": (248, 217, (0, 0, 0, 0, -3)),
    "bpf": (321, 280, (-1, 0, 0)),
    "perf_event_open": (298, 241, (0, 0, -1, -1, 0)),
    "userfaultfd": (323, 282, (-1,)),
    "io_uring_setup": (425, 425, (0, 0)),
    "open_by_handle_at": (304, 265, (-1, 0, 0)),
    "kexec_load": (246, 104, (0, 0, 0, -1)),
    "init_module": (175, 105, (0, 0, 0)),
    "reboot": (169, 142, (0, 0, 0, 0)),
    "settimeofday": (164, 170, (0, 0)),
    "swapon": (167, 224, (0, 0)),
    "personality(ADDR_NO_RANDOMIZE)": (135, 92, (0x0040000,)),
    "fsopen": (430, 430, (0, 0)),
    "quotactl": (179, 60, (0, 0, 0, 0)),
    "syslog": (103, 116, (3, 0, 0)),
}


def network(addresses: list[tuple[str, int]], abstract: str) -> dict[str, Any]:
    """Interfaces, routes, and what became of connecting."""
    routes = [line.split() for line in _lines("/proc/net/route")[1:]]
    tried = {f"{host}:{port}": _connect(host, port) for host, port in addresses}
    try:
        socket.getaddrinfo("example.com", 80)
        name = "resolved"
    except OSError as error:
        name = str(error)
    families = {}
    for family in ("AF_PACKET", "AF_VSOCK", "AF_ALG", "AF_TIPC", "AF_BLUETOOTH", "AF_CAN"):
        number = getattr(socket, family, None)
        if number is not None:
            families[family] = _open_socket(number, socket.SOCK_RAW) and _open_socket(number, socket.SOCK_STREAM)
    raw = _open_socket(socket.AF_INET, socket.SOCK_RAW)
    return {
        "interfaces": sorted(name for _, name in socket.if_nameindex()),
        "routes": [route[0] for route in routes],
        "connects": tried,
        "name": name,
        "abstract": _connect_unix("\0" + abstract),
        "families": families | {"AF_INET raw": raw},
    }


def mounts() -> list[dict[str, str]]:
    """`/proc/self/mountinfo`: where, from what, which kind of file system, with which options."""
    found = []
    for line in _lines("/proc/self/mountinfo"):
        left, _, right = line.partition(" - ")
        words, (kind, source, options) = left.split(), right.split(" ", 2)
        found.append(
            {
                "target": words[4],
                "root": words[3],
                "options": words[5],
                "kind": kind,
                "source": source,
                "super": options,
            }
        )
    return found


def processes() -> dict[str, Any]:
    """Who runs here, with which rights; the namespaces by their numbers."""
    wanted = ("Name", "Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp")
    seen: dict[str, dict[str, str]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            lines = (line.partition(":") for line in _lines(f"/proc/{entry}/status"))
            seen[entry] = {key: value.strip() for key, _, value in lines if key in wanted}
    names = ("cgroup", "ipc", "mnt", "net", "pid", "user", "uts")
    return {
        "self": str(os.getpid()),
        "status": seen,
        "namespaces": {name: _link(f"/proc/self/ns/{name}") for name in names},
        "uid_map": " ".join(" ".join(_lines("/proc/self/uid_map")).split()),
        "label": _text("/proc/self/attr/current").strip("\0\n"),
        "apparmor": _text("/proc/self/attr/apparmor/current").strip("\0\n"),
    }


def syscalls() -> dict[str, str]:
    """What each answers: the name of its error, or `allowed`."""
    machine = os.uname().machine
    column = {"x86_64": 0, "aarch64": 1}.get(machine)
    if column is None:
        return {"error": f"no numbers of system calls for {machine}"}
    libc = ctypes.CDLL(None, use_errno=True)
    found = {}
    for name, (*numbers, arguments) in SYSCALLS.items():
        ctypes.set_errno(0)
        answer = libc.syscall(ctypes.c_long(numbers[column]), *map(ctypes.c_long, arguments))
        code = ctypes.get_errno()
        found[name] = "allowed" if answer >= 0 else errno.errorcode.get(code, str(code))
        if answer > 2:
            with contextlib.suppress(OSError):
                os.close(answer)
    return found


def writable() -> dict[str, Any]:
    """Every folder in which a file could be made, on any mount, and how large that place is."""
    places: dict[str, dict[str, int]] = {}
    n_folders = 0
    for folder in _folders("/"):
        n_folders += 1
        path = f"{folder.rstrip('/')}/.proof"
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600))
        except OSError:
            continue
        os.unlink(path)
        size = os.statvfs(folder)
        mount = next(p for p in (folder, *map(str, Path(folder).parents)) if os.path.ismount(p))
        places.setdefault(mount, {"bytes": size.f_blocks * size.f_frsize, "inodes": size.f_files})
    return {"places": places, "n_folders": n_folders}


def special_files() -> dict[str, Any]:
    """Sockets, devices and files that give their owner's rights to whoever runs them."""
    sockets, blocks, characters, privileged = [], [], [], []
    for folder in _folders("/"):
        for name in _names(folder):
            path = f"{folder.rstrip('/')}/{name}"
            try:
                mode = os.lstat(path).st_mode
            except OSError:
                continue
            if stat.S_ISSOCK(mode):
                sockets.append(path)
            elif stat.S_ISBLK(mode):
                blocks.append(path)
            elif stat.S_ISCHR(mode) and not folder.startswith("/dev/pts"):
                characters.append(path)
            elif stat.S_ISREG(mode) and mode & (stat.S_ISUID | stat.S_ISGID):
                privileged.append(path)
    return {
        "sockets": sockets[:N_SHOWN],
        "blocks": blocks[:N_SHOWN],
        "characters": characters[:N_SHOWN],
        "privileged": privileged[:N_SHOWN],
        "engine": [path for path in ENGINE_SOCKETS if os.path.exists(path)],
        "mknod": _outcome(lambda: os.mknod("/tmp/.proof", stat.S_IFBLK | 0o600, os.makedev(254, 0))),
    }


def kernel_files() -> dict[str, Any]:
    """The files of /proc and /sys that tell of the machine or change it: what they show, which can be written."""
    shown = {}
    for path in MASKED:
        if os.path.isdir(path):
            shown[path] = len(_names(path))
        elif os.path.exists(path):
            shown[path] = len(_text(path, 64))
    return {"shown": shown, "written": [path for path in GUARDED if os.path.exists(path) and _opens_to_write(path)]}


def limits() -> dict[str, Any]:
    """The control groups' files in both layouts, ulimits, and the sizes of the places for files."""
    files = {
        "memory": ("memory.max", "memory/memory.limit_in_bytes"),
        "swap": ("memory.swap.max", "memory/memory.memsw.limit_in_bytes"),
        "pids": ("pids.max", "pids/pids.max"),
        "cpu": ("cpu.max", "cpu/cpu.cfs_quota_us"),
        "cpu_period": ("cpu.max", "cpu/cpu.cfs_period_us"),
    }
    groups = {name: [_text(f"/sys/fs/cgroup/{path}").strip() for path in paths] for name, paths in files.items()}
    names = ("NOFILE", "CORE", "MSGQUEUE", "MEMLOCK", "NPROC", "DATA")
    ulimits = {name: list(resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))) for name in names}
    swap = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("SwapTotal")), 0)
    unified = os.path.exists("/sys/fs/cgroup/cgroup.controllers")
    processors = len(os.sched_getaffinity(0))
    return {"groups": groups, "unified": unified, "ulimits": ulimits, "swap_kib": swap, "processors": processors}


def secrets(canary: str) -> dict[str, Any]:
    """Where the canary that stands in the host's environment can be read, and the names of all variables."""
    found = []
    for folder in ["/proc/self", *(f"/proc/{entry}" for entry in os.listdir("/proc") if entry.isdigit())]:
        found += [path for path in (f"{folder}/environ", f"{folder}/cmdline") if canary in _text(path, 1 << 20)]
    for folder in ("/run/toolcoder", "/run/kernel", "/etc", "/work"):
        for name in _names(folder):
            path = f"{folder}/{name}"
            if os.path.isfile(path) and canary in _text(path, 1 << 16):
                found.append(path)
    return {"found": found, "names": sorted(os.environ)}


def observe(**given: Any) -> dict[str, Any]:
    """All parts by name."""
    parts: dict[str, Callable[[], Any]] = {
        "network": lambda: network(given["addresses"], given["abstract"]),
        "mounts": mounts,
        "processes": processes,
        "syscalls": syscalls,
        "writable": writable,
        "special_files": special_files,
        "kernel_files": kernel_files,
        "limits": limits,
        "secrets": lambda: secrets("-".join(given["canary"])),
    }
    found: dict[str, Any] = {}
    for name, look in parts.items():
        try:
            found[name] = look()
        except Exception as error:  # noqa: BLE001  one part that cannot be looked at must not hide the others
            found[name] = {"error": f"{type(error).__name__}: {error}"}
    return found


def _folders(top: str) -> Iterator[str]:
    for folder, below, _ in os.walk(top):
        below[:] = [name for name in below if os.path.join(folder, name) not in ("/proc", "/sys")]
        yield folder


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _text(path: str, limit: int = 4096) -> str:
    try:
        with open(path, "rb") as file:
            return file.read(limit).decode("utf-8", "replace")
    except OSError:
        return ""


def _lines(path: str) -> list[str]:
    return _text(path, 1 << 20).splitlines()


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _opens_to_write(path: str) -> bool:
    try:
        os.close(os.open(path, os.O_WRONLY))
    except OSError:
        return False
    return True


def _outcome(action: Callable[[], object]) -> str:
    """Empty where it worked, else the error's name."""
    try:
        action()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))
    return ""


def _open_socket(family: int, kind: int) -> str:
    return _outcome(lambda: socket.socket(family, kind, 1 if family == socket.AF_INET else 0).close())


def _connect(host: str, port: int) -> str:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as connection:
            connection.settimeout(CONNECT_S)
            connection.connect((host, port))
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))
    return "connected"


def _connect_unix(path: str) -> str:
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.connect(path)
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))
    return "connected"
