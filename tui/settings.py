"""The settings: one TOML file in the user's config folder, environment variables, flags; later wins.

Importing this module imports pydantic (0.15 s): commands do so inside their bodies, that `--help` never waits for it.
Nothing is ever read from the folder one works in: a cloned repository must not be able to choose the model, the tools
or the image. Secrets are no settings (see `tui.keys`).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from tui.places import config_file
from tui.settings_base import Section
from tui.settings_chat import ChatSettings
from tui.settings_files import FilesSettings
from tui.settings_tools import ToolsSettings

ENV_PREFIX = "TOOLCODER_"


class ModelSettings(Section):
    """Which model writes the programs. `--model` wins over `name`."""

    name: str | None = Field(
        default=None,
        min_length=1,
        description="'bundled', a name that the endpoint knows, a checkpoint's folder, or scripted:FILE.",
    )
    base_url: str | None = Field(
        default=None, pattern=r"^https?://\S+$", description="Address of an OpenAI-compatible endpoint, with its /v1."
    )
    key: str = Field(
        default="openai", min_length=1, description="Name of the API key to send, as in `toolcoder keys list`."
    )
    price_prompt: float | None = Field(
        default=None, ge=0, description="Money per million prompt tokens; needed for --max-cost."
    )
    price_completion: float | None = Field(default=None, ge=0, description="Money per million completion tokens.")
    price_cached: float | None = Field(
        default=None,
        ge=0,
        description="Money per million prompt tokens that the endpoint had cached; as others if unset.",
    )
    mode: Literal["staged", "fused"] = Field(
        default="staged",
        description="staged: scaffold, plan and tool selection one by one; fused: in one call, which costs less.",
    )
    history_tokens: int = Field(
        default=2000,
        ge=200,
        description="Most tokens of earlier questions and answers that a question is asked with; older ones shorten.",
    )
    first_token_s: float = Field(
        default=180.0, gt=0, description="Longest wait for the first token, loading and thinking included."
    )


class SandboxSettings(Section):
    """The kernel that runs the programs, and its limits."""

    kind: Literal["docker", "bubblewrap"] = Field(
        default="docker",
        description="docker (podman too); bubblewrap (Linux, no engine needed) is WEAKER, and each session says so.",
    )
    engine_url: str | None = Field(
        default=None,
        pattern=r"^(unix|tcp|ssh|npipe)://\S+$",
        description="Address of the engine, as in DOCKER_HOST. None: that variable, else the first that answers.",
    )
    transport: Literal["auto", "socket", "relay"] = Field(
        default="auto",
        description="To the kernel: sockets of this machine, or a relay for an engine elsewhere; auto finds out.",
    )
    runtime: str | None = Field(
        default=None,
        min_length=1,
        description="The engine's runtime by name, such as runsc (gVisor). None: its default.",
    )
    image: str = Field(
        default="slim", min_length=1, description="slim, science (more packages), or the name of an image of your own."
    )
    packages: Literal["ask", "yes", "no"] = Field(
        default="ask", description="A program imports what the image lacks: ask you, add it without asking, or never."
    )
    approve_code: bool = Field(
        default=False, description="Ask you before each program runs, besides calls that change something (or --yes)."
    )
    memory_mb: int = Field(default=2048, ge=128, description="Memory of a kernel; a program that wants more is ended.")
    cpus: float = Field(default=2.0, gt=0, description="Processors that a kernel may use.")
    n_pids: int = Field(default=128, ge=16, description="Processes and threads in a kernel.")
    disk_mb: int = Field(default=256, ge=16, description="Size of the kernel's /tmp, which is in memory.")
    open_files: int = Field(default=1024, ge=64, description="Files that a kernel may have open at once.")
    cell_s: float = Field(default=120.0, gt=0, description="Longest run of one program.")
    n_tool_calls: int = Field(default=200, ge=1, description="Most tool calls of one program.")
    spares: int = Field(
        default=1, ge=0, le=20, description="Kernels that the chat keeps ready; `ask`, which needs one, keeps none."
    )
    lease_s: float = Field(
        default=600.0,
        ge=0,
        le=86_400,
        description="How long the kernel of a killed session waits for it to be resumed. 0: not at all.",
    )


class FunctionsSettings(Section):
    """The repository of functions that worked before."""

    kind: Literal["chroma", "memory", "off"] = Field(
        default="chroma", description="chroma: kept between sessions; memory: forgotten at the end; off: none."
    )
    url: str | None = Field(
        default=None,
        pattern=r"^https?://\S+$",
        description="A Chroma server that a team shares, instead of this machine's own. Its token: keys set chroma.",
    )
    limit: int = Field(default=5000, ge=1, description="Functions to keep; beyond it those used least make room.")
    embedding_url: str | None = Field(
        default=None, pattern=r"^https?://\S+$", description="An OpenAI-compatible endpoint for embeddings."
    )
    embedding_model: str | None = Field(default=None, min_length=1, description="The model's name at that endpoint.")


class LogSettings(Section):
    """The log of every session, on this machine only."""

    enabled: bool = Field(default=True, description="Keep a log of each session; --no-log turns it off for one.")
    retention_days: float | None = Field(
        default=None, gt=0, description="Remove logs older than this. None: keep them."
    )
    files_mb: int = Field(
        default=256, ge=1, description="Most that a session keeps of whole outputs, plots and other displays."
    )


class BudgetSettings(Section):
    """Where a question ends with exit code 5. None: no limit."""

    max_tokens: int | None = Field(default=None, ge=1, description="Most tokens, prompts and completions together.")
    max_seconds: float | None = Field(default=None, gt=0, description="Longest time from question to answer.")
    max_cost: float | None = Field(default=None, gt=0, description="Most money; needs the model's two prices.")


class Settings(BaseSettings):
    """All settings. `TOOLCODER_<SECTION>_<FIELD>` in the environment wins over the file (TOOLCODER_MODEL_BASE_URL)."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_nested_delimiter="_",
        env_nested_max_split=1,
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
    )

    model: ModelSettings = Field(default=ModelSettings(), description="Which model writes the programs.")
    sandbox: SandboxSettings = Field(
        default=SandboxSettings(), description="The kernel that runs them, and its limits."
    )
    files: FilesSettings = Field(default=FilesSettings(), description="The folder that programs see.")
    tools: ToolsSettings = Field(default=ToolsSettings(), description="What programs may call.")
    functions: FunctionsSettings = Field(default=FunctionsSettings(), description="Functions that worked before.")
    log: LogSettings = Field(default=LogSettings(), description="Logs of sessions.")
    chat: ChatSettings = Field(default=ChatSettings(), description="How the chat looks and behaves.")
    budget: BudgetSettings = Field(default=BudgetSettings(), description="Limits of one question.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, environment, file; the first wins. No .env and no folder of secrets: those lie in work folders."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, config_file())
