"""The bundled tools: what they find, what they refuse, which notices they give, and playlists that stay."""

import subprocess
import sys
from pathlib import Path

import pytest

from agent.catalogue import tools
from agent.catalogue.effect import effect_of
from agent.catalogue.playlists import Playlists
from agent.catalogue.store import catalogue


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLCODER_HOME", str(tmp_path / "home"))


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("Titanic", "Titanic"),
        ("titanic", "Titanic"),
        ("Shawshank Redemptionn", "The Shawshank Redemption"),
        ("mulholand drive", "Mulholland Drive"),
        ("Schindlers List", "Schindler's List"),
        ("amelie", "Amélie"),
        ("The Double Life of Véronique", "The Double Life of Veronique"),
        ("hobbit", "The Hobbit: An Unexpected Journey"),
        ("walle", "WALL-E"),
        ("Avatar", "Avatar"),
        ("Star Wars", "Star Wars"),
        ("last jedi", "Star Wars: The Last Jedi"),
    ],
)
def test_films_are_found_as_people_type_them(query: str, best: str) -> None:
    assert tools.search_films(query)[0]["title"] == best


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("Spielberg", "Steven Spielberg"),
        ("Speilberg", "Steven Spielberg"),
        ("Celine Sciamma", "Céline Sciamma"),
        ("di caprio", "Leonardo DiCaprio"),
        ("Michael Jordan", "Michael B. Jordan"),
        ("JJ Abrams", "J.J. Abrams"),
    ],
)
def test_people_are_found_as_people_type_them(query: str, best: str) -> None:
    assert tools.search_people(query)[0]["name"] == best


def test_exact_before_prefix_before_contained() -> None:
    titles = [film["title"] for film in tools.search_films("star wars")]
    assert titles[0] == "Star Wars"
    assert titles[1].startswith("Star Wars: ")
    assert not titles[-1].startswith("Star Wars")
    assert len(titles) == 9


@pytest.mark.parametrize("year", [1984, 2021])
def test_a_year_in_parentheses_chooses_among_films_of_one_title(year: int) -> None:
    assert tools.search_films(f"Dune ({year})")[0]["year"] == year


@pytest.mark.parametrize("query", ["", "  ", "?!", "Alien 5", "zzzzqqq", "x" * 5_000])
def test_nothing_is_found_where_nothing_matches(query: str) -> None:
    assert tools.search_films(query) == []


def test_quotes_and_percent_signs_are_only_characters() -> None:
    assert tools.search_people("'; DROP TABLE person; --") == []
    assert tools.search_people("%") == []


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tools.film_cast(7), "no film with id 7"),
        (lambda: tools.film_directors(7), "no film with id 7"),
        (lambda: tools.films_directed_by(7), "no person with id 7"),
        (lambda: tools.films_with_actor(7), "no person with id 7"),
        (lambda: tools.series_cast(7), "no series with id 7"),
        (lambda: tools.series_seasons(7), "no series with id 7"),
        (lambda: tools.artist_albums(7), "no artist with id 7"),
        (lambda: tools.album_tracks(7), "no album with id 7"),
        (lambda: tools.playlist_tracks(999), "no playlist with id 999"),
        (lambda: tools.add_to_playlist(999, _track("Yesterday")), "no playlist with id 999"),
        (lambda: tools.add_to_playlist(1, 7), "no track with id 7"),
        (lambda: tools.remove_from_playlist(1, 7), "no track with id 7"),
    ],
)
def test_an_unknown_id_is_a_lookup_error_that_names_it(call: object, message: str) -> None:
    assert callable(call)
    with pytest.raises(LookupError, match=message):
        call()


def test_an_album_without_a_track_list_says_so() -> None:
    bare = catalogue().rows("SELECT id FROM album WHERE id NOT IN (SELECT album_id FROM track) LIMIT 1")[0]["id"]
    assert isinstance(bare, int)
    with pytest.raises(LookupError, match="no track list of the album"):
        tools.album_tracks(bare)


def test_only_the_tools_that_change_playlists_write() -> None:
    assert {tool.__name__ for tool in tools.TOOLS if effect_of(tool) == "write"} == {
        "create_playlist",
        "add_to_playlist",
        "remove_from_playlist",
    }


def test_every_tool_documents_its_arguments_and_result() -> None:
    assert len(tools.TOOLS) == 19
    for tool in tools.TOOLS:
        documented = tool.__doc__ or ""
        assert "Returns:" in documented, tool.__name__
        parameters = [name for name in tool.__annotations__ if name != "return"]
        assert all(f"{name}: " in documented for name in parameters), tool.__name__


