"""Every setting of a PPO run, with its default, and the TOML files that set them.

The defaults are the paper's and its released code's figures (PAPERS.md 2.3) but for size: LoRA and micro-batches are
ours. `presets()` are the files that ship with the package.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from train.errors import ConfigError
from train.reward.table import RewardTable

_PRESETS = Path(__file__).with_name("presets")


@dataclass(frozen=True)
class PpoConfig:
    """Settings of `toolcoder train rl`. Lengths are in tokens; a step is one batch of roll-outs and its update."""

    # ---- the model
    method: Literal["lora", "full"] = "lora"
    lora_rank: int = 16
    lora_alpha: int = 32
    lora_targets: tuple[str, ...] = ("q_proj", "k_proj", "v_proj", "o_proj")
    critic: Literal["copy", "shared"] = "copy"
    """copy: a critic of its own (with LoRA an adapter). shared: a head on the actor's trunk, half the work."""
    value_coef: float = 0.1
    """Weight of the value loss; counts where the trunk is shared."""
    offload_reference: bool = False
    """Full fine-tuning: the frozen copy stays in the CPU's memory and visits the device when it is asked."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    gradient_checkpointing: bool = False
    lay_out_weights: bool = True
    """LoRA in float32 on a CPU: frozen weights twice more in memory, in the order that makes passes fast."""
    template: str = "tl-codellama"

    # ---- roll-outs
    batch_size: int = 8
    """Questions a step."""
    micro_batch_size: int = 8
    """Rows that go through a model at once: lower it where memory is short, the result is the same."""
    max_prompt_tokens: int = 8192
    max_answer_tokens: int = 512
    min_answer_tokens: int = 0
    temperature: float = 0.0
    """0: greedy, as the released code rolls out."""
    max_turns: int = 1
    """Turns of a roll-out in an environment; against logged gold it is one."""
    n_generations: int = 8
    """GRPO and RLOO: answers to each question, which are compared with each other; PPO writes one."""
    recompute_logprobs: bool | None = None
    """Ask the model once more for the log-probabilities of a roll-out. None: where a server or bfloat16 made it."""

    # ---- optimisation
    actor_lr: float = 2e-6
    critic_lr: float = 1e-6
    weight_decay: float = 0.0
    beta2: float = 0.95
    max_grad_norm: float = 1.0
    warmup_steps: int = 0
    n_epochs: int = 3
    """Times over the tasks."""
    n_steps: int | None = None
    """Ends the run earlier, whatever the tasks."""

    # ---- PPO
    n_ppo_epochs: int = 1
    minibatch_size: int | None = None
    """Rows for each step of the optimizers; None: the whole batch."""
    gamma: float = 1.0
    lam: float = 0.95
    kl_coef: float = 0.4
    kl_target: float | None = None
    """KL of an episode that an adaptive coefficient aims at; None: the coefficient is fixed."""
    kl_horizon: float = 10_000.0
    kl_estimator: Literal["k1", "k3"] = "k1"
    clip_ratio: float = 0.2
    clip_value: float = 0.2
    clip_reward: float = 5.0
    whiten_advantages: bool = True
    whiten_rewards: bool = False
    kl_stop: float | None = None
    """Mean squared log-ratio (halved) beyond which the remaining updates on a batch are skipped."""
    unfinished_reward: float | None = None
    """Reward of an answer that was cut off by its limit, whatever stands in it; None: as it is."""

    # ---- safety and keeping
    kl_limit: float = 50.0
    """The run stops where the mean KL of an episode stays above this, in nats."""
    guard_window: int = 8
    """Steps that a bad sign must last before the run is stopped."""
    save_every: int = 50
    seed: int = 0

    def __post_init__(self) -> None:
        hints = get_type_hints(type(self))
        for entry in fields(self):
            value, hint = getattr(self, entry.name), hints[entry.name]
            if get_origin(hint) is Literal and value not in get_args(hint):
                raise ConfigError(f"{entry.name} = {value!r}", f"It may be {', '.join(map(repr, get_args(hint)))}.")
        positive = (
            "lora_rank",
            "batch_size",
            "micro_batch_size",
            "max_prompt_tokens",
            "max_answer_tokens",
            "max_turns",
        )
        for name in (*positive, "n_epochs", "n_ppo_epochs", "guard_window", "save_every"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} = {getattr(self, name)}", "It must be at least 1.")

    @property
    def is_single_update(self) -> bool:
        """Whether a batch is used for exactly one step of the optimizers, as the released code does."""
        return self.n_ppo_epochs == 1 and (self.minibatch_size is None or self.minibatch_size >= self.batch_size)

    @property
    def opens_once(self) -> bool:
        """Whether the actor learns from the very pass over the prompts that it wrote from; its graph is kept for that.

        Only where the whole batch goes through a model at once: more would hold what micro-batches are to save.
        """
        is_one_piece = self.micro_batch_size >= self.batch_size and not self.gradient_checkpointing
        return self.is_single_update and is_one_piece

    def json(self) -> dict[str, Any]:
        return asdict(self)


def presets() -> tuple[str, ...]:
    """Names of the shipped files."""
    return tuple(sorted(path.stem for path in _PRESETS.glob("*.toml")))


def load_config(name_or_path: str, changes: Mapping[str, Any] | None = None) -> tuple[PpoConfig, RewardTable]:
    """A preset's name or a TOML file's path; `changes` win over it. The reward's figures are its table `[reward]`.

    Raises:
        ConfigError: there is no such file, or a key or value of it is wrong.
    """
    path = _PRESETS / f"{name_or_path}.toml" if name_or_path in presets() else Path(name_or_path)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        hint = f"Name a TOML file or one of {', '.join(presets())}."
        raise ConfigError(f"cannot read the configuration {name_or_path}: {error.strerror}", hint) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is no TOML: {error}", "Correct that line.") from error
    reward = data.pop("reward", {})
    return config_of({**data, **(changes or {})}), _reward_of(reward)


def config_of(data: Mapping[str, Any]) -> PpoConfig:
    """
    Raises:
        ConfigError: a key is unknown or a value of another type.
    """
    hints = get_type_hints(PpoConfig)
    clean: dict[str, Any] = {}
    for key, value in data.items():
        if key not in hints:
            raise ConfigError(f"there is no setting {key!r}", f"Settings are {', '.join(sorted(hints))}.")
        clean[key] = _checked(key, value, hints[key])
    return replace(PpoConfig(), **clean)


def _reward_of(data: Mapping[str, Any]) -> RewardTable:
    known = {entry.name for entry in fields(RewardTable)}
    for key, value in data.items():
        if key not in known or isinstance(value, bool) or not isinstance(value, int | float):
            raise ConfigError(f"[reward] {key} = {value!r}", f"It has numbers named {', '.join(sorted(known))}.")
    return RewardTable(**{key: float(value) for key, value in data.items()})


def _checked(key: str, value: Any, hint: Any) -> Any:
    kinds = get_args(hint) if get_origin(hint) is not Literal else ()
    kinds = kinds or (hint,)
    if get_origin(hint) is tuple:
        if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
            return tuple(value)
    elif get_origin(hint) is Literal or (value is None and type(None) in kinds):
        return value
    elif isinstance(value, bool):
        if bool in kinds:
            return value
    elif isinstance(value, int) and int in kinds:
        return value
    elif isinstance(value, int | float) and float in kinds:
        return float(value)
    elif isinstance(value, str) and str in kinds:
        return value
    raise ConfigError(f"{key} = {value!r} is of the wrong type", f"It is {getattr(hint, '__name__', hint)}.")
