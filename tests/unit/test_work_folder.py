"""What a prompt shows of the work folder: names and beginnings, nothing hidden, nothing behind links."""

from pathlib import Path

from agent.loop.work_folder import N_FILES, N_PREVIEWS, listing


def test_names_sizes_and_beginnings(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text("month,units\n2024-01,5\n2024-02,6\n")
    (tmp_path / "photo.png").write_bytes(b"\x89PNG\r\n")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "notes.txt").write_text("first\x1b[31m\nsecond\nthird")
    (tmp_path / "more" / "deep").mkdir()
    (tmp_path / "more" / "deep" / "too.txt").write_text("x")
    assert listing(tmp_path) == (
        "more/notes.txt (23 bytes)\n    first?[31m\n    second",
        "photo.png (6 bytes)",
        "sales.csv (32 bytes)\n    month,units\n    2024-01,5",
    )


def test_hidden_files_and_links_stay_out(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("secret")
    folder = tmp_path / "work"
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "config.txt").write_text("token")
    (folder / ".env").write_text("token")
    (folder / "link").symlink_to(outside)
    (folder / "link.txt").symlink_to(outside / "secret.txt")
    assert listing(folder) == ()
    assert listing(None) == () and listing(tmp_path / "missing") == ()


def test_many_files_and_long_lines_stay_short(tmp_path: Path) -> None:
    for i in range(N_FILES + 3):
        (tmp_path / f"f{i:03}.csv").write_text("c" * 10_000)
    entries = listing(tmp_path)
    assert len(entries) == N_FILES + 1 and entries[-1] == "... and 3 more"
    assert sum("\n" in e for e in entries) == N_PREVIEWS and max(map(len, entries)) < 300
