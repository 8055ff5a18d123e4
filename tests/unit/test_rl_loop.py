"""The PPO loop over a random model of a few thousand weights: learning, resuming, stopping; guards by themselves."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from agent.calls.categories import Category  # noqa: E402
from tests.rl_worlds import SAY, Babble, babble_tasks, config, job, tiny_tokenizer  # noqa: E402
from train.errors import ConfigError, DataError, RunError, RunStopped  # noqa: E402
from train.reward.table import PAPER, ErrorKind, Rewarded, RewardTable  # noqa: E402
from train.rl.batch import Episode, Row  # noqa: E402
from train.rl.config import PpoConfig, config_of, load_config, presets  # noqa: E402
from train.rl.environment import Reaction, SeenCall, Task  # noqa: E402
from train.rl.generate import Written  # noqa: E402
from train.rl.guard import Guard, Sign, sign_of  # noqa: E402
from train.rl.loop import run_ppo  # noqa: E402
from train.rl.rollout import Speech, roll_out_in  # noqa: E402
from train.rl.tasks import TaskReport, n_steps_of, order_of, tasks_of  # noqa: E402
from train.rows import Call, Called, CallsRow, Said  # noqa: E402
from train.runs.reader import read_metrics  # noqa: E402
from train.templates import template_named  # noqa: E402

pytestmark = pytest.mark.torch
FREE: dict[str, float] = {"kl_coef": 0.0, "kl_limit": 1e9}
"""Nothing keeps the model where it was."""


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def _curve(folder: Path) -> list[tuple[float, ...]]:
    names = ("reward", "kl", "policy_loss", "value_loss", "grad_norm", "beta")
    return [tuple(round(m.values[name], 5) for name in names) for m in read_metrics(folder)]


def test_a_model_learns_what_pays(tmp_path: Path) -> None:
    """Every question gets +1 for `say` with any text: the right call is then what has an `a` in it."""
    table = dataclasses.replace(PAPER, value=1.0)
    tasks = tuple(dataclasses.replace(task, turns=(Said("user", "q"),)) for task in babble_tasks())
    cfg = config(method="full", n_steps=24, batch_size=16, micro_batch_size=16, max_answer_tokens=1, **FREE)
    result = run_ppo(job(tmp_path / "run", cfg, table=table, tasks=tasks))
    assert result.reward_last > result.reward_first + 1
    rows = read_metrics(tmp_path / "run")
    assert [row.step for row in rows] == list(range(1, 25))
    last = rows[-1].values
    assert last["share_value"] + last["share_format"] == pytest.approx(1)
    assert last["reward"] == pytest.approx(3 * last["share_value"] - 2)
    assert {"kl", "entropy", "answer_tokens", "value_loss", "samples_per_s", "finished"} <= last.keys()


def test_a_resumed_run_has_the_curve_of_one_that_was_never_ended(tmp_path: Path) -> None:
    cfg = config(n_steps=6, save_every=2, kl_target=1.0, n_ppo_epochs=2, minibatch_size=4)
    run_ppo(job(tmp_path / "whole", cfg))
    first = job(tmp_path / "cut", cfg)
    run_ppo(dataclasses.replace(first, config=dataclasses.replace(cfg, n_steps=3, save_every=2)))
    first.run.status("interrupted")
    for step in (tmp_path / "cut" / "checkpoints").glob("step-0000003"):  # as if it had been killed during step 3
        (step / "state.pt").unlink()
    run_ppo(job(tmp_path / "cut", cfg, resume=True), resume=True)
    assert _curve(tmp_path / "cut") == _curve(tmp_path / "whole")
    assert len(_curve(tmp_path / "whole")) == 6


def test_other_tasks_are_refused_on_resuming(tmp_path: Path) -> None:
    cfg = config(n_steps=2)
    done = job(tmp_path / "run", cfg)
    run_ppo(done)
    done.run.status("interrupted")
    with pytest.raises(RunError, match="the checkpoint is of 16 tasks"):
        run_ppo(job(tmp_path / "run", cfg, resume=True, tasks=babble_tasks(5)), resume=True)


def test_an_exploding_kl_stops_the_run_with_a_checkpoint(tmp_path: Path) -> None:
    cfg = config(n_steps=60, actor_lr=0.3, kl_coef=0.0, kl_limit=5.0, guard_window=3)
    with pytest.raises(
        RunStopped, match=r"KL exploded: [\d.]+ nats an answer over 3 steps, the limit is 5; lower actor_lr"
    ):
        run_ppo(job(tmp_path / "run", cfg))
    rows = read_metrics(tmp_path / "run")
    assert len(rows) < 60
    assert (tmp_path / "run" / "checkpoints" / f"step-{rows[-1].step:07d}" / "state.pt").is_file()


def test_a_reward_that_is_gamed_by_format_stops_the_run(tmp_path: Path) -> None:
    """No gold can be found, but any text with an `a` is a call: the model learns to say the same to every question."""
    cfg = config(method="full", n_steps=80, batch_size=16, micro_batch_size=16, max_answer_tokens=1, **FREE)
    with pytest.raises(RunStopped, match=r"gamed by format: it rose by .* nearly every question gets the same answer"):
        run_ppo(job(tmp_path / "run", cfg))
    rows = read_metrics(tmp_path / "run")
    assert rows[-1].values["reward"] > rows[0].values["reward"] + 0.5
    assert rows[-1].values["share_all_right"] == 0


def test_prompts_that_are_too_long_are_no_tasks(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="none of the 16 prompts has at most 1 tokens"):
        run_ppo(job(tmp_path / "run", config(max_prompt_tokens=1)))


def _sign(reward: float, **others: float) -> Sign:
    given = {"kl": 1.0, "right": 0.5, "misformed": 0.1, "same": 0.0, "unfinished": 0.0, **others}
    return Sign(reward=reward, **given)  # type: ignore[arg-type]


def _guarded(early: Sign, late: Sign, **options: Any) -> str | None:
    guard = Guard(window=3, kl_limit=10.0, **options)
    found = [guard.look(sign) for sign in [early] * 3 + [late] * 3]
    assert found[:3] == [None] * 3
    return found[-1]


def test_the_guards_signs() -> None:
    assert _guarded(_sign(-1.0), _sign(0.5, right=0.8)) is None
    assert "KL exploded" in str(_guarded(_sign(-1.0), _sign(0.5, kl=50.0)))
    assert "same answer" in str(_guarded(_sign(-1.0), _sign(-0.3, same=0.95)))
    assert _guarded(_sign(-1.0), _sign(0.9, same=0.95, right=0.9)) is None  # the questions' own answers are the same
    assert "same answer" in str(_guarded(_sign(-1.0), _sign(0.9, same=0.95, right=0.9), has_gold=False))
    assert "of the calls are right" in str(_guarded(_sign(-1.0, misformed=0.5), _sign(-0.5, misformed=0.0, right=0.1)))
    assert "no longer end" in str(_guarded(_sign(-1.0), _sign(0.5, right=0.9, unfinished=1.0)))
    assert _guarded(_sign(-1.0), _sign(-1.5, same=1.0)) is None  # bad, but no game: the reward falls


def test_one_odd_step_stops_nothing_and_a_nan_stops_at_once() -> None:
    guard = Guard(window=3, kl_limit=10.0)
    steps = [_sign(0.0), _sign(0.0), _sign(0.0, kl=12.0), _sign(0.0)]
    assert [guard.look(sign) for sign in steps] == [None] * 4
    assert "no number" in str(Guard(3, 10.0).look(_sign(0.0), math.nan))
    again = Guard(3, 10.0)
    again.load_state(json.loads(json.dumps(guard.state())))
    assert again == guard


def test_the_sign_of_a_batch() -> None:
    def episode(question: str, said: str, kind: ErrorKind, value: float, *, finished: bool = True) -> Episode:
        return Episode((Row((1,), (2,), (True,), (0.0,)),), (Rewarded(value, kind),), question, said, finished)

    sign = sign_of(
        [
            episode("a", "f()", ErrorKind.ALL_RIGHT, 1.0),
            episode("b", "f()", ErrorKind.VALUE, -0.25),
            episode("c", "f()", ErrorKind.VALUE, -0.25),
            episode("d", "?", ErrorKind.FORMAT, -2.0, finished=False),
        ],
        kl=2.0,
    )
    assert sign == Sign(-0.375, 2.0, 0.25, 0.25, 0.5, 0.25, "f()")


def test_every_pass_over_the_tasks_has_an_order_of_its_own() -> None:
    steps = [order_of(5, 2, step, seed=1) for step in range(5)]
    flat = [i for step in steps for i in step]
    assert sorted(flat[:5]) == sorted(flat[5:]) == list(range(5))
    assert flat[:5] != flat[5:]
    assert n_steps_of(5, 2, 3) == 8
    assert order_of(5, 2, 3, seed=2) != steps[3] or order_of(5, 2, 1, seed=2) != steps[1]


def test_rows_become_tasks() -> None:
    def row(key: str, *turns: Said | Called) -> CallsRow:
        return CallsRow(key, key, (SAY,), turns)

    right, wrong = Call("say", {"text": "x"}), Call("say", {}, Category.PARAMETER_MISSING, is_target=False)
    rows = [
        row("one", Said("user", "q"), Called((right,)), Said("tool", "ok"), Called((wrong, right))),
        row("masked", Said("user", "q"), Called((wrong,), is_target=False), Said("tool", "no")),
        row("foreign", Said("user", "q"), Called((Call("shout", {}),))),
    ]
    report = TaskReport()
    tasks = tasks_of(rows, report)
    assert [(task.id, len(task.turns), task.gold) for task in tasks] == [
        ("one#1", 1, ((right,),)),
        ("one#3", 3, ((right,),)),
    ]
    assert report.left_out == {"no right call": 1, "its gold calls a tool that it does not declare": 1}
    whole = tasks_of(rows, TaskReport(), from_start=True)
    assert [(task.id, len(task.turns), len(task.gold)) for task in whole] == [("one", 1, 2)]


def test_the_papers_figures_are_in_its_preset() -> None:
    cfg, table = load_config("paper-ppo")
    said = (cfg.actor_lr, cfg.critic_lr, cfg.batch_size, cfg.n_epochs, cfg.kl_coef, cfg.clip_reward, cfg.clip_ratio)
    assert said == (2e-6, 1e-6, 8, 3, 0.4, 5.0, 0.2)
    more = (
        cfg.clip_value,
        cfg.gamma,
        cfg.lam,
        cfg.n_ppo_epochs,
        cfg.temperature,
        cfg.max_prompt_tokens,
        cfg.max_answer_tokens,
    )
    assert more == (0.2, 1.0, 0.95, 1, 0.0, 8192, 512)
    assert (table, cfg.method, cfg.critic) == (RewardTable(), "full", "copy")
    for name in presets():
        load_config(name)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ({"actor_rl": 1.0}, "there is no setting 'actor_rl'"),
        ({"actor_lr": "fast"}, "actor_lr = 'fast' is of the wrong type"),
        ({"batch_size": 1.5}, "batch_size = 1.5 is of the wrong type"),
        ({"batch_size": True}, "wrong type"),
        ({"batch_size": 0}, "batch_size = 0"),
        ({"critic": "none"}, "critic = 'none'"),
        ({"lora_targets": [1]}, "wrong type"),
    ],
)
def test_a_wrong_configuration_is_refused(data: dict[str, Any], what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        config_of(data)
    assert config_of({"n_steps": None, "kl_target": 3, "lora_targets": ["a"]}).lora_targets == ("a",)


def test_a_configuration_comes_back_from_its_json(tmp_path: Path) -> None:
    cfg = load_config("lora-ppo", {"seed": 3})[0]
    assert config_of(json.loads(json.dumps(cfg.json()))) == cfg
    assert isinstance(cfg, PpoConfig)
    with pytest.raises(ConfigError, match="cannot read the configuration nowhere"):
        load_config("nowhere")
    (tmp_path / "bad.toml").write_text("[reward]\nformat = 'x'\n")
    with pytest.raises(ConfigError, match="format = 'x'"):
        load_config(str(tmp_path / "bad.toml"))


class Echo:
    """An environment whose tool answers with what it was given, three turns at most."""

    def __init__(self, category: Category = Category.ALL_RIGHT) -> None:
        self.category, self.n_open, self.seeds = category, 0, list[int]()

    async def begin(self, task: Task, seed: int) -> Echo:
        self.n_open += 1
        self.seeds.append(seed)
        return self

    async def act(self, turn: Called | Said) -> Reaction:
        if isinstance(turn, Said):
            return Reaction(is_over=True, is_rejected=False)
        seen = tuple(SeenCall(call.name, call.args, self.category) for call in turn.calls)
        return Reaction(seen, tuple(f"got {call.args}" for call in turn.calls))

    def tools(self) -> Sequence[Any]:
        return (SAY,)

    async def close(self) -> None:
        self.n_open -= 1


def _script(speech: Speech, *answers: str) -> Any:
    """A writer that says these texts, turn by turn, to every question."""
    left = list(answers)

    def write(prompts: Sequence[Sequence[int]], seed: int) -> list[Written]:
        ids = (*speech.ids(left.pop(0)), speech.tokenizer.eos_token_id)
        return [Written(ids, (-1.0,) * len(ids), True) for _ in prompts]

    return write


@pytest.mark.parametrize(("family", "n_rows"), [("tl-codellama", 3), ("qwen2.5", 1)])
async def test_tool_feedback_is_in_the_text_and_not_written_by_the_model(family: str, n_rows: int) -> None:
    tokenizer = tiny_tokenizer()
    if family == "qwen2.5":
        tokenizer.eos_token = "<|im_end|>"
    speech = Speech(template_named(family, tokenizer.eos_token), tokenizer)
    calls = [Called((Call("say", {"text": word}),)) for word in ("one", "two")]
    base = CallsRow("", "", (SAY,), (Said("user", "hello"),))

    def written(turn: Called | Said) -> str:
        row = dataclasses.replace(base, turns=(*base.turns, turn))
        whole = "".join(segment.text for segment in speech.template.render(row))
        return whole[len(speech.template.prompt(base)) :].rstrip().removesuffix(tokenizer.eos_token)

    answers = [written(calls[0]), written(calls[1]), written(Said("assistant", "done"))]
    task = Task("t", (SAY,), base.turns)
    environment = Echo()
    cfg = config(max_turns=5, max_prompt_tokens=4000)
    episodes = await roll_out_in(environment, [task, task], _script(speech, *answers), speech, cfg, PAPER, seed=3)
    assert environment.n_open == 0
    assert len(set(environment.seeds)) == 2
    for episode in episodes:
        assert [r.value for r in episode.rewards] == [1, 1, 1]
        assert len(episode.rows) == n_rows
        text = speech.text([*episode.rows[-1].prompt, *episode.rows[-1].answer])
        assert "got {'text': 'one'}" in text and text.index("'one'") < text.index("'two'")
        said = "".join(
            speech.text([t for t, w in zip(row.answer, row.written, strict=True) if w]) for row in episode.rows
        )
        assert said == "".join(answer + tokenizer.eos_token for answer in answers)
        assert sum(value for row in episode.rows for _, value in row.scores) == 3
        for row in episode.rows:
            assert all(row.written[position] for position, _ in row.scores)
            assert all(p == (-1.0 if w else 0.0) for p, w in zip(row.logprobs, row.written, strict=True))
    if n_rows == 1:  # the text is what the template makes of the whole trajectory
        turns = (*base.turns, calls[0], Said("tool", "got {'text': 'one'}", "say"), calls[1])
        turns = (*turns, Said("tool", "got {'text': 'two'}", "say"), Said("assistant", "done"))
        whole = "".join(s.text for s in speech.template.render(dataclasses.replace(base, turns=turns)))
        assert text.rstrip() == whole.rstrip()


async def test_live_rewards_go_by_the_feedback_and_a_broken_call_ends_the_roll_out() -> None:
    speech = Speech(Babble(), tiny_tokenizer())
    task = Task("t", (SAY,), (Said("user", "q"),))
    cfg = config(max_turns=4)
    environment = Echo(Category.PARAMETER_MISSING)
    (episode,) = await roll_out_in(environment, [task], _script(speech, "a", "a", "zzz"), speech, cfg, PAPER, seed=0)
    assert [r.value for r in episode.rewards] == [-0.5, -0.5, -2.0]
    assert episode.reward == pytest.approx(-1)
    (episode,) = await roll_out_in(
        Echo(Category.TOOL_INSTABILITY), [task], _script(speech, "a", "a", "a", "a"), speech, cfg, PAPER, seed=0
    )
    assert episode.rewards == ()  # a service that failed says nothing of the call


def test_a_live_run_learns_and_closes_its_environment(tmp_path: Path) -> None:
    environment = Echo()
    tasks = tuple(dataclasses.replace(task, gold=()) for task in babble_tasks())
    cfg = config(n_steps=3, max_turns=2, max_prompt_tokens=500)
    environment.n_open = 1  # the run closes the environment itself too
    run_ppo(job(tmp_path / "run", cfg, environment=environment, tasks=tasks))
    assert environment.n_open == 0
    assert len(read_metrics(tmp_path / "run")) == 3
