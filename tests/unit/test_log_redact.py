"""Secrets and the log: what is planted anywhere in a record is nowhere in the files."""

from __future__ import annotations

import json
import string
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.calls.categories import Category
from agent.events import StageEnded, ToolCalled, ToolReturned
from agent.log.redact import REDACTED, Redactor
from agent.log.writer import SessionLog

# Put together here, so that no scanner takes this file for a leak.
CANARIES = {
    "openai": "sk-" + "proj-Ab3dEfGh1jKlMn0pQrSt",
    "anthropic": "sk-" + "ant-api03-Zx9cVb8nMq1w2e3r4t5y",
    "github": "ghp" + "_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
    "github fine-grained": "github" + "_pat_" + "11ABCDEFG0abcdefghijkl",
    "aws": "AKIA" + "IOSFODNN7EXAMPLE",
    "google": "AIza" + "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q",
    "hugging face": "hf" + "_" + "abcdefghijklmnopqrstuvwxyzABCDEFGH",
    "slack": "xoxb" + "-123456789012-abcdefghijkl",
    "web token": "eyJ" + "hbGciOiJIUzI1NiJ9.eyJ" + "zdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N",
}
ANCHORED = {
    "bearer": ("Authorization: Bearer {}", "abcdefghijklmnop123"),
    "basic": ("Authorization: Basic {}", "dXNlcjpodW50ZXIy"),
    "query": ("GET https://api.test/3/movie?api_key={}&page=2", "0123456789abcdef"),
    "query key": ("https://api.test/v1?key={}", "zzTopSecret"),
    "environment": ("OPENAI_API_KEY={} toolcoder", "abc123def456"),
    "json": ('{{"password": "{}", "user": "ada"}}', "hunter2hunter2"),
    "json in json": ('"{{\\"client_secret\\": \\"{}\\"}}"', "hunter2hunter2"),
    "python": ("client = Api(api_key='{}')", "my-very-own-key"),
    "address": ("postgres://ada:{}@db.test/films", "hunter2hunter2"),
}


@pytest.mark.parametrize("name", CANARIES)
@pytest.mark.parametrize("around", ["{}", "key: {}, thanks", "({})", '{{"a": "{}"}}', "x={}\n"])
def test_vendor_keys_are_removed_by_their_shape(name: str, around: str) -> None:
    text = Redactor().text(around.format(CANARIES[name]))
    assert CANARIES[name] not in text
    assert text == around.format(REDACTED)


@pytest.mark.parametrize("name", ANCHORED)
def test_values_are_removed_by_what_stands_before_them(name: str) -> None:
    around, secret = ANCHORED[name]
    assert Redactor().text(around.format(secret)) == around.format(REDACTED)


def test_a_private_key_is_removed_also_when_its_end_is_missing() -> None:
    begin = "-----BEGIN RSA " + "PRIVATE KEY-----"
    assert Redactor().text(f"{begin}\nMIIE\nabc") == REDACTED


@pytest.mark.parametrize(
    "text",
    [
        "ask-me-anything-about-films-2020",
        "task-0123456789abcdef0123",
        "the bearer of bad news",
        "token = tokens[0]; count_films(key='title')",
        "https://example.test/movie?page=2&sort_by=title",
        "def login(user: str, password: str) -> str:",
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        "sk-learn-style-estimators-are-nice",
        "A basic understanding of authorization",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert Redactor().text(text) == text


def test_values_under_telling_names_are_removed() -> None:
    value = {"Authorization": "abc", "apiKey": "abc", "inner": [{"password": "x"}], "token_count": 3, "title": "Heat"}
    assert Redactor().value(value) == {
        "Authorization": REDACTED,
        "apiKey": REDACTED,
        "inner": [{"password": REDACTED}],
        "token_count": 3,
        "title": "Heat",
    }


def test_known_values_are_asked_for_each_time_and_found_in_every_spelling() -> None:
    keys: list[str] = []
    redactor = Redactor(lambda: keys)
    secret = 'pa"ss/wörd +1'
    spellings = [secret, json.dumps(secret), repr(secret), quote(secret, safe=""), quote(secret)]
    assert redactor.text(secret) == secret
    keys.append(secret)
    for spelling in spellings:
        assert secret not in redactor.text(spelling) and REDACTED in redactor.text(spelling)


def test_a_short_known_value_does_not_eat_the_log() -> None:
    assert Redactor(lambda: ["none", ""]).text("none of these") == "none of these"


WORDS = st.text(string.ascii_letters + string.digits + " \n\"'\\{}é𝕏\u2028", max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
SECRETS = st.text(string.printable + "äß", min_size=4, max_size=40).map(lambda tail: "Qz7x" + tail)  # no word of ours


def planted(value: Any, secret: str, where: int) -> Any:
    """The value with the secret put beside it in one of several ways."""
    text = f"before{secret}after"
    return (
        [value, text],
        {text: value},
        {"a": {"b": [value, {"c": text}]}},
        json.dumps([text, {"k": text}]),
        {"dump": json.dumps({"k": json.dumps([text])})},
    )[where % 4]


@settings(max_examples=150, deadline=None)
@given(value=JSON, secret=SECRETS, where=st.integers(0, 3))
def test_no_known_secret_survives_in_any_file(value: Any, secret: str, where: int) -> None:
    with TemporaryDirectory() as folder:
        with SessionLog(Path(folder), "s", secrets=lambda: [secret], version="1") as log:
            log.write(ToolCalled("1", "f", {"x": planted(value, secret, where)}))
            log.write(ToolReturned("1", "f", Category.ALL_RIGHT, value=planted(value, secret, where)))
            big = ["x" * 70_000, planted(value, secret, where)]
            log.write(StageEnded("plan", (("user", f"...{secret}..."),), completion=secret, product=json.dumps(big)))
        for file in Path(folder).rglob("*.json*"):
            for line in file.read_bytes().splitlines():
                form = secret
                for _ in range(4):
                    form = json.dumps(form, ensure_ascii=False)[1:-1]
                    assert form.encode() not in line


@settings(max_examples=200, deadline=None)
@given(WORDS, st.sampled_from(sorted(CANARIES.values())), WORDS)
def test_redaction_is_idempotent(before: str, secret: str, after: str) -> None:
    redactor = Redactor()
    once = redactor.text(f"{before} {secret} {after}")
    assert secret not in once
    assert redactor.text(once) == once


@pytest.mark.parametrize(
    "piece",
    [
        "sk-",
        "eyJaaaaaaaa.",
        "eyJabcdefgh-",
        "eyJaaaaaaaa.eyJ-",
        "://a:",
        "password: ",
        "password\\",
        "-----BEGIN A ",
        "-----BEGIN PRIVATE KEY-----",
        "A_",
        "bearer ",
    ],
)
def test_hostile_text_costs_no_more_than_its_length(piece: str) -> None:
    redactor = Redactor(lambda: ["known-secret"])
    text = piece * (500_000 // len(piece))
    start = time.process_time()
    redactor.text(text)
    assert time.process_time() - start < 5  # 0.1 s; a quadratic pattern takes minutes
