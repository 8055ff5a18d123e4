"""The copy of a person's folder: what goes in, what came of it, and what is applied."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from sandbox.errors import WorkFolderRefused
from sandbox.files import names
from sandbox.files.applying import apply
from sandbox.files.beneath import Beneath
from sandbox.files.changes import changes_of
from sandbox.files.limits import FileLimits
from sandbox.files.selection import select
from sandbox.files.work_copy import WorkCopy, kept_copies

LIMITS = FileLimits()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for path, text in {
        "a.txt": "one\ntwo\n",
        "sub/b.csv": "x\n1\n",
        "sub/run.sh": "echo\n",
        ".env": "KEY=1",
        "deploy/server.pem": "KEY",
        "id_ed25519": "KEY",
        ".git/config": "[core]",
        "node_modules/x/index.js": "x",
        "env/pyvenv.cfg": "x",
        "env/lib.py": "x",
        "out/CACHEDIR.TAG": "x",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    (root / "sub/run.sh").chmod(0o755)
    (root / "link.txt").symlink_to("/etc/passwd")
    os.mkfifo(root / "pipe")
    return root


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> WorkCopy:
    return WorkCopy.create(root, tmp_path / "home" / "session-1", LIMITS)


def put(copy: WorkCopy, path: str, text: str | bytes) -> None:
    copy.put(path, io.BytesIO(text.encode() if isinstance(text, str) else text))


def test_secrets_version_control_and_built_folders_stay_behind(root: Path) -> None:
    with Beneath(root) as folder:
        selection = select(folder, LIMITS)
    assert {entry.path for entry in selection.files} == {"a.txt", "sub/b.csv", "sub/run.sh"}
    assert {item.path: item.why for item in selection.left_out} == {
        ".env": "secret",
        "deploy/server.pem": "secret",
        "id_ed25519": "secret",
        ".git": "version control",
        "node_modules": "built by tools",
        "env": "built by tools",
        "out": "built by tools",
        "link.txt": "link",
        "pipe": "not a file",
    }


@pytest.mark.parametrize("limits", [FileLimits(n_copied=2), FileLimits(copy_bytes=10)])
def test_more_than_a_copy_may_hold_is_refused_and_leaves_nothing(
    root: Path, tmp_path: Path, limits: FileLimits
) -> None:
    with pytest.raises(WorkFolderRefused, match="more than a copy may") as caught:
        WorkCopy.create(root, tmp_path / "home" / "s", limits)
    assert "copy_mb" in caught.value.hint and not (tmp_path / "home" / "s").exists()


def test_changes_are_told_and_applied(root: Path, copy: WorkCopy) -> None:
    put(copy, "a.txt", "one\n2\n")
    put(copy, "new/c.bin", b"\0\1")
    put(copy, "Makefile", "all:\n")
    copy.put_deleted("sub/b.csv")
    found = {change.path: change for change in changes_of(copy)}
    assert {path: change.kind for path, change in found.items()} == {
        "a.txt": "changed",
        "new/c.bin": "added",
        "Makefile": "added",
        "sub/b.csv": "deleted",
    }
    assert found["a.txt"].diff == "--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n one\n-two\n+2"
    assert found["sub/b.csv"].diff == "--- a/sub/b.csv\n+++ b/sub/b.csv\n@@ -1,2 +0,0 @@\n-x\n-1"
    assert found["new/c.bin"].diff is None and found["new/c.bin"].n_bytes == 2 and len(found["new/c.bin"].sha256) == 64
    assert found["Makefile"].runs_code and not found["a.txt"].runs_code
    applied = apply(copy, changes_of(copy))
    assert set(applied.paths) == set(found) and applied.kept_back == ()
    assert (root / "a.txt").read_text() == "one\n2\n" and (root / "new/c.bin").read_bytes() == b"\0\1"
    assert not (root / "sub/b.csv").exists()
    assert changes_of(copy) == () and changes_of(WorkCopy.load(copy.folder)) == ()


def test_what_is_as_it_was_again_is_no_change(copy: WorkCopy) -> None:
    put(copy, "a.txt", "other")
    put(copy, "a.txt", "one\ntwo\n")
    copy.put_deleted("sub/b.csv")
    put(copy, "sub/b.csv", "x\n1\n")
    put(copy, "made.txt", "x")
    copy.put_deleted("made.txt")
    assert changes_of(copy) == ()


def test_a_file_where_a_folder_was(root: Path, copy: WorkCopy) -> None:
    for path in ("sub/b.csv", "sub/run.sh"):
        copy.put_deleted(path)
    put(copy, "sub", "now a file")
    with pytest.raises(WorkFolderRefused):  # the folder itself may hold what was no part of the copy
        apply(copy, changes_of(copy))
    applied = apply(copy, changes_of(copy), all_or_none=False)
    assert set(applied.paths) == {"sub/b.csv", "sub/run.sh"} and [path for path, _ in applied.kept_back] == ["sub"]


@pytest.mark.parametrize(
    ("path", "theirs", "why"),
    [("a.txt", "edited", "changed there"), ("a.txt", None, "deleted there"), ("new.txt", "theirs", "made there")],
)
def test_a_folder_that_changed_meanwhile_is_left_alone(
    root: Path, copy: WorkCopy, path: str, theirs: str | None, why: str
) -> None:
    put(copy, path, "mine")
    put(copy, "other.txt", "mine")
    if theirs is None:
        (root / path).unlink()
    else:
        (root / path).write_text(theirs)
    with pytest.raises(WorkFolderRefused, match=why):
        apply(copy, changes_of(copy))
    assert not (root / "other.txt").exists()
    assert not (root / path).exists() if theirs is None else (root / path).read_text() == theirs


def test_a_target_that_became_a_link_is_left_alone(root: Path, copy: WorkCopy, tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("one\ntwo\n")
    put(copy, "a.txt", "mine")
    (root / "a.txt").unlink()
    (root / "a.txt").symlink_to(outside)
    with pytest.raises(WorkFolderRefused, match="link"):
        apply(copy, changes_of(copy))
    assert outside.read_text() == "one\ntwo\n"


def test_protected_names_and_what_was_left_out_are_never_written(root: Path, copy: WorkCopy) -> None:
    refused = [
        ".git/hooks/pre-commit",
        "sub/.GIT/config",
        ".envrc",
        ".vscode/tasks.json",
        ".env",
        "node_modules/x/y.js",
    ]
    for path in [*refused, "fine.txt"]:
        put(copy, path, "evil")
    applied = apply(copy, changes_of(copy))
    assert applied.paths == ("fine.txt",) and sorted(path for path, _ in applied.kept_back) == sorted(refused)
    assert (root / ".env").read_text() == "KEY=1" and not (root / ".envrc").exists()
    assert [p.name for p in (root / ".git").iterdir()] == ["config"]


@pytest.mark.parametrize(
    "path",
    [
        ".git",
        ".git/x",
        "a/.git/x",
        ".Git/config",
        ".g\u200cit/config",
        ".git./x",
        ".git /x",
        ".git::$INDEX/x",
        "git~1/x",
        ".husky/pre-commit",
        ".pre-commit-config.yaml",
        ".idea/workspace.xml",
        "sitecustomize.py",
        "x.pth",
        ".ssh/config",
    ],
)
def test_protected_by_every_name_a_file_system_may_know(path: str) -> None:
    assert names.protected(path)


@pytest.mark.parametrize(
    "path", ["git", "a.git.txt", ".gitignore", ".github/workflows/x.yml", "Makefile", "x/settings.json"]
)
def test_ordinary_files_are_not_protected(path: str) -> None:
    assert not names.protected(path)


def test_copies_are_found_again(root: Path, copy: WorkCopy, tmp_path: Path) -> None:
    put(copy, "a.txt", "mine")
    (tmp_path / "home" / "broken").mkdir()
    (found,) = kept_copies(tmp_path / "home")
    assert found.root == root and [change.path for change in changes_of(found)] == ["a.txt"]
    assert found.left_out == copy.left_out
    found.discard()
    assert list(kept_copies(tmp_path / "home")) == []
    with pytest.raises(WorkFolderRefused, match="No changes"):
        WorkCopy.load(copy.folder)


def test_what_the_kernel_reads_is_open_to_it_and_the_rest_is_not(root: Path, tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        copy = WorkCopy.create(root, tmp_path / "home" / "s", LIMITS)
        put(copy, "deep/new.txt", "x")
    finally:
        os.umask(before)
    assert copy.folder.stat().st_mode & 0o077 == 0
    for path in copy.seed.rglob("*"):
        wanted = 0o005 if path.is_dir() else 0o004
        assert path.stat().st_mode & wanted == wanted, path
