"""How long the first answer takes with 3,000 tools: `python -m tests.perf.first_answer [vectors]` prints seconds.

With `vectors` the tools are embedded in the background meanwhile, as in the first session with a new toolset.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from agent.events import Answered
from agent.functions.embed import choose_embedder
from agent.loop.options import SessionOptions
from agent.loop.session import Session
from agent.tools.retrieval import ToolIndex
from agent.tools.sources import load_tools
from tests.api_models import real_specs
from tests.unit.loop_script import QUESTION, scripted

N_TOOLS = 3000


async def first_answer_s(folder: Path, *, vectors: bool) -> float:
    """From the question to the answer, by a scripted model in a kernel of Docker's."""
    tools = load_tools().tools
    specs = [*(tool.spec for tool in tools), *real_specs(N_TOOLS)]
    index = ToolIndex(specs, (lambda: choose_embedder().embedder) if vectors else None, folder)
    index.start()
    begun = time.perf_counter()
    async with Session(SessionOptions(scripted(), tools, tool_index=index, interactive=False)) as session:
        events = [event async for event in session.ask(QUESTION)]
        taken = time.perf_counter() - begun
    answered = events[-1]
    assert isinstance(answered, Answered) and answered.status == "answered", answered
    return taken


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        seconds = asyncio.run(first_answer_s(Path(temporary), vectors="vectors" in sys.argv))
        sys.stdout.write(f"{seconds:.3f}\n")
