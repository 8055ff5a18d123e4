"""What the catalogue does not know and an operation must return: the same at every start, and made up.

Popularity, counts of votes and followers, addresses of images, reviews, and ids in the services' own forms.
"""

from __future__ import annotations

import hashlib

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
REVIEW_NOTE = "Invented for the demo."
_OPENINGS = (
    "I came for the cast and stayed for the story.",
    "Slow at first, but the last third is worth every minute.",
    "Seen twice, and it was better the second time.",
    "Beautifully made, though I wished for a shorter cut.",
    "Not what the trailer promised; something better.",
)
_AUTHORS = ("ada_w", "northern_reel", "m.okafor", "lena_k", "thirdrow", "quietfan", "p_duarte")


def number(below: int, *key: object) -> int:
    """A whole number from 0 up to, not including, `below`; the same for the same key."""
    text = "\t".join(map(str, key))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % below


def popularity(kind: str, identifier: int, weight: float) -> float:
    """A popularity that mostly follows `weight` (0 to 10)."""
    return round(weight * 8 + number(4_000, "popularity", kind, identifier) / 100, 3)


def hex_id(*key: object) -> str:
    """24 hexadecimal digits, as TMDB's ids of reviews and credits."""
    return hashlib.sha256("\t".join(map(str, key)).encode()).hexdigest()[:24]


def base62_id(*key: object) -> str:
    """22 characters, as Spotify's ids."""
    value = int.from_bytes(hashlib.sha256("\t".join(map(str, key)).encode()).digest()[:16], "big")
    digits = []
    for _ in range(22):
        value, rest = divmod(value, 62)
        digits.append(_BASE62[rest])
    return "".join(digits)


def image_path(*key: object) -> str:
    """A file's path as TMDB gives it; no such file exists."""
    return f"/{base62_id('image', *key)}.jpg"


def review(kind: str, identifier: int, title: str, n: int) -> tuple[str, str, str]:
    """Id, author and text of a title's n-th review."""
    opening = _OPENINGS[number(len(_OPENINGS), "review", kind, identifier, n)]
    author = _AUTHORS[(number(len(_AUTHORS), "author", kind, identifier) + n) % len(_AUTHORS)]
    return hex_id("review", kind, identifier, n), author, f"{title}: {opening} ({REVIEW_NOTE})"


def n_reviews(kind: str, identifier: int) -> int:
    """One to three."""
    return 1 + number(3, "reviews", kind, identifier)
