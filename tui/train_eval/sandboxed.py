"""The sandbox as a runner of programs: one kernel, each program in a namespace of its own."""

from __future__ import annotations

import asyncio
import secrets
from types import TracebackType
from typing import Self

from sandbox import open_kernel
from sandbox.events import CellEnd, CellLimits, CellOutput, KernelOptions
from sandbox.kernel import Kernel
from train.evaluate.programs import Ran
from tui.from_settings import container_limits
from tui.images import image_name
from tui.settings_load import load_settings

_CELL_S = 10.0


class SandboxedPrograms:
    """Fulfils `train.evaluate.programs.ProgramRunner`; the kernel starts with the first program.

    Raises:
        SandboxError: the sandbox itself failed.
    """

    def __init__(self, cell_s: float = _CELL_S) -> None:
        settings = load_settings().sandbox
        self._options = KernelOptions(
            image=image_name(settings.image),
            limits=container_limits(settings),
            transport=settings.transport,
            runtime=settings.runtime,
        )
        self._kind = settings.kind
        self._limits = CellLimits(wall_s=cell_s)
        self._loop = asyncio.Runner()

    def __enter__(self) -> Self:
        self._loop.__enter__()
        self._kernel = self._loop.run(self._opened())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._loop.run(self._kernel.close())
        finally:
            self._loop.__exit__(kind, error, trace)

    async def _opened(self) -> Kernel:
        """Inside the loop that the kernel then belongs to."""
        return open_kernel(self._options, kind=self._kind)

    def run(self, program: str) -> Ran:
        return self._loop.run(self._run(program))

    async def _run(self, program: str) -> Ran:
        # The mark shows that the end was reached: `sys.exit(0)` in the middle ends a cell without an error too.
        mark = f"<{secrets.token_hex(8)}>"
        code = f"exec(compile({program!r}, '<program>', 'exec'), {{'__name__': '__main__'}})\nprint({mark!r})"
        said: list[str] = []
        end: CellEnd | None = None
        async for event in self._kernel.run(code, self._limits):
            match event:
                case CellOutput(stream="stdout"):
                    said.append(event.text)
                case CellEnd():
                    end = event
        text = "".join(said)
        before, found, _ = text.rpartition(mark)
        error = f"{end.error.exception}: {end.error.message}" if end is not None and end.error is not None else ""
        is_ok = end is not None and end.status == "ok" and bool(found)
        status = end.status if end is not None else "died"
        return Ran(is_ok, before if found else text, "" if is_ok else error or f"the program {status}")
