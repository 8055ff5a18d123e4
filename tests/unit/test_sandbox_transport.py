"""Which way to a kernel suits which engine."""

from __future__ import annotations

import platform
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.transport import choose

HERE = {"OperatingSystem": "Debian", "KernelVersion": platform.release()}
LOCAL = "http+docker://localhost"


def chosen(info: dict[str, Any], base_url: str = LOCAL, wanted: Any = "auto", runtime: str | None = None) -> str:
    client: Any = SimpleNamespace(api=SimpleNamespace(base_url=base_url))
    return choose(client, info, wanted, runtime).kind


@pytest.fixture(autouse=True)
def linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.delenv("DOCKER_HOST", raising=False)


def test_an_engine_of_this_machine_shares_its_sockets() -> None:
    assert chosen(HERE) == "socket"
    assert chosen({}) == "socket"  # it says nothing of itself


@pytest.mark.parametrize(
    ("info", "base_url", "runtime"),
    [
        (HERE | {"OperatingSystem": "Docker Desktop"}, LOCAL, None),
        (HERE | {"KernelVersion": "6.6.0-of-a-virtual-machine"}, LOCAL, None),
        (HERE, "http://192.0.2.1:2375", None),
        (HERE, "http+docker://ssh", None),
        (HERE, LOCAL, "runsc"),
    ],
    ids=["desktop", "a-machine-of-its-own", "tcp", "ssh", "gvisor"],
)
def test_others_are_reached_through_the_relay(info: dict[str, Any], base_url: str, runtime: str | None) -> None:
    assert chosen(info, base_url, runtime=runtime) == "relay"
    assert chosen(info, base_url, "socket", runtime) == "socket"  # as whoever knows better wants it


@pytest.mark.parametrize("host", ["tcp://192.0.2.1:2376", "ssh://me@192.0.2.1"])
def test_an_address_elsewhere_is_known_before_anything_is_asked(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("DOCKER_HOST", host)
    assert chosen(HERE) == "relay"


def test_other_systems_keep_their_containers_in_a_machine_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    assert chosen(HERE) == "relay"
