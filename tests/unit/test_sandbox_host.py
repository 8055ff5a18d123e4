"""The host's side, without a kernel: made-up messages, folders, deaths, the engine's failures, the recipe."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox import doctor
from sandbox.collect import Collector, traceback_of
from sandbox.container import container_settings
from sandbox.engine import connect
from sandbox.errors import EngineMissing, KernelStartFailed
from sandbox.events import CellDisplay, CellOutput, CellResult, ContainerLimits, Frame
from sandbox.image import recipe
from sandbox.rundir import RunDir, base_folder
from sandbox.watch import Exit, death_of


def message(kind: str, content: Any, parent: str = "cell") -> dict[str, Any]:
    return {"msg_type": kind, "content": content, "parent_header": {"msg_id": parent}}


def test_results_are_what_they_claim_or_nothing() -> None:
    collector = Collector("cell", 100)
    data = {"text/plain": "[1]", "application/vnd.toolcoder.value+json": "[1]"}
    assert collector.events(message("execute_result", {"data": data})) == [CellResult("[1]", "[1]")]
    data["application/vnd.toolcoder.value+json"] = "[1"
    assert collector.events(message("execute_result", {"data": data})) == [CellResult("[1]", None)]
    rich = {"data": {"text/plain": "x", "text/html": "<b>", "application/json": {"a": 1}}}
    assert collector.events(message("execute_result", rich)) == [
        CellDisplay({"text/plain": "x", "text/html": "<b>", "application/json": '{"a": 1}'}),
        CellResult("x"),
    ]


def test_messages_of_other_requests_are_not_the_cells_but_text_is_never_lost() -> None:
    collector = Collector("cell", 100)
    assert collector.events(message("execute_result", {"data": {"text/plain": "1"}}, "other")) == []
    collector.events(message("error", {"ename": "E"}, "other"))
    assert collector.error is None
    assert collector.events(message("stream", {"name": "stdout", "text": "late"}, "other")) == [
        CellOutput("stdout", "late")
    ]


@pytest.mark.parametrize("content", [None, [], {}, {"data": 1}, {"text": 5}, {"toolcoder": {"frames": [1, {}]}}])
@pytest.mark.parametrize("kind", ["stream", "display_data", "execute_result", "error", "status", "unknown", None])
def test_messages_of_any_shape_do_no_harm(kind: Any, content: Any) -> None:
    collector = Collector("cell", 100)
    for event in collector.events(message(kind, content)):
        assert event == CellResult("")
    assert collector.events({}) == []


def test_displays_are_limited() -> None:
    collector = Collector("cell", 100)
    big = message("display_data", {"data": {"image/png": "x" * (20 << 20)}})
    assert len(collector.events(big)) == 1
    assert collector.events(big) == []
    assert collector.cut


def test_a_traceback_is_checked_field_by_field() -> None:
    extra = {"exception": "E", "message": 3, "frames": [{"file": "<cell>", "line": "x", "function": "f"}, None]}
    found = traceback_of({"toolcoder": extra})
    assert (found.exception, found.message) == ("E", "")
    assert found.frames == (Frame("<cell>", 0, "f", ""), Frame("", 0, "", ""))
    assert traceback_of({"ename": "E", "evalue": "m", "traceback": ["a", "b"]}).text == "a\nb"


@pytest.mark.parametrize(
    ("ended", "cause", "word"),
    [
        (Exit(137, out_of_memory=True), "out_of_memory", "512 MiB"),
        (Exit(137), "signal", "SIGKILL"),
        (Exit(139), "signal", "SIGSEGV"),
        (Exit(135), "disk_full", "256 MiB"),
        (Exit(1), "exit_code", "exit code 1"),
        (Exit(255), "exit_code", "exit code 255"),
        (Exit(None), "unknown", "no exit code"),
        (Exit(None, engine_gone=True), "engine_gone", "engine"),
    ],
)
def test_deaths_have_names(ended: Exit, cause: str, word: str) -> None:
    death = death_of(ended, ContainerLimits(memory_bytes=512 << 20))
    assert death.cause == cause and word in death.message


@pytest.fixture
def run_folder(private_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = private_home / "run"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    return base_folder()


def test_a_folder_belongs_to_its_process_as_long_as_that_lives(run_folder: Path) -> None:
    own = RunDir.create()
    assert RunDir.claim(own.path) is None
    code = (
        "import os\nfrom sandbox.rundir import RunDir\nprint(RunDir.create().path, flush=True)\nos.kill(os.getpid(), 9)"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    left = Path(other.stdout.strip())
    assert left.parent == run_folder and left.is_dir()
    claimed = RunDir.claim(left)
    assert claimed is not None and RunDir.claim(left) is None
    claimed.remove()
    assert not left.exists() and own.path.is_dir()
    descriptor = own.lock.fileno()
    own.remove()
    with run_folder.joinpath("another").open("wb") as another:
        assert another.fileno() == descriptor  # reused by the system: removing again must not close it
        own.remove()
        another.write(b"still open")
    run_folder.joinpath("another").unlink()
    assert RunDir.claim(own.path) is None and list(run_folder.iterdir()) == []


def test_paths_of_sockets_stay_short(private_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = private_home / ("x" * 90)
    long.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(long))
    own = RunDir.create()
    assert not own.path.is_relative_to(long)
    assert len(os.fsencode(own.sockets / "k-5")) <= 106
    own.remove()


def test_a_folder_that_others_can_reach_is_not_used(run_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_folder.chmod(0o755)
    assert base_folder() != run_folder
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(run_folder.parent))
    monkeypatch.setattr("sandbox.rundir._LONGEST_SOCKET", "/" + "x" * 100)
    with pytest.raises(KernelStartFailed, match="No place"):
        base_folder()


def test_the_container_is_closed_by_default(run_folder: Path) -> None:
    own = RunDir.create()
    settings = container_settings("image", ContainerLimits(), own, 1000, None)
    own.remove()
    assert settings["network_mode"] == "none" and settings["read_only"] and settings["cap_drop"] == ["ALL"]
    assert settings["security_opt"] == ["no-new-privileges"] and settings["user"] == "1000:1000"
    assert settings["mem_limit"] == settings["memswap_limit"] == 2 << 30
    assert [mount["Target"] for mount in settings["mounts"]] == ["/run/toolcoder", "/run/kernel"]
    assert settings["mounts"][0]["ReadOnly"] is True
    ours = {f"TOOLCODER_{name}" for name in ("BROKER", "FILTER", "LEASE_S", "OUT", "START_LOG")}
    assert set(settings["environment"]) == {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"} | ours


def test_an_engine_that_is_not_there(private_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{private_home}/none.sock")
    with pytest.raises(EngineMissing, match=r"none\.sock") as caught:
        connect()
    assert caught.value.hint
    (check,) = doctor.checks()
    assert (check.name, check.ok) == ("engine", False) and check.remedy


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1.1.5+ds1", (1, 1, 5)), ("v1.2.8", (1, 2, 8)), ("1.2.8-rc1", (1, 2, 8)), ("", None), ("n/a", None)],
)
def test_versions(text: str, expected: Any) -> None:
    assert doctor.parse_version(text) == expected


class Engine:
    """As much of an engine as a check looks at."""

    def __init__(self, runc: str, base_url: str = "http+docker://localhost") -> None:
        self._runc = runc
        self.api = SimpleNamespace(base_url=base_url)

    def version(self) -> dict[str, Any]:
        return {"Components": [{"Name": "Engine", "Version": "28.0"}, {"Name": "runc", "Version": self._runc}]}

    def info(self) -> dict[str, Any]:
        return {"DockerRootDir": "/", "SecurityOptions": [], "ServerVersion": "28.0", "OperatingSystem": "X"}


def test_an_old_runc_is_a_warning() -> None:
    engine: Any = Engine("1.2.7")
    assert doctor.check_runc(engine).ok is None and "1.2.8" in doctor.check_runc(engine).remedy
    newer: Any = Engine("1.3.0")
    assert doctor.check_runc(newer).ok is True
    assert doctor.check_engine(engine).ok is None  # without seccomp
    remote: Any = Engine("1.3.0", "http://192.0.2.1:2375")
    assert "reached through a relay" in doctor.check_engine(remote).detail
    assert "GB free" in doctor.check_disk(engine).detail


def test_the_recipe_changes_with_every_file(monkeypatch: pytest.MonkeyPatch) -> None:
    before = recipe.recipe_hash()
    files = dict(recipe.files())
    assert {"Dockerfile", "requirements.txt", "toolcoder_runtime/__main__.py"} <= set(files)
    assert recipe.recipe_hash() == before
    for name in files:
        changed = [(n, c + b"#" if n == name else c) for n, c in files.items()]
        monkeypatch.setattr(recipe, "files", lambda variant, changed=changed: iter(changed))
        assert recipe.recipe_hash() != before, name


def test_the_build_context_is_the_same_every_time(tmp_path: Path) -> None:
    tmp_path.joinpath("pip-1-py3-none-any.whl").write_bytes(b"wheel")
    one, two = io.BytesIO(), io.BytesIO()
    recipe.write_context(tmp_path, one)
    recipe.write_context(tmp_path, two)
    assert one.getvalue() == two.getvalue()
    one.seek(0)
    with tarfile.open(fileobj=one) as tar:
        assert "wheels/pip-1-py3-none-any.whl" in tar.getnames()


def test_every_requirement_is_pinned() -> None:
    lines = [line for line in recipe.REQUIREMENTS.read_text().splitlines() if line and not line.startswith("#")]
    assert lines and all(line.count("==") == 1 for line in lines)
    assert {"ipykernel", "numpy", "pandas", "matplotlib"} <= {line.split("==")[0] for line in lines}


def test_importing_the_package_is_cheap() -> None:
    code = "import sandbox, sandbox.events, sandbox.errors, sys\nprint(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"docker", "jupyter_client", "zmq", "traitlets", "ipykernel", "requests"} & set(found)
