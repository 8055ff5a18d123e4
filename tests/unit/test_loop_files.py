"""The loop and the session's files: who is asked, what is applied, what is kept, what the prompts show."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.events import ErrorSeen, Event
from agent.file_events import ChangesSettled, DecisionAsked, DecisionMade, FileMade, FolderCopied
from agent.loop.session_files import FileOptions, SessionFiles
from sandbox.events import CellFile, KernelOptions
from sandbox.files.limits import FileLimits
from sandbox.files.work_copy import WorkCopy
from tui.file_notes import notes


class Case:
    """A session's files over a copy of a folder with two files."""

    def __init__(self, tmp_path: Path, *, says: bool = True, **options: Any) -> None:
        self.root = tmp_path / "project"
        self.root.mkdir()
        (self.root / "sales.csv").write_text("month,units\n1,5\n")
        (self.root / ".env").write_text("KEY=1")
        self.copy = WorkCopy.create(self.root, tmp_path / "home" / "session-1", FileLimits())
        self.events: list[Event] = []
        self.asked: list[DecisionAsked] = []
        self._says = says
        options = {"approve": "ask", "out": tmp_path / "out", **options}
        self.files = SessionFiles(FileOptions(copy=self.copy, **options), self.events.append, self._ask)

    async def _ask(self, event: Callable[[asyncio.Future[bool]], Event]) -> bool:
        asked = event(asyncio.get_running_loop().create_future())
        assert isinstance(asked, DecisionAsked)
        self.asked.append(asked)
        return self._says

    def change(self, path: str, text: str) -> None:
        self.files.take(1, CellFile("work", path, "piece", text.encode()))

    def settled(self) -> list[ChangesSettled]:
        return [event for event in self.events if isinstance(event, ChangesSettled)]


async def test_what_the_person_agrees_to_is_applied_and_nothing_is_kept(tmp_path: Path) -> None:
    case = Case(tmp_path)
    case.change("sales.csv", "month,units\n1,6\n")
    await case.files.settle(answered=True)
    (asked,) = case.asked
    assert asked.question == f"apply these changes to {case.root}?"
    assert "-1,5\n+1,6" in asked.details
    assert (case.root / "sales.csv").read_text() == "month,units\n1,6\n"
    assert case.settled()[0].applied == ("sales.csv",) and not case.settled()[0].is_kept
    await case.files.settle(answered=True)  # the next turn changed nothing
    assert len(case.asked) == 1
    await case.files.close()
    assert not case.copy.folder.exists()


async def test_what_the_person_refuses_is_kept_and_not_asked_again(tmp_path: Path) -> None:
    case = Case(tmp_path, says=False)
    case.change("sales.csv", "other")
    for _ in range(2):
        await case.files.settle(answered=True)
    assert len(case.asked) == 1 and case.settled()[0].is_kept and case.settled()[0].applied == ()
    case.change("more.txt", "x")
    await case.files.settle(answered=True)
    assert len(case.asked) == 2
    await case.files.close()
    assert case.copy.folder.exists() and (case.root / "sales.csv").read_text() == "month,units\n1,5\n"


@pytest.mark.parametrize(("approve", "applied", "by"), [("yes", True, "policy"), ("no", False, "nobody")])
async def test_a_flag_or_nobody_decides(tmp_path: Path, approve: str, applied: bool, by: str) -> None:
    case = Case(tmp_path, approve=approve)
    case.change("sales.csv", "other")
    await case.files.settle(answered=True)
    assert not case.asked and ((case.root / "sales.csv").read_text() == "other") is applied
    (made,) = (event for event in case.events if isinstance(event, DecisionMade))
    assert (made.allowed, made.by) == (applied, by)


async def test_a_question_without_an_answer_applies_nothing(tmp_path: Path) -> None:
    case = Case(tmp_path, approve="yes")
    case.change("sales.csv", "half done")
    await case.files.settle(answered=False)
    assert case.settled()[0].problem == "the question was not answered" and case.settled()[0].is_kept
    assert (case.root / "sales.csv").read_text() == "month,units\n1,5\n"


async def test_changes_that_are_never_written_ask_nobody_and_are_not_kept(tmp_path: Path) -> None:
    case = Case(tmp_path)
    case.change(".git/hooks/pre-commit", "evil")
    case.change(".env", "KEY=2")
    await case.files.settle(answered=True)
    assert not case.asked and not case.settled()[0].is_kept
    assert {change["path"] for change in case.settled()[0].changes if change["refused"]} == {
        ".git/hooks/pre-commit",
        ".env",
    }
    await case.files.close()
    assert not case.copy.folder.exists() and not (case.root / ".git").exists()


