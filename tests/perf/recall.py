"""Recall from many stored functions: `python -m tests.perf.recall [N] [FOLDER]`, N = 100,000 by default.

Through the repository as the loop uses it (files, table, Chroma's graph, the rule of what is offered), beside the
embedding of the question, which is measured apart. The vectors are made up, so that building takes minutes and not an
hour: subtasks fall into groups that are much alike, as those of a real repository do. FOLDER keeps what was built.
"""

from __future__ import annotations

import hashlib
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from agent.functions.base import FunctionEntry
from agent.functions.chroma import ChromaRepository
from agent.functions.embed import choose_embedder, unit_rows
from agent.functions.entries import begun, to_json, with_outcome
from tests.perf.timing import Row, median_s

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

N_ENTRIES = 100_000
N_IN_THE_TABLE = 5_000
"""For `make bench`: what a repository keeps by default; it is built in half a minute."""
N_ALIKE = 50
"""Subtasks per group."""
N_QUERIES = 200
K = 5
TOOLS = {"search_films": "h1"}


class MadeUpVectors:
    """A vector of its own per text, near that of its group (the text up to the colon): cosine about 0.8."""

    id = "made-up-vectors"
    dim = 384

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        import numpy as np

        rows = np.empty((len(texts), self.dim), np.float32)
        for i, text in enumerate(texts):
            rows[i] = _noise(text.partition(":")[0]) + np.float32(0.5) * _noise(text)
        return unit_rows(rows)


def _noise(text: str) -> NDArray[np.float32]:
    import numpy as np

    seed = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")
    return np.random.default_rng(seed).standard_normal(MadeUpVectors.dim, dtype=np.float32)


def build(folder: Path, n: int) -> float:
    """Write the entries' files and let the repository index them; seconds, 0 where it was there."""
    files = folder / "functions"
    begin = time.perf_counter()
    if not (folder / "built").exists():
        files.mkdir(parents=True, exist_ok=True)
        for i in range(n):
            entry = _entry(i)
            path = files / f"{entry.id}.json"
            if not path.exists():
                path.write_text(json.dumps(to_json(entry)))
        repository = ChromaRepository(folder, MadeUpVectors())
        assert repository.open_index(), repository.notices
        repository.close()
        (folder / "built").write_text(str(n))
        return time.perf_counter() - begin
    return 0.0


def rows(n: int = N_ENTRIES, keep: Path | None = None) -> list[Row]:
    """Build, open, search: seconds, milliseconds, megabytes, and how many of the nearest were found."""
    import numpy as np

    with tempfile.TemporaryDirectory() as temporary:
        folder = keep or Path(temporary)
        built = build(folder, n)
        first_ms, first_mb = _first_search(folder)
        embedder = MadeUpVectors()
        before_mb = _rss_mb()
        repository = ChromaRepository(folder, embedder)
        asked = [f"{_subtask(int(i))}, in other words" for i in np.random.default_rng(1).integers(0, n, N_QUERIES)]
        compared, found_by_comparing = _searches(repository, embedder, asked[:20])
        assert repository.open_index(), repository.notices
        ms, found = _searches(repository, embedder, asked)
        matrix = embedder.embed([_subtask(i) for i in range(n)])
        best = np.argsort(-(embedder.embed(asked) @ matrix.T), axis=1)[:, :K]
        nearest = [{_subtask(int(i)) for i in b} for b in best]
        some = repository.search(_subtask(1), 1, TOOLS)[0].entry.id
        changed = median_s(lambda: _change_and_search(repository, some), 5) * 1e3
        disk_mb = sum(f.stat().st_size for f in (folder / "chroma").rglob("*") if f.is_file()) / 1e6
        name = f"{n:,} functions: "
        made = [
            Row(f"{name}recall beside the embedding, p50", statistics.median(ms), "ms"),
            Row(f"{name}the same, p95", ms[int(0.95 * len(ms))], "ms"),
            Row(f"{name}of the {K} nearest, found", _share(nearest, found), ""),
            Row(f"{name}first search of a process", first_ms, "ms"),
            Row(f"{name}before the index is open, p50", statistics.median(compared), "ms"),
            Row(f"{name}then found of the {K} nearest", _share(nearest, found_by_comparing), ""),
            Row(f"{name}record a use and search", changed, "ms"),
            Row(f"{name}memory of the first search", first_mb, "MB"),
            Row(f"{name}memory with the index", _rss_mb() - before_mb, "MB"),
            Row(f"{name}index on disk", disk_mb, "MB"),
        ]
        repository.close()
    return made + ([Row(f"{n:,} functions: built", built, "s")] if built else [])


