"""`--attach`: what goes into the question, what goes to /work, and what is refused."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from tui.attachments import TEXT_CHARS, Attachment, attach, put
from tui.failures import UsageProblem
from tui.mentions import Shown, take
from tui.piped import Untaken, with_piped


def test_short_text_goes_into_the_question_and_the_rest_to_work(tmp_path: Path) -> None:
    note, data, long = tmp_path / "note.txt", tmp_path / "data.bin", tmp_path / "long.csv"
    note.write_text("\ufeffgrün\n")
    data.write_bytes(b"\x00\x01")
    long.write_text("a,b\n" * TEXT_CHARS)
    (tmp_path / "other").mkdir()
    twin = tmp_path / "other" / "data.bin"
    twin.write_bytes(b"\xff")
    question, files = attach("How many rows?", [note, data, long, twin])
    assert question.startswith("How many rows?\n\nAttached file note.txt") and "<<<\ngrün\n>>>" in question
    assert [file.name for file in files] == ["data.bin", "long.csv", "data-2.bin"]
    assert "/work/long.csv (32,000 bytes)" in question and "/work/data-2.bin (1 bytes)" in question
    folder = tmp_path / "attached"
    put(files, folder)
    put([Attachment(note, "data.bin")], folder)
    assert (folder / "data.bin").read_text() == "\ufeffgrün\n" and (folder / "data-2.bin").read_bytes() == b"\xff"
    assert (folder / "long.csv").stat().st_mode & 0o777 == 0o644


def test_text_is_short_in_all(tmp_path: Path) -> None:
    half = tmp_path / "half.txt"
    half.write_text("x" * (TEXT_CHARS // 2 + 1))
    question, files = attach("Q", [half, half])
    assert len(files) == 1 and len(question) < TEXT_CHARS


def test_with_a_work_folder_files_of_it_are_named_and_others_refused(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "in.bin").write_bytes(b"\x00")
    outside = tmp_path / "out.bin"
    outside.write_bytes(b"\x00")
    assert attach("Q", [work / "in.bin"], work) == ("Q\n\nAttached file: /work/in.bin", ())
    with pytest.raises(UsageProblem, match="only short text"):
        attach("Q", [outside], work)


@pytest.mark.parametrize(("name", "said"), [("missing", "cannot be read"), (".", "is no file")])
def test_what_is_no_file_is_told(name: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match=said):
        attach("Q", [tmp_path / name])


def test_a_file_that_a_question_names_goes_along(tmp_path: Path) -> None:
    work, here, there = tmp_path / "work", tmp_path / "here", tmp_path / "attached"
    for folder in (work, here / "sub", there):
        folder.mkdir(parents=True)
    for file in (work / "a.csv", here / "note one.txt", here / "sub" / "b.txt"):
        file.write_text("words of " + file.name)
    (here / "c.bin").write_bytes(b"\x00here")
    (there / "c.bin").write_bytes(b"\x00before")
    (work / "out").symlink_to("/etc")
    taken = take("compare @a.csv, @b.csv and @out/passwd with me@a.csv", Shown(work), here)
    assert taken.question == "compare /work/a.csv, @b.csv and @out/passwd with me@a.csv"
    assert [note.partition(" ")[0] for note in taken.notes] == ["@b.csv", "@out/passwd"], "what is no file is told"
    taken = take('of @"note one.txt" and @sub/b.txt, but not @property nor @sub?', Shown(), here)
    head, *texts = taken.question.split("\n\n")
    assert head == "of note one.txt and b.txt, but not @property nor @sub?"
    assert "words of note one.txt" in texts[0] and "words of b.txt" in texts[1] and not taken.files
    assert len(taken.notes) == 3 and "@sub is a folder" in taken.notes[0]
    taken = take("@c.bin", Shown(attached=there), here)
    assert "/work/c-2.bin" in taken.question and "/work/c-2.bin" in taken.notes[0]
    taken.put(there)
    assert (there / "c-2.bin").read_bytes() == b"\x00here" and (there / "c.bin").read_bytes() == b"\x00before"
    again = take("@c.bin?", Shown(attached=there), here)
    assert "/work/c-2.bin" in again.question and not again.files, "it is there already"
    with pytest.raises(UsageProblem, match="beside a work folder"):
        take("@c.bin", Shown(work), here)


def test_stdin_is_attached_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"1 2 3\n")))
    with with_piped([Path("-")]) as paths:
        question, files = attach("Sum", paths)
    assert not paths[0].exists()
    assert "Attached file stdin.txt" in question and "<<<\n1 2 3\n>>>" in question and files == ()
    for wanted, is_taken in (([Path("-")], True), ([Path("-"), Path("-")], False)):
        with pytest.raises(UsageProblem, match="only once"), with_piped(wanted, is_taken=is_taken):
            pass


def test_data_that_nobody_takes_are_told_once_and_a_silent_pipe_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = os.pipe()
    with open(source) as stdin, open(target, "w") as writer:  # noqa: PTH123  # descriptors
        monkeypatch.setattr(sys, "stdin", stdin)
        untaken = Untaken(False)
        untaken.tell()
        assert capsys.readouterr().err == ""
        print("1 2 3", file=writer, flush=True)
        untaken.tell()
        untaken.tell()
        assert capsys.readouterr().err.count("--attach -") == 1
        Untaken(True).tell()
        assert capsys.readouterr().err == "" and stdin.readline() == "1 2 3\n", "nothing was read away"
    (tmp_path / "list").write_text("one\ntwo\n")
    with (tmp_path / "list").open("rb", buffering=0) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        os.read(stdin.fileno(), 4)
        Untaken(False).tell()
        assert capsys.readouterr().err == "", "the rest of a file belongs to the loop that reads it"
        os.lseek(stdin.fileno(), 0, os.SEEK_SET)
        Untaken(False).tell()
        assert "--attach -" in capsys.readouterr().err
