"""From flags and settings to a session: the one place where the pieces of `agent` are put together.

Who calls it: `ask` and the chat, which import it when a session is wanted, since it loads the loop and the settings.
Nothing here waits for the kernel: it starts with the first question.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from agent.errors import SessionLogError
from agent.functions.base import FunctionRepository
from agent.log.blobs import blob_folder
from agent.log.ids import new_session_id
from agent.log.redact import Redactor
from agent.log.writer import SessionLog
from agent.loop.budget import Budget
from agent.loop.options import SessionOptions
from agent.loop.session import Session
from agent.models.choose import build_model, choose, describe_choice
from agent.tools.sources import load_tools
from agent.tools.vault import Vault
from sandbox.events import CellLimits, Lease, SpoolOptions
from tui.failures import UsageProblem
from tui.files_factory import file_options
from tui.from_settings import container_limits, model_request
from tui.functions_factory import open_functions
from tui.images import image_name, kernel_image, narrate_step, package_options
from tui.lazy_repository import LazyRepository
from tui.places import sessions_folder
from tui.session_request import SessionRequest
from tui.settings import FunctionsSettings, LogSettings, SandboxSettings, Settings
from tui.settings_load import load_settings
from tui.tools_factory import host_rules, make_vault, source_options, sources_of, tool_index


def prepare(request: SessionRequest, *, interactive: bool, is_chat: bool = False) -> Callable[[], Session]:
    """Load all that a session needs; what comes back makes it, where an event loop runs.

    `interactive`: a person is there to be asked. `is_chat`: many questions come, so spare kernels are worth a start.

    Raises:
        UsageProblem: flags or settings that cannot work.
        AgentError: the model, the tools or the log's folder cannot be used.
    """
    settings = load_settings()
    budget = _budget(request, settings)
    vault = make_vault()
    redactor = Redactor(vault.known_values)
    wanted = model_request(settings.model, request.model)
    choice = choose(wanted)
    session_id = new_session_id()
    is_logged = request.log and settings.log.enabled
    if is_logged:
        _sessions_folder()  # the first to say that the home cannot be used
    approve: Literal["ask", "yes", "no"] = "yes" if request.yes else "ask" if interactive else "no"
    repository = _repository(settings.functions)
    rules = host_rules(settings.tools, redactor)
    model = build_model(choice, wanted)
    image = image_name(settings.sandbox.image)
    kind = request.kernel_kind or settings.sandbox.kind
    if kind == "docker":
        image = kernel_image(settings.sandbox, _no_word if is_chat else narrate_step)
    with contextlib.ExitStack() as undo:
        files = file_options(request, settings.files, session_id, is_logged=is_logged, interactive=interactive)
        if files.copy is not None:
            undo.callback(files.copy.discard)
        # Last: what it starts is ended by the session, which nothing may now keep from being made.
        loaded = load_tools(sources_of(settings.tools, request.tools), source_options(settings.tools, vault, redactor))
        undo.pop_all()
    log = _log(settings.log, session_id, vault) if request.log else None
    options = SessionOptions(
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
        files=files,
        repository=repository,
        n_functions=settings.functions.limit,
        log=log,
        spool=_spool(settings.log, log, request.out, redactor),
        session_id=session_id,
        budget=budget,
        approve=approve,
        approve_code=approve if settings.sandbox.approve_code else "yes",
        interactive=interactive,
        container=container_limits(settings.sandbox),
        n_spares=settings.sandbox.spares if is_chat else 0,
        lease=_lease(settings.sandbox, log),
        cell=CellLimits(wall_s=settings.sandbox.cell_s, n_tool_calls=settings.sandbox.n_tool_calls),
        rules=rules,
        redact=redactor.value,
    )
    return lambda: Session(options)


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
    )


def _lease(sandbox: SandboxSettings, log: SessionLog | None) -> Lease | None:
    """Without a log there is nothing to resume, so nobody would ever come back to the kernel."""
    if log is None or sandbox.lease_s <= 0:
        return None
    return Lease(blob_folder(log.path) / "kernel.json", log.session_id, sandbox.lease_s)


def _log(log: LogSettings, session_id: str, vault: Vault) -> SessionLog | None:
    if not log.enabled:
        return None
    folder = _sessions_folder()
    if log.retention_days is not None:
        from agent.log.retention import prune

        with contextlib.suppress(OSError):  # tidying up must not keep anybody from asking
            prune(folder, log.retention_days)
    return SessionLog(folder, session_id, secrets=vault.known_values)


def _spool(settings: LogSettings, log: SessionLog | None, out: Path | None, redactor: Redactor) -> SpoolOptions | None:
    """Outputs and plots lie beside the session's log; plots where `--output-dir` says, also without a log."""
    if log is None and out is None:
        return None
    return SpoolOptions(
        folder=str(blob_folder(log.path)) if log is not None else None,
        artifacts=str(out.absolute()) if out is not None else None,
        limit_bytes=settings.files_mb << 20,
        redact=redactor.text,
    )


def _sessions_folder() -> Path:
    try:
        return sessions_folder()
    except OSError as error:
        raise SessionLogError(
            f"the folder for session logs cannot be made: {error.strerror or error}",
            "choose another place with TOOLCODER_HOME",
        ) from error


def _repository(functions: FunctionsSettings) -> FunctionRepository | None:
    if functions.kind == "off":
        return None
    return LazyRepository(lambda: open_functions(functions))


def _no_word(step: str) -> None:
    """The chat's screen is no place for the lines of a build."""
