"""`python -m tests.perf.data [N]`: `train data` over N sessions made from one real log: time and memory.

Each made session asks another question about another person, so that next to nothing is a duplicate. Run it with two
sizes: memory should grow by what is remembered of a task alone, some 4 kB.
"""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.logged import log_session
from tests.unit.loop_script import PROGRAM, fenced

_BROKEN = PROGRAM.replace('people[0]["id"]', 'people[0]["nr"]')
_VERBS = "direct write film finance edit narrate shoot score restore remember".split()


def make_sessions(folder: Path, n: int) -> int:
    """N logs; the bytes of all."""
    template = asyncio.run(
        log_session(
            folder / "template", "20260101-000000-aaaa", implementation=fenced(_BROKEN), code_review=fenced(PROGRAM)
        )
    ).read_text("utf-8")
    n_bytes = 0
    for i in range(n):
        name = f"2026{1 + i % 12:02d}{1 + i % 28:02d}-{i % 86400:06d}-{i:04x}"
        text = template.replace("20260101-000000-aaaa", name).replace("Sofia Coppola", f"Person{i} Name{i * 7919 % n}")
        text = text.replace("films did", f"things number {i} did").replace(
            " direct?", f" {_VERBS[i % 10]} in {1900 + i}?"
        )
        text = text.replace("films_of_director", f"works_{i}").replace("count_films", f"count_{i}")
        path = folder / f"{name}.jsonl"
        path.write_text(text, "utf-8")
        n_bytes += len(text.encode())
    return n_bytes


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run(sessions: Path, out: Path) -> None:
    """In a process of its own: import, then make."""
    from train.data.make import DataOptions, make
    from train.data.scrub.scrubber import Scrubber
    from train.data.sources import find

    imported = peak_mb()
    begun, cpu_begun = time.perf_counter(), time.process_time()
    sources = find([sessions], None, lambda problem: None)
    card = make(sources, out, Scrubber(b"0123456789abcdef"), DataOptions())
    seconds, cpu_s = time.perf_counter() - begun, time.process_time() - cpu_begun
    n_mb = sum(source.n_bytes for source in sources) / 1e6
    n_rows = sum(kept.n_rows for view in card.views.values() for kept in view.values())
    sys.stdout.write(
        f"{len(sources):,} sessions, {n_mb:,.0f} MB: {seconds:.1f} s ({cpu_s:.1f} s of CPU), "
        f"{len(sources) / cpu_s:,.0f} sessions and {n_mb / cpu_s:.1f} MB a second of CPU, "
        f"{sum(card.n_tasks.values()):,} tasks, {n_rows:,} rows, {card.n_groups:,} groups; "
        f"peak memory {peak_mb() - imported:.0f} MB above {imported:.0f} MB imported\n"
    )


def main() -> None:
    if sys.argv[1:2] == ["--run"]:
        run(Path(sys.argv[2]), Path(sys.argv[3]))
        return
    n = int(sys.argv[1]) if sys.argv[1:] else 1000
    with tempfile.TemporaryDirectory() as folder:
        sessions = Path(folder) / "sessions"
        sessions.mkdir()
        make_sessions(sessions, n)
        (sessions / "template").rename(Path(folder) / "template")
        subprocess.run([sys.executable, "-m", "tests.perf.data", "--run", str(sessions), f"{folder}/out"], check=True)


if __name__ == "__main__":
    main()
