"""Shell completion: the script that a shell loads. What it offers for arguments is in `completion_values`.

The script calls `toolcoder` itself with `_TOOLCODER_COMPLETE` set, at each Tab; nothing of it is loaded otherwise.
"""

from __future__ import annotations

import os
from pathlib import Path

from tui.failures import UsageProblem

VARIABLE = "_TOOLCODER_COMPLETE"
_SHELLS = ("bash", "zsh", "fish")
_BASH = r"""
_toolcoder_completion() {
    local IFS=$'\n' line current=${COMP_WORDS[COMP_CWORD]} cur words cword offers=()
    words=("${COMP_WORDS[@]}") cword=$COMP_CWORD
    # A model or a source may have a colon in it, at which bash splits words.
    if declare -F _get_comp_words_by_ref >/dev/null; then _get_comp_words_by_ref -n : cur words cword; fi
    while read -r line; do
        [[ $line ]] || continue
        # A name may have spaces in it. Where a quote is open already, they need no other.
        case $current in [\"\']*) ;; *) printf -v line %q "$line" ;; esac
        offers+=("$line")
    done < <(COMP_WORDS="${words[*]}" COMP_CWORD=$cword _TOOLCODER_COMPLETE=complete_bash "$1")
    COMPREPLY=("${offers[@]}")
    if [[ ${#offers[@]} == 1 && ${offers[0]} == *= ]]; then compopt -o nospace 2>/dev/null; fi
    if declare -F __ltrim_colon_completions >/dev/null; then __ltrim_colon_completions "$cur"; fi
    return 0
}

complete -o default -F _toolcoder_completion toolcoder
"""


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
    if shell == "bash":  # typer's own takes a name with spaces in it for several
        return _BASH
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
