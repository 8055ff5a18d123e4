"""Where a session keeps what it keeps: its log, whole outputs and plots, and the note of where its kernel is."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from agent.errors import SessionLogError
from agent.log.blobs import blob_folder
from agent.log.redact import Redactor
from agent.log.writer import SessionLog
from sandbox.events import Lease, SpoolOptions
from tui.places import sessions_folder

if TYPE_CHECKING:
    from agent.tools.vault import Vault
    from tui.settings import LogSettings, SandboxSettings


def logs_folder() -> Path:
    """The folder of session logs.

    Raises:
        SessionLogError: the home cannot be used.
    """
    try:
        return sessions_folder()
    except OSError as error:
        raise SessionLogError(
            f"the folder for session logs cannot be made: {error.strerror or error}",
            "choose another place with TOOLCODER_HOME",
        ) from error


def make_log(session_id: str, vault: Vault) -> SessionLog:
    """The session's log; nothing is written yet."""
    return SessionLog(logs_folder(), session_id, secrets=vault.known_values)


def tidy_logs(log: LogSettings) -> None:
    """Remove logs that are older than the settings keep them; those that are open stay."""
    if log.retention_days is not None:
        from agent.log.retention import prune

        with contextlib.suppress(OSError):  # tidying up must not keep anybody from asking
            prune(logs_folder(), log.retention_days)


def lease_of(sandbox: SandboxSettings, log: SessionLog | None) -> Lease | None:
    """Without a log there is nothing to resume, so nobody would ever come back to the kernel."""
    if log is None or sandbox.lease_s <= 0:
        return None
    return Lease(blob_folder(log.path) / "kernel.json", log.session_id, sandbox.lease_s)


def spool_of(
    settings: LogSettings, log: SessionLog | None, out: Path | None, redactor: Redactor
) -> SpoolOptions | None:
    """Outputs and plots lie beside the session's log; plots where `--output-dir` says, also without a log."""
    if log is None and out is None:
        return None
    return SpoolOptions(
        folder=str(blob_folder(log.path)) if log is not None else None,
        artifacts=str(out.absolute()) if out is not None else None,
        limit_bytes=settings.files_mb << 20,
        redact=redactor.text,
    )
