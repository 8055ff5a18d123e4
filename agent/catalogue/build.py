"""Writes ``catalogue.sqlite`` from the text sources: ``python -m agent.catalogue.build``.

The same sources give the same rows, ids included: an id is a hash of the natural key, so that adding a film changes
no other id and a playlist stays what it was when the catalogue grows. Ratings and play counts are invented, from the
same hashes.
"""

import argparse
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path

from agent.catalogue.linking import Linking
from agent.catalogue.source import SourceError
from agent.catalogue.store import CATALOGUE_FILE

DATA_FOLDER = Path(__file__).with_name("data")
_SCHEMA_FILE = Path(__file__).with_name("schema.sql")


def build(folder: Path, target: Path) -> dict[str, int]:
    """Write the catalogue of the sources in ``folder`` to ``target``; returns the number of rows by table.

    Raises:
        SourceError: a source is wrong; ``target`` is left as it was.
    """
    tables = Linking(folder).run()
    fresh = target.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    connection = sqlite3.connect(fresh, isolation_level=None)
    try:
        connection.executescript(_SCHEMA_FILE.read_text(encoding="utf-8"))
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("BEGIN")
        for table, rows in tables.rows.items():
            marks = ", ".join("?" * len(rows[0]))
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", sorted(rows, key=repr))
        connection.execute("COMMIT")
        connection.execute("VACUUM")
    finally:
        connection.close()
    fresh.replace(target)
    return {table: len(rows) for table, rows in tables.rows.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m agent.catalogue.build", description="Build the demo catalogue.")
    parser.add_argument("--data", type=Path, default=DATA_FOLDER, help="folder of the text sources")
    parser.add_argument("--target", type=Path, default=CATALOGUE_FILE, help="file to write")
    options = parser.parse_args(arguments)
    try:
        counts = build(options.data, options.target)
    except SourceError as problem:
        print(problem, file=sys.stderr)
        return 1
    print("\n".join(f"{table:18}{n_rows:7}" for table, n_rows in counts.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
