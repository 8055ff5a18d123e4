"""PPO from a plan: the model loaded, the policy over it, the loop, the model saved."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import torch

from train.errors import NotEnoughMemory, RunError
from train.rl.config import PpoConfig
from train.rl.crew import Crew
from train.rl.environment import Environment, ProgramEnvironment, Task
from train.rl.forecast import forecast, lower
from train.rl.generate import Sampling
from train.rl.job import Job
from train.rl.loading import load_start, save_result
from train.rl.loop import run_ppo
from train.rl.plan import Plan
from train.rl.policy import Policy
from train.rl.programs import speech_of
from train.rl.rollout import Speech
from train.rl.server import ServerWriter
from train.runs.folder import RunFolder
from train.runs.memory import free_bytes
from train.templates import template_named

_OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "cannot allocate memory", "DefaultCPUAllocator")


def run_plan(
    plan: Plan,
    run: RunFolder,
    tasks: tuple[Task, ...],
    valid: tuple[Task, ...],
    environment: Environment | ProgramEnvironment | None,
    stack: ExitStack,
    *,
    resume: bool,
) -> dict[str, Any]:
    """The policy of a plan is made, trained and saved; what the loop tells, by name.

    Raises:
        TrainError: its tree says which.
    """
    crew = Crew.of_launch()
    crew.check(plan.config)
    crew.wait()  # for the run folder
    torch.manual_seed(plan.config.seed)  # the adapters' first weights
    model, tokenizer, base = load_start(plan.model, plan.config)
    speech = Speech(template_named(plan.config.template, tokenizer.eos_token), tokenizer)
    if plan.view == "code":
        speech = speech_of(tasks, speech)
    told = forecast(model, _of_one(plan.config, crew), _longest(tasks, speech, plan.config))
    run.log(f"memory of a step, estimated: {told}")
    told.check(free_bytes() // crew.n_sharing_memory, plan.config)
    policy = Policy(model, plan.config)
    if plan.server and crew.n > 1:
        raise RunError("a server is sent the adapter of one process", "Leave --server out, or launch one process.")
    writer = _server(plan, run, policy, speech, stack) if plan.server else None
    job = Job(plan.config, plan.table, tasks, speech, policy, run, environment, writer, valid, crew)
    try:
        result = run_ppo(job, resume=resume)
    except (RuntimeError, MemoryError) as error:
        if not isinstance(error, MemoryError) and not any(text in str(error) for text in _OUT_OF_MEMORY):
            raise
        reason = " ".join(str(error).split())[:160]
        raise NotEnoughMemory(f"memory ran out while training: {reason}", lower(plan.config)) from None
    if crew.is_first:
        save_result(policy, tokenizer, run.model_folder, base)
    return dataclasses.asdict(result) | {"before": result.before, "after": result.after}


def _of_one(config: PpoConfig, crew: Crew) -> PpoConfig:
    """What one process of the crew has to hold."""
    return dataclasses.replace(config, batch_size=-(-config.batch_size // crew.n))


def _longest(tasks: Sequence[Task], speech: Speech, config: PpoConfig) -> int:
    """Tokens of the longest prompt that will be used: of the longest texts, for tokens cost time to make."""
    texts = sorted((speech.text_of(task) for task in tasks), key=len, reverse=True)
    return min(config.max_prompt_tokens, max((len(speech.ids(text)) for text in texts[:8]), default=1))


def _server(plan: Plan, run: RunFolder, policy: Policy, speech: Speech, stack: ExitStack) -> ServerWriter:
    tokenizer, config = speech.tokenizer, plan.config
    if policy.peft is None:
        hint = "Set method = 'lora', or leave --server out."
        raise RunError("a server can be sent adapters only", hint)
    stop = tuple(text for text in speech.stop if text != tokenizer.eos_token)
    eos = frozenset({tokenizer.eos_token_id})
    writer = ServerWriter(
        plan.server,
        plan.model,
        tokenizer,
        Sampling(config.max_answer_tokens, config.temperature, config.min_answer_tokens, eos, stop),
        folder=run.path / "adapters",
        save_adapter=lambda folder: policy.peft.save_pretrained(str(folder), selected_adapters=["default"]),
    )
    stack.callback(writer.close)
    return writer
