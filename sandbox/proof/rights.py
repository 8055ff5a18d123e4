"""Judges what the code may do: user, capabilities, privileges, system calls, files of the kernel, places to write."""

from __future__ import annotations

from sandbox.proof.finding import Asked, Finding, Seen, Verdict, listed, part

_CAPABILITIES = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
_ENGINE = "Use an engine with its default seccomp profile."
_REPORT = "Report this: a kernel must not have it. Until then do not run code that you do not trust."
_REBUILD = "Run `toolcoder sandbox build`; an image of your own needs this version's toolcoder_runtime."
_HARMLESS = {"EPERM", "ENOSYS", "EACCES"}
_MAY_BE_ASKED = {"syslog", "personality(ADDR_NO_RANDOMIZE)"}


def user(seen: Seen, asked: Asked) -> Finding:
    """An ordinary user in every process, alone in its group."""
    found = part(seen, "processes")
    named = "" if asked.uids is None else f" ({listed(sorted(asked.uids))})"
    promise = f"an ordinary user{named} in every process, and no other group"
    users = {number for status in found["status"].values() for number in status["Uid"].split()}
    groups = {
        group for status in found["status"].values() for group in [*status["Gid"].split(), *status["Groups"].split()]
    }
    told = f"users {listed(sorted(users))}, groups {listed(sorted(groups))}"
    if "0" in users or (asked.uids is not None and not users <= set(map(str, asked.uids))):
        return Finding("user", promise, told, "broken", _REPORT)
    if groups - users:
        return Finding("user", promise, told, "weaker", _REPORT)
    return Finding("user", promise, told, "kept")


def user_namespace(seen: Seen, asked: Asked) -> Finding:
    """Whether a user inside is the same number outside: where a way out were found, this would be who comes out."""
    mapped = part(seen, "processes")["uid_map"]
    promise = "a user of the machine with as few rights as possible stands behind the user inside"
    if mapped.split() == ["0", "0", "4294967295"]:
        remedy = "A rootless engine or Docker's userns-remap would make it a number that owns nothing."
        told = "no mapping of users: the number inside is the same outside"
        return Finding("user namespace", promise, told, "broken" if 0 in (asked.uids or ()) else "kept", remedy)
    return Finding("user namespace", promise, f"users are mapped ({mapped})", "kept")


def capabilities(seen: Seen, asked: Asked) -> Finding:
    """None, in no set, in no process."""
    found = part(seen, "processes")["status"]
    promise = "no capability in any set of any process"
    held = {f"{s['Name']}: {name} {s[name]}" for s in found.values() for name in _CAPABILITIES if int(s[name], 16)}
    if held:
        return Finding("capabilities", promise, listed(sorted(held)), "broken", _REPORT)
    return Finding("capabilities", promise, f"all {len(_CAPABILITIES)} sets empty in {len(found)} processes", "kept")


def new_privileges(seen: Seen, asked: Asked) -> Finding:
    """Files with the setuid bit give nothing, then."""
    found = part(seen, "processes")["status"]
    n_files = len(part(seen, "special_files")["privileged"])
    promise = "no new privileges: running a setuid program gives nobody its owner's rights"
    without = sorted(s["Name"] for s in found.values() if s["NoNewPrivs"] != "1")
    if without:
        return Finding("new privileges", promise, f"can be had by {listed(without)}", "broken", _REPORT)
    return Finding("new privileges", promise, f"refused in {len(found)} processes; {n_files} setuid files", "kept")


def seccomp(seen: Seen, asked: Asked) -> Finding:
    """System calls are filtered, and those that matter are refused when they are tried."""
    found = part(seen, "processes")
    answers = part(seen, "syscalls")
    promise = "system calls are filtered: no namespaces, mounts, tracing, keys, BPF, io_uring"
    modes = {status["Seccomp"] for status in found["status"].values()}
    if modes != {"2"}:
        return Finding("seccomp", promise, f"mode {listed(sorted(modes))}", "broken", _ENGINE)
    let_through = [name for name, answer in answers.items() if answer not in _HARMLESS and name not in _MAY_BE_ASKED]
    if let_through:
        told = f"let through: {listed([f'{name} ({answers[name]})' for name in let_through])}"
        return Finding("seccomp", promise, told, "broken", _REBUILD)
    return Finding("seccomp", promise, f"mode 2; {len(answers)} calls tried, all refused", "kept")


def security_module(seen: Seen, asked: Asked) -> Finding:
    """AppArmor or SELinux where the machine has one; it is named, its absence is no failure."""
    found = part(seen, "processes")
    promise = "the machine's security module, where it has one, confines the kernel"
    label = found["apparmor"] or found["label"]
    if not label:
        return Finding("security module", promise, "no AppArmor or SELinux on this machine", "kept")
    if label.startswith("unconfined"):
        remedy = "Let the engine load its profile (apparmor_parser must be installed), or turn SELinux on in it."
        return Finding("security module", promise, f"there is one, and this is {label}", "weaker", remedy)
    return Finding("security module", promise, label, "kept")


def kernel_files(seen: Seen, asked: Asked) -> Finding:
    """Files of /proc and /sys that tell of the machine are empty, those that change it cannot be opened."""
    found = part(seen, "kernel_files")
    promise = "files of /proc and /sys that tell of the machine or change it are masked or read-only"
    shown = [path for path, n in found["shown"].items() if n]
    if found["written"]:
        return Finding("kernel files", promise, f"can be written: {listed(found['written'])}", "broken", _REPORT)
    if shown:
        verdict: Verdict = "broken" if asked.has_image else "weaker"
        return Finding("kernel files", promise, f"can be read: {listed(shown)}", verdict, _REPORT)
    return Finding("kernel files", promise, f"{len(found['shown'])} looked at, all empty; none can be written", "kept")


def writable_places(seen: Seen, asked: Asked) -> Finding:
    """A file was tried in every folder there is."""
    found = part(seen, "writable")
    promise = f"writable nowhere but in {listed(sorted(asked.writable))}, which have a size"
    places = found["places"]
    foreign = sorted(places.keys() - asked.writable.keys())
    if "/run/kernel" in foreign and len(foreign) == 1:
        remedy = "Known where the client is not root: code could fill that file system. Watch its free space."
        return Finding("writable places", promise, "the folder of the kernel's sockets too", "weaker", remedy)
    if foreign:
        return Finding("writable places", promise, f"also in {listed(foreign)}", "broken", _REPORT)
    larger = [name for name, size in places.items() if size["bytes"] > asked.writable[name]]
    if larger:
        return Finding("writable places", promise, f"larger than asked: {listed(larger)}", "broken", _REPORT)
    sizes = [f"{name} {size['bytes'] >> 20} MiB" for name, size in sorted(places.items())]
    return Finding("writable places", promise, f"{listed(sizes)}; {found['n_folders']} folders tried", "kept")


JUDGES = (
    user,
    user_namespace,
    capabilities,
    new_privileges,
    seccomp,
    security_module,
    kernel_files,
    writable_places,
)
