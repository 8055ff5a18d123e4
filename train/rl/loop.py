"""The PPO loop: roll out, judge, learn, note, guard, keep. All that matters stands in `run_ppo`, in this order."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Sequence
from typing import cast

from rich.console import Console

from agent.scoring.gold import Gold, GoldCall
from agent.scoring.single import SingleScore, judge, score
from train.errors import DataError, RunError, RunStopped
from train.reward.table import ErrorKind
from train.rl.actor import ActorWriter
from train.rl.batch import Episode, collate
from train.rl.checkpoints import last_checkpoint, save_checkpoint
from train.rl.config import PpoConfig
from train.rl.environment import Environment, ProgramEnvironment, Task
from train.rl.guard import Guard, sign_of
from train.rl.job import Job, Result
from train.rl.maths import next_beta
from train.rl.optimisers import Optimisers
from train.rl.programs import CodeSpeech, roll_out_programs
from train.rl.rollout import Speech, Writer, roll_out_against_gold, roll_out_in
from train.rl.tasks import n_steps_of, order_of, signature
from train.rl.update import Update, update
from train.rows import Called
from train.runs.progress import RunProgress
from train.sft.callbacks import GracefulStop


def run_ppo(job: Job, *, resume: bool = False) -> Result:
    """Train until the steps are done.

    Raises:
        RunStopped: the KL exploded or the reward was gamed; a checkpoint was written.
        KeyboardInterrupt: Ctrl-C or SIGTERM; a checkpoint of the last whole step was written.
        DataError: no task fits.
        RunError: a checkpoint belongs to other tasks.
    """
    config, policy, crew = job.config, job.policy, job.crew
    tasks = fitting(job.tasks, job.speech, config)
    n_steps = config.n_steps or n_steps_of(len(tasks), config.batch_size, config.n_epochs)
    optimisers = Optimisers(policy, config)
    guard = Guard(config.guard_window, config.kl_limit, has_gold=all(task.gold for task in tasks))
    beta, begun, rewards = config.kl_coef, 0, list[float]()
    before: dict[str, float] | None = None
    if resume and (state := last_checkpoint(job.run.checkpoints)) is not None:
        if state["tasks"] != signature(tasks):
            raise RunError(f"the checkpoint is of {state['tasks']}", "Resume with the data that the run began with.")
        policy.load_state(state["policy"])
        optimisers.load_state(state["optimisers"])
        guard.load_state(state["guard"])
        beta, begun, rewards, before = state["beta"], state["step"], state["rewards"], state["before"]
    if job.valid and before is None:
        before = evaluate(job).json()
        job.run.log(f"valid before: {before}")

    def keep(step: int) -> None:
        state = {"policy": policy.state(), "optimisers": optimisers.state(), "guard": guard.state(), "beta": beta}
        if not crew.is_first:
            return
        more = {"step": step, "rewards": rewards, "before": before, "tasks": signature(tasks)}
        save_checkpoint(job.run.checkpoints, step, {**state, **more})

    recompute = config.recompute_logprobs
    if recompute is None:
        recompute = job.server is not None or config.dtype != "float32"
    actor = ActorWriter(
        policy,
        job.speech,
        temperature=config.temperature,
        keeps_opening=job.is_one_answer and not recompute and config.opens_once,
        first_row=crew.bounds(config.batch_size)[0],
    )
    learnt = None
    # One event loop for the whole run: an environment's kernels belong to the loop that they were started in.
    console = None if crew.is_first else Console(file=io.StringIO())
    with (
        asyncio.Runner() as loop,
        GracefulStop() as stopping,
        RunProgress("PPO", n_steps, done=begun, console=console) as bar,
    ):
        try:
            for step in range(begun, n_steps):
                clock = time.monotonic()
                chosen = [tasks[i] for i in order_of(len(tasks), config.batch_size, step, config.seed)]
                own = roll_out(job, crew.share(chosen), job.server or actor, loop, seed=config.seed * 1_000_003 + step)
                episodes = crew.gathered(own)
                written_s = time.monotonic() - clock
                batch = collate(episodes, job.speech.tokenizer.pad_token_id).to(policy.device)
                learnt = update(
                    policy,
                    optimisers,
                    batch,
                    beta,
                    recompute=recompute,
                    seed=config.seed + step,
                    opening=actor.taken(),
                    crew=crew,
                )
                if config.kl_target is not None:
                    beta = next_beta(beta, learnt.kl, config.kl_target, config.kl_horizon, len(episodes))
                figures = noted(episodes, learnt, beta, written_s, time.monotonic() - clock)
                rewards.append(figures["reward"])
                job.run.metric(step + 1, **figures)
                job.run.status("running", step=step + 1, n_steps=n_steps)
                bar.step(step + 1, figures)
                why = guard.look(sign_of(episodes, learnt.kl), learnt.policy_loss, learnt.value_loss, learnt.grad_norm)
                if why is not None:
                    keep(step + 1)
                    raise RunStopped(f"stopped after step {step + 1}: {why}", "The run folder has the curves.")
                is_asked = crew.any(stopping.asked)
                if (step + 1) % config.save_every == 0 or step + 1 == n_steps or is_asked:
                    keep(step + 1)
                if is_asked:
                    raise KeyboardInterrupt
        finally:
            if job.environment is not None:
                loop.run(job.environment.close())
    tenth = max(1, len(rewards) // 10)
    return Result(
        n_steps,
        sum(rewards[:tenth]) / tenth,
        sum(rewards[-tenth:]) / tenth,
        learnt.kl if learnt is not None else 0.0,
        None if before is None else SingleScore(int(before["n"]), before["ts"], before["pi"], before["cf"]),
        evaluate(job) if job.valid else None,
    )


def roll_out(job: Job, tasks: Sequence[Task], write: Writer, loop: asyncio.Runner, *, seed: int) -> tuple[Episode, ...]:
    """One roll-out of each task, against gold or in the environment."""
    if job.environment is None:
        return roll_out_against_gold(tasks, write, job.speech, job.config, job.table, seed=seed)
    apart, config, table = seed + job.crew.rank * 1_000_000_007, job.config, job.table
    if isinstance(job.speech, CodeSpeech):
        programs = cast("ProgramEnvironment", job.environment)
        rolled = roll_out_programs(programs, tasks, write, job.speech, config, table, seed=seed, apart=apart)
    else:
        acting = cast("Environment", job.environment)
        rolled = roll_out_in(acting, tasks, write, job.speech, config, table, seed=apart)
    return loop.run(rolled)


def evaluate(job: Job) -> SingleScore:
    """TS, PI and CF of greedy answers to the valid tasks."""
    write = ActorWriter(job.policy, job.speech, temperature=0.0)
    size, verdicts, valid = max(8, job.config.batch_size), [], job.crew.share(job.valid)
    for start in range(0, len(valid), size):
        some = valid[start : start + size]
        for task, written in zip(some, write([job.speech.prompt(t) for t in some], 0), strict=True):
            read = job.speech.template.parse(job.speech.text(written.ids))
            gold = Gold(tuple(tuple(GoldCall.of(c.name, c.args) for c in answer) for answer in task.gold))
            verdicts.append(judge(read.calls if isinstance(read, Called) else None, gold))
    return score(job.crew.gathered(verdicts))


def fitting(tasks: Sequence[Task], speech: Speech, config: PpoConfig) -> tuple[Task, ...]:
    """Tasks whose prompt is short enough.

    Raises:
        DataError: none is.
    """
    short = tuple(task for task in tasks if len(speech.prompt(task)) <= config.max_prompt_tokens)
    if not short:
        what = (
            f"none of the {len(tasks)} prompts has at most {config.max_prompt_tokens} tokens" if tasks else "no tasks"
        )
        raise DataError(what, "Raise max_prompt_tokens, or record more sessions.")
    return short


def noted(
    episodes: Sequence[Episode], learnt: Update, beta: float, written_s: float, seconds: float
) -> dict[str, float]:
    """A step's line in metrics.jsonl. Shares by error category are of all rewarded calls."""
    kinds = [rewarded.kind for episode in episodes for rewarded in episode.rewards]
    entropies = [e.entropy for e in episodes if e.entropy is not None]
    n_tokens = sum(episode.n_tokens for episode in episodes)
    figures = {
        "loss": learnt.policy_loss + learnt.value_loss,
        "reward": sum(episode.reward for episode in episodes) / len(episodes),
        "kl": learnt.kl,
        "beta": beta,
        "policy_loss": learnt.policy_loss,
        "value_loss": learnt.value_loss,
        "value_mean": learnt.value_mean,
        "return_mean": learnt.return_mean,
        "clipped": learnt.clipped,
        "moved": learnt.moved,
        "grad_norm": learnt.grad_norm,
        "n_updates": float(learnt.n_updates),
        "answer_tokens": n_tokens / len(episodes),
        "finished": sum(episode.is_finished for episode in episodes) / len(episodes),
        "samples_per_s": len(episodes) / seconds,
        "tokens_per_s": n_tokens / seconds,
        "rollout_s": written_s,
        "update_s": seconds - written_s,
        **{f"share_{kind.value}": kinds.count(kind) / max(len(kinds), 1) for kind in ErrorKind},
    }
    return {**figures, "entropy": sum(entropies) / len(entropies)} if entropies else figures
