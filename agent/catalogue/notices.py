"""What an answer must say about the demo catalogue: that it may be incomplete."""

from collections.abc import Mapping

from agent.catalogue.store import Catalogue, catalogue


def notice_for(
    tool_name: str, args: Mapping[str, object], result: object, source: Catalogue | None = None
) -> str | None:
    """One sentence where what a tool returned may be incomplete, None where it is complete.

    Complete are the feature films of the directors in ``data/directors.tsv`` and the studio albums of the artists
    with a ``complete_to`` in ``data/artists.tsv``, each up to the date given there.

    Args:
        tool_name: Name of a tool in ``agent.catalogue.tools``.
        args: The arguments that it was called with, by name.
        result: What it returned; a call that failed needs no notice.
        source: The catalogue, by default the bundled one.
    """
    if not isinstance(result, list):
        return None
    known = source or catalogue()
    match tool_name, args.get("person_id", args.get("artist_id")):
        case "films_directed_by", int(person_id) if not _complete(known, "person", "directed_complete_to", person_id):
            return f"The demo catalogue may be incomplete for films directed by {known.name_of('person', person_id)}."
        case "films_with_actor", int(person_id):
            return f"The demo catalogue may be incomplete for films with {known.name_of('person', person_id)}."
        case "artist_albums", int(artist_id) if not _complete(known, "artist", "albums_complete_to", artist_id):
            return f"The demo catalogue may be incomplete for albums by {known.name_of('artist', artist_id)}."
    return None


def _complete(known: Catalogue, table: str, column: str, identifier: int) -> bool:
    return bool(known.rows(f"SELECT 1 FROM {table} WHERE id = ? AND {column} IS NOT NULL", identifier))
