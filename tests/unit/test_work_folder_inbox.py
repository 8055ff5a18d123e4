"""Pieces of files from the sandbox: put together, named, counted; whatever else is sent does no harm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.events import Artifact, CellFile
from sandbox.files.arriving import file_events
from sandbox.files.inbox import Inbox
from sandbox.files.limits import FileLimits
from sandbox.files.out_names import file_name, numbered
from sandbox.files.work_copy import WorkCopy


def whole(path: str, data: bytes = b"x", place: Any = "out") -> CellFile:
    return CellFile(place, path, "piece", data)


def test_pieces_become_a_file(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "out", None, FileLimits())
    assert inbox.take(CellFile("out", "plot.png", "piece", b"abc", first=True, last=False)) is None
    assert inbox.take(CellFile("out", "plot.png", "piece", b"def", first=False, last=False)) is None
    received = inbox.take(CellFile("out", "plot.png", "piece", b"", first=False, last=True))
    assert received is not None
    assert received.artifact == Artifact(str(tmp_path / "out" / "plot.png"), "image/png", 6)
    stored = tmp_path / "out" / "plot.png"
    assert stored.read_bytes() == b"abcdef" and stored.stat().st_mode & 0o777 == 0o600


def test_pieces_out_of_order_are_dropped(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "out", None, FileLimits())
    assert inbox.take(CellFile("out", "a", "piece", b"x", first=False)) is None
    assert inbox.take(CellFile("out", "a", "piece", b"x", first=True, last=False)) is None
    assert inbox.take(CellFile("out", "b", "piece", b"x", first=False, last=True)) is None
    inbox.close()
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("path", ["../up.txt", "/etc/cron.d/x", "a/../../b", "", "a\0b", "\udcff"])
def test_a_path_that_leads_out_is_refused(tmp_path: Path, path: str) -> None:
    copy = _copy(tmp_path)
    inbox = Inbox(tmp_path / "out", copy, FileLimits())
    for place in ("out", "work"):
        received = inbox.take(whole(path, place=place))
        assert received is not None and received.refused
    assert copy.changed_paths() == [] and not (tmp_path / "up.txt").exists()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("charts/plot.png", "charts-plot.png"),
        ("-rf", "rf"),
        ("a;rm -rf $HOME.txt", "a_rm -rf _HOME.txt"),
        ("x\x1b]8;;evil\x07.txt", "x_]8__evil_.txt".replace("]", "_")),
        ("...", "file"),
        ("re\u0301sume\u0301 1.txt", "résumé 1.txt"),
        ("日本.txt", "日本.txt"),
        ("हिन्दी-٣.csv", "हिन्दी-٣.csv"),
        ("gnp\u202e.exe", "gnp_.exe"),
        ("a\u200b\u3164\ufe0f.txt", "a___.txt"),
        ("\u0301x／y.txt", "x_y.txt"),
        ("CON.txt", "_CON.txt"),
        ("mise.toml", "_mise.toml"),
        ("model.pth", "model.pth"),
        ("n" * 300 + ".csv", "n" * 251 + ".csv"),
        ("日" * 100 + ".csv", "日" * 83 + ".csv"),
        ("a" + "-" * 300 + ".csv", "file.csv"),
    ],
)
def test_names_are_plain(path: str, name: str) -> None:
    assert file_name(path) == name


def test_two_paths_never_share_a_name(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "out", None, FileLimits())
    for path, data in (("a/b.txt", b"1"), ("a-b.txt", b"2"), ("a/b.txt", b"3")):
        inbox.take(whole(path, data))
    assert {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()} == {"a-b.txt": b"3", "a-b-2.txt": b"2"}


def test_a_numbered_name_is_no_longer_than_a_name_may_be() -> None:
    names = numbered("日" * 83 + ".csv")
    assert [len(next(names).encode()) for _ in range(3)] == [253, 255, 255]


def test_files_of_a_person_are_neither_replaced_nor_counted(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "data.csv").write_text("mine")
    (out / "data-2.csv").symlink_to("nowhere")
    for n in range(3):
        (out / f"big{n}").write_bytes(b"x" * 100)
    inbox = Inbox(out, None, FileLimits(n_out=1, out_session_bytes=50))
    for data in (b"1", b"22"):  # the second time it is this session's own
        received = inbox.take(whole("data.csv", data))
        assert received is not None and received.artifact is not None
        assert received.artifact.path == str(out / "data-3.csv") and (out / "data-3.csv").read_bytes() == data
        assert ("data.csv was there already" in received.note) is (data == b"1")
    assert (out / "data.csv").read_text() == "mine" and (out / "data-2.csv").is_symlink()
    assert "1 files already" in inbox.take(whole("more.csv")).refused  # type: ignore[union-attr]


def test_what_lies_in_the_sessions_own_folder_is_of_its_earlier_questions(tmp_path: Path) -> None:
    Inbox(tmp_path / "out", None, FileLimits(), is_own=True).take(whole("plot.png", b"old"))
    resumed = Inbox(tmp_path / "out", None, FileLimits(n_out=1), is_own=True)
    assert resumed.take(whole("plot.png", b"new")).artifact  # type: ignore[union-attr]
    assert "1 files already" in resumed.take(whole("b.png")).refused  # type: ignore[union-attr]
    assert [path.read_bytes() for path in (tmp_path / "out").iterdir()] == [b"new"]


def test_a_file_that_may_be_cut_is_told(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "out", None, FileLimits())
    (event,) = file_events(
        {"path": "big.bin", "place": "out", "kind": "piece", "first": True, "last": True, "full": True}, []
    )
    received = inbox.take(event)
    assert received is not None and received.note == "/out was full (64 MB, [files] out_mb), so it may be cut"


def test_counts_and_sizes_are_capped(tmp_path: Path) -> None:
    limits = FileLimits(n_out=2, out_bytes=100, out_session_bytes=150)
    inbox = Inbox(tmp_path / "out", None, limits)
    assert "larger than" in inbox.take(whole("big", b"x" * 101)).refused  # type: ignore[union-attr]
    assert inbox.take(whole("a", b"x" * 100)).artifact  # type: ignore[union-attr]
    assert "would take more" in inbox.take(whole("b", b"x" * 100)).refused  # type: ignore[union-attr]
    assert inbox.take(whole("a", b"x" * 50)).artifact  # type: ignore[union-attr]
    assert inbox.take(whole("b", b"x" * 50)).artifact  # type: ignore[union-attr]
    assert "2 files already" in inbox.take(whole("c", b"x")).refused  # type: ignore[union-attr]


def test_a_copy_that_grows_without_end_is_capped(tmp_path: Path) -> None:
    inbox = Inbox(None, _copy(tmp_path), FileLimits(n_changed=3, work_bytes=100))
    told = [inbox.take(whole(f"f{n}", b"x" * 30, "work")) for n in range(40)]
    refused = [received.refused for received in told if received is not None and received.refused]
    assert told[2] is not None and not told[2].refused
    assert "more than 3 files" in refused[0] and len(refused) == 20  # a flood is told often enough
    assert inbox.take(CellFile("work", "f0", "deleted")) is not None


@pytest.mark.parametrize(
    "about",
    [
        None,
        [],
        {"path": 1, "place": "out", "kind": "piece"},
        {"path": "x", "place": "etc", "kind": "piece"},
        {"path": "x", "place": "out", "kind": "run"},
    ],
)
def test_what_is_no_file_message_is_ignored(about: object) -> None:
    assert file_events(about, []) == []


def test_too_large_a_piece_is_ignored() -> None:
    about = {"path": "x", "place": "out", "kind": "piece"}
    assert file_events(about, [memoryview(b"x" * ((2 << 20) + 1))]) == []
    (event,) = file_events(about, "no list")
    assert event.piece == b"" and not event.last


def _copy(tmp_path: Path) -> WorkCopy:
    (tmp_path / "root").mkdir()
    return WorkCopy.create(tmp_path / "root", tmp_path / "home" / "s", FileLimits())
