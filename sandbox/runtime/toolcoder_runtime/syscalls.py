"""A filter of system calls that the kernel puts on itself before any code of a session runs.

The engine's own filter differs between versions: older ones let io_uring, tracing and sockets to the hypervisor through
(AF_VSOCK, which no network namespace confines). This one is of one version with the rest, comes on top, and stays.
Landlock, where the system has it, keeps the code out of the memory of processes without the filter.
Sources: seccomp(2), landlock(7), the tables of system calls of Linux for x86-64 and arm64.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Mapping

FILTER_VARIABLE = "TOOLCODER_FILTER"
"""Set by whoever starts the kernel in isolation; a bare kernel on the host has no filter."""

_EPERM, _ENOSYS, _ENOFAMILY = errno.EPERM, errno.ENOSYS, errno.EAFNOSUPPORT
ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
_X32_BIT = 0x40000000
# Number on x86-64 and on arm64; -1 where there is none.
_REFUSED: Mapping[str, tuple[int, int]] = {
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "chroot": (161, 51), "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "open_tree": (428, 428), "move_mount": (429, 429), "mount_setattr": (442, 442), "open_tree_attr": (467, 467),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_getfd": (438, 438), "process_madvise": (440, 440), "add_key": (248, 217), "request_key": (249, 218),
    "keyctl": (250, 219), "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "fanotify_init": (300, 262),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "reboot": (169, 142), "settimeofday": (164, 170), "clock_settime": (227, 112),
    "clock_adjtime": (305, 266), "adjtimex": (159, 171), "swapon": (167, 224), "swapoff": (168, 225),
    "quotactl": (179, 60), "quotactl_fd": (443, 443), "acct": (163, 89), "syslog": (103, 116), "vhangup": (153, 58),
    "iopl": (172, -1), "ioperm": (173, -1), "modify_ldt": (154, -1), "lookup_dcookie": (212, 18),
    "move_pages": (279, 239), "migrate_pages": (256, 238), "sethostname": (170, 161), "setdomainname": (171, 162),
}  # fmt: skip
# Programs ask whether these are there and do without.
_ABSENT: Mapping[str, tuple[int, int]] = {
    "clone3": (435, 435), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427), "memfd_secret": (447, 447),
    # Counted per user over all containers and the host, where the same number may be the caller's own.
    "inotify_init": (253, -1), "inotify_init1": (294, 26),
}  # fmt: skip
_SOCKET, _CLONE, _IOCTL = (41, 198), (56, 220), (16, 29)
_FAMILIES = (1, 2, 10)  # Unix, and IPv4 and IPv6 on the loopback
_NETLINK = 16  # of its protocols the one that lists interfaces
_NEW_NAMESPACES = 0x7E020000
_TERMINAL_INPUT = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX: would type at a terminal that is shared

_LOAD, _EQUAL, _GREATER, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16

_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP, _LANDLOCK = (317, 277), 444  # landlock's three calls are 444 to 446 everywhere
_SET_MODE_FILTER, _ALL_THREADS = 1, 1
_MAKE_DEVICES = (1 << 6) | (1 << 11)  # Landlock's rights to make character and block devices
_MOVE = 1 << 13  # its right to move and link files between folders
_ASK_VERSION, _PATH_BENEATH, _VERSION_WITH_MOVES = 1, 1, 2


class FilterRefused(Exception):
    """The system did not take the filter: the kernel must not start without it."""


def install() -> bool:
    """Filter the system calls of all threads of this process and of all that it starts. False: unknown processor.

    Raises:
        FilterRefused: as it says.
    """
    found = ARCHITECTURES.get(os.uname().machine)
    if found is None:
        return False
    architecture, column = found
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise FilterRefused(f"no_new_privs: {os.strerror(ctypes.get_errno())}")
    _keep_to_own_processes(libc)
    code = program(architecture, column)
    buffer = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    if libc.syscall(_SECCOMP[column], _SET_MODE_FILTER, _ALL_THREADS, header) != 0:
        raise FilterRefused(f"seccomp: {os.strerror(ctypes.get_errno())}")
    return True


def program(architecture: int, column: int) -> bytes:
    """The filter as classic BPF, 8 bytes per instruction."""
    steps: list[tuple[int, int | str, int | str, int]] = []
    # A jump is either a number of instructions or the name of an answer at the end.
    steps += [(_LOAD, 0, 0, _ARCHITECTURE), (_EQUAL, 0, "absent", architecture), (_LOAD, 0, 0, _NUMBER)]
    if column == 0:
        steps.append((_GREATER, "absent", 0, _X32_BIT))
    steps += [(_EQUAL, "refused", 0, number[column]) for number in _REFUSED.values() if number[column] >= 0]
    steps += [(_EQUAL, "absent", 0, number[column]) for number in _ABSENT.values() if number[column] >= 0]
    steps += [
        (_EQUAL, 0, 2, _CLONE[column]),
        (_LOAD, 0, 0, _ARGUMENTS),
        (_ANY_BIT, "refused", "allowed", _NEW_NAMESPACES),
    ]
    steps += [(_EQUAL, 0, 3, _IOCTL[column]), (_LOAD, 0, 0, _ARGUMENTS + 8)]
    steps += [(_EQUAL, "refused", 0, _TERMINAL_INPUT[0]), (_EQUAL, "refused", "allowed", _TERMINAL_INPUT[1])]
    steps += [(_EQUAL, 0, "allowed", _SOCKET[column]), (_LOAD, 0, 0, _ARGUMENTS)]
    steps += [(_EQUAL, "allowed", 0, family) for family in _FAMILIES]
    steps += [(_EQUAL, 0, "no family", _NETLINK), (_LOAD, 0, 0, _ARGUMENTS + 16), (_EQUAL, "allowed", "no family", 0)]
    answers = {
        "allowed": _ALLOW,
        "refused": _ERROR | _EPERM,
        "absent": _ERROR | _ENOSYS,
        "no family": _ERROR | _ENOFAMILY,
    }
    places = {name: len(steps) + i for i, name in enumerate(answers)}
    code = b""
    for at, (what, yes, no, value) in enumerate(steps):
        jumps = [places[jump] - at - 1 if isinstance(jump, str) else jump for jump in (yes, no)]
        code += struct.pack("HBBI", what, *jumps, value)
    return code + b"".join(struct.pack("HBBI", _RETURN, 0, 0, answer) for answer in answers.values())


def _keep_to_own_processes(libc: ctypes.CDLL) -> None:
    """A domain of Landlock: the memory of processes outside of it (the container's init) is closed to those inside.

    A domain forbids moving and linking files between folders unless a rule allows it, which programs need to do.
    """
    if libc.syscall(_LANDLOCK, None, ctypes.c_size_t(0), _ASK_VERSION) < _VERSION_WITH_MOVES:
        return  # systems older than 5.19, or without it
    rules = struct.pack("Q", _MAKE_DEVICES | _MOVE)
    ruleset = libc.syscall(_LANDLOCK, rules, ctypes.c_size_t(len(rules)), 0)
    if ruleset < 0:
        return
    root = os.open("/", os.O_PATH | os.O_CLOEXEC)
    beneath = struct.pack("=Qi", _MOVE, root)
    if libc.syscall(_LANDLOCK + 1, ruleset, _PATH_BENEATH, beneath, 0) == 0:
        libc.syscall(_LANDLOCK + 2, ruleset, 0)
    os.close(root)
    os.close(ruleset)
