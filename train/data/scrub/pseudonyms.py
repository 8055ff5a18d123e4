"""What stands in the place of personal data: of the same form, and the same wherever the same stood.

A keyed hash makes it: nothing has to be remembered over a million rows, and nobody without the key can find by trying
whose number it was. All pseudonyms lie where no real ones are: domains under `.example`, numbers of the ranges kept for
documentation, so that scrubbing again changes nothing.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Callable

EMAIL_DOMAIN = "example"
CARD_PREFIX = "400000"
_NETWORK_4 = ipaddress.ip_network("198.18.0.0/15")  # RFC 2544: for benchmarks, on no public network
_NETWORK_6 = ipaddress.ip_network("2001:db8::/32")
_NAMES = (
    "adi ben cam dee eli fay gil hal ida joe kim leo mia ned ona pia quin ray sam tia ulf val wim xia yan zoe".split()
)


class Pseudonyms:
    """`key`: 16 bytes or more; the same key gives the same pseudonyms in every run."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def _number(self, kind: str, text: str, below: int) -> int:
        digest = hashlib.blake2b(text.encode(), key=self._key[:64], person=kind.encode()[:16]).digest()
        return int.from_bytes(digest[:16], "big") % below

    def email(self, local: str, domain: str) -> str:
        """The local part and the domain each have a pseudonym: who shares a domain still does."""
        host = f"host{self._number('domain', domain.lower(), 10**6):06d}.{EMAIL_DOMAIN}"
        return f"{self.name(local)}@{host}"

    def name(self, text: str) -> str:
        """A short name with a number, for a person or an account."""
        n = self._number("name", text.lower(), len(_NAMES) * 10**5)
        return f"{_NAMES[n % len(_NAMES)]}{n // len(_NAMES):05d}"

    def phone(self, text: str) -> str:
        """The same separators and the same number of digits; the digits begin with 555, after a plus with 999."""
        digits = "".join(c for c in text if c.isdigit())
        prefix = "999" if text.lstrip("( ").startswith("+") else "555"
        rest = len(digits) - len(prefix)
        fresh = prefix + str(self._number("phone", digits, 10**rest)).zfill(rest)
        return _refilled(text, fresh)

    def card(self, text: str) -> str:
        """The same separators and length, and a right check digit, under a prefix that no bank has."""
        digits = "".join(c for c in text if c.isdigit())
        rest = len(digits) - len(CARD_PREFIX) - 1
        body = CARD_PREFIX + str(self._number("card", digits, 10**rest)).zfill(rest)
        return _refilled(text, body + luhn_digit(body))

    def iban(self, text: str) -> str:
        """The same length; the country is XX, which none is."""
        plain = "".join(text.split())
        rest = len(plain) - 2
        fresh = "XX" + str(self._number("iban", plain, 10**rest)).zfill(rest)
        return _refilled(text, fresh, str.isalnum)

    def address(self, text: str) -> str:
        """An IP address of the same version."""
        address = ipaddress.ip_address(text)
        network = _NETWORK_4 if address.version == 4 else _NETWORK_6
        return str(network[self._number("address", address.exploded, min(network.num_addresses, 2**64) - 2) + 1])

    def identity(self, text: str) -> str:
        """A number such as 123-45-6789: those that begin with 900 are never given out."""
        return f"900-{self._number('identity', text, 100):02d}-{self._number('identity2', text, 10**4):04d}"


def luhn_digit(body: str) -> str:
    """The check digit that makes `body` and it a valid card number."""
    return next(str(d) for d in range(10) if is_luhn(f"{body}{d}"))


def is_luhn(digits: str) -> bool:
    """Whether the digits pass the check of card numbers."""
    total = 0
    for i, char in enumerate(reversed(digits)):
        value = int(char) * (1 + i % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _refilled(pattern: str, characters: str, is_place: Callable[[str], bool] = str.isdigit) -> str:
    """`characters` in the places where `pattern` has digits (or what `is_place` says); everything else stays."""
    rest = iter(characters)
    return "".join(next(rest) if is_place(c) else c for c in pattern)
