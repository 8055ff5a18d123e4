"""The manual page, made of the definitions that the commands and their flags are made of: nothing is written twice.

roff with the `man` macros: `toolcoder man | man -l -`, or kept as toolcoder.1 in a folder of MANPATH.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

_EXIT = (
    ("0", "Done. Warnings alone stay 0."),
    ("1", "The agent failed: no program answered the question."),
    ("2", "The command was called in a way that cannot work."),
    ("3", "The environment is not ready: model, sandbox, disk. The message says what to do."),
    ("4", "Refused: an approval or a person was needed, and nobody was there or said yes."),
    ("5", "A budget ended it."),
    ("130", "Interrupted."),
)
_ENVIRONMENT = (
    ("TOOLCODER_HOME", "Where state is kept: logs, functions, packages. Default: the platform's state folder."),
    ("TOOLCODER_CONFIG", "The file of settings. Default: config.toml in the platform's folder of settings."),
    ("TOOLCODER_SECTION_NAME", "A setting, as in TOOLCODER_MODEL_NAME; wins over the file."),
    ("OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL", "An endpoint that speaks OpenAI's protocol."),
    ("NO_COLOR", "The chat shows no colours. The other commands write none in any case."),
    ("TOOLCODER_DEBUG", "1: failures are told with their traceback."),
)
_FILES = (
    ("~/.config/toolcoder/config.toml", "Settings."),
    ("~/.local/state/toolcoder/sessions", "Logs of sessions: one file each, and a folder with what is large."),
)


def man_page(app: Any, version: str, today: date) -> str:
    """The page of the whole command tree; `app` is the root group."""
    lines = [
        f'.TH TOOLCODER 1 "{today.isoformat()}" "toolcoder {version}" "User Commands"',
        ".SH NAME",
        _text("toolcoder - ask in plain words; a model writes a program, a sandbox runs it"),
        ".SH SYNOPSIS",
        ".B toolcoder",
        _text("[COMMAND] [OPTIONS]"),
        ".SH DESCRIPTION",
        *_paragraphs(app.help or ""),
    ]
    lines += [".SH OPTIONS", *_options(app)]
    lines.append(".SH COMMANDS")
    for path, command in _commands(app, ()):
        lines += [f".SS {_usage(command, path)}", *_paragraphs(command.help or ""), *_options(command, path)]
    for title, rows in (("EXIT STATUS", _EXIT), ("ENVIRONMENT", _ENVIRONMENT), ("FILES", _FILES)):
        lines.append(f".SH {title}")
        for name, meaning in rows:
            lines += [".TP", f".B {_word(name)}", _text(meaning)]
    return "\n".join(lines) + "\n"


def _commands(group: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if command.hidden:
            continue
        if hasattr(command, "commands"):
            yield from _commands(command, (*path, name))
        else:
            yield (*path, name), command


def _records(command: Any, path: tuple[str, ...]) -> list[tuple[str, str]]:
    """Arguments and options with their help, as `--help` has them."""
    context = command.make_context(" ".join(path) or "toolcoder", [], resilient_parsing=True)
    records = (parameter.get_help_record(context) for parameter in command.get_params(context))
    return [(" ".join(record[0].split()), record[1]) for record in records if record is not None]


def _usage(command: Any, path: tuple[str, ...]) -> str:
    """The command with its arguments, as a heading."""
    names = [name for name, _ in _records(command, path) if not name.startswith("-")]
    arguments = [name.split()[0].strip("[]").upper() for name in names]
    return _word(" ".join(("toolcoder", *path, *arguments)))


def _options(command: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    for name, meaning in _records(command, path):
        yield ".TP"
        yield rf"\fB{_word(name)}\fR"
        yield _text(meaning) or r"\&"


def _paragraphs(text: str) -> Iterator[str]:
    for i, paragraph in enumerate(re.split(r"\n\s*\n", text.strip())):
        if i:
            yield ".PP"
        if paragraph.strip():
            yield _text(" ".join(paragraph.split()))


def _word(text: str) -> str:
    """With hyphens that can be copied, and nothing that roff would interpret."""
    return text.replace("\\", r"\e").replace("-", r"\-").replace('"', r"\(dq")


def _text(text: str) -> str:
    """A line of its own: one that begins with a dot or a quote would be a request."""
    line = " ".join(text.split()).replace("\\", r"\e")
    line = re.sub(r"(?<![\w-])(--?[a-z][\w-]*)", lambda m: m.group().replace("-", r"\-"), line)
    return rf"\&{line}" if line[:1] in (".", "'") else line
