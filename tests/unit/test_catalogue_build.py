"""The build: loud about mistakes with file and line, the same ids whatever else is added."""

from pathlib import Path

import pytest

from agent.catalogue.build import build
from agent.catalogue.identity import assign_ids, demo_rating
from agent.catalogue.source import HEADERS, SourceError
from agent.catalogue.store import Catalogue

_FILM = "Alpha\t2001-02-03\t90\tDrama\tAda Lane\tBo Reed=Max; Cy Ford=Zoe\t\t"


def _source(folder: Path, table: str, *lines: str) -> None:
    (folder / f"{table}.tsv").write_text("\n".join(["\t".join(HEADERS[table]), *lines, ""]), encoding="utf-8")


def test_a_small_catalogue_is_built_and_read(tmp_path: Path) -> None:
    _source(tmp_path, "films", _FILM)
    _source(tmp_path, "directors", "Ada Lane\t2020-12-31")
    counts = build(tmp_path, tmp_path / "small.sqlite")
    assert counts == {"person": 3, "film": 1, "film_director": 1, "film_cast": 2}
    small = Catalogue(tmp_path / "small.sqlite")
    film = small.search_films("alpha")[0]
    assert film["genres"] == ["Drama"]
    assert [role["character"] for role in small.film_cast(film["id"])] == ["Max", "Zoe"]
    small.close()


@pytest.mark.parametrize(
    ("table", "line", "message"),
    [
        ("films", _FILM.replace("2001-02-03", "2001-02-30"), r"films\.tsv:2: release_date is no date"),
        ("films", _FILM.replace("90", "ninety"), r"films\.tsv:2: runtime_min is no whole number"),
        ("films", _FILM.replace("90", "9000"), r"films\.tsv:2: runtime_min is not within"),
        ("films", _FILM.replace("Bo Reed=Max", "Bo Reed"), r"films\.tsv:2: cast is not Actor=Character"),
        ("films", _FILM.replace("Bo Reed=Max; ", ""), r"films\.tsv:2: cast has 1 parts"),
        ("films", _FILM.replace("Cy Ford", "Bo Reed"), r"films\.tsv:2: cast names a person twice"),
        ("films", _FILM + "\textra", r"films\.tsv:2: 9 columns, not 8"),
        ("films", _FILM.replace("Alpha", "Alpha "), r"films\.tsv:2: title has stray white space"),
        ("films", f"{_FILM}\n{_FILM}", r"films\.tsv:3: Alpha / 2001-02-03 stands on line 2 already"),
        ("directors", "Nobody\t2020-12-31", r"directors\.tsv:2: Nobody directs nothing"),
        ("seasons", "Ghost\t1\t10\t2001", r"seasons\.tsv:2: no series 'Ghost'"),
        ("albums", "Ghost\tFirst\t2001-01-01\tstudio", r"albums\.tsv:2: no artist 'Ghost'"),
        ("tracks", "Ghost\tFirst\t1\tSong\t180", r"tracks\.tsv:2: no album 'First' by 'Ghost'"),
        ("playlists", "Mine\tGhost - Song", r"playlists\.tsv:2: no track 'Song' by 'Ghost'"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(tmp_path: Path, table: str, line: str, message: str) -> None:
    _source(tmp_path, table, line)
    with pytest.raises(SourceError, match=message):
        build(tmp_path, tmp_path / "bad.sqlite")
    assert not (tmp_path / "bad.sqlite").exists()


def test_a_wrong_header_is_told(tmp_path: Path) -> None:
    (tmp_path / "films.tsv").write_text("title\tyear\n", encoding="utf-8")
    with pytest.raises(SourceError, match=r"films\.tsv:1: the header is not"):
        build(tmp_path, tmp_path / "bad.sqlite")


def test_a_track_list_has_no_holes(tmp_path: Path) -> None:
    _source(tmp_path, "artists", "Ann\tWales\t2001\tFolk\t")
    _source(tmp_path, "albums", "Ann\tFirst\t2001-01-01\tstudio")
    _source(tmp_path, "tracks", "Ann\tFirst\t1\tSong\t180", "Ann\tFirst\t3\tCoda\t60")
    with pytest.raises(SourceError, match=r"tracks\.tsv:3: track 3 follows track 1"):
        build(tmp_path, tmp_path / "bad.sqlite")


def test_ids_stay_when_rows_are_added() -> None:
    before = assign_ids("film", [("Alpha", "2001"), ("Beta", "2002")])
    after = assign_ids("film", [("Gamma", "1999"), ("Beta", "2002"), ("Alpha", "2001")])
    assert before == {key: after[key] for key in before}


def test_colliding_ids_are_told_apart() -> None:
    keys = [(str(number),) for number in range(20_000)]
    assert len(set(assign_ids("film", keys).values())) == len(keys)


def test_invented_ratings_are_steady_and_spread() -> None:
    ratings = [demo_rating("film", str(number)) for number in range(500)]
    assert ratings == [demo_rating("film", str(number)) for number in range(500)]
    assert all(1.0 <= rating <= 9.9 and rating == round(rating, 1) for rating in ratings)
    assert len(set(ratings)) > 80
