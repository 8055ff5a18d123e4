"""API keys: from the environment, the system's keyring, or a file that only its owner can read.

A key has a short name (`openai`). Its variable is that name in capitals with _API_KEY (OPENAI_API_KEY) and wins. Where
there is a keyring, `set_key` puts the value there and notes the name alone; elsewhere (servers, containers) the value
goes into the file. Values are returned by `find_key` and `known_secrets` and printed by nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from agent.errors import AgentError
from tui.failures import UsageProblem
from tui.keys_file import KeysFile

SERVICE = "toolcoder"
Place = Literal["environment", "keyring", "file"]
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")


class KeyringProblem(AgentError):
    """The system's keyring is locked, refused, or broke."""


@dataclass(frozen=True)
class FoundKey:
    """A key and where it was found. The value stays out of `repr`, and so of tracebacks and logs."""

    name: str
    place: Place
    value: str

    def __repr__(self) -> str:
        return f"FoundKey({self.name!r}, {self.place!r}, value=...)"


@dataclass(frozen=True)
class KeyPlace:
    """A line of `toolcoder keys list`: `detail` is the variable's name or the file's path."""

    name: str
    place: Place
    detail: str


def variable_of(name: str) -> str:
    """The environment variable that holds the key `name`."""
    return f"{name.upper().replace('-', '_')}_API_KEY"


def find_key(name: str) -> FoundKey | None:
    """The key `name`: environment, then what `set_key` stored. None: there is none.

    Raises:
        KeyringProblem: it is in the keyring, which does not give it.
        tui.keys_file.KeysFileProblem: the file is unreadable or readable by others.
    """
    checked(name)
    if value := os.environ.get(variable_of(name), "").strip():
        return FoundKey(name, "environment", value)
    match KeysFile.default().entries().get(name):
        case None:
            return None
        case {"place": "keyring"}:
            value = _from_keyring(name)
            return FoundKey(name, "keyring", value) if value else None
        case entry:
            return FoundKey(name, "file", entry["value"])


def set_key(name: str, value: str, place: Literal["auto", "keyring", "file"] = "auto") -> KeyPlace:
    """Store a key and say where it went. `auto`: the keyring where one works, else the file.

    Raises:
        UsageProblem: the name or the value cannot be one.
        KeyringProblem: `place` is the keyring and it does not take it.
    """
    checked(name)
    value = value.strip()
    if not value or any(character.isspace() or not character.isprintable() for character in value):
        raise UsageProblem("that is no key: it is empty or has spaces in it", "paste the key alone, on one line")
    file = KeysFile.default()
    before = file.entries().get(name)
    if place != "file" and (place == "keyring" or has_keyring()):
        with _keyring_trouble():
            import keyring

            keyring.set_password(SERVICE, name, value)
        file.write({**file.entries(), name: {"place": "keyring"}})
        return KeyPlace(name, "keyring", "the system's keyring")
    file.write({**file.entries(), name: {"place": "file", "value": value}})
    if before == {"place": "keyring"}:
        _forget_in_keyring(name)
    return KeyPlace(name, "file", str(file.path))


def remove_key(name: str) -> bool:
    """Remove what `set_key` stored; False when there was nothing. A variable is not ours to remove.

    Raises:
        KeyringProblem: the keyring does not let it go.
    """
    checked(name)
    file = KeysFile.default()
    entries = file.entries()
    if name not in entries:
        return False
    if entries.pop(name) == {"place": "keyring"}:
        _forget_in_keyring(name)
    file.write(entries)
    return True


def list_keys() -> list[KeyPlace]:
    """What is stored, and the variables of the usual names; never a value."""
    file = KeysFile.default()
    stored = file.entries()
    found = []
    for name in sorted({"openai", *stored}):
        if os.environ.get(variable_of(name), "").strip():
            found.append(KeyPlace(name, "environment", variable_of(name)))
        if entry := stored.get(name):
            in_keyring = entry["place"] == "keyring"
            detail = "the system's keyring" if in_keyring else str(file.path)
            found.append(KeyPlace(name, "keyring" if in_keyring else "file", detail))
    return found


def known_secrets() -> list[str]:
    """Every value that logs must never hold. What a locked keyring holds cannot leak either: it is skipped."""
    names = {"openai", *KeysFile.default().entries()}
    values = []
    for name in sorted(names):
        try:
            found = find_key(name)
        except KeyringProblem:
            continue
        if found is not None:
            values.append(found.value)
    return values


def has_keyring() -> bool:
    """Is there a keyring that really stores something? (A server has none, and its stand-ins refuse or forget.)"""
    try:
        import keyring

        backend = keyring.get_keyring()
        return float(backend.priority) >= 1 and type(backend).__module__ not in {
            "keyring.backends.fail",
            "keyring.backends.null",
        }
    except Exception:  # noqa: BLE001  # backends are plugins of the desktop and fail in their own ways: then there is none
        return False


def checked(name: str) -> str:
    """The name itself.

    Raises:
        UsageProblem: it is no name of a key.
    """
    if not _NAME.fullmatch(name):
        raise UsageProblem(f"{name!r} is no name of a key", "small letters, digits, - and _; for example: openai")
    return name


def _from_keyring(name: str) -> str:
    with _keyring_trouble():
        import keyring

        return keyring.get_password(SERVICE, name) or ""


def _forget_in_keyring(name: str) -> None:
    with _keyring_trouble():
        import keyring
        from keyring.errors import PasswordDeleteError

        try:
            keyring.delete_password(SERVICE, name)
        except PasswordDeleteError:
            return  # it is not there any more: what was asked for


@contextmanager
def _keyring_trouble() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # see `has_keyring`: no common base class
        hint = "unlock it, set the variable instead, or store the key in a file (`toolcoder keys set --file`)"
        raise KeyringProblem(f"the system's keyring failed: {type(error).__name__}: {error}", hint) from error
