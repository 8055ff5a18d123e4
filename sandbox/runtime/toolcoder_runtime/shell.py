"""IPython's shell with results that are what the code did: exact lines, structured errors, plain reprs."""
# ipykernel's methods have no types.
# mypy: disable-error-code="no-untyped-call,attr-defined"

from __future__ import annotations

import os
import sys
import threading
from typing import Any

from ipykernel.compiler import XCachingCompiler
from ipykernel.ipkernel import IPythonKernel
from ipykernel.zmqshell import ZMQDisplayPublisher, ZMQInteractiveShell, ZMQShellDisplayHook
from IPython.core.formatters import DisplayFormatter as CapturingDisplayFormatter
from IPython.core.inputtransformer2 import leading_empty_lines
from traitlets import Type

from . import displays, tracebacks, values
from .cells import enter_cell
from .channel import ADDRESS_VARIABLE
from .files import COMM_ID, Files
from .notebook import is_notebook, with_session

VALUE_MIME = "application/vnd.toolcoder.value+json"
EXTRA = "toolcoder"
STUBS_MARK = "# toolcoder: stubs"


class Compiler(XCachingCompiler):
    """Remembers which file names are cells, so that a traceback can tell."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cell_names: set[str] = set()

    def get_code_name(self, raw_code: str, code: str, number: int) -> str:
        name = f"<cell {number}>"
        # Equal numbers happen (cells without history): the source kept under a name must stay the one that runs.
        while name in self.cell_names:
            name = f"<cell {number}.{len(self.cell_names)}>"
        self.cell_names.add(name)
        return name


class DisplayHook(ZMQShellDisplayHook):
    """Adds the JSON of plain values, and a cut repr that says so."""

    def compute_format_data(self, result: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        # Not IPython's plain text: a repr that raises would make an error of a cell that was fine.
        shell: Any = self.shell
        formats, metadata = shell.display_formatter.format(result, exclude={"text/plain"})
        text, cut = values.to_text(result)
        formats, left_out = displays.bounded(formats)
        formats["text/plain"] = text
        encoded = values.to_json(result)
        if encoded is not None and not is_notebook():
            formats[VALUE_MIME] = encoded
        if cut or left_out:
            metadata[EXTRA] = {"cut": cut, "left_out": left_out}
        return formats, metadata


class DisplayFormatter(CapturingDisplayFormatter):
    """Adds tables as data."""

    def format(self, obj: Any, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        formats, metadata = super().format(obj, include=include, exclude=exclude)
        if (table := displays.table(obj)) is not None:
            formats[displays.TABLE_MIME] = table
        return formats, metadata


class DisplayPublisher(ZMQDisplayPublisher):
    """What is too large to be sent is named."""

    def publish(self, data: dict[str, Any], metadata: dict[str, Any] | None = None, *args: Any, **kwargs: Any) -> None:
        data, left_out = displays.bounded(data)
        if left_out:
            metadata = {**(metadata or {}), EXTRA: {"left_out": left_out}}
            data.setdefault("text/plain", "<a display too large to be sent>")
        super().publish(data, metadata, *args, **kwargs)


class Exit:
    """`exit` and `quit` raise SystemExit as in a script; the kernel lives on and the host is told."""

    def __call__(self, code: object = None) -> None:
        raise SystemExit(code)

    def __repr__(self) -> str:
        return "Use exit() to end the cell"


class Shell(ZMQInteractiveShell):
    """Differs from ipykernel's where that one is made for people at a notebook."""

    displayhook_class = DisplayHook
    display_pub_class = Type(DisplayPublisher)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Dropping leading empty lines would shift every line number of the traceback.
        self.input_transformer_manager.cleanup_transforms.remove(leading_empty_lines)

    def init_display_formatter(self) -> None:
        self.display_formatter = DisplayFormatter(parent=self)
        self.configurables.append(self.display_formatter)  # type: ignore[arg-type]  # as IPython itself does

    def init_environment(self) -> None:
        """No forced colours: what child processes print goes to a model and to logs."""

    def init_user_ns(self) -> None:
        super().init_user_ns()
        self.user_ns["exit"] = self.user_ns["quit"] = Exit()

    def set_parent(self, parent: dict[str, Any]) -> None:
        super().set_parent(parent)
        enter_cell(parent.get("header", {}).get("msg_id", ""))

    def showtraceback(self, exc_tuple: Any = None, *args: Any, **kwargs: Any) -> None:
        """Publish the structured traceback; called by IPython for every error of a cell."""
        try:
            _, error, trace = self._get_exc_info(exc_tuple)
        except ValueError:
            return
        self._publish(error, trace)

    def showsyntaxerror(self, *args: Any, **kwargs: Any) -> None:
        """Called for code that does not compile."""
        self.showtraceback()

    def _publish(self, error: BaseException, trace: Any) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        names = self.compile.cell_names
        extra = tracebacks.describe(error, names.__contains__, trace)
        hook = self.displayhook
        if getattr(hook, "msg", None) is not None:
            self._last_traceback_during_displayhook = True
        self._last_traceback = extra["text"].split("\n")
        content = {
            "ename": extra["exception"],
            "evalue": extra["message"],
            "traceback": self._last_traceback,
            EXTRA: extra,
        }
        hook.session.send(hook.pub_socket, "error", content, hook.parent_header, ident=b"error")


class Kernel(IPythonKernel):
    """The kernel that `python -m toolcoder_runtime` runs."""

    shell_class = Shell
    compiler_class = Compiler

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Another client than ours would not know what to do with files.
        self._files = Files() if os.environ.get(ADDRESS_VARIABLE) and not is_notebook() else None

    async def do_execute(self, code: str, silent: bool, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Never fails: an error whose own `str` raises must still get its reply."""
        files = None if silent else self._files
        if files is not None:
            files.begin()
        try:
            return await self._execute(code, silent, *args, **kwargs)
        finally:
            if files is not None:
                files.hand_over(self._send_file)

    def do_history(self, *args: Any, **kwargs: Any) -> dict[str, Any]:  # type: ignore[override]  # not async
        """What was run before, in this life of the kernel."""
        shell: Any = self.shell
        return with_session(super().do_history(*args, **kwargs), shell.history_manager.session_number)

    def _send_file(self, about: dict[str, Any], piece: bytes) -> None:
        sent = threading.Event()
        content = {"comm_id": COMM_ID, "data": about}
        session: Any = self.session
        session.send(self.iopub_socket, "comm_msg", content, self.get_parent(), buffers=[piece])
        self.iopub_thread.schedule(sent.set)
        while not sent.wait(1.0):  # a slow reader must slow this down, not fill the memory
            if not self.iopub_thread.thread.is_alive():
                return

    async def _execute(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        try:
            reply: dict[str, Any] = await super().do_execute(*args, **kwargs)
        except Exception as error:  # noqa: BLE001  e.g. a broken __str__ of the cell's error; it was published already
            reply = {"status": "error", "ename": type(error).__name__, "evalue": "", "traceback": []}
            reply |= {"execution_count": self.execution_count, "user_expressions": {}, "payload": []}
        return reply
