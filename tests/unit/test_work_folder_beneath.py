"""Reading and writing beneath a folder: what leads out of it or is no regular file is refused, in both ways."""

from __future__ import annotations

import errno
import io
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.errors import FileRefused
from sandbox.files import beneath, openat2
from sandbox.files.beneath import Beneath
from sandbox.rundir import RunDir


@pytest.fixture(params=["openat2", "stepwise"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Beneath]:
    """A folder with a secret beside it, opened in each of the two ways."""
    if request.param == "openat2" and not openat2.has_openat2():
        pytest.fail("this machine's kernel has no openat2; the tests need Linux 5.6 or later")
    if request.param == "stepwise":
        monkeypatch.setattr(openat2, "has_openat2", lambda: False)
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "work" / "sub").mkdir(parents=True)
    (tmp_path / "work" / "sub" / "a.txt").write_text("a")
    with Beneath(tmp_path / "work") as opened:
        yield opened


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    "path", ["../secret.txt", "/etc/passwd", "sub/../../secret.txt", "", ".", "sub//a.txt", "a\0b"]
)
def test_a_path_that_leads_out_is_none(folder: Beneath, path: str) -> None:
    with pytest.raises(FileRefused):
        folder.read(path, 100)


def test_no_link_is_followed(folder: Beneath) -> None:
    root = folder.root
    (root / "plot.png").symlink_to(root.parent / "secret.txt")
    (root / "inside.txt").symlink_to("sub/a.txt")
    (root / "up").symlink_to("..")
    (root / "proc").symlink_to("/proc/self/root")
    for path in ("plot.png", "inside.txt", "up/secret.txt", "proc/etc/passwd"):
        with pytest.raises(FileRefused, match="links are not followed"):
            folder.read(path, 100)
        with pytest.raises((FileRefused, FileExistsError)):
            folder.write(path, io.BytesIO(b"x"))
    with pytest.raises(FileRefused):
        folder.write("up/new.txt", io.BytesIO(b"x"))
    with pytest.raises(FileRefused):
        folder.remove("up/secret.txt")
    assert names(root.parent) == ["secret.txt", "work"]
    assert (root.parent / "secret.txt").read_text() == "secret"


def test_a_replaced_link_leaves_its_target_alone(folder: Beneath) -> None:
    (folder.root / "plot.png").symlink_to(folder.root.parent / "secret.txt")
    folder.write("plot.png", io.BytesIO(b"picture"), replace=True)
    assert (folder.root / "plot.png").read_bytes() == b"picture" and not (folder.root / "plot.png").is_symlink()
    assert (folder.root.parent / "secret.txt").read_text() == "secret"


def test_only_regular_files_are_read_and_nothing_is_waited_for(folder: Beneath) -> None:
    os.mkfifo(folder.root / "pipe")
    server = socket.socket(socket.AF_UNIX)
    place = os.open(folder.root, os.O_RDONLY)
    try:
        server.bind(f"/proc/self/fd/{place}/s")  # the folder's own path may be too long for a socket
        for path, kind in (("pipe", "pipe"), ("sub", "folder"), ("s", "socket")):
            with pytest.raises(FileRefused, match=kind):
                folder.read(path, 100)
    finally:
        server.close()
        os.close(place)


def test_more_bytes_than_allowed_are_not_read(folder: Beneath) -> None:
    with (folder.root / "huge").open("wb") as file:
        file.truncate(1 << 40)  # sparse: takes no disk, and would take all memory
    with pytest.raises(FileRefused, match=r"larger than 1,000 bytes"):
        folder.read("huge", 1000)
    assert folder.read("sub/a.txt", 1) == b"a"


def test_a_second_name_is_refused_where_the_sandbox_wrote(folder: Beneath) -> None:
    os.link(folder.root.parent / "secret.txt", folder.root / "mine.txt")
    with pytest.raises(FileRefused, match="hard link"):
        folder.read("mine.txt", 100, own=True)
    assert folder.read("mine.txt", 100) == b"secret"  # in a person's folder such files are common


def test_writing_over_a_second_name_changes_one_file_only(folder: Beneath) -> None:
    os.link(folder.root.parent / "secret.txt", folder.root / "mine.txt")
    folder.write("mine.txt", io.BytesIO(b"new"), replace=True)
    assert (folder.root.parent / "secret.txt").read_text() == "secret"


def test_a_file_is_written_whole_or_not_at_all(folder: Beneath) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() == 0:
                self.seek(1)
                return b"half"
            raise OSError(5, "broken")

    with pytest.raises(OSError, match="broken"):
        folder.write("sub/new.txt", Broken())
    with pytest.raises(FileExistsError):
        folder.write("sub/a.txt", io.BytesIO(b"x"))
    assert names(folder.root / "sub") == ["a.txt"]
    folder.write("deep/er/new.txt", io.BytesIO(b"x" * 3_000_000), mode=0o600)
    made = folder.root / "deep/er/new.txt"
    assert made.stat().st_size == 3_000_000 and made.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_becomes_a_link_meanwhile_leads_nowhere(folder: Beneath) -> None:
    """The classic race: between looking and opening, a folder is exchanged for a link."""
    outside = folder.root.parent / "outside"
    outside.mkdir()
    (outside / "a.txt").write_text("secret")
    assert folder.entry("sub/a.txt") is not None
    (folder.root / "sub").rename(folder.root / "old")
    (folder.root / "sub").symlink_to(outside)
    with pytest.raises(FileRefused):
        folder.read("sub/a.txt", 100)
    with pytest.raises(FileRefused):
        folder.write("sub/b.txt", io.BytesIO(b"x"))
    assert names(outside) == ["a.txt"]


def test_names_are_told_apart(folder: Beneath) -> None:
    (folder.root / "link").symlink_to("sub")
    os.mkfifo(folder.root / "pipe")
    assert [(entry.path, entry.kind) for entry in folder.entries()] == [
        ("link", "link"),
        ("pipe", "other"),
        ("sub", "folder"),
    ]
    assert folder.entry("missing") is None and folder.entry("sub/a.txt/x") is None


def test_lengths_of_paths_are_bounded() -> None:
    with pytest.raises(FileRefused, match="too long"):
        beneath.parts_of("/".join(["a"] * 41))
    with pytest.raises(FileRefused, match="too long"):
        beneath.parts_of("ä" * 128)
    with pytest.raises(FileRefused, match="Unicode"):
        beneath.parts_of("\udcff")


def test_a_start_log_that_became_a_link_is_neither_read_nor_written_through() -> None:
    rundir = RunDir.create()
    try:
        target = rundir.path / "elsewhere.txt"
        rundir.start_log.symlink_to(target)  # what code with the folder's user could do
        rundir.write_start_log(b"what bubblewrap said")
        assert not target.exists() and rundir.read_start_log() == "what bubblewrap said"
        target.write_text("secret")
        rundir.start_log.unlink()
        rundir.start_log.symlink_to(target)
        assert rundir.read_start_log() == ""
        rundir.start_log.unlink()
        os.link(target, rundir.start_log)
        assert rundir.read_start_log() == ""
    finally:
        rundir.remove()


def test_nothing_is_replaced_where_the_file_system_has_no_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    with Beneath(tmp_path) as folder:
        folder.write("a.txt", io.BytesIO(b"1"))
        with pytest.raises(FileExistsError):
            folder.write("a.txt", io.BytesIO(b"2"))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.txt": b"1"}
