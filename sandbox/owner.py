"""Which process is it? A number is not enough: it is given to another process later, at the latest after a reboot."""

from __future__ import annotations

import os
import time
from functools import cache
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def this_process() -> str:
    """The name of this process among all that ever ran here: boot, number, start."""
    return _name(os.getpid()) or f"{boot_id()}/{os.getpid()}/0"


def is_alive(name: str) -> bool:
    """Whether the process of that name still runs. True where nobody can say: what is unknown is not removed."""
    boot, _, rest = name.partition("/")
    number = rest.partition("/")[0]
    if boot != boot_id() or not number.isdigit():
        return False
    if not Path("/proc/self/stat").exists():
        try:
            os.kill(int(number), 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            pass
        return True
    return _name(int(number)) == name


@cache
def boot_id() -> str:
    """Differs after each start of the machine; empty where the system does not say."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""


def boottime_s() -> float:
    """Seconds since the machine started, sleep included: a clock that nobody sets."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


def _name(number: int) -> str | None:
    try:
        stat = Path(f"/proc/{number}/stat").read_text()
    except OSError:
        return None
    started = stat.rpartition(")")[2].split()[19]  # field 22; the name before it may hold anything
    return f"{boot_id()}/{number}/{started}"
