"""The code view rolled out: programs that a model wrote run in a kernel, and the broker's record is the reward."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from agent.calls.stubs import stub_module  # noqa: E402
from agent.environments import KernelPrograms  # noqa: E402
from agent.tools.python.in_process import FunctionTool  # noqa: E402
from sandbox import KernelOptions, open_kernel  # noqa: E402
from sandbox.events import CellLimits, ContainerLimits  # noqa: E402
from tests.rl_worlds import SHAPE, config  # noqa: E402
from train.errors import DataError  # noqa: E402
from train.reward.table import PAPER, ErrorKind  # noqa: E402
from train.rl.config import load_config  # noqa: E402
from train.rl.generate import Written  # noqa: E402
from train.rl.plan import Plan  # noqa: E402
from train.rl.programs import program_tasks, roll_out_programs, speech_of  # noqa: E402
from train.rl.rollout import Speech  # noqa: E402
from train.rl.run import train_rl  # noqa: E402
from train.rl.tasks import TaskReport  # noqa: E402
from train.rows import Call, Called, CallsRow, CodeRow, Said, ToolDoc, row_json  # noqa: E402
from train.sft.model import load_tokenizer  # noqa: E402
from train.sft.tiny import make_tiny  # noqa: E402
from train.templates import template_named  # noqa: E402
from train.templates.code_view import code_segments  # noqa: E402
from tui.train_rl.environment import LivePrograms, tool_doc  # noqa: E402

pytestmark = [pytest.mark.torch]
SMALL = ContainerLimits(memory_bytes=256 << 20, cpus=1.0, n_pids=64, disk_bytes=16 << 20)


def area(width: int, height: int = 1) -> int:
    """Width times height."""
    return width * height


TOOL = FunctionTool(area, source="test")


def _environment(kind: Any) -> LivePrograms:
    options = KernelOptions(limits=SMALL, stubs=stub_module([TOOL.spec]))
    opened = KernelPrograms(
        [TOOL], lambda handler: open_kernel(options, handler, kind), n_kernels=1, limits=CellLimits(wall_s=20.0)
    )
    return LivePrograms(opened)


def _block(program: str) -> str:
    return f"```python\n{program}\n```"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset with both views of four turns, and a tiny model with a chat template."""
    folder = tmp_path_factory.mktemp("programs")
    doc: ToolDoc = tool_doc(TOOL.spec)
    code, calls = [], []
    for n in range(1, 5):
        asked = f"How large is {n} by 2? You have area(width, height)."
        right = _block(f"area(width={n}, height=2)")
        code.append(CodeRow(f"s/{n}/1-plan", "g", "plan", (("user", asked),), "# multiply", ("area",)))
        code.append(CodeRow(f"s/{n}/2-implement", "g", "implement", (("user", asked),), right, ("area",)))
        call = Called((Call("area", {"width": n, "height": 2}),))
        turns = (Said("user", asked), call, Said("tool", str(2 * n), "area"), Said("assistant", str(2 * n)))
        calls.append(CallsRow(f"s/{n}/calls", "g", (doc,), turns))
    for name, rows in (("code", code), ("calls", calls)):
        (folder / f"{name}.train.jsonl").write_text("".join(json.dumps(row_json(row)) + "\n" for row in rows))
    make_tiny(folder / "model", [asked], **SHAPE)
    return folder


@pytest.mark.parametrize("kind", ["fake", pytest.param("docker", marks=pytest.mark.docker)])
async def test_the_hosts_record_is_the_reward(place: Path, kind: str) -> None:
    report = TaskReport()
    tasks = program_tasks(place, report)
    assert (report.n_rows, report.n_tasks) == (8, 4)
    assert report.left_out == {"no program is its completion": 4}
    tokenizer = load_tokenizer(str(place / "model"))
    speech = speech_of(tasks, Speech(template_named("tl-codellama", eos=tokenizer.eos_token), tokenizer))
    stage = tasks[0].stage
    assert stage is not None
    assert speech.text_of(tasks[0]) == code_segments(stage, tokenizer)[0].text
    said = [
        _block("def size(n):\n    return area(width=n, height=2)\n\nsize(1)"),
        _block("print('area(width=2, height=2) is 4')"),
        _block("area(width=3, height=2)\nraise ValueError('after all')"),
        "I would rather not.",
    ]

    def write(prompts: Any, seed: int) -> tuple[Written, ...]:
        ids = [(*speech.ids(text), tokenizer.eos_token_id) for text in said]
        return tuple(Written(tuple(some), (0.0,) * len(some), True) for some in ids)

    environment = _environment(kind)
    try:
        episodes = await roll_out_programs(environment, tasks, write, speech, config(), PAPER, seed=1, apart=1)
    finally:
        await environment.close()
    assert [(e.reward, e.rewards[0].kind) for e in episodes] == [
        (1.0, ErrorKind.ALL_RIGHT),
        (-1.5, ErrorKind.WRONG_TOOL),  # what it printed is no call
        (-0.25, ErrorKind.VALUE),
        (-2.0, ErrorKind.FORMAT),
    ]
    assert episodes[0].rows[0].scores == ((len(episodes[0].rows[0].answer) - 1, 1.0),)


def test_a_run_of_the_code_view(place: Path, tmp_path: Path) -> None:
    sizes = {"batch_size": 2, "micro_batch_size": 2, "max_answer_tokens": 6, "n_steps": 2, "lora_rank": 2}
    plan = Plan(
        load_config("tiny-ppo", sizes)[0], PAPER, place, str(place / "model"), is_live=True, view="code", more={"x": 1}
    )
    done = train_rl(plan, tmp_path / "run", _environment("fake"))
    assert (done.state, done.n_steps, done.n_tasks) == ("done", 2, 4)
    assert done.reward_first == -2.0  # a random model writes no program
    assert (tmp_path / "run" / "model" / "adapter_config.json").is_file()


def test_a_dataset_without_programs_is_refused(place: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot read"):
        program_tasks(tmp_path, TaskReport())
    (tmp_path / "code.train.jsonl").write_text((place / "code.train.jsonl").read_text().splitlines()[0] + "\n")
    with pytest.raises(DataError, match="no program"):
        program_tasks(tmp_path, TaskReport())
