"""`toolcoder doctor` without containers: each finding, its remedy, and how the command ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent.models.script import Script
from agent.models.scripted_handler import Behaviour
from agent.models.scripted_server import ScriptedServer
from sandbox.doctor import Check
from tui import cli
from tui.doctor import as_object, report, run_checks
from tui.doctor_checks import check_embeddings, check_keys, check_model, check_state, check_tools
from tui.keys_file import KeysFile
from tui.settings import FunctionsSettings, ModelSettings, Settings
from tui.settings_tools import ToolsSettings

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def nothing_answers(monkeypatch: pytest.MonkeyPatch, private_home: Path) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{private_home}/none")


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.json"
    path.write_text('[{"say": "hello"}]', encoding="utf-8")
    return path


def test_a_script_and_a_model_that_an_endpoint_lists_are_fine(script: Path) -> None:
    assert check_model(ModelSettings(name=f"scripted:{script}")).ok is True
    with ScriptedServer(Script([]), Behaviour(models=("good", "better:latest"))) as server:
        for name in ("good", "better"):
            check = check_model(ModelSettings(name=name, base_url=server.url))
            assert check.ok is True
            assert name in check.detail
        other = check_model(ModelSettings(name="bad", base_url=server.url))
    assert other.ok is None
    assert "better" in other.remedy


@pytest.mark.parametrize(
    ("name", "base_url", "told"),
    [
        ("m", "http://127.0.0.1:9/v1", "127.0.0.1:9"),
        ("scripted:/nowhere/x.json", None, "/nowhere/x.json"),
        ("/nowhere/checkpoint", None, "/nowhere/checkpoint"),
        ("qwen3", None, "qwen3"),
    ],
)
def test_a_model_that_cannot_work_is_a_failure(name: str, base_url: str | None, told: str) -> None:
    check = check_model(ModelSettings(name=name, base_url=base_url))
    assert check.ok is False
    assert told in check.detail


def test_a_wrong_key_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong-123456")
    with ScriptedServer(Script([]), Behaviour(models=("m",), api_key="sk-right")) as server:
        check = check_model(ModelSettings(name="m", base_url=server.url))
    assert check.ok is False
    assert "sk-wrong" not in f"{check}"


def test_embeddings() -> None:
    assert check_embeddings(FunctionsSettings(kind="off")).ok is True
    assert check_embeddings(FunctionsSettings()).ok is True, "`make` installs MiniLM's weights"
    away = check_embeddings(FunctionsSettings(embedding_url="http://127.0.0.1:9/v1", embedding_model="m"))
    assert away.ok is None
    assert "embedding_url" in away.remedy


def test_the_state_folder(private_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_state().ok is True
    assert (private_home / "state" / "sessions").stat().st_mode & 0o077 == 0
    assert list((private_home / "state" / "sessions").iterdir()) == []
    (private_home / "file").touch()
    monkeypatch.setenv("TOOLCODER_HOME", str(private_home / "file" / "below"))
    broken = check_state()
    assert broken.ok is False
    assert "TOOLCODER_HOME" in broken.remedy


def test_keys_are_named_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_keys().ok is True
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-1")
    assert check_keys() == Check("keys", True, "openai (environment)")
    file = KeysFile.default()
    file.write({})
    file.path.chmod(0o666)
    assert check_keys().ok is False
    assert "chmod 600" in check_keys().remedy


def test_a_source_of_tools_that_is_gone_is_named_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], script: Path
) -> None:
    gone, config = f"{tmp_path}/gone.py", tmp_path / "config.toml"
    config.write_text(f'[tools]\nsources = ["catalogue", "{gone}"]\n')
    monkeypatch.setenv("TOOLCODER_CONFIG", str(config))
    removal = f"toolcoder tools remove {gone}"
    (check,) = check_tools(ToolsSettings(sources=("catalogue", gone)))
    assert check.ok is False and gone in check.detail and removal in check.remedy
    assert check_tools(ToolsSettings())[0].ok is True
    assert cli.run(["tools", "list"]) == 0
    listed = capsys.readouterr().out
    assert "add_to_playlist" in listed and f"✗ {gone}: " in listed and removal in listed
    assert cli.run(["tools", "list", "--json"]) == 0
    assert [bad["source"] for bad in json.loads(capsys.readouterr().out)["broken"]] == [gone]
    assert cli.run(["ask", "How many?", "--model", f"scripted:{script}"]) == 2
    said = capsys.readouterr().err
    assert f"the tool source {gone}" in said and removal in said
    assert cli.run(["tools", "remove", gone]) == 0


def test_without_an_engine_the_rest_is_still_looked_at(script: Path) -> None:
    found = {check.name: check for check in run_checks(Settings(model=ModelSettings(name=f"scripted:{script}")))}
    assert found["engine"].ok is False
    assert found["engine"].remedy
    assert {"model", "embeddings", "state", "keys"} <= set(found)
    assert found["model"].ok is True


def test_only_the_sandbox() -> None:
    assert [check.name for check in run_checks(Settings(), only_sandbox=True)] == ["engine"]


def test_warnings_alone_are_no_failure() -> None:
    assert as_object([Check("a", True, ""), Check("b", None, "old", "update")])["ready"] is True
    assert as_object([Check("a", True, ""), Check("b", False, "gone", "bring it back")])["ready"] is False


def test_the_report_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert report() == 3
    said = capsys.readouterr().out
    assert "✗ engine" in said
    assert "→" in said
    assert "✓ state" in said
    assert "Not ready" in said


def test_bad_settings_are_one_finding_among_others(
    capsys: pytest.CaptureFixture[str], private_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = private_home / "bad.toml"
    bad.write_text("[sandbox]\ncpus = 'all'\n", encoding="utf-8")
    monkeypatch.setenv("TOOLCODER_CONFIG", str(bad))
    assert report(as_json=True) == 3
    told = json.loads(capsys.readouterr().out)
    assert told["ready"] is False
    first, *others = told["checks"]
    assert first["status"] == "failed"
    assert "line 2" in first["detail"]
    assert len(others) > 3


def test_the_command_prints_one_object_and_its_exit_code() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "tui.main", "doctor", "--json"],
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 3
    assert json.loads(told.stdout)["ready"] is False
    assert told.stderr == ""


def test_a_check_that_breaks_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.doctor_checks.check_keys", lambda: 1 / 0)
    found = {check.name: check for check in run_checks(Settings(functions=FunctionsSettings(kind="off")))}
    assert found["keys"].ok is False
    assert "ZeroDivisionError" in found["keys"].detail