def _searches(
    repository: ChromaRepository, embedder: MadeUpVectors, asked: Sequence[str]
) -> tuple[list[float], list[set[str]]]:
    """Milliseconds beside the embedding, sorted; and what was found."""
    whole, alone, found = [], [], []
    for text in asked:
        begin = time.perf_counter()
        found.append({f.entry.subtask for f in repository.search(text, K, TOOLS)})
        whole.append(time.perf_counter() - begin)
        begin = time.perf_counter()
        embedder.embed([text])
        alone.append(time.perf_counter() - begin)
    return sorted((w - a) * 1e3 for w, a in zip(whole, alone, strict=True)), found


def _share(nearest: Sequence[set[str]], found: Sequence[set[str]]) -> float:
    return sum(len(n & f) for n, f in zip(nearest, found, strict=False)) / (K * len(found))


def _first_search(folder: Path) -> tuple[float, float]:
    """Milliseconds and megabytes of opening and searching, the embedding too, in a process of its own."""
    command = [sys.executable, "-m", "tests.perf.recall", "first", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    ms, mb = done.stdout.split()
    return float(ms), float(mb)


def _tell_first(folder: Path) -> None:
    """What the process of `_first_search` does."""
    import numpy  # noqa: F401  whoever has an embedder has loaded it

    before_mb, begin = _rss_mb(), time.perf_counter()
    repository = ChromaRepository(folder, MadeUpVectors())
    assert len(repository.search(_subtask(0), K, TOOLS)) == K
    sys.stdout.write(f"{(time.perf_counter() - begin) * 1e3} {_rss_mb() - before_mb}\n")
    repository.close()


def embedding() -> list[Row]:
    """One subtask through the packaged MiniLM, after warm-up."""
    chosen = choose_embedder()
    texts = [f"List the films that {name} directed, by release date." for name in ("a person", "an actor", "someone")]
    ms = median_s(lambda: chosen.embedder.embed(texts[:1]), 50, warm_up=5) * 1e3
    return [Row(f"embed a subtask ({chosen.embedder.id})", ms, "ms")]


def _change_and_search(repository: ChromaRepository, entry_id: str) -> None:
    repository.change(entry_id, lambda e: with_outcome(e, True, "f('Ada')"))
    repository.search(_subtask(1), K, TOOLS)


def _subtask(i: int) -> str:
    return f"Group {i // N_ALIKE}: what number {i} of it does."


def _entry(i: int) -> FunctionEntry:
    source = f'def f{i}(name: str) -> int:\n    """{_subtask(i)}"""\n    return len(search_films(name)) + {i}\n'
    return begun(
        FunctionEntry(
            f"f{i}", f"f{i}(name: str) -> int", _subtask(i), source, _subtask(i), (("search_films", "h1"),),
            verifying_call=f"f{i}(name='Ada')", result_json=str(i), created="2026-11-20T10:15:00.000000Z",
        )
    )  # fmt: skip


def _rss_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines() if Path("/proc/self/status").exists() else ():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


if __name__ == "__main__" and sys.argv[1:2] == ["first"]:
    _tell_first(Path(sys.argv[2]))
elif __name__ == "__main__":
    wanted = int(sys.argv[1].replace(",", "")) if len(sys.argv) > 1 else N_ENTRIES
    for row in [*embedding(), *rows(wanted, Path(sys.argv[2]) if len(sys.argv) > 2 else None)]:
        sys.stdout.write(row.line() + "\n")
