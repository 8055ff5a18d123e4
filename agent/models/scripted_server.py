"""A real OpenAI-compatible server on loopback that replies from a script, and fails on demand.

Speaks `/v1/models` and `/v1/chat/completions`, streamed and not; with `ollama` also the native API (`scripted_ollama`).
For tests, and for people: `python -m agent.models.scripted_server FILE --port 8100`.
"""

from __future__ import annotations

import argparse
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from agent.errors import ModelError
from agent.models.script import Failure, Script
from agent.models.scripted_handler import Behaviour, Handler, State, StatefulServer


class ScriptedServer:
    """A context manager; `url` is the base URL for clients (ends in `/v1`), `state` what happened so far."""

    def __init__(self, script: Script, behaviour: Behaviour | None = None, port: int = 0) -> None:
        self.state = State(script, behaviour or Behaviour())
        self._http = StatefulServer(("127.0.0.1", port), Handler)
        self._http.state = self.state

    @property
    def behaviour(self) -> Behaviour:
        return self.state.behaviour

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def url(self) -> str:
        return f"{self.root}/v1"

    def serve(self) -> None:
        """Answers until `stop`."""
        self._http.serve_forever(poll_interval=0.05)

    def stop(self) -> None:
        self.state.stopping.set()
        self._http.shutdown()
        self._http.server_close()

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve, name="scripted-server", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m agent.models.scripted_server", description=__doc__)
    parser.add_argument("script", type=Path, metavar="FILE", help="the script (JSON or JSONL)")
    parser.add_argument("--port", type=int, default=8100)
    parser.add_argument("--token-delay-s", type=float, default=0.0, help="pause before each chunk")
    parser.add_argument("--fail", action="append", default=[], choices=[failure.value for failure in Failure])
    options = parser.parse_args(argv)
    failures: deque[Failure | None] = deque(Failure(value) for value in options.fail)
    try:
        script = Script.load(options.script)
        server = ScriptedServer(script, Behaviour(failures=failures, token_delay_s=options.token_delay_s), options.port)
    except (ModelError, OSError) as error:
        parser.exit(3, f"{error}\n")
    print(f"OPENAI_BASE_URL={server.url} OPENAI_API_KEY=none, model name: scripted", flush=True)
    try:
        server.serve()
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
