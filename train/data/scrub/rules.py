"""The rules: what is looked for, how it is told from what only looks like it, what stands in its place.

Each rule has a quick look before its pattern is tried; most texts have nothing. A number is personal only where its
form or the word before it says so: ids, dates, versions and measures must stay, or the tasks could not be solved.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass

from train.data.scrub.pseudonyms import CARD_PREFIX, Pseudonyms, is_luhn

Replace = Callable[[re.Match[str], Pseudonyms], str]


@dataclass(frozen=True)
class Rule:
    """`kind`: the name in the card. `may_be`: a quick look whether the pattern is worth trying."""

    kind: str
    may_be: Callable[[str], bool]
    pattern: re.Pattern[str]
    replace: Replace
    """The text for a match; the match itself where it is none after all."""


def _email(match: re.Match[str], names: Pseudonyms) -> str:
    domain = match["domain"].lower()
    is_reserved = domain.rpartition(".")[2] in ("example", "test", "invalid", "localhost", "local") or (
        re.search(r"(?:^|\.)example\.(?:com|org|net|edu)$", domain) is not None
    )
    return match[0] if is_reserved else names.email(match["local"], domain)


def _phone(match: re.Match[str], names: Pseudonyms) -> str:
    digits = "".join(c for c in match["number"] if c.isdigit())
    is_ours = digits.startswith("999" if "+" in match["number"] else "555")
    if re.search(r"\+\d{1,3}[ .-]?$", match.string[max(0, match.start() - 5) : match.start()]):
        return match[0]  # the end of an international number, which another rule has seen
    if not 7 <= len(digits) <= 15 or is_ours or len(set(digits)) < 3:
        return match[0]
    return match[0].replace(match["number"], names.phone(match["number"]))


def _card(match: re.Match[str], names: Pseudonyms) -> str:
    digits = "".join(c for c in match[0] if c.isdigit())
    if not 13 <= len(digits) <= 19 or digits.startswith(CARD_PREFIX) or not is_luhn(digits) or len(set(digits)) < 2:
        return match[0]
    return names.card(match[0])


def _iban(match: re.Match[str], names: Pseudonyms) -> str:
    plain = "".join(match[0].split())
    if not 15 <= len(plain) <= 34:
        return match[0]
    number = "".join(str(int(c, 36)) for c in plain[4:] + plain[:4])
    return names.iban(match[0]) if int(number) % 97 == 1 else match[0]


def _address(match: re.Match[str], names: Pseudonyms) -> str:
    if re.search(
        r"(?:version|release|ver\.?)\W{0,3}$", match.string[max(0, match.start() - 12) : match.start()], re.IGNORECASE
    ):
        return match[0]
    try:
        address = ipaddress.ip_address(match[0])
    except ValueError:
        return match[0]
    return names.address(match[0]) if address.is_global and not address.is_multicast else match[0]


def _identity(match: re.Match[str], names: Pseudonyms) -> str:
    area, group, serial = match[0].split("-")
    is_given = area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"
    return names.identity(match[0]) if is_given else match[0]


def _home(match: re.Match[str], names: Pseudonyms) -> str:
    is_ours = re.fullmatch(r"user|runner|root|ubuntu|app|shared|public|default|[a-z]{3,4}\d{5}", match["user"].lower())
    return match[0] if is_ours else match["before"] + names.name(match["user"])


def _has(*literals: str) -> Callable[[str], bool]:
    return lambda text: any(literal in text for literal in literals)


_LONG_NUMBER = re.compile(r"\d[\d ()./-]{4,}\d")
_CODE_AND_DIGITS = re.compile(r"[A-Z]{2}\d{2}[ ]?[A-Z0-9]{4}")
_SEPARATED = r"(?:\(\d{3}\)[ ]?|\d{3}[-. ])\d{3}[-. ]\d{4}"


def _may_be_number(text: str) -> bool:
    return _LONG_NUMBER.search(text) is not None


RULES = (
    Rule(
        "email addresses",
        _has("@"),
        re.compile(
            r"(?<![\w.+%-])(?P<local>[A-Za-z0-9][\w.+%-]{0,63})"
            r"@(?P<domain>(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24})(?![\w-])"
        ),
        _email,
    ),
    Rule(
        "home folders",
        _has("/home/", "/Users/", "\\Users\\"),
        re.compile(r"(?P<before>/home/|/Users/|\\{1,4}Users\\{1,4})(?P<user>[A-Za-z0-9._-]{1,64})"),
        _home,
    ),
    Rule(
        "bank accounts",
        lambda text: _CODE_AND_DIGITS.search(text) is not None,
        re.compile(r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,3})?\b"),
        _iban,
    ),
    Rule(
        "card numbers",
        _may_be_number,
        re.compile(
            r"(?<![\d.,/-])(?:[3-6]\d{3}[ -]?\d{4}[ -]?\d{4}[ -]?\d{1,7}|3[47]\d{2}[ -]?\d{6}[ -]?\d{5})(?![\d/-]|\.\d)"
        ),
        _card,
    ),
    Rule("identity numbers", _has("-"), re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])"), _identity),
    Rule(
        "phone numbers",
        _has("+"),
        re.compile(
            r"(?<![\w.+])(?P<number>"
            r"\+[1-9]\d{0,2}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{1,4}(?:[ .-]?\d{2,4}){1,4})"
            r"(?![\w-]|\.\d)"
        ),
        _phone,
    ),
    Rule("phone numbers", _may_be_number, re.compile(rf"(?<![\w.+-])(?P<number>{_SEPARATED})(?![\w-]|\.\d)"), _phone),
    Rule(
        "phone numbers",
        _may_be_number,
        re.compile(
            r"\b(?:phone|telephone|tel|mobile|cell|fax|whatsapp|call(?: me)?(?: at| on)?)"
            r"(?:[ _]?(?:number|no\.?|nr\.?))?"
            r"[\"']?[ ]?[:=]?[ ]?[\"']?(?P<number>\(?\d[\d ()./-]{5,18}\d)(?!\w)",
            re.IGNORECASE,
        ),
        _phone,
    ),
    Rule(
        "IP addresses",
        _has(".", "::", ":"),
        re.compile(
            r"(?<![\w.:-])(?:(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\d)"
            r"|[23][0-9A-Fa-f]{3}:(?:[0-9A-Fa-f]{0,4}:){1,6}[0-9A-Fa-f]{1,4}(?![\w:]))"
        ),
        _address,
    ),
)
