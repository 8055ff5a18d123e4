"""Scrubbing: what goes, what must stay, and that tasks stay solvable."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from train.data.scrub.pseudonyms import Pseudonyms, is_luhn
from train.data.scrub.scrubber import Scrubber
from train.rows import Call, Called, CallsRow, CodeRow, Said, ToolDoc

KEY = b"0123456789abcdef"


def scrubber(**options: bool) -> Scrubber:
    return Scrubber(KEY, ["liddell", "Alice Liddell", "wonderbox", "root"], lambda: ["hunter2222"], **options)


GOES = {
    "email addresses": ["bob.smith@gmail.com", "a@b.co.uk", "first+tag@sub.domain.org"],
    "phone numbers": [
        "+49 170 1234567", "+1 (415) 867-5309", "(415) 867-5309", "415-867-5309", "tel: 030 1234567",
        "Phone number: 0301234567",
    ],
    "IP addresses": ["8.8.8.8", "2001:4860:4860::8888"],
    "card numbers": ["4242 4242 4242 4242", "4111111111111111", "5500-0055-5555-5559", "378282246310005"],
    "bank accounts": ["DE89370400440532013000", "GB82 WEST 1234 5698 7654 32"],
    "identity numbers": ["123-45-6789"],
    "home folders": ["/home/carol/notes.txt", "/Users/carol", "C:\\Users\\carol\\x"],
    "own names": ["Alice Liddell", "wonderbox", "LIDDELL"],
    "secrets": ["hunter2222", 'password="open sesame"', "sk-abc123def456ghi789jkl"],
}  # fmt: skip
STAYS = [
    "1917 (2019), 7.4 of 10, 1,234,567.89 EUR on 2024-11-20 at 10:15:30",
    "2024-01-02T10:00:00.123456Z version 1.2.3.4 and v10.20.30.40",
    "id 1234567890, isbn 978-3-16-148410-0, uuid 123e4567-e89b-12d3-a456-426614174000, 4242424242424241",
    "127.0.0.1 and 192.168.1.7, std::vector, a::b, 12:34:56",
    "ada@example.com, root, the liddells, @decorator, x @ y, tracks 555 to 999",
    "timestamp 1700000000000 of 12 34 56 78 90 items; 0.1234567890123 +12.5 -3",
    "def f(a: int = 10000000) -> list[str]: return a + 4000",
]


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in GOES.items() for text in texts])
def test_personal_data_and_secrets_go(kind: str, text: str) -> None:
    rules = scrubber()
    clean = rules.text(f"so {text}, he said")
    assert text not in clean and clean.startswith("so ") and clean.endswith(" he said")
    assert rules.counts[kind] == 1 and sum(rules.counts.values()) == 1
    assert rules.text(clean) == clean


@pytest.mark.parametrize("text", STAYS)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert scrubber().text(text) == text


def test_the_same_datum_is_the_same_everywhere_and_two_stay_two() -> None:
    rules = scrubber()
    prompt = rules.text("Write to bob@corp.com and to ann@corp.com")
    program = rules.text('send("bob@corp.com")')
    bob, ann = re.findall(r"\S+@\S+", prompt)
    assert bob != ann and bob.partition("@")[2] == ann.partition("@")[2]
    assert program == f'send("{bob}")'
    assert rules.text("415-867-5309") == rules.text("(415) 867-5309").replace("(", "").replace(") ", "-")
    assert scrubber().text("bob@corp.com") == bob and Pseudonyms(b"another key 1234").email("bob", "corp.com") != bob


def test_forms_are_kept() -> None:
    rules = scrubber()
    card = rules.text("4242 4242 4242 4242")
    assert re.fullmatch(r"\d{4} \d{4} \d{4} \d{4}", card) and is_luhn(card.replace(" ", ""))
    assert re.fullmatch(r"\+\d\d \d{3} \d{7}", rules.text("+49 170 1234567"))
    assert re.fullmatch(r"\(555\) \d{3}-\d{4}", rules.text("(415) 867-5309"))


def test_values_are_scrubbed_by_their_fields_names_too() -> None:
    value = {"phone": "4158675309", "card": 4242424242424242, "n": 7, "to": ["bob@corp.com", None, True, 1.5]}
    clean = scrubber().value(value)
    assert clean["phone"] != value["phone"] and clean["phone"].startswith("555") and len(clean["phone"]) == 10
    assert isinstance(clean["card"], int) and clean["card"] != value["card"]
    assert clean["n"] == 7 and clean["to"][0].endswith(".example") and clean["to"][1:] == [None, True, 1.5]


def test_rows_are_scrubbed_whole_and_alike() -> None:
    rules = scrubber()
    tools = (ToolDoc("send", "Such as help@service.com", {}),)
    calls = CallsRow(
        "1", "", tools,
        (
            Said("user", "Mail bob@corp.com"),
            Called((Call("send", {"to": "bob@corp.com"}),), "to bob@corp.com"),
            Said("tool", '{"to": "bob@corp.com"}'),
        ),
    )  # fmt: skip
    code = CodeRow("2", "", "implement", (("system", "x"), ("user", "Mail bob@corp.com")), 'send("bob@corp.com")')
    clean_calls, clean_code = rules.row(calls), rules.row(code)
    assert isinstance(clean_calls, CallsRow) and isinstance(clean_code, CodeRow)
    name = clean_code.completion[6:-2]
    assert "bob" not in name and clean_calls.tools == tools
    said, called, fed = clean_calls.turns
    assert isinstance(said, Said) and said.text == f"Mail {name}" == clean_code.messages[1][1]
    assert isinstance(called, Called) and called.calls[0].args == {"to": name} and called.thought == f"to {name}"
    assert isinstance(fed, Said) and fed.text == f'{{"to": "{name}"}}'


def test_personal_data_may_stay_and_secrets_never_do() -> None:
    rules = scrubber(personal=False)
    assert rules.text("bob@corp.com has hunter2222") == "bob@corp.com has [redacted]"


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.sampled_from("0123456789+-. ()@:/abcXYhome"), max_size=80))
def test_scrubbing_again_changes_nothing(text: str) -> None:
    once = scrubber().text(text)
    assert scrubber().text(once) == once
