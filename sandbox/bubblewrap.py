"""The command line of a kernel under bubblewrap: everything that isolates it, in one place. Source: bwrap(1).

An ordinary client gets a user namespace of its own. Root makes the others without one and then becomes a user that
nobody is: in a user namespace its files would still be root's.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.container import BROKER_FOLDER, SOCKET_FOLDER
from sandbox.events import KernelOptions
from sandbox.files.places import OUT_FOLDER, SEED_FOLDER, WORK_FOLDER
from sandbox.rundir import START_LOG, RunDir

RUNTIME = Path(__file__).parent / "runtime"
_RUNTIME_INSIDE = "/opt/toolcoder"
_KERNEL_USER = 1000
_FIRST_UID = 700_000_000
_N_UIDS = 100_000_000
_SHM_BYTES = 64 << 20
_PRIVATE_DATA_BYTES = 4 << 30
_MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_READ = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime", "/nix/store", "/gnu/store")
_OWN = (_RUNTIME_INSIDE, BROKER_FOLDER, "/etc/passwd")
PASSWD = f"kernel:x:{_KERNEL_USER}:{_KERNEL_USER}::/tmp/home:/bin/sh\n"


@dataclass(frozen=True)
class Descriptors:
    """Open files that bwrap inherits: it writes to `info`, and reads the rest."""

    info: int
    passwd: int
    system_calls: int | None


def kernel_uid(rundir: RunDir) -> int:
    """The user outside: the caller; of root's kernels each is another one, so that none can touch another's."""
    return os.geteuid() or _FIRST_UID + int(rundir.id, 16) % _N_UIDS


def command(options: KernelOptions, rundir: RunDir, opened: Descriptors, n_others: int) -> list[str]:
    """bwrap with its arguments, and the kernel as process 1 of what it makes.

    `n_others`: threads that this user has already, where the system counts them towards the kernel's.
    """
    return [
        "bwrap",
        *_namespaces(),
        *_file_systems(options, rundir),
        *("--ro-bind-data", str(opened.passwd), "/etc/passwd", "--remount-ro", "/"),
        *_environment(options),
        *("--info-fd", str(opened.info), "--die-with-parent", "--new-session", "--as-pid-1"),
        *(("--seccomp", str(opened.system_calls)) if opened.system_calls is not None else ()),
        *("--chdir", WORK_FOLDER if options.files or options.seed else "/tmp", "--"),
        *_becoming(rundir),
        *_limits(options, n_others),
        *(sys.executable, "-m", "toolcoder_runtime", "-f", f"{BROKER_FOLDER}/kernel.json"),
    ]


def _namespaces() -> Iterator[str]:
    for name in ("pid", "net", "ipc", "uts", "cgroup-try"):
        yield f"--unshare-{name}"
    yield from ("--hostname", "sandbox", "--cap-drop", "ALL")
    if os.geteuid() == 0:
        for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"):  # given up by `_becoming`
            yield from ("--cap-add", capability)
    else:
        yield from ("--unshare-user", "--uid", str(_KERNEL_USER), "--gid", str(_KERNEL_USER))


def _file_systems(options: KernelOptions, rundir: RunDir) -> Iterator[str]:
    limits = options.limits
    yield from ("--ro-bind", "/usr", "/usr")
    for name in _MERGED:
        path = Path("/", name)
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), str(path))
        else:
            yield from ("--ro-bind-try", str(path), str(path))
    pythons = _pythons()
    # Folders that are made on the way to a mount are the owner's only; the kernel's user may be another one.
    for folder in sorted({str(parent) for place in (*_OWN, *_READ, *pythons) for parent in Path(place).parents}):
        yield from ("--dir", folder)
    for place in _READ:
        yield from ("--ro-bind-try", place, place)
    yield from ("--proc", "/proc", "--dev", "/dev")
    yield from _sized("/dev/shm", min(_SHM_BYTES, limits.disk_bytes))
    yield from ("--remount-ro", "/dev")
    yield from _sized("/tmp", limits.disk_bytes)
    yield from _sized(OUT_FOLDER, options.out_bytes)
    if options.seed is not None:
        yield from ("--ro-bind", options.seed, SEED_FOLDER)
        yield from _sized(WORK_FOLDER, options.work_bytes)
    elif options.files is not None:
        yield from ("--ro-bind", str(Path(options.files).resolve()), WORK_FOLDER)
    yield from ("--ro-bind", str(rundir.broker), BROKER_FOLDER, "--bind", str(rundir.sockets), SOCKET_FOLDER)
    for place in pythons:
        for parent in reversed(Path(place).parents):  # once more: a checkout below /tmp lies in what was mounted there
            yield from ("--dir", str(parent))
        yield from ("--ro-bind", place, place)
    yield from ("--ro-bind", str(RUNTIME), _RUNTIME_INSIDE)


def _sized(place: str, n_bytes: int) -> tuple[str, ...]:
    return ("--perms", "1777", "--size", str(n_bytes), "--tmpfs", place)


def _pythons() -> list[str]:
    """Where this Python and its packages are, as far as that is not below /usr."""
    places = {Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parent.parent}
    return sorted(str(place) for place in places if not place.is_relative_to("/usr"))


def host_places() -> set[str]:
    """Where files of this machine are mounted, all of them to be read only. The proof compares with it."""
    return {"/usr", "/etc/passwd", _RUNTIME_INSIDE, *(f"/{name}" for name in _MERGED), *_READ, *_pythons()}


def _environment(options: KernelOptions) -> Iterator[str]:
    yield "--clearenv"
    n_threads = str(max(1, round(options.limits.cpus)))
    variables = {
        "PATH": f"{sys.prefix}/bin:/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": _RUNTIME_INSIDE,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "LANG": "C.UTF-8",
        "HOME": "/tmp/home",
        "IPYTHONDIR": "/tmp/home/.ipython",
        "MPLCONFIGDIR": "/tmp/home/.config/matplotlib",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "OMP_NUM_THREADS": n_threads,
        "OPENBLAS_NUM_THREADS": n_threads,
        "TOOLCODER_FILTER": "1",
        "TOOLCODER_START_LOG": f"{SOCKET_FOLDER}/{START_LOG}",
        "TOOLCODER_BROKER": f"{BROKER_FOLDER}/tools.sock",
        "TOOLCODER_OUT": OUT_FOLDER,
    }
    if options.seed is not None:
        variables |= {"TOOLCODER_SEED": SEED_FOLDER, "TOOLCODER_WORK": WORK_FOLDER}
    for name, value in variables.items():
        yield from ("--setenv", name, value)


def _becoming(rundir: RunDir) -> tuple[str, ...]:
    """Root gives itself up inside, after the mounts were made."""
    if os.geteuid() != 0:
        return ()
    uid = str(kernel_uid(rundir))
    nothing = ("--clear-groups", "--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all", "--no-new-privs")
    return ("setpriv", "--reuid", uid, "--regid", uid, *nothing, "--")


def _limits(options: KernelOptions, n_others: int) -> Iterator[str]:
    limits = options.limits
    processors = sorted(os.sched_getaffinity(0))
    # Spread over the processors: each kernel has as many as it may use, and not always the first.
    n = max(1, min(len(processors), round(limits.cpus)))
    first = os.urandom(1)[0] % len(processors)
    chosen = [processors[(first + i) % len(processors)] for i in range(n)]
    yield from ("taskset", "--cpu-list", ",".join(map(str, chosen)))
    n_threads = limits.n_pids + n_others
    # What one process may have: the watch sees to their sum, and this to a single leap beyond it.
    n_bytes = limits.memory_bytes + _PRIVATE_DATA_BYTES
    yield from ("prlimit", f"--nproc={n_threads}:{n_threads}", f"--nofile={limits.open_files}:{limits.open_files}")
    yield from ("--core=0:0", "--msgqueue=0:0", "--memlock=0:0", f"--data={n_bytes}:{n_bytes}")
