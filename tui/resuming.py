"""`--resume ID` and `--continue`: the session is found, held and read; the flags that it was opened with hold again.

What a person must say each time is not taken up: `--yes`, `--apply`, budgets, and a weaker sandbox or none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from agent.log.reader import read_session
from agent.log.redact import REDACTED
from agent.log.schema import SUFFIX
from agent.log.writer import SessionLog
from agent.loop.past import Past, past_of
from tui.failures import UsageProblem
from tui.finding import find_session

if TYPE_CHECKING:
    from tui.session_request import SessionRequest

_WRITTEN_OUT = re.compile(
    r"""(?:(?<=mcp:)|(?<!\S))([A-Za-z_][A-Za-z0-9_]*=)(?!\S*\$\{)(?!https?://)(?:"[^"]*"|'[^']*'|\S+)"""
)
_NAMED = re.compile(r"([?&])(key|token)=")
_NAME_KEPT = re.compile(r"([?&])(key|token)-name=")
_Mode = Literal["read-only", "copy", "read-write"]


@dataclass(frozen=True)
class Resumed:
    """A session that is taken up again. `log` is held by this process; `request` has the flags of then and of now."""

    log: SessionLog
    past: Past
    request: SessionRequest


def resume(request: SessionRequest, folder: Path, new_log: Callable[[str], SessionLog]) -> Resumed:
    """Find and hold the session that the request names.

    Args:
        new_log: makes the log of a session by its id.

    Raises:
        UsageProblem: there is none, or its flags cannot be taken up.
        SessionLogError: another process has it open, or its log cannot be read.
    """
    path = find_session(folder, request.resume).path if request.resume is not None else latest_session(folder)
    log = new_log(path.stem)
    log.claim()
    try:
        past = past_of(read_session(path))
        return Resumed(log, past, _taken_up(request, past.asked_with))
    except BaseException:
        log.close()
        raise


def latest_session(folder: Path) -> Path:
    """The log that was written to last.

    Raises:
        UsageProblem: there is none.
    """
    logs = [(path.stat().st_mtime, path) for path in folder.glob(f"*{SUFFIX}")] if folder.is_dir() else []
    if not logs:
        raise UsageProblem("there is no session to continue", "no session was logged yet; leave --continue out")
    return max(logs)[1]


def asked_with(request: SessionRequest) -> dict[str, Any]:
    """What a resumption takes up again, for the log's header: flags only, with names of files that hold elsewhere."""
    said: dict[str, Any] = {
        "model": _placed(request.model) if request.model else None,
        "tools": [_placed(source) for source in request.tools] or None,
        "work_folder": str(request.work_folder) if request.work_folder else None,
        "work_mode": request.work_mode,
    }
    return {name: value for name, value in said.items() if value is not None}


def _taken_up(request: SessionRequest, said: Mapping[str, Any]) -> SessionRequest:
    """The flags of now win over those of then."""
    tools = tuple(_NAME_KEPT.sub(r"\1\2=", str(source)) for source in said.get("tools", ()) or ())
    for name, value in (("--tools", " ".join(tools)), ("--model", str(said.get("model") or ""))):
        if REDACTED in value and not (request.tools if name == "--tools" else request.model):
            raise UsageProblem(
                f"the session was opened with a secret in {name}, which its log does not keep: {value}",
                f"give {name} again",
            )
    folder = Path(str(said["work_folder"])) if said.get("work_folder") else None
    mode: _Mode | None = said["work_mode"] if said.get("work_mode") in get_args(_Mode) else None
    if request.work_folder is None and folder is not None and not folder.is_dir():
        raise UsageProblem(f"the session's work folder {folder} is no longer there", "name another with --work-folder")
    return replace(
        request,
        model=request.model or (str(said["model"]) if said.get("model") else None),
        tools=request.tools or tools,
        work_folder=request.work_folder or folder,
        work_mode=request.work_mode or mode,
    )


def _placed(source: str) -> str:
    """`weather.py?python=...` with the file's whole path: a session may be resumed in another folder.

    A variable that is written out for an MCP server may be a secret of any length; its value is left out. What a
    description's `key=` says is a stored key's name and no secret: it is written so that the log keeps it.
    """
    if source.startswith("mcp:"):
        return _WRITTEN_OUT.sub(rf"\1{REDACTED}", source)
    if source.startswith("openapi:"):
        source = _NAMED.sub(r"\1\2-name=", source)
    kind, colon, rest = source.partition(":") if source.startswith(("openapi:", "scripted:")) else ("", "", source)
    name, mark, options = rest.partition("?")
    path = Path(name).expanduser()
    return f"{kind}{colon}{path.resolve()}{mark}{options}" if name and path.exists() else source
