"""The bundled model as it ships: it answers, declines, keeps to what it was given, and needs no torch."""

from __future__ import annotations

import dataclasses
import math
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from agent.errors import ContextTooSmall, ModelError, ModelFilesError
from agent.models.base import Finish, Message, TextDelta, Usage
from agent.models.bundled import BundledModel
from agent.models.bundled.call_line import Signature, fits, read_signature, repeats_a_parameter
from agent.models.bundled.constraints import Constraint
from agent.models.bundled.decoding import Decoder, read_prompt
from agent.models.bundled.forward import Network
from agent.models.bundled.model import WEIGHTS
from agent.prompts.base import PromptContext, Routed, Stage
from agent.prompts.compact import CompactPrompts
from agent.prompts.compact_tokens import END, FIRST_POINTER, CompactTokenizer
from train.bundled.evaluate import same_value
from train.bundled.generator import draw, run
from train.bundled.headers import canonical
from train.bundled.world import World

PRODUCTS = {Stage.SCAFFOLD: "scaffold", Stage.PLAN: "plan", Stage.SELECT: "pseudocode", Stage.IMPLEMENT: "program"}


@pytest.fixture(scope="module")
def model() -> BundledModel:
    return BundledModel.load()


async def complete(model: BundledModel, text: str, max_tokens: int | None = None) -> tuple[str, str, Usage]:
    written, reason, usage = "", "", Usage(0, 0)
    async for delta in model.complete([Message("user", text)], max_tokens=max_tokens):
        match delta:
            case TextDelta(piece):
                written += piece
            case Finish(why):
                reason = why
            case Usage():
                usage = delta
    return written, reason, usage


async def program_of(model: BundledModel, question: str) -> str | None:
    """Through every stage; None where it declines."""
    prompts = CompactPrompts()
    context = PromptContext(question, canonical().tools)
    for stage in (Stage.ROUTE, *PRODUCTS):
        text, _, _ = await complete(model, str(prompts.messages(stage, context)[0].content), prompts.max_tokens(stage))
        product = prompts.read(stage, text, context)
        if isinstance(product, Routed):
            if product.kind != "code":
                return None
            continue
        context = dataclasses.replace(context, **{PRODUCTS[stage]: product})
    return context.program


async def test_it_writes_programs_that_answer(model: BundledModel) -> None:
    rng = Random(77)
    n_right = n = 0
    while n < 30:
        world = World(rng)
        task = draw(world, rng)
        if task is None or task.beyond:
            continue
        n += 1
        program = await program_of(model, task.question)
        wanted = run(task.program, world)
        found = run(program, world) if program else None
        n_right += found is not None and same_value(found.value, wanted.value) and found.changed == wanted.changed
    assert n_right >= 22


@pytest.mark.parametrize("question", ["What is the weather in Lisbon?", "tell me a joke", "hello", "word " * 60])
async def test_what_is_beyond_it_is_declined(model: BundledModel, question: str) -> None:
    assert await program_of(model, question) is None


async def test_stages_share_the_cache_without_changing_what_is_written(model: BundledModel) -> None:
    prompts = CompactPrompts()
    context = PromptContext("How many films did Ana Bolt direct?", canonical().tools)
    route = str(prompts.messages(Stage.ROUTE, context)[0].content)
    scaffold = f"{route}code\n<scaffold>\n"
    after_route = await complete(model, route), await complete(model, scaffold)
    fresh = BundledModel.load()
    assert (await complete(fresh, scaffold))[:2] == after_route[1][:2]
    assert after_route[1][0].endswith('("Ana Bolt")')
    assert after_route[1][1] == "stop"


async def test_the_cap_on_tokens_holds(model: BundledModel) -> None:
    prompts = CompactPrompts()
    context = PromptContext("Who directed Blue Harvest?", canonical().tools, scaffold='def f():\n    """x"""\n\nf()')
    _, reason, usage = await complete(model, str(prompts.messages(Stage.PLAN, context)[0].content), max_tokens=3)
    assert (reason, usage.completion_tokens) == ("length", 3)


async def test_other_prompts_and_too_many_tools_are_errors(model: BundledModel) -> None:
    with pytest.raises(ModelError, match="its own prompts"):
        await complete(model, "Hello, who are you?")
    many = tuple(dataclasses.replace(t, name=f"{t.name}_{i}") for i in range(20) for t in canonical().tools)
    text = str(CompactPrompts().messages(Stage.ROUTE, PromptContext("hi", many))[0].content)
    with pytest.raises(ContextTooSmall):
        await complete(model, text)


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFilesError):
        BundledModel.load(tmp_path)


