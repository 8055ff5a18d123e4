"""`toolcoder doctor`: every piece, in the order in which failures cause one another, and what to do about each.

Who calls it: `tui.commands.doctor`. Findings are shown as they come; a kernel takes a second or two to start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sandbox.doctor import Check
from sandbox.proof import Finding
from tui import doctor_sandbox
from tui.exit_codes import ExitCode
from tui.images import image_name
from tui.plain import plain_json, plain_line
from tui.standard_streams import emit

if TYPE_CHECKING:
    from tui.settings import Settings

_MARKS = {True: "✓", None: "!", False: "✗"}
_STATUS = {True: "ok", None: "warning", False: "failed"}
_OK: dict[str, bool | None] = {"kept": True, "weaker": None, "unknown": None, "broken": False}
_NAME_WIDTH = 11


def run_checks(settings: Settings, *, only_sandbox: bool = False) -> list[Check]:
    """All findings. Blocking, a few seconds; starts a kernel and removes it. Must not be called in an event loop."""
    return list(checks(settings, only_sandbox=only_sandbox))


def checks(settings: Settings, *, only_sandbox: bool = False, quick: bool = False) -> Iterator[Check]:
    """The same, each as soon as it is known. `quick`: without a kernel, and without loading an embedder."""
    from sandbox import doctor
    from sandbox.events import KernelOptions

    options = KernelOptions(
        image=image_name(settings.sandbox.image),
        transport=settings.sandbox.transport,
        runtime=settings.sandbox.runtime,
    )
    yield from _guarded("sandbox", lambda: doctor.checks(options, settings.sandbox.kind, starts_kernel=not quick))
    if only_sandbox:
        return
    from tui import doctor_checks

    yield from _guarded("model", lambda: [doctor_checks.check_model(settings.model)])
    if not quick:
        yield from _guarded("embeddings", lambda: [doctor_checks.check_embeddings(settings.functions)])
        yield from _guarded("tools", lambda: doctor_checks.check_tools(settings.tools))
    yield from _guarded("state", lambda: [doctor_checks.check_state()])
    yield from _guarded("keys", lambda: [doctor_checks.check_keys()])


def report(*, as_json: bool = False, only_sandbox: bool = False) -> ExitCode:
    """Check everything and print it: a line per piece, or one JSON object. 0, also with warnings; 3 when one failed.

    `only_sandbox`: nothing else is looked at, but each promise of the sandbox is proven from inside a kernel.
    """
    from tui.settings import Settings
    from tui.settings_load import SettingsProblem, load_settings

    found: list[Check] = []
    try:
        settings = load_settings()
        first = Check("settings", True, _where_from())
    except SettingsProblem as problem:
        # The rest is looked at with the defaults: whoever runs the doctor wants to hear everything at once.
        settings = Settings.model_construct()
        first = Check("settings", False, str(problem), problem.hint)
    for check in _with_first(first, checks(settings, only_sandbox=only_sandbox)):
        found.append(check)
        if not as_json:
            emit(_lines(check))
    proven = _prove(settings, found, quiet=as_json) if only_sandbox else None
    verdicts = [*(check.ok for check in found), *(_OK[finding.verdict] for finding in proven or ())]
    if as_json:
        emit(plain_json(as_object(found, proven), indent=2) + "\n")
    else:
        emit(_summary(verdicts))
    return ExitCode.NOT_READY if False in verdicts else ExitCode.DONE


def as_object(found: Sequence[Check], proven: Sequence[Finding] | None = None) -> dict[str, Any]:
    """`{"ready": bool, "checks": [{"name", "status", "detail", "remedy"}]}`; status is ok, warning or failed.

    With `--sandbox` also `promises`, see `tui.doctor_sandbox.as_objects`.
    """
    promises = {} if proven is None else {"promises": doctor_sandbox.as_objects(proven)}
    return {
        "ready": all(check.ok is not False for check in found) and all(f.verdict != "broken" for f in proven or ()),
        "checks": [
            {"name": check.name, "status": _STATUS[check.ok], "detail": check.detail, "remedy": check.remedy}
            for check in found
        ],
        **promises,
    }


def _prove(settings: Settings, found: Sequence[Check], *, quiet: bool) -> Sequence[Finding]:
    """Empty where there is no kernel to look into, which the checks have said."""
    if any(check.ok is False for check in found if check.name != "settings"):
        return ()
    if not quiet:
        emit("\nWhat the sandbox promises, tried from inside:\n")
    try:
        proven = doctor_sandbox.prove_sandbox(settings)
    except Exception as error:  # noqa: BLE001  # whoever looks for faults must not die of the one that is there
        text = f"{type(error).__name__}: {error}"
        proven = [Finding("proof", "the proof itself works", text, "broken", "Please report it.")]
    if not quiet:
        emit("".join(map(doctor_sandbox.lines, proven)))
    return proven


def _with_first(first: Check, rest: Iterator[Check]) -> Iterator[Check]:
    yield first
    yield from rest


def _guarded(name: str, look: Callable[[], Sequence[Check]]) -> Sequence[Check]:
    try:
        return look()
    except Exception as error:  # noqa: BLE001  # whoever looks for faults must not die of the one that is there
        return [Check(name, False, f"{type(error).__name__}: {error}", "This check itself failed; please report it.")]


def _where_from() -> str:
    from tui.places import config_file

    path = config_file()
    return str(path) if path.exists() else f"none ({path} does not exist); the defaults hold"


def _lines(check: Check) -> str:
    text = f"{_MARKS[check.ok]} {check.name:<{_NAME_WIDTH}} {plain_line(check.detail)}\n"
    if check.remedy:
        text += f"  {'':<{_NAME_WIDTH}} → {plain_line(check.remedy)}\n"
    return text


def _summary(verdicts: Sequence[bool | None]) -> str:
    n_failed = verdicts.count(False)
    n_warnings = verdicts.count(None)
    if n_failed:
        return (
            f"\nNot ready: {n_failed} of {len(verdicts)} checks failed. Do what stands beside → and run this again.\n"
        )
    return "\nReady" + (f", with {n_warnings} warning{'s' * (n_warnings > 1)}.\n" if n_warnings else ".\n")
