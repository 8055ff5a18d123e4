"""Names in pseudocode and programs."""

from agent.calls.spec import ToolSpec
from agent.loop.names import called_names, ends_in_value, similar_tools, tools_used, unknown_names

TOOLS = [ToolSpec(n, n) for n in ("search_people", "search_films", "films_directed_by", "film_cast", "artist_albums")]
NAMES = {t.name for t in TOOLS}


def test_unknown_names_are_called_names_that_nobody_defined() -> None:
    source = (
        "import math\n"
        "def main(name: str) -> int:\n"
        "    # Step 1. find\n"
        "    people = search_people(name)\n"
        "    films = get_movies_of(people[0]['id'])\n"
        "    helper = lambda x: x\n"
        "    return len(films) + helper(1) + math.floor(2.5) + own()\n"
        "def own(): return 1\n"
        "main('x')"
    )
    assert unknown_names(source, NAMES) == ["get_movies_of"]


def test_called_names_keep_their_order_and_survive_bad_code() -> None:
    assert called_names("b(a(1))\nb(2)") == ["b", "a"]
    assert called_names("def (") == []


def test_three_candidates_the_most_similar_first() -> None:
    found = [t.name for t in similar_tools("search_person", TOOLS)]
    assert found[0] == "search_people" and len(found) == 3


def test_shared_words_count_beside_letters() -> None:
    assert similar_tools("get_albums_of_artist", TOOLS)[0].name == "artist_albums"


def test_tools_used_in_the_order_of_the_toolset() -> None:
    assert [t.name for t in tools_used("film_cast(1); search_films('x')", TOOLS)] == ["search_films", "film_cast"]
    assert [t.name for t in tools_used("1. call film_cast with the id", TOOLS)] == ["film_cast"]


def test_a_final_assignment_gets_its_value_shown() -> None:
    assert ends_in_value("x = f()").splitlines() == ["x = f()", "x"]
    assert ends_in_value("f()") == "f()"
    assert ends_in_value("def (") == "def ("
    assert ends_in_value("") == ""
