"""The scripted server as people start it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path


def test_it_serves_a_script_and_ends_on_interrupt(tmp_path: Path) -> None:
    script = tmp_path / "script.jsonl"
    script.write_text(json.dumps({"when": "films", "say": "Seven."}))
    command = [sys.executable, "-m", "agent.models.scripted_server", str(script), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = re.search(r"http://\S+/v1", process.stdout.readline())
        assert url is not None
        body = {"model": "scripted", "messages": [{"role": "user", "content": "How many films?"}]}
        request = urllib.request.Request(f"{url.group()}/chat/completions", json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=60) as response:
            assert json.load(response)["choices"][0]["message"]["content"] == "Seven."
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130


def test_a_bad_script_is_said(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "agent.models.scripted_server", str(tmp_path / "none")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "cannot read the script" in done.stderr
