"""The grammar that makes the bundled model's tasks: its programs run, its rules hold, its names are invented."""

from __future__ import annotations

import csv
from itertools import islice
from pathlib import Path
from random import Random

import agent.catalogue
from agent.calls.spec import ToolSpec
from agent.catalogue.tools import TOOLS
from agent.prompts.compact import header
from agent.prompts.compact_pointers import find_span, question_words
from agent.tools.python.in_process import spec_of
from train.bundled import names
from train.bundled.direct import direct
from train.bundled.generator import draw, pointed, run, tasks
from train.bundled.headers import canonical, draw_header, renamed
from train.bundled.mentions import Cast
from train.bundled.picking import Picker, is_held_composition
from train.bundled.reductions import CHOSEN
from train.bundled.repair import broken
from train.bundled.rows_actions import ACTIONS
from train.bundled.rows_facts import FACTS
from train.bundled.rows_pairs import PAIRS
from train.bundled.toolset import bundled_tools
from train.bundled.world import World


def test_the_toolset_is_the_catalogues() -> None:
    real = [spec_of(tool) for tool in TOOLS]
    assert header(real) == header(bundled_tools())

    def facts(spec: ToolSpec) -> tuple[object, ...]:
        return spec.name, [(p.name, p.annotation) for p in spec.parameters], spec.returns, spec.effect, spec.records

    assert [facts(spec) for spec in real] == [facts(spec) for spec in bundled_tools()]


def test_reference_programs_run_and_their_literals_are_in_the_question() -> None:
    for world, task in islice(tasks(21), 400):
        if task.beyond:
            continue
        assert run(task.program, world).error is None
        for literal in task.arguments:
            if literal.startswith('"') and task.intent.split("/")[0] != "genre":
                found = find_span(question_words(task.question), literal[1:-1].replace('\\"', '"'))
                assert found is not None or literal[1:-1][0].isupper()


def test_every_row_makes_tasks_that_run() -> None:
    rng = Random(5)
    for row in (*FACTS, *PAIRS, *ACTIONS):
        n_right = 0
        for i in range(16):
            if i % 8 == 0:
                world = World(rng)
            task = direct(row, Cast(world, rng), Picker(rng))
            n_right += pointed(task) and run(task.program, world).error is None
        assert n_right >= 4, row.key


def test_a_run_leaves_the_world_as_it_was() -> None:
    world = World(Random(3))
    before = world.playlists_state()
    outcome = run('def f(name: str) -> str:\n    return create_playlist(name)["name"]\n\nf("Brand New Mix")', world)
    assert outcome.changed is not None
    assert world.playlists_state() == before


def test_there_are_many_intents_and_phrasings() -> None:
    drawn = [task for _, task in islice(tasks(8), 4000)]
    assert len({task.intent for task in drawn}) > 150
    counts = [task.question for task in drawn if task.intent == "directed/count"]
    assert len({q.split()[0].lower() for q in counts}) > 5


def test_held_out_phrasings_and_compositions_stay_out_of_training() -> None:
    trained = [task for _, task in islice(tasks(13), 1500)]
    assert not any(task.held_phrase for task in trained)
    held = [task for _, task in islice(tasks(13, "phrasings"), 60)]
    assert all(task.held_phrase for task in held)
    unseen = {task.intent for _, task in islice(tasks(13, "compositions"), 200)}
    assert len(unseen) > 15
    assert all(is_held_composition(intent) for intent in unseen)
    assert unseen.isdisjoint(task.intent for task in trained)


def test_beyond_tasks_ask_for_no_program() -> None:
    assert all(task.beyond for _, task in islice(tasks(2, "beyond"), 50))


def test_no_name_of_the_catalogue_is_made() -> None:
    folder = Path(agent.catalogue.__file__).parent / "data"
    real: set[str] = set()
    for file, column in (
        ("films", "title"),
        ("people", "name"),
        ("series", "title"),
        ("artists", "name"),
        ("albums", "title"),
    ):
        with (folder / f"{file}.tsv").open(encoding="utf-8", newline="") as lines:
            real |= {row[column].casefold() for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)}
    rng = Random(99)
    made = {make(rng).casefold() for make in (names.person, names.title, names.band) for _ in range(8000)}
    assert not made & real


def test_repair_examples_fail_for_real() -> None:
    rng = Random(4)
    made = [broken(task, world, rng) for world, task in islice(tasks(31), 150) if not task.beyond]
    found = [task for task in made if task is not None]
    assert len(found) > 40
    assert len({task.traceback.splitlines()[-1].split(":")[0] for task in found}) >= 4
    assert all(task.broken != task.program for task in found)


def test_renamed_headers_rename_programs_alike() -> None:
    rng = Random(7)
    for _, task in islice(tasks(17), 100):
        rendering = renamed(rng, 0.5)
        program = rendering.rename(task.program)
        back = {new: old for old, new in rendering.tool_names.items()}
        fields = {new: old for old, new in rendering.field_names.items()}
        assert type(rendering)(rendering.tools, back, fields).undo(program) == task.program
    assert draw_header(Random(1), 1.0) == canonical()


def test_a_missing_tool_makes_a_task_uncovered() -> None:
    rng = Random(2)
    dropped = next(r for r in (draw_header(rng, 0.0) for _ in range(200)) if r.dropped)
    name = next(iter(dropped.dropped))
    assert not dropped.covers(f"x = {name}(1)")


def test_draws_are_repeatable() -> None:
    assert draw(World(Random(1)), Random(2)) == draw(World(Random(1)), Random(2))


def test_opposites_are_asked_for_in_the_same_frames() -> None:
    for record, (longest, shortest) in {"film": CHOSEN["film"][2:4], "season": CHOSEN["season"]}.items():
        assert longest.frames.count("|") == shortest.frames.count("|") >= 5, record
        for high, low in zip(longest.frames.split("|"), shortest.frames.split("|"), strict=True):
            assert high != low
            assert len(set(high.split()) ^ set(low.split())) <= 2


def test_a_change_answers_what_was_asked_of_it() -> None:
    kinds = {row.key: row.returns for row in ACTIONS}
    assert kinds["add_track"] == "str"
    assert kinds["add_track_counted"] == "int"
    assert kinds["remove_track_listed"] == "list"
    left = next(row for row in ACTIONS if row.key == "remove_track_counted")
    assert "how many left" in left.phrases
    assert "how many left" not in next(row for row in ACTIONS if row.key == "add_track_counted").phrases
