"""`--output-dir`: files from elsewhere are copied in, and nothing that is there is written over."""

from pathlib import Path

from tui.output_dir import gather


def test_what_lies_elsewhere_is_copied_and_what_is_there_stays(tmp_path: Path) -> None:
    out, kept = tmp_path / "out", tmp_path / "kept"
    kept.mkdir()
    (kept / "ab12.png").write_bytes(b"new")
    out.mkdir()
    (out / "display-1.png").write_bytes(b"of an earlier question")
    (out / "table.csv").write_text("x")
    artifacts = [
        {"path": str(out / "table.csv"), "mime": "text/csv", "n_bytes": 1},
        {"path": str(kept / "ab12.png"), "mime": "image/png", "n_bytes": 3},
    ]
    gathered = gather(artifacts, out)
    assert [item["path"] for item in gathered] == [str(out / "table.csv"), str(out / "display-2.png")]
    assert (out / "display-2.png").read_bytes() == b"new"
    assert (out / "display-1.png").read_bytes() == b"of an earlier question"


def test_no_folder_is_made_for_nothing(tmp_path: Path) -> None:
    assert gather([], tmp_path / "out") == [] and not (tmp_path / "out").exists()