def test_notices_of_incompleteness() -> None:
    sofia, hardwicke = (tools.search_people(name)[0]["id"] for name in ("Sofia Coppola", "Catherine Hardwicke"))
    assert tools.notice_for("films_directed_by", {"person_id": sofia}, []) is None
    notice = tools.notice_for("films_directed_by", {"person_id": hardwicke}, [])
    assert notice == "The demo catalogue may be incomplete for films directed by Catherine Hardwicke."
    assert "films with Sofia Coppola" in (tools.notice_for("films_with_actor", {"person_id": sofia}, []) or "")
    assert tools.notice_for("search_films", {"title": "Titanic"}, []) is None
    assert tools.notice_for("films_directed_by", {"person_id": 7}, None) is None


def test_notices_of_albums_follow_the_completeness_of_the_artist() -> None:
    rows = catalogue().rows("SELECT id, albums_complete_to FROM artist")
    assert {bool(row["albums_complete_to"]) for row in rows} == {True, False}
    for row in rows:
        notice = tools.notice_for("artist_albums", {"artist_id": row["id"]}, [])
        assert (notice is None) == bool(row["albums_complete_to"])


def _track(title: str) -> int:
    return tools.search_tracks(title)[0]["id"]


def test_playlists_begin_with_the_seeds() -> None:
    names = [playlist["name"] for playlist in tools.list_playlists()]
    assert names[0] not in {"My Rock", "My R&B"}
    assert {"My Rock", "My R&B"} <= set(names)
    assert all(playlist["n_tracks"] >= 3 for playlist in tools.list_playlists())


def test_playlists_can_be_changed_and_stay() -> None:
    made = tools.create_playlist("Holiday")
    assert made["n_tracks"] == 0
    for title in ("Yesterday", "Money"):
        changed = tools.add_to_playlist(made["id"], _track(title))
    assert changed == made | {"n_tracks": 2}
    assert [track["title"] for track in tools.playlist_tracks(made["id"])] == ["Yesterday", "Money"]
    assert tools.add_to_playlist(made["id"], _track("Yesterday"))["n_tracks"] == 2, "a second time changes nothing"
    assert tools.remove_from_playlist(made["id"], _track("Yesterday"))["n_tracks"] == 1
    assert tools.list_playlists()[-1] == {"id": made["id"], "name": "Holiday", "n_tracks": 1}
    with pytest.raises(LookupError, match="in the playlist 'Holiday'"):
        tools.remove_from_playlist(made["id"], _track("Yesterday"))


@pytest.mark.parametrize(("name", "message"), [("My Rock", "exists already"), ("  ", "needs a name")])
def test_a_playlist_needs_a_name_of_its_own(name: str, message: str) -> None:
    n_before = len(tools.list_playlists())
    with pytest.raises(ValueError, match=message):
        tools.create_playlist(name)
    assert len(tools.list_playlists()) == n_before


def test_a_track_that_a_newer_catalogue_lacks_is_not_counted(tmp_path: Path) -> None:
    import sqlite3

    playlists = Playlists(tmp_path / "mine.sqlite", catalogue())
    n_before = playlists.listed()[0]["n_tracks"]
    with sqlite3.connect(tmp_path / "mine.sqlite") as connection:
        connection.execute("INSERT INTO entry (playlist_id, track_id) VALUES (1, 7)")
    connection.close()
    assert playlists.listed()[0]["n_tracks"] == n_before == len(playlists.tracks(1))


_ADDER = """
import sys
from agent.catalogue import tools
first, last = int(sys.argv[1]), int(sys.argv[2])
target = next(p["id"] for p in tools.list_playlists() if p["name"] == "My Rock")
for track in tools.catalogue().rows("SELECT id FROM track ORDER BY id")[first:last]:
    tools.add_to_playlist(target, track["id"])
"""


def test_two_processes_add_at_the_same_time() -> None:
    """Nothing is lost, also where both find no file yet and seed it."""
    adders = [
        subprocess.Popen([sys.executable, "-c", _ADDER, str(first), str(first + 30)], stderr=subprocess.PIPE)
        for first in (0, 30)
    ]
    assert [(adder.communicate(timeout=60)[1], adder.returncode) for adder in adders] == [(b"", 0), (b"", 0)]
    rock = next(p for p in tools.list_playlists() if p["name"] == "My Rock")
    wanted = {row["id"] for row in catalogue().rows("SELECT id FROM track ORDER BY id LIMIT 60")}
    assert wanted <= {track["id"] for track in tools.playlist_tracks(rock["id"])}
    assert [p["name"] for p in tools.list_playlists()].count("My Rock") == 1
