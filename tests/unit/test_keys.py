"""Keys: where they are found, where they are put, and that they show nowhere."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import keyring
import keyring.backend
import pytest

from tui.failures import UsageProblem
from tui.keys import FoundKey, KeyPlace, KeyringProblem, find_key, known_secrets, list_keys, remove_key, set_key
from tui.keys_file import KeysFile, KeysFileProblem

SECRET = "sk-test-4242424242"


class InMemoryKeyring(keyring.backend.KeyringBackend):
    """A keyring that works; the real ones need a desktop."""

    priority = 5  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.values.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.values[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.values[service, username]


class LockedKeyring(InMemoryKeyring):
    def get_password(self, service: str, username: str) -> str | None:
        raise RuntimeError("the collection is locked")


@pytest.fixture(autouse=True)
def no_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring.backends.null

    use(monkeypatch, keyring.backends.null.Keyring())


def use(monkeypatch: pytest.MonkeyPatch, backend: keyring.backend.KeyringBackend) -> None:
    monkeypatch.setattr(keyring.core, "_keyring_backend", backend)


def test_there_is_none_at_first() -> None:
    assert find_key("openai") is None
    assert list_keys() == []
    assert not remove_key("openai")


def test_without_a_keyring_it_goes_into_a_private_file() -> None:
    place = set_key("openai", f"  {SECRET}\n")
    assert place == KeyPlace("openai", "file", str(KeysFile.default().path))
    assert find_key("openai") == FoundKey("openai", "file", SECRET)
    assert stat.S_IMODE(KeysFile.default().path.stat().st_mode) == 0o600
    assert stat.S_IMODE(KeysFile.default().path.parent.stat().st_mode) == 0o700
    assert remove_key("openai")
    assert find_key("openai") is None
    assert SECRET not in KeysFile.default().path.read_text(encoding="utf-8")


def test_the_mode_does_not_depend_on_the_umask() -> None:
    before = os.umask(0)
    try:
        set_key("openai", SECRET)
    finally:
        os.umask(before)
    assert stat.S_IMODE(KeysFile.default().path.stat().st_mode) == 0o600


def test_with_a_keyring_the_file_holds_the_name_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = InMemoryKeyring()
    use(monkeypatch, backend)
    assert set_key("openai", SECRET).place == "keyring"
    assert backend.values == {("toolcoder", "openai"): SECRET}
    assert SECRET not in KeysFile.default().path.read_text(encoding="utf-8")
    assert find_key("openai") == FoundKey("openai", "keyring", SECRET)
    assert remove_key("openai")
    assert backend.values == {}


def test_a_file_on_demand_leaves_no_old_value_in_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = InMemoryKeyring()
    use(monkeypatch, backend)
    set_key("openai", "sk-old")
    assert set_key("openai", SECRET, place="file").place == "file"
    assert backend.values == {}
    assert find_key("openai") == FoundKey("openai", "file", SECRET)


def test_a_locked_keyring_is_named_and_its_key_still_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, InMemoryKeyring())
    set_key("openai", SECRET)
    use(monkeypatch, LockedKeyring())
    with pytest.raises(KeyringProblem, match="locked"):
        find_key("openai")
    assert [place.place for place in list_keys()] == ["keyring"]
    assert known_secrets() == []


def test_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    set_key("my-lab", SECRET)
    monkeypatch.setenv("MY_LAB_API_KEY", "from-the-environment")
    assert find_key("my-lab") == FoundKey("my-lab", "environment", "from-the-environment")
    assert [(place.name, place.place) for place in list_keys()] == [("my-lab", "environment"), ("my-lab", "file")]


def test_all_values_are_known_to_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "from-the-environment")
    set_key("lab", SECRET)
    assert sorted(known_secrets()) == ["from-the-environment", SECRET]


def test_a_value_never_shows() -> None:
    set_key("openai", SECRET)
    assert SECRET not in repr(find_key("openai"))
    assert SECRET not in repr(list_keys())


@pytest.mark.parametrize("name", ["", "Open AI", "../x", "-x", "a" * 41, "é"])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(UsageProblem):
        set_key(name, SECRET)


@pytest.mark.parametrize("value", ["", "  \n", "two words", "line\nline", "bell\x07"])
def test_values_that_are_none(value: str) -> None:
    with pytest.raises(UsageProblem):
        set_key("openai", value)


def test_a_file_that_others_can_read_is_refused() -> None:
    set_key("openai", SECRET)
    KeysFile.default().path.chmod(0o644)
    with pytest.raises(KeysFileProblem) as caught:
        find_key("openai")
    assert "0644" in str(caught.value)
    assert "chmod 600" in caught.value.hint


@pytest.mark.parametrize("content", ["", "[]", "{", '{"openai": "sk"}', '{"openai": {"place": "file"}}'])
def test_a_damaged_file_is_named_and_not_overwritten(content: str) -> None:
    path = KeysFile.default().path
    path.parent.mkdir(parents=True)
    path.write_text(content, encoding="utf-8")
    path.chmod(0o600)
    for act in (lambda: find_key("openai"), lambda: set_key("openai", SECRET)):
        with pytest.raises(KeysFileProblem, match="damaged"):
            act()
    assert path.read_text(encoding="utf-8") == content


def test_a_folder_that_cannot_be_written(private_home: Path) -> None:
    (private_home / "config" / "toolcoder").write_text("a file in the way", encoding="utf-8")
    with pytest.raises(KeysFileProblem):
        set_key("openai", SECRET)
