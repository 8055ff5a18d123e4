"""What only a server does: several people write to one entry, and none takes from another."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.errors import RepositoryError
from agent.functions.base import FunctionEntry
from agent.functions.embed import HashingEmbedder
from agent.functions.entries import confirmed, retired, with_outcome
from agent.functions.server import ServerRepository

ENTRY = FunctionEntry(
    name="count_films",
    signature="count_films(name: str) -> int",
    docstring="Count films.",
    source='def count_films(name: str) -> int:\n    """Count films."""\n    return len(films_of(name))\n',
    subtask="Count films.",
    tools=(("films_of", "h"),),
    verifying_call="count_films(name='Ada')",
    result_json="1",
    created="2026-11-20T10:15:00.000000Z",
)
Opener = Callable[[str], ServerRepository]


@pytest.fixture
def person(chroma_server: str, tmp_path: Path) -> Iterator[Opener]:
    """Opens the team's repository from a home of that name."""
    embedder = HashingEmbedder()
    embedder.id = f"team-{uuid.uuid4().hex}"
    opened: list[ServerRepository] = []

    def open_at(name: str) -> ServerRepository:
        opened.append(ServerRepository(chroma_server, tmp_path / name, embedder))
        return opened[-1]

    yield open_at
    for repository in opened:
        repository.close()


def test_what_one_stores_another_finds_with_the_counts_of_both(person: Opener) -> None:
    ada, bob = person("ada"), person("bob")
    entry_id = ada.add(ENTRY)
    (found,) = bob.search("Count films.", 3, {"films_of": "h"})
    assert found.entry == ada.get(entry_id) and found.similarity == pytest.approx(1, abs=1e-4)
    bob.change(entry_id, lambda e: with_outcome(e, True, "count_films('Bob')", "How many by Bob?", alone=True))
    assert len(ada.get(entry_id).asked) == 1
    ada.change(entry_id, lambda e: with_outcome(e, False))
    bob.change(entry_id, lambda e: with_outcome(e, True, "count_films('Eve')"))
    for each in (ada, bob, person("eve")):
        seen = each.get(entry_id)
        assert (seen.n_uses, seen.n_successes, seen.n_failures) == (4, 3, 1)
    assert bob.add(ENTRY) == entry_id
    assert len(ada.list()) == 1 and ada.list()[0].n_uses == 5


def test_the_last_word_on_its_state_is_everybodys(person: Opener) -> None:
    ada, bob = person("ada"), person("bob")
    entry_id = ada.add(ENTRY)
    assert bob.change(entry_id, confirmed).state == "confirmed" == ada.get(entry_id).state
    ada.change(entry_id, lambda e: retired(e, "wrong"))
    assert bob.get(entry_id).why == "wrong" and bob.search("Count films.", 3, None) == []
    bob.add(ENTRY)
    assert ada.get(entry_id).state == "retired"
    bob.delete(entry_id)
    assert ada.list() == []


def test_nothing_is_lost_when_two_write_at_once(person: Opener) -> None:
    homes = [person("ada"), person("bob"), person("ada")]  # the last is a second process of Ada's
    entry_id = homes[0].add(ENTRY)

    def work(repository: ServerRepository) -> None:
        for _ in range(10):
            repository.change(entry_id, lambda e: with_outcome(e, True))

    threads = [threading.Thread(target=work, args=(repository,)) for repository in homes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert homes[0].get(entry_id).n_uses == 31


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    for url, why in (("http://127.0.0.1:9", "cannot be used"), ("ftp://x", "no address")):
        repository = ServerRepository(url, tmp_path, HashingEmbedder())
        with pytest.raises(RepositoryError, match=why) as caught:
            repository.list()
        assert caught.value.hint
        repository.close()
