"""Starts the kernel: `python -m toolcoder_runtime -f CONNECTION_FILE`. The image's and the local kernel's command."""

from __future__ import annotations

import contextlib
import os
import time
import traceback
from pathlib import Path

from .guard import guard
from .relay_place import is_relayed, place_connection_file

_START_LOG_VARIABLE = "TOOLCODER_START_LOG"
_LOG_IS_TAKEN_S = 0.3


def main() -> None:
    try:
        place_connection_file()
        guard()
        from .app import run  # only now: ipykernel is nothing that process 1 needs

        run()
    except Exception:
        # Nobody sees this process's stderr; the host reads the file when the kernel does not come up.
        if path := os.environ.get(_START_LOG_VARIABLE):
            with contextlib.suppress(OSError):
                Path(path).write_text(traceback.format_exc())
        if is_relayed():
            time.sleep(_LOG_IS_TAKEN_S)  # by the relay: the file goes with the container
        raise


if __name__ == "__main__":
    main()
