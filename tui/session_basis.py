"""What sessions are made from, and several of them can share: settings, model, tools, functions, rules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from agent.functions.base import FunctionRepository
from agent.log.redact import Redactor
from agent.loop.budget import Budget
from agent.loop.options import SessionOptions
from agent.loop.parts import close_shared
from agent.models.choose import build_model, choose, describe_choice
from agent.tools.gate import Approve
from agent.tools.vault import Vault
from sandbox.events import CellLimits
from tui.failures import UsageProblem
from tui.files_factory import file_options
from tui.from_settings import container_limits, model_request
from tui.functions_factory import open_functions
from tui.images import image_name, kernel_image, narrate_step, package_options
from tui.lazy_repository import LazyRepository
from tui.resuming import Resumed, asked_with
from tui.session_places import lease_of, make_log, spool_of
from tui.tools_factory import host_rules, load_for_session, source_options, tool_index

if TYPE_CHECKING:
    from tui.session_request import SessionRequest
    from tui.settings import FunctionsSettings, Settings


@dataclass(frozen=True)
class Basis:
    """`common` has all that does not differ from session to session; the rest is made by `session_options`."""

    request: SessionRequest
    settings: Settings
    vault: Vault
    redactor: Redactor
    common: SessionOptions
    interactive: bool

    def session_options(self, session_id: str, resumed: Resumed | None = None) -> SessionOptions:
        """The options of one session. Blocking: a work folder may be copied.

        Raises:
            UsageProblem, SandboxError, OSError: the work folder cannot be used.
            SessionLogError: the home cannot be used.
        """
        settings, request = self.settings, self.request
        is_logged = request.log and settings.log.enabled
        log = resumed.log if resumed is not None else make_log(session_id, self.vault) if is_logged else None
        files = file_options(
            request, settings.files, session_id, is_logged=is_logged, interactive=self.interactive, is_new=not resumed
        )
        return replace(
            self.common,
            session_id=session_id,
            past=resumed.past if resumed is not None else None,
            log=log,
            files=files,
            spool=spool_of(settings.log, log, request.out, self.redactor),
            lease=lease_of(settings.sandbox, log),
        )

    async def close(self) -> None:
        """End what the sessions shared; for sessions that are not the only one."""
        await close_shared(self.common)


def basis_of(
    request: SessionRequest, settings: Settings, vault: Vault, *, interactive: bool, is_chat: bool = False
) -> Basis:
    """Load all of it. Blocking, and outside of an event loop: processes are started and documents fetched.

    Raises:
        UsageProblem: flags or settings that cannot work.
        AgentError: the model or the tools cannot be used.
        SandboxError: packages were added to the image, and it cannot be built.
    """
    budget = _budget(request, settings)
    redactor = Redactor(vault.known_values)
    wanted = model_request(settings.model, request.model)
    choice = choose(wanted)
    approve: Approve = "yes" if request.yes else "ask" if interactive else "no"
    rules = host_rules(settings.tools, redactor)
    model = build_model(choice, wanted)
    image = image_name(settings.sandbox.image)
    kind: Literal["docker", "bubblewrap", "local"] = request.kernel_kind or settings.sandbox.kind
    if kind == "docker":
        image = kernel_image(settings.sandbox, _no_word if is_chat else narrate_step)
    # Last: from here on there are processes to be ended.
    loaded = load_for_session(settings.tools, request.tools, source_options(settings.tools, vault, redactor))
    common = SessionOptions(
        model=model,
        model_reason=describe_choice(choice),
        tools=loaded.tools,
        close_tools=loaded.close,
        tool_index=tool_index(loaded.tools, settings.functions),
        kernel_kind=kind,
        transport=settings.sandbox.transport,
        runtime=settings.sandbox.runtime,
        image=image,
        packages=package_options(settings.sandbox, interactive=interactive) if kind == "docker" else None,
        repository=_repository(settings.functions),
        n_functions=settings.functions.limit,
        budget=budget,
        mode=request.mode or settings.model.mode,
        history_tokens=settings.model.history_tokens,
        asked_with=redactor.value(asked_with(request)),  # after the sources told what is secret in them
        approve=approve,
        approve_code=approve if settings.sandbox.approve_code else "yes",
        interactive=interactive,
        container=container_limits(settings.sandbox),
        n_spares=settings.sandbox.spares if is_chat else 0,
        cell=CellLimits(wall_s=settings.sandbox.cell_s, n_tool_calls=settings.sandbox.n_tool_calls),
        rules=rules,
        redact=redactor.value,
    )
    return Basis(request, settings, vault, redactor, common, interactive)


def _budget(request: SessionRequest, settings: Settings) -> Budget:
    limits, prices = settings.budget, settings.model
    max_cost = request.max_cost or limits.max_cost
    if max_cost is not None and (prices.price_prompt is None or prices.price_completion is None):
        raise UsageProblem(
            "a limit on the cost needs the model's prices",
            "set price_prompt and price_completion (money per million tokens) in [model] of the settings",
        )
    return Budget(
        max_tokens=request.max_tokens or limits.max_tokens,
        max_seconds=request.max_seconds or limits.max_seconds,
        max_cost=max_cost,
        price_prompt=prices.price_prompt,
        price_completion=prices.price_completion,
        price_cached=prices.price_cached,
    )


def _repository(functions: FunctionsSettings) -> FunctionRepository | None:
    if functions.kind == "off":
        return None
    return LazyRepository(lambda: open_functions(functions))


def _no_word(step: str) -> None:
    """The chat's screen is no place for the lines of a build."""
