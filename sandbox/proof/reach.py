"""Judges what the code can reach: network, files of the host, sockets, devices, processes, secrets."""

from __future__ import annotations

from sandbox.proof.finding import Asked, Finding, Seen, listed, part

_VIRTUAL = {"proc", "sysfs", "tmpfs", "cgroup", "cgroup2", "mqueue", "devpts", "devtmpfs"}
_OWN_TREES = ("/proc", "/sys", "/dev")
_ENGINE_FILES = ("/etc/resolv.conf", "/etc/hostname", "/etc/hosts", "/run/.containerenv")
_DEVICES = {
    f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "console", "pts/ptmx")
}
_TARGETS = "Report this: a kernel must not have it. Until then do not run code that you do not trust."
_PRIVATE = ("cgroup", "ipc", "mnt", "net", "pid", "uts")


def network(seen: Seen, asked: Asked) -> Finding:
    """No interface but the loopback, no route, nothing answers: not the internet, not the host, not its sockets."""
    found = part(seen, "network")
    promise = "no way out: no interface, no route, no name, no address of this machine"
    problems = [f"interface {name}" for name in found["interfaces"] if name != "lo"]
    problems += [f"a route by {name}" for name in found["routes"] if name != "lo"]
    problems += [f"connected to {where}" for where, what in found["connects"].items() if what == "connected"]
    if found["name"] == "resolved":
        problems.append("a name was resolved")
    if found["abstract"] == "connected":
        problems.append("an abstract socket of this machine answered")
    problems += [f"the lure {name} was reached" for name in asked.lured]
    if problems:
        return Finding("network", promise, listed(problems), "broken", _TARGETS)
    answers = sorted(set(found["connects"].values()))
    return Finding("network", promise, f"{len(found['connects'])} addresses tried: {listed(answers)}", "kept")


def socket_families(seen: Seen, asked: Asked) -> Finding:
    """Families that network namespaces do not confine, or that give raw access."""
    found = part(seen, "network")["families"]
    promise = "no raw sockets, and none to the machine's hypervisor or devices"
    opened = [name for name, error in found.items() if error == ""]
    if opened:
        remedy = "Run `toolcoder sandbox build`; an image of your own needs this version's toolcoder_runtime."
        return Finding("socket families", promise, f"can be opened: {listed(opened)}", "broken", remedy)
    return Finding("socket families", promise, f"refused: {listed(list(found))}", "kept")


def mounts(seen: Seen, asked: Asked) -> Finding:
    """Folders of the host are there only where they were asked for, and not to write."""
    found = part(seen, "mounts")
    promise = "no folder of this machine but the named ones, and none of them writable"
    named, foreign, open_ = [], [], []
    for mount in found:
        target = mount["target"]
        if _is_its_own(mount, asked) or target in _ENGINE_FILES or target.endswith("/docker-init"):
            continue
        if not any(target == place or target.startswith(place + "/") for place in asked.mounts):
            foreign.append(target)
            continue
        named.append(target)
        if "ro" not in mount["options"].split(",") and target != "/run/kernel":
            open_.append(target)
    if foreign:
        return Finding("mounts", promise, f"mounted, but never asked for: {listed(foreign)}", "broken", _TARGETS)
    if open_:
        return Finding("mounts", promise, f"writable: {listed(open_)}", "broken", _TARGETS)
    return Finding("mounts", promise, f"{listed(named)}", "kept")


def _is_its_own(mount: dict[str, str], asked: Asked) -> bool:
    """An image's root, and what every container has: /proc, /sys, /dev, /tmp. Kinds tell: a folder has its disk's."""
    target, kind = mount["target"], mount["kind"]
    if target == "/":
        return asked.has_image or kind == "tmpfs"
    if target in asked.writable and target != "/dev/shm":
        return kind == "tmpfs" and mount["root"] == "/"
    return kind in _VIRTUAL and any(target == tree or target.startswith(tree + "/") for tree in _OWN_TREES)


def sockets(seen: Seen, asked: Asked) -> Finding:
    """Above all not the engine's own socket, which is the same as root on the machine."""
    found = part(seen, "special_files")
    promise = "no socket of the engine or of any other program"
    foreign = [path for path in found["sockets"] if path.rpartition("/")[0] not in asked.sockets]
    foreign = list(dict.fromkeys([*found["engine"], *foreign]))
    if foreign:
        return Finding("sockets", promise, listed(foreign), "broken", _TARGETS)
    return Finding("sockets", promise, f"{len(found['sockets'])}, all the kernel's own", "kept")


def devices(seen: Seen, asked: Asked) -> Finding:
    """The usual harmless ones, and none can be made."""
    found = part(seen, "special_files")
    promise = "no device but null, zero, full, random, urandom and terminals"
    foreign = [*found["blocks"], *(path for path in found["characters"] if path not in _DEVICES)]
    if found["mknod"] == "":
        foreign.append("a block device that was just made")
    if foreign:
        return Finding("devices", promise, listed(foreign), "broken", _TARGETS)
    return Finding("devices", promise, f"{len(found['characters'])} usual ones; making one: {found['mknod']}", "kept")


def namespaces(seen: Seen, asked: Asked) -> Finding:
    """Its own view of processes, names, mounts, messages and network."""
    found = part(seen, "processes")["namespaces"]
    n = len(part(seen, "processes")["status"])
    promise = "its own processes, host name, mounts, messages and network; nothing of others is visible"
    if not asked.namespaces:
        return Finding("namespaces", promise, f"{n} processes; over a relay there is nothing to compare with", "kept")
    shared = [name for name in _PRIVATE if found.get(name) and found.get(name) == asked.namespaces.get(name)]
    seen_text = f"{n} processes visible"
    if [name for name in shared if name != "cgroup"]:
        return Finding("namespaces", promise, f"shared with this machine: {listed(shared)}", "broken", _TARGETS)
    if shared:  # the paths of control groups can be read then, nothing more
        remedy = "An engine with control groups version 2 gives each container its own view of them."
        return Finding("namespaces", promise, f"{seen_text}; shares the view of control groups", "weaker", remedy)
    return Finding("namespaces", promise, f"{seen_text}; {listed([k for k in _PRIVATE if found.get(k)])}", "kept")


def environment(seen: Seen, asked: Asked) -> Finding:
    """A canary stood in this program's environment while the kernel was started."""
    found = part(seen, "secrets")
    promise = "nothing of this machine's environment"
    if found["found"]:
        return Finding("environment", promise, f"a planted value is in {listed(found['found'])}", "broken", _TARGETS)
    return Finding("environment", promise, f"{len(found['names'])} variables, the planted value is in none", "kept")


JUDGES = (network, socket_families, mounts, sockets, devices, namespaces, environment)