def test_no_torch_is_imported() -> None:
    code = (
        "import sys; from agent.models.bundled import BundledModel; assert 'numpy' not in sys.modules;"
        "BundledModel.load(); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def _constraint(tag: str, written: str = "") -> tuple[Constraint, CompactTokenizer]:
    tokenizer = CompactTokenizer(WEIGHTS / "tokenizer.json")
    words = "How many films did Sofia Coppola make after 2005?".split()
    constraint = Constraint(tokenizer, tag, canonical().text, words, "def count_films(a: str) -> int:")
    for token in tokenizer.plain(written):
        constraint.note(token)
    return constraint, tokenizer


def test_a_string_of_the_call_is_a_span_of_the_question() -> None:
    constraint, tokenizer = _constraint("scaffold", 'count_films("')
    assert constraint.allows(FIRST_POINTER + 4)
    assert not constraint.allows(FIRST_POINTER + 9)  # the question has nine words
    constraint.note(FIRST_POINTER + 4)
    assert constraint.allows(FIRST_POINTER + 5)
    assert not constraint.allows(FIRST_POINTER + 3)
    assert not constraint.allows(tokenizer.plain('")')[0])


def test_a_number_of_the_call_is_a_number_of_the_question() -> None:
    constraint, _ = _constraint("scaffold", "count_films(")
    assert constraint.allows(FIRST_POINTER + 8)
    assert not constraint.allows(FIRST_POINTER + 7)


@pytest.mark.parametrize(
    ("line", "fine"),
    [("co", True), ("count_films(", True), ("count_tracks", False), ('count_films("0", 0)', True),
     ("count_films(0", False), ('count_films("0")', False), ('count_films("0", "', False),
     ('count_films("0", 0, ', False),
     ("count_films()", False),
     ('count_films("0", 2 * 60)', True)],
)  # fmt: skip
def test_a_call_fits_its_signature(line: str, fine: bool) -> None:
    signature = read_signature("def count_films(person_name: str, year: int) -> int:")
    assert signature == Signature("count_films", ("str", "int"))
    assert fits(line, signature) is fine


def test_a_call_without_parameters_fits() -> None:
    assert fits("count_playlists()", Signature("count_playlists", ()))
    assert not fits('count_playlists("', Signature("count_playlists", ()))


def test_a_parameter_is_named_once() -> None:
    assert repeats_a_parameter("def f(year: int, year: ")
    assert not repeats_a_parameter("def f(name: str, year: ")


def test_two_strings_of_a_call_do_not_overlap() -> None:
    constraint, tokenizer = _constraint("scaffold", 'f("')
    for token in (FIRST_POINTER + 4, FIRST_POINTER + 5, *tokenizer.plain('", "')):
        constraint.note(token)
    assert not constraint.allows(FIRST_POINTER + 5)
    constraint.note(FIRST_POINTER + 2)
    assert constraint.allows(FIRST_POINTER + 3)
    assert not constraint.allows(FIRST_POINTER + 4)


def test_pointers_belong_into_the_call_only() -> None:
    constraint, _ = _constraint("scaffold", 'def count_films("')
    assert not constraint.allows(FIRST_POINTER + 4)
    assert not _constraint("implement", 'x = "')[0].allows(FIRST_POINTER + 4)


def test_fields_are_documented_fields() -> None:
    constraint, tokenizer = _constraint("implement", 'return film["')
    assert constraint.allows(tokenizer.plain("title")[0])
    assert not constraint.allows(tokenizer.plain("films")[0])
    done, _ = _constraint("implement", 'return film["title')
    assert done.allows(tokenizer.plain('"]')[0])
    assert not _constraint("implement", 'return film["tit')[0].allows(tokenizer.plain('"]')[0])


def test_called_names_are_tools_helpers_or_builtins() -> None:
    opening = CompactTokenizer(WEIGHTS / "tokenizer.json").plain("(")[0]
    assert _constraint("select", "films = films_directed_by")[0].allows(opening)
    assert _constraint("select", "return len")[0].allows(opening)
    assert _constraint("implement", "def helper")[0].allows(opening)
    assert not _constraint("select", "films = films_made_by")[0].allows(opening)


def test_a_value_begins_with_a_tool_or_a_name_that_was_written() -> None:
    constraint, tokenizer = _constraint("select", "films = ")
    assert constraint.allows(tokenizer.plain("search_people")[0])
    assert not constraint.allows(tokenizer.plain("query_movies")[0])
    assert _constraint("select", "query = 3\nfilms = ")[0].allows(tokenizer.plain("query_movies")[0])


def test_greedy_choice_skips_what_is_not_allowed(model: BundledModel) -> None:
    tokenizer = CompactTokenizer(WEIGHTS / "tokenizer.json")
    decoder = Decoder(Network(WEIGHTS / "model.safetensors"), tokenizer)
    prompts = CompactPrompts()
    text = prompts.messages(Stage.ROUTE, PromptContext("Who directed Blue Harvest?", canonical().tools))[0].content
    tokens = list(decoder.write(read_prompt(tokenizer, f"{text}code\n<scaffold>\n"), 120))
    assert all(0 < t.probability <= 1 for t in tokens)
    assert tokens[-1].id < FIRST_POINTER
    assert tokens[-1].id != END


def test_a_doubtful_section_is_turned_where_that_is_more_probable(model: BundledModel) -> None:
    """Over real questions: never less probable than the greedy section, and the cache stays what it says it is."""
    decoder = model._decoder
    prompts = CompactPrompts()
    rng = Random(5)
    world = World(rng)
    n_doubtful = 0
    for _ in range(12):
        task = draw(world, rng, "phrasings")
        if task is None or task.beyond:
            continue
        route = str(prompts.messages(Stage.ROUTE, PromptContext(task.question, canonical().tools))[0].content)
        prompt = read_prompt(decoder.tokenizer, f"{route}code\n<scaffold>\n")
        greedy = list(decoder.write(prompt, 120))
        best = decoder.write_best(prompt, 120)
        assert [t.id for t in decoder.write(prompt, 120)] == [t.id for t in greedy]
        logs = [sum(math.log(t.probability) for t in section) for section in (greedy, best)]
        assert logs[1] >= logs[0] - 1e-3  # the same tokens fed in other portions round otherwise
        n_doubtful += min(t.probability for t in greedy) < 0.95
    assert n_doubtful
