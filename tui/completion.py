"""Shell completion: the script that a shell loads, and the values that only a look into the home can tell.

The script calls `toolcoder` itself with `_TOOLCODER_COMPLETE` set, at each Tab; nothing of it is loaded otherwise.
"""

from __future__ import annotations

import os
from pathlib import Path

from tui.failures import UsageProblem

VARIABLE = "_TOOLCODER_COMPLETE"
_SHELLS = ("bash", "zsh", "fish")
_N_SESSIONS = 40


def shell_of_user() -> str | None:
    """By the variable SHELL; None where it is none of ours."""
    name = Path(os.environ.get("SHELL", "")).name
    return name if name in _SHELLS else None


def enable_if_asked() -> None:
    """Where a shell asks at a Tab: make its way of asking known, which costs the time that other commands save."""
    if os.environ.get(VARIABLE):
        from typer.completion import get_completion_inspect_parameters

        get_completion_inspect_parameters()


def script(shell: str) -> str:
    """What the shell is to run, as `source <(toolcoder completion bash)`."""
    from typer.completion import get_completion_script  # type: ignore[attr-defined]  # what typer itself installs

    return get_completion_script(prog_name="toolcoder", complete_var=VARIABLE, shell=shell) + "\n"


def install_script(shell: str) -> tuple[Path, str]:
    """Write the script to where the shell looks for it; no file of the person's own is changed.

    Returns:
        The file, and what is left to do.

    Raises:
        UsageProblem: the folder cannot be written.
    """
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    path, what_next = {
        "bash": (
            data / "bash-completion/completions/toolcoder",
            "bash loads it by itself where the package bash-completion is installed; open a new shell",
        ),
        "zsh": (
            data / "zsh/site-functions/_toolcoder",
            f"once, before compinit in ~/.zshrc: fpath+=({data / 'zsh/site-functions'}); then open a new shell",
        ),
        "fish": (config / "fish/completions/toolcoder.fish", "fish loads it by itself; open a new shell"),
    }[shell]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(script(shell), encoding="utf-8")
    except OSError as error:
        raise UsageProblem(
            f"{path} cannot be written: {error.strerror or error}", f"toolcoder completion {shell} prints it"
        ) from error
    return path, what_next


def session_ids(incomplete: str) -> list[tuple[str, str]]:
    """Sessions whose id begins so, the newest first, with their question. Called by the shell, at a Tab."""
    from agent.log.reader import list_sessions
    from tui.places import sessions_folder
    from tui.plain import plain_line

    try:
        sessions = list_sessions(sessions_folder())
    except OSError:  # a Tab is no place for an error
        return []
    fitting = [s for s in sessions if s.id.startswith(incomplete)][:_N_SESSIONS]
    return [(s.id, plain_line(s.question, 60)) for s in fitting]
