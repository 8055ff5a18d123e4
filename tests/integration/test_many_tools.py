"""Three thousand tools, from descriptions of real services: what a prompt shows, what is found, what it costs."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from agent.calls.spec import Parameter, ToolSpec
from agent.calls.stubs import stub_module
from agent.events import StageEnded, ToolReturned
from agent.loop.shortlist import SHOWN_TOKENS, Shortlist, needs_index
from agent.models.token_estimate import estimate_tokens
from agent.prompts.base import PromptContext, Stage
from agent.prompts.full import FullPrompts
from agent.tools.base import ToolOutcome
from agent.tools.openapi.source import load_openapi
from agent.tools.retrieval import ToolIndex
from tests.api_models import real_specs
from tests.unit.loop_script import fenced, of, scripted, session

N_TOOLS = 3000
ROOT = Path(__file__).parents[2]
RESTBENCH = Path(os.environ.get("TOOLCODER_SHARED", ROOT.parent / "shared")) / "data/restbench"
needs_restbench = pytest.mark.skipif(not (RESTBENCH / "tmdb_oas.json").is_file(), reason="RestBench is not here")


class Counting:
    """A tool that returns how often it was called."""

    source = "many"

    def __init__(self, spec: ToolSpec) -> None:
        self.spec = spec

    async def call(self, args: Mapping[str, Any]) -> ToolOutcome:
        return ToolOutcome({"called": self.spec.name, **args})


@pytest.fixture(scope="module")
def index() -> ToolIndex:
    """By words alone: what a first question has, while the vectors are being made."""
    return ToolIndex(real_specs(N_TOOLS))


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("create a new bucket for the backups", "s3_create_bucket"),
        ("which queues are there?", "sqs_list_queues"),
        ("translate this text into French", "translate_translate_text"),
        ("turn text into spoken audio", "polly_synthesize_speech"),
        ("find the faces in a picture", "rekognition_detect_faces"),
    ],
)
def test_the_tool_is_among_those_that_are_shown(query: str, name: str, index: ToolIndex) -> None:
    specs = real_specs(N_TOOLS)
    assert name in {t.name for t in specs}, "a service that the set has"
    shown = Shortlist(specs, index).shown(query)
    assert name in {t.name for t in shown} and len(shown) < 150


def test_a_planning_prompt_has_two_thousand_tokens_of_tools_at_most(index: ToolIndex) -> None:
    specs = real_specs(N_TOOLS)
    assert needs_index(specs)
    shown = Shortlist(specs, index).shown("Which instances run in this account, and what do they cost?")
    context = PromptContext("q", tools=shown, n_hidden_tools=len(specs) - len(shown))
    system = FullPrompts().messages(Stage.PLAN, context)[0].content
    tools = system.partition("Tools, by name and purpose")[2]
    assert SHOWN_TOKENS / 2 < estimate_tokens(tools) <= 2000
    assert "more_tools(" in tools and "3,000 tools" in tools
    whole = FullPrompts().messages(Stage.PLAN, context)
    assert whole[0] == FullPrompts().messages(Stage.SELECT, context)[0], "the same for each stage: a cache keeps it"


async def test_a_model_asks_for_more_tools_and_gets_them(index: ToolIndex) -> None:
    """The shortlist is for the question; a step that none of it does is looked up on demand, and runs."""
    target = ToolSpec(
        "polish_the_brass",
        "Polish the brass of the ship.",
        parameters=(Parameter("deck", "int"),),
        returns="dict[str, Any]",
        schema={"type": "object", "properties": {"deck": {"type": "integer"}}, "required": ["deck"]},
    )
    specs = (*real_specs(N_TOOLS), target)
    more = 'def f() -> dict:\n    """F."""\n    # Step 1. do it\n    return more_tools("polish the brass")\n\nf()'
    chosen = more.replace('more_tools("polish the brass")', "polish_the_brass(deck=3)")
    model = scripted(
        **{"tool selection": fenced(more), "planning reconstruction": fenced(chosen), "implementation": fenced(chosen)}
    )
    tools = [Counting(spec) for spec in specs]
    async with session(model, tools=tools, tool_index=ToolIndex(specs)) as talk:
        events = [event async for event in talk.ask("How many instances run?")]
    stages = {e.stage: e for e in of(StageEnded, events)}
    asked = stages["reselect"].prompt[-1][1]
    assert "more_tools('polish the brass') finds:" in asked and "polish_the_brass(deck: int)" in asked
    assert "polish_the_brass" not in stages["plan"].prompt[0][1]
    assert stages["reselect"].prompt[0] == stages["plan"].prompt[0]
    assert "def polish_the_brass(deck: int)" in stages["implement"].prompt[-1][1]
    assert [e.value for e in of(ToolReturned, events)] == [{"called": "polish_the_brass", "deck": 3}]
    assert events[-1].status == "answered"


def test_three_thousand_stubs_are_made_and_compile() -> None:
    begun = time.perf_counter()
    compile(stub_module(real_specs(N_TOOLS)), "<stubs>", "exec")
    assert time.perf_counter() - begun < 60


@needs_restbench
@pytest.mark.parametrize(("half", "bar"), [("tmdb", 0.95), ("spotify", 0.90)])
def test_the_tools_of_restbenchs_questions_are_found(half: str, bar: float) -> None:
    """By words alone, so that no test waits for an embedder; `tests.perf` measures both, also among 3,000."""
    loaded = load_openapi(f"openapi:{RESTBENCH / f'{half}_oas.json'}")
    names = {re.sub(r"\s", "", f"{t.method}{t.path}"): t.spec.name for t in loaded.tools}  # type: ignore[attr-defined]
    found = ToolIndex([tool.spec for tool in loaded.tools])
    n_gold = n_hit = 0
    for row in json.loads((RESTBENCH / f"{half}_dev.json").read_text()):
        shown = {spec.name for spec in found.search(row["query"], 20)}
        gold = {names.get(re.sub(r"\s", "", step)) for step in row["solution"]} - {None}
        n_gold += len(gold)
        n_hit += len(gold & shown)
    assert n_gold > 60 and n_hit / n_gold >= bar
