"""Tools: what the broker and the host add to a call, many at once, and a toolset of three thousand."""

from __future__ import annotations

import json
import os
import re
import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sandbox
from agent.calls.spec import Parameter, ToolSpec
from agent.calls.stubs import stub_module
from agent.functions.embed import choose_embedder
from agent.log.redact import Redactor
from agent.loop.shortlist import Shortlist, shown_tokens
from agent.tools.base import ToolOutcome
from agent.tools.host import HostRules, ToolHost
from agent.tools.openapi.source import load_openapi
from agent.tools.retrieval import ToolIndex
from agent.tools.vault import Vault
from sandbox.events import CellEnd, CellLimits, CellOutput, KernelOptions
from sandbox.kernel import ToolRequest
from tests.api_models import real_specs
from tests.perf.timing import Row

N_CALLS = 500
N_TOOLS = 3000
RESTBENCH = Path(os.environ.get("TOOLCODER_SHARED", Path(__file__).parents[3] / "shared")) / "data/restbench"
SCHEMA = {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"], "additionalProperties": False}


class Echo:
    """The cheapest tool there is: what is measured is all that is around it."""

    source = "perf"
    spec = ToolSpec("echo", "Echo.", parameters=(Parameter("x", "int"),), returns="int", schema=SCHEMA)

    async def call(self, args: Mapping[str, Any]) -> ToolOutcome:
        return ToolOutcome(args["x"])


def _host() -> ToolHost:
    host = ToolHost([Echo()], lambda event: None, rules=HostRules(hiding=Redactor(Vault().known_values)))
    host.begin_cell(1)
    return host


async def calls() -> list[Row]:
    """The host by itself, and the whole way from the cell with checks, policy, redaction and record."""
    host = _host()
    alone = []
    for i in range(N_CALLS):
        begun = time.perf_counter()
        await host.call(ToolRequest(str(i), "echo", {"x": i}))
        alone.append(time.perf_counter() - begun)
    code = (
        "import time\nfrom concurrent.futures import ThreadPoolExecutor\nts = []\n"
        f"for i in range({N_CALLS}):\n    b = time.perf_counter(); echo(i); ts.append(time.perf_counter() - b)\n"
        "b = time.perf_counter()\nwith ThreadPoolExecutor(16) as pool:\n"
        f"    assert len(list(pool.map(echo, range({N_CALLS})))) == {N_CALLS}\n"
        f"print(sorted(ts)[len(ts) // 2], {N_CALLS} / (time.perf_counter() - b))"
    )
    printed = ""
    options = KernelOptions(stubs=stub_module([Echo.spec]))
    async with sandbox.open_kernel(options, _host(), "docker") as kernel:
        async for event in kernel.run(code, CellLimits(n_tool_calls=3 * N_CALLS)):
            match event:
                case CellOutput(_, text):
                    printed += text
                case CellEnd(status=status):
                    assert status == "ok", event
    p50, per_second = map(float, printed.split())
    return [
        Row("host of the tools, one call p50", statistics.median(alone) * 1e3, "ms"),
        Row("tool call with the host, from the cell, p50", p50 * 1e3, "ms"),
        Row("calls per second from 16 threads of a cell", per_second, "1/s"),
    ]


def many() -> list[Row]:
    """Three thousand tools of real services."""
    specs = real_specs(N_TOOLS)
    begun = time.perf_counter()
    index = ToolIndex(specs)
    index.search("warm up", 1)
    built = time.perf_counter() - begun
    times = []
    for query in ("create a bucket", "which instances run", "detect faces in a picture") * 5:
        begun = time.perf_counter()
        shown = Shortlist(specs, index).shown(query)
        times.append(time.perf_counter() - begun)
    begun = time.perf_counter()
    stub_module(specs)
    return [
        Row("3,000 tools: index by words", built, "s"),
        Row("3,000 tools: shortlist of a question", statistics.median(times) * 1e3, "ms"),
        Row("3,000 tools: tokens shown", shown_tokens(shown), "tok"),
        Row("3,000 tools: stubs written", time.perf_counter() - begun, "s"),
    ]


def recall() -> list[Row]:
    """RestBench's gold tools among the first 20, where its data is there: among its own, and among 3,000."""
    if not (RESTBENCH / "tmdb_oas.json").is_file():
        return []
    embedder = choose_embedder().embedder
    rows = []
    for half in ("tmdb", "spotify"):
        begun = time.perf_counter()
        loaded = load_openapi(f"openapi:{RESTBENCH / f'{half}_oas.json'}")
        rows.append(Row(f"{half}: a document of {len(loaded.tools)} operations", time.perf_counter() - begun, "s"))
        names = {re.sub(r"\s", "", f"{t.method}{t.path}"): t.spec.name for t in loaded.tools}  # type: ignore[attr-defined]
        own = [tool.spec for tool in loaded.tools]
        questions = json.loads((RESTBENCH / f"{half}_dev.json").read_text())
        for label, specs in (("its own", own), ("3,000", [*own, *real_specs(N_TOOLS - len(own))])):
            for way in ("words", "words and meaning"):
                if way != "words" and label == "3,000" and "--vectors" not in os.environ.get("TOOLCODER_BENCH", ""):
                    continue  # half a minute of embedding on two quiet cores
                with tempfile.TemporaryDirectory() as folder:
                    index = ToolIndex(specs, (lambda: embedder) if way != "words" else None, Path(folder))
                    index.start()
                    index.wait()
                    found = n = 0
                    for row in questions:
                        shown = {spec.name for spec in index.search(row["query"], 20)}
                        gold = {names.get(re.sub(r"\s", "", step)) for step in row["solution"]} - {None}
                        found, n = found + len(gold & shown), n + len(gold)
                rows.append(Row(f"{half}: recall at 20 among {label}, by {way}", found / n, ""))
    return rows