async def test_written_back_at_the_end_of_each_cell(tmp_path: Path) -> None:
    case = Case(tmp_path, write_back=True, approve="no")
    case.change("sales.csv", "new")
    case.change(".envrc", "evil")
    await case.files.cell_ended()
    assert (case.root / "sales.csv").read_text() == "new" and not (case.root / ".envrc").exists()
    assert case.settled()[0].applied == ("sales.csv",)
    assert [path for path, _ in case.settled()[0].kept_back] == [".envrc"]
    await case.files.cell_ended()  # nothing new: nothing to tell
    assert len(case.settled()) == 1


async def test_a_folder_that_changed_meanwhile_is_told(tmp_path: Path) -> None:
    case = Case(tmp_path, approve="yes")
    case.change("sales.csv", "mine")
    (case.root / "sales.csv").write_text("theirs")
    await case.files.settle(answered=True)
    assert (case.root / "sales.csv").read_text() == "theirs"
    assert "changed meanwhile" in case.settled()[0].problem and case.settled()[0].is_kept
    assert any(isinstance(event, ErrorSeen) and "changed meanwhile" in event.message for event in case.events)


async def test_files_of_out_are_told_with_where_they_lie(tmp_path: Path) -> None:
    case = Case(tmp_path)
    case.files.take(3, CellFile("out", "plot.png", "piece", b"picture"))
    case.files.take(3, CellFile("out", "evil.png", "refused", why="is a link"))
    made = [event for event in case.events if isinstance(event, FileMade)]
    assert made[0] == FileMade(3, "plot.png", str(tmp_path / "out" / "plot.png"), "image/png", 7)
    assert made[1] == FileMade(3, "evil.png", refused="is a link")


async def test_a_file_under_another_name_is_told_with_both(tmp_path: Path) -> None:
    case = Case(tmp_path)
    out = tmp_path / "out"
    out.mkdir()
    (out / "data.csv").touch()
    case.files.take(1, CellFile("out", "data.csv", "piece", b"1,2", is_full=True))
    case.files.take(1, CellFile("out", "data.txt", "piece", b"1"))
    taken = "data.csv was there already and is not of this session"
    cut = "/out was full (64 MB, [files] out_mb), so it may be cut"
    assert [line for event in case.events for line in notes(event, None)] == [
        f"file: data.csv as {out}/data-2.csv (3 bytes); {taken}; {cut}",
        f"file: {out}/data.txt (1 bytes)",
    ]


async def test_a_full_disk_costs_nobody_the_answer(tmp_path: Path) -> None:
    case = Case(tmp_path, out=tmp_path / "project" / "sales.csv" / "below")
    case.files.take(1, CellFile("out", "plot.png", "piece", b"picture"))
    (said,) = (event for event in case.events if isinstance(event, ErrorSeen))
    assert "plot.png cannot be stored" in said.message


def test_the_session_says_what_was_copied_and_what_was_left_out(tmp_path: Path) -> None:
    case = Case(tmp_path)
    case.files.opened()
    assert case.events == [FolderCopied(str(case.root), "copy", 1, 16, ((".env", "secret"),))]


def test_prompts_show_the_copy_as_it_is_now(tmp_path: Path) -> None:
    case = Case(tmp_path)
    assert case.files.mode == "copy"
    assert case.files.listing() == ("sales.csv (16 bytes)\n    month,units\n    1,5",)
    case.change("new.txt", "hello")
    case.copy.put_deleted("sales.csv")
    assert case.files.listing() == ("new.txt (5 bytes)\n    hello",)


def test_a_module_of_the_persons_own_is_known(tmp_path: Path) -> None:
    case = Case(tmp_path)
    case.copy.put("helpers.py", io.BytesIO(b"x = 1"))
    assert case.files.holds_module("helpers.deep") and not case.files.holds_module("cv2")
    (case.root / "package").mkdir()
    (case.root / "package" / "__init__.py").touch()
    only = SessionFiles(FileOptions(folder=case.root), case.events.append, case._ask)
    assert only.holds_module("package") and not only.holds_module("helpers") and only.mode == "read-only"


def test_a_kernel_gets_the_folder_or_the_copy(tmp_path: Path) -> None:
    case = Case(tmp_path)
    options = case.files.kernel_options(KernelOptions())
    assert (options.files, options.seed) == (None, str(case.copy.seed))
    only = SessionFiles(FileOptions(folder=case.root), case.events.append, case._ask).kernel_options(KernelOptions())
    assert (only.files, only.seed) == (str(case.root), None)
