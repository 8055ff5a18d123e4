"""Which model is chosen, in which order, and what is said about it."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.errors import ModelError, ModelFilesError, ModelUnreachable, NoModelConfigured
from agent.models.choose import Choice, Kind, ModelRequest, build_model, choose, choose_model, describe_choice
from agent.models.discover import find_ollama, ollama_root
from agent.models.endpoint import EndpointModel
from agent.models.script import Script
from agent.models.scripted import ScriptedModel
from agent.models.scripted_handler import Behaviour
from agent.models.scripted_ollama import OllamaBehaviour
from agent.models.scripted_server import ScriptedServer

NOTHING = {"OLLAMA_HOST": "127.0.0.1:9"}
"""An environment in which nothing answers: port 9 is closed."""
NOWHERE = ModelRequest(env=NOTHING)


def keys(**known: str) -> Callable[[str], str | None]:
    return known.get


def chosen(request: ModelRequest) -> tuple[Kind, str, str, str | None]:
    choice = choose(request)
    return choice.kind, choice.name, choice.base_url, choice.key_name


@pytest.fixture
def ollama() -> Iterator[ScriptedServer]:
    behaviour = Behaviour(models=("nomic-embed-text", "qwen3:8b", "llama3"), ollama=OllamaBehaviour())
    with ScriptedServer(Script([]), behaviour) as server:
        yield server


def test_nothing_found_means_the_bundled_model() -> None:
    choice = choose(NOWHERE)
    assert choice.kind is Kind.BUNDLED
    assert describe_choice(choice) == (
        "Answers come from the small bundled model, because no endpoint is configured and no Ollama answers."
    )


def test_the_order(ollama: ScriptedServer, tmp_path: Path) -> None:
    ollama_url = f"{ollama.root}/v1"
    request = ModelRequest(
        flag="from-flag",
        name="from-settings",
        base_url="http://settings/v1",
        key_name="other",
        get_key=keys(openai="sk-1", other="sk-2"),
        env={"OPENAI_BASE_URL": "http://env/v1", "OPENAI_MODEL": "from-env", "OLLAMA_HOST": ollama.root},
    )
    assert chosen(request) == (Kind.ENDPOINT, "from-flag", "http://settings/v1", "other")
    request = replace(request, flag=None)
    assert chosen(request) == (Kind.ENDPOINT, "from-settings", "http://settings/v1", "other")
    request = replace(request, base_url=None)
    assert chosen(request) == (Kind.ENDPOINT, "from-settings", "http://env/v1", "openai")
    request = replace(request, name=None)
    assert chosen(request) == (Kind.ENDPOINT, "from-env", "http://env/v1", "openai")
    request = replace(request, env={"OLLAMA_HOST": ollama.root})
    assert chosen(request) == (Kind.ENDPOINT, "gpt-4o-mini", "https://api.openai.com/v1", "openai")
    request = replace(request, get_key=keys())
    assert chosen(request) == (Kind.ENDPOINT, "qwen3:8b", ollama_url, None)
    request = replace(request, env=NOTHING)
    assert choose(request).kind is Kind.BUNDLED


def test_a_name_goes_to_the_ollama_that_is_there_without_a_key(ollama: ScriptedServer) -> None:
    request = ModelRequest(flag="llama3", env={"OLLAMA_HOST": ollama.root})
    assert chosen(request) == (Kind.ENDPOINT, "llama3", f"{ollama.root}/v1", None)
    assert describe_choice(choose(request)) == (
        f"Answers come from llama3 at {ollama.root}/v1, because --model names it."
    )


def test_an_ollama_without_models_is_said(ollama: ScriptedServer) -> None:
    ollama.behaviour.models = ()
    choice = choose(ModelRequest(env={"OLLAMA_HOST": ollama.root}))
    assert choice.kind is Kind.BUNDLED
    assert "has no model" in describe_choice(choice)


def test_a_name_without_an_endpoint() -> None:
    with pytest.raises(NoModelConfigured, match="'gpt-4o'") as caught:
        choose(replace(NOWHERE, flag="gpt-4o"))
    assert "OPENAI_BASE_URL" in caught.value.hint


@pytest.mark.parametrize(("models", "expected"), [(("only",), "only"), (("a", "b"), None), ((), None)])
def test_an_endpoint_without_a_name(ollama: ScriptedServer, models: tuple[str, ...], expected: str | None) -> None:
    ollama.behaviour.models = models
    request = ModelRequest(env={"OPENAI_BASE_URL": ollama.url})
    if expected is not None:
        assert choose(request).name == expected
        return
    with pytest.raises(NoModelConfigured, match="which model") as caught:
        choose(request)
    assert ("a, b" if models else "none") in caught.value.hint


def test_an_endpoint_that_is_down_is_an_error_not_another_model() -> None:
    with pytest.raises(ModelUnreachable):
        choose(ModelRequest(env={"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}))


def test_an_endpoint_that_wants_a_key(ollama: ScriptedServer) -> None:
    ollama.behaviour.api_key = "sk-right-key"
    with pytest.raises(ModelError, match="asks for a key"):
        choose(ModelRequest(env={"OPENAI_BASE_URL": ollama.url}))
    ollama.behaviour.models = ("only",)
    request = ModelRequest(env={"OPENAI_BASE_URL": ollama.url}, get_key=keys(openai="sk-right-key"))
    assert choose(request).name == "only"


def test_explicit_kinds(tmp_path: Path) -> None:
    script = tmp_path / "s.jsonl"
    script.write_text('{"say": "hello"}')
    assert choose(replace(NOWHERE, flag="bundled")) == Choice(Kind.BUNDLED, "bundled", "--model names it")
    assert isinstance(choose_model(replace(NOWHERE, flag=f"scripted:{script}")), ScriptedModel)
    assert choose(replace(NOWHERE, flag=str(tmp_path))).kind is Kind.CHECKPOINT
    with pytest.raises(ModelFilesError, match=r"no config\.json"):
        choose_model(replace(NOWHERE, flag=str(tmp_path)))
    with pytest.raises(ModelFilesError, match="no folder"):
        choose(replace(NOWHERE, flag="./not-there"))


def test_a_bare_name_is_never_a_folder_of_the_place_one_works_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    request = ModelRequest(flag="llama3", base_url="http://x/v1")
    (tmp_path / "llama3").mkdir()
    (tmp_path / "llama3" / "config.json").write_text("{}")
    assert choose(request).kind is Kind.ENDPOINT
    assert choose(replace(request, flag="./llama3")).kind is Kind.CHECKPOINT


def test_the_key_is_looked_up_by_name_and_stays_out_of_sight() -> None:
    request = ModelRequest(flag="m", base_url="http://x/v1", key_name="mine", get_key=keys(mine="sk-secret-12345"))
    choice = choose(request)
    model = build_model(choice, request)
    assert isinstance(model, EndpointModel)
    assert model._api_key == "sk-secret-12345"
    assert "sk-secret" not in f"{choice!r} {request!r} {model!r} {describe_choice(choice)}"


@pytest.mark.parametrize(
    ("value", "root"),
    [
        ("", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("localhost:8080", "http://127.0.0.1:8080"),
        (":5000", "http://127.0.0.1:5000"),
        ("http://gpu-box", "http://gpu-box:80"),
        ("https://gpu-box/", "https://gpu-box:443"),
        ("gpu-box", "http://gpu-box:11434"),
        ("[::1]:11434", "http://[::1]:11434"),
        ("host:port", "http://host:11434"),
    ],
)
def test_ollama_host_is_read_as_ollama_reads_it(value: str, root: str) -> None:
    assert ollama_root({"OLLAMA_HOST": value}) == root


def test_a_port_that_accepts_and_says_nothing_costs_no_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        assert find_ollama({"OLLAMA_HOST": f"127.0.0.1:{silent.getsockname()[1]}"}) is None
    assert time.monotonic() - started < 10
