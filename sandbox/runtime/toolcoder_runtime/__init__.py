"""The kernel's side of the sandbox: tool stubs call the host through it, and it reports results truthfully.

`tool`, `ToolError` and `Record` need the standard library only. `python -m toolcoder_runtime -f FILE` is the kernel.
"""

from .calls import ToolError, tool
from .record import Record

__all__ = ["Record", "ToolError", "tool"]
