"""What every test gets: a home of its own, and neither keys nor settings of whoever runs the tests."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The machine may be busy (two cores, containers starting beside): no deadline per example, the time-out is per test.
settings.register_profile("toolcoder", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("toolcoder")

# Read at NumPy's import. Several threads per product wait for each other where processors are busy: an embedding then
# takes twenty times as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

OF_THE_PERSON = ("OPENAI_", "TOOLCODER_", "OLLAMA_", "ANTHROPIC_")

LONGEST = """
test_wheel test_kernel_ends test_sandbox_life test_cli_ask_docker test_train_out test_sandbox_packages test_train_rl
test_sft_resume test_chat_whole test_bundled_model test_setup test_bad_input_tools test_bad_input_endpoint
test_kernel_output test_resources test_sandbox_lease test_screens test_kernel_contract test_kernel_tools
test_kernel_spool test_sandbox_pool test_bad_input_engine test_lifetime test_bad_input_interrupts test_resume_docker
test_functions_life test_rl_programs test_sandbox_isolation test_train_eval test_bench_docker test_mcp
""".split()
"""Files that take longest; the suite runs several files at once (`make test` keeps their order), and should not end by
waiting for one of these."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    place = {name: i for i, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(LONGEST)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Which tests passed only at the second try (`make test`), and how they failed first: each is to be looked into."""
    passed = {report.nodeid for report in terminalreporter.stats.get("passed", [])}
    again = [report for report in terminalreporter.stats.get("rerun", []) if report.nodeid in passed]
    if again:
        terminalreporter.section("failed once, passed at the second try")
    for report in again:
        terminalreporter.write_line(f"{report.nodeid}\n{report.longreprtext}\n")


@pytest.fixture(autouse=True)
def private_home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A fresh TOOLCODER_HOME and configuration folder; its path is short, because sockets below have 107 bytes."""
    for name in list(os.environ):
        if name.startswith(OF_THE_PERSON):
            monkeypatch.delenv(name)
    home = Path(tempfile.mkdtemp(prefix="tc-"))
    (home / "config").mkdir()
    monkeypatch.setenv("TOOLCODER_HOME", str(home / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    # A desktop's keyring would open a dialog, and its entries are nobody's to touch here.
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    yield home
    shutil.rmtree(home, ignore_errors=True)
