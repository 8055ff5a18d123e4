"""Judges the limits: the control groups' own files and ulimits must say what was asked for."""

from __future__ import annotations

from typing import Any, TypeAlias

from sandbox.proof.finding import Asked, Finding, Seen, part

Limits: TypeAlias = dict[str, Any]

_UNLIMITED = -1
_SETTINGS = "Use an engine that may set limits (control groups with memory, pids and cpu delegated to it)."


def memory(seen: Seen, asked: Asked) -> Finding:
    """The memory limit, and no swap beside it."""
    found = part(seen, "limits")
    promise = f"at most {asked.limits.memory_bytes >> 20} MiB of memory, swap included"
    limit, swap = _group(found, "memory"), _group(found, "swap")
    if limit is None:
        return _without(found, asked, "memory", promise, "DATA", asked.limits.memory_bytes)
    if limit > asked.limits.memory_bytes:
        return Finding("memory", promise, f"{limit} bytes", "broken", _SETTINGS)
    extra = swap if found["unified"] else (swap - limit if swap is not None else None)
    if extra is None and found["swap_kib"]:
        return Finding("memory", promise, f"{limit} bytes, and swap beside it", "weaker", "Turn on swap accounting.")
    if extra:
        return Finding("memory", promise, f"{limit} bytes and {extra} of swap", "broken", _SETTINGS)
    return Finding("memory", promise, f"{limit} bytes, no swap", "kept")


def processes(seen: Seen, asked: Asked) -> Finding:
    """The limit on processes and threads."""
    found = part(seen, "limits")
    promise = f"at most {asked.limits.n_pids} processes and threads"
    limit = _group(found, "pids")
    if limit is None:
        return _without(found, asked, "processes", promise, "NPROC", asked.limits.n_pids)
    if limit > asked.limits.n_pids:
        return Finding("processes", promise, f"{limit}", "broken", _SETTINGS)
    return Finding("processes", promise, f"{limit}", "kept")


def processors(seen: Seen, asked: Asked) -> Finding:
    """The share of the processors."""
    found = part(seen, "limits")
    promise = f"at most {asked.limits.cpus:g} processors"
    quota, period = _cpu(found)
    if (quota is None or not period) and found["processors"] <= asked.limits.cpus:
        return Finding("processors", promise, f"{found['processors']}, which it may run on", "kept")
    if quota is None or not period:
        return Finding("processors", promise, "no limit", "weaker", _SETTINGS)
    share = quota / period
    if share > asked.limits.cpus + 0.01:
        return Finding("processors", promise, f"{share:g}", "broken", _SETTINGS)
    return Finding("processors", promise, f"{share:g}", "kept")


def ulimits(seen: Seen, asked: Asked) -> Finding:
    """Open files, no core dumps, no message queues."""
    found = part(seen, "limits")["ulimits"]
    promise = f"at most {asked.limits.open_files} open files, no core dumps, no message queues"
    files, core, queues = found["NOFILE"], found["CORE"], found["MSGQUEUE"]
    told = f"open files {files[1]}, core {core[1]}, queues {queues[1]}"
    if not 0 <= files[1] <= asked.limits.open_files or not 0 <= core[1] <= 1:
        return Finding("ulimits", promise, told, "broken", _SETTINGS)
    if queues[1] != 0:
        return Finding("ulimits", promise, told, "weaker", _SETTINGS)
    return Finding("ulimits", promise, told, "kept")


def _group(found: Limits, name: str) -> int | None:
    """The limit of a control group in bytes or a count; None where there is none."""
    texts = found["groups"][name]
    words: list[str] = next((text.split() for text in texts if text), [])
    if not words or words[0] == "max" or not words[0].isdigit() or int(words[0]) > 1 << 60:
        return None
    return int(words[0])


def _cpu(found: Limits) -> tuple[int | None, int | None]:
    unified = found["groups"]["cpu"][0].split()
    if len(unified) == 2:
        return (None if unified[0] == "max" else int(unified[0])), int(unified[1])
    quota, period = (found["groups"][name][1] for name in ("cpu", "cpu_period"))
    return (int(quota) if quota.isdigit() else None), (int(period) if period.isdigit() else None)


def _without(found: Limits, asked: Asked, name: str, promise: str, ulimit: str, n: int) -> Finding:
    """Without a control group a ulimit may stand in, which counts per process or per user, and others of that user."""
    limit = found["ulimits"][ulimit][1]
    if limit == _UNLIMITED or (asked.has_image and limit > n):
        return Finding(name, promise, "no limit", "broken", _SETTINGS)
    told = f"at most {limit} by ulimit, no control group; beyond {n} it is watched from outside"
    return Finding(name, promise, told, "weaker", "A container holds this limit.")


JUDGES = (memory, processes, processors, ulimits)
