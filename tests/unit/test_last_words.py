"""The last words of a kernel are those that its cells wrote and that did not arrive."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from sandbox.last_words import LastWords
from sandbox.wire import Wire
from tests.on_pty import ROOT

# In a process of its own: the kernel's streams watch everything that theirs does.
WRITES = """
import sys
from pathlib import Path
sys.path.insert(0, "sandbox/runtime")
from toolcoder_runtime import streams
from toolcoder_runtime.last_words import LastWords
streams._pending.last_words = LastWords(Path(sys.argv[1]))
cell = {"msg_type": "execute_request"}
for parent, text in (({}, "a warning of its start\\n"), (cell, "arrived\\n"), (cell, "last\\n")):
    streams._pending.add("stderr", parent, text)
"""


def test_what_was_written_before_anybody_listened_is_not_told_later(tmp_path: Path) -> None:
    """While a kernel starts, some of what it says may leave before its client is connected, and some after."""
    subprocess.run([sys.executable, "-c", WRITES, str(tmp_path)], cwd=ROOT, check=True)
    words = LastWords.open(tmp_path)
    assert words is not None
    wire: Any = Wire.__new__(Wire)
    wire.n_heard = {"stdout": 0, "stderr": 0}
    for parent, text in (({}, "of its start\n"), ({"msg_type": "execute_request"}, "arrived\n")):
        wire._count(
            {"msg_type": "stream", "parent_header": parent, "content": {"name": "stderr", "text": text}, "metadata": {}}
        )
    assert words.missing(wire.n_heard) == [("stderr", "last\n")]
    words.close()
