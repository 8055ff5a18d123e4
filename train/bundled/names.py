"""Invented names: people, titles, bands, playlists. Nearly every draw is new, none a name of the catalogue (tested)."""

from __future__ import annotations

from random import Random

from train.bundled import words as w

_REAL = frozenset(
    """
    last dance|the robots|five years|black dog|the last time|out of time|the doors|off the wall|hold up|stand up
    |wake up|stay away|the eternal|three hours|after hours|on the border|wife|love|more|kiwi|around the sun|pride|kite
    |sweet lady
    """.replace("\n    ", "").split("|")
)
"""Real works or acts that the patterns below make by chance: drawn again."""
_SMALL = {"of", "the", "and", "in", "a", "to", "for", "on", "at", "with", "from", "into", "by", "an"}


def _title_case(text: str) -> str:
    parts = text.split(" ")
    return " ".join(p if i and p in _SMALL else p[:1].upper() + p[1:] for i, p in enumerate(parts))


def syllables(rng: Random, low: int = 2, high: int = 3) -> str:
    """A word that exists in no language on purpose, such as `Brolaith`; now and then with an accent."""
    text = "".join(
        rng.choice(w.ONSETS) + rng.choice(w.VOWELS) + (rng.choice(w.CODAS) if rng.random() < 0.35 else "")
        for _ in range(rng.randint(low, high))
    )
    if rng.random() < 0.12:
        places = [i for i, letter in enumerate(text) if letter in w.ACCENTS]
        if places:
            i = rng.choice(places)
            text = text[:i] + rng.choice(w.ACCENTS[text[i]]) + text[i + 1 :]
    return text


def _surname(rng: Random) -> str:
    root = syllables(rng, 1, 2)
    name = (root + rng.choice(w.SURNAME_ENDS) if rng.random() < 0.6 else syllables(rng, 2, 3)).capitalize()
    draw = rng.random()
    if draw < 0.04:
        return "O'" + name
    if draw < 0.08:
        return rng.choice(("Mc", "Mac", "De", "Di", "Le")) + name
    if draw < 0.12:
        return f"{name}-{syllables(rng, 1, 2).capitalize()}"
    return name


def person(rng: Random) -> str:
    """A person's name of one to four words."""
    first = rng.choice(w.FIRST_NAMES) if rng.random() < 0.65 else syllables(rng, 1, 2).capitalize()
    last = _surname(rng)
    draw = rng.random()
    if draw < 0.07:
        return f"{first} {rng.choice(('van', 'de', 'von', 'del', 'van der', 'de la', 'ter', 'bin'))} {last}"
    if draw < 0.13:
        return f"{first} {rng.choice('ABCDEFGHJKLMPRSTW')}. {last}"
    if draw < 0.20:
        return f"{first} {rng.choice((_surname(rng), rng.choice(w.FIRST_NAMES)))} {last}"
    if draw < 0.23:
        return f"{first} {last} Jr."
    if draw < 0.26:
        return f"{first}-{rng.choice(w.FIRST_NAMES)} {last}"
    return f"{first} {last}"


def _noun(rng: Random) -> str:
    return rng.choice(w.NOUNS) if rng.random() < 0.8 else syllables(rng)


def _proper(rng: Random) -> str:
    draw = rng.random()
    if draw < 0.4:
        return rng.choice(w.FIRST_NAMES)
    return rng.choice(w.PLACES) if draw < 0.6 else syllables(rng).capitalize()


def _plural(noun: str) -> str:
    if noun.endswith(("s", "x", "sh", "ch")):
        return noun + "es"
    return noun[:-1] + "ies" if noun.endswith("y") and noun[-2] not in "aeiou" else noun + "s"


_PATTERNS = (
    *("{S}",) * 5,
    *("The {a} {n}", "{a} {n}", "The {n} of {P}", "{n} of the {n2}", "The {n2}'s {n}", "{a} {ns}", "{n} {n2}") * 2,
    *("The {n} and the {n2}", "{v}ing {n}", "{P}'s {n}", "{P} and {Q}", "{P} {v}s", "{n} in the {n2}", "{n} in {P}"),
    *("A {n} for {P}", "I {v} the {n}", "Don't {v} the {n}", "What {P} {v}s", "How to {v} a {n}", "{n}: {a} {n2}"),
    *("The {n}: {P} in the {n2}", "{S}: The {a} {n}", "{S} {d}", "{D} {ns}", "{y}: A {n} {n2}", "{a} {n} {d}"),
    *("Once Upon a {n} in {P}", "The {n} Who {v}ed {P}", "We {v} at {n}", "{v} Me", "{v} {v2} {v}", "{S} {S2}"),
    *("To the {n}", "{a} and {a2}", "No {n} for {a} {ns}", "{P} on {n} {n2}", "All the {a} {ns}", "{P} & {Q}"),
    *("{n}, {n2} and {n}", "The {S}", "{P} vs. {Q}", "Out of {n}", "{n} by {n2}", "From {P} to {Q} with {n}", "{S}!"),
    *("Who {v}s {P}?", "{n}-{n2}", "Mr. {S}", "{P}, My {n}", "The Last {n}", "The {S} {n}", "{n} Vol. {d}"),
    *("You {v} {n}", "I'm {v}ing", "My {n}", "Your {a} {n}", "Into the {n}", "{P}", "Under the {n} of {P}"),
    *("{L}", "{L}", "{L}", "The {L}", "The {L}", "{v} {r}", "{n}{n2}", "{a}ness", "{L} {d}") * 2,
    *("{a} in {ns}", "{L} in {S}", "{L} and {L2}", "{r} the {n}", "{o} the {n}", "{o} {ns}", "The {n} {o} the {n2}")
    * 2,
    *("{P} {S} and the {n} of {n2}", "{P} {S} and the {a} {n}", "{S}: The {n} of {P}", "{n} with the {a} {n2}") * 2,
    *("{S}: {a} {n} - Part {N}", "The {n2} {n}: {a} {n3}", "The {n} of the {ns}: The {a} {n2}", "A {n} at the {n2}"),
    *(
        "For a {a} {n} More",
        "{v} Me {r} {P}",
        "{n}, {ns} and {n2}",
        "Once a {n}",
        "The {a} {n} of {P} {S}",
        "{S} Part {N}",
    ),
    *("All That {P} {v}s", "The {n} Is {a}", "Not a {n} in {P}", "On the {n} to {S}", "{n} by the {n2}", "{P} in {Q}"),
)


def title(rng: Random) -> str:
    """A title of a film, series, album or track: one to eight words, with particles, digits and colons at times."""
    while True:
        text = rng.choice(_PATTERNS).format(
            S=syllables(rng).capitalize(), S2=syllables(rng).capitalize(), a=rng.choice(w.ADJECTIVES),
            a2=rng.choice(w.ADJECTIVES), n=_noun(rng), n2=_noun(rng), ns=_plural(_noun(rng)), v=rng.choice(w.VERBS),
            n3=_noun(rng), L=rng.choice(w.LONE), L2=rng.choice(w.LONE), r=rng.choice(w.PARTICLES),
            o=rng.choice(w.PREPOSITIONS), N=rng.choice(("I", "II", "III", "1", "2", "One", "Two")),
            v2=rng.choice(w.VERBS), P=_proper(rng), Q=_proper(rng), d=rng.randint(2, 99),
            D=rng.choice(("Two", "Three", "Five", "Nine", "Eleven", "100", "40", "Thirteen")),
            y=rng.randint(1850, 2200),
        )  # fmt: skip
        # A lone first name or place is too likely to be a real title.
        if text.lower() not in _REAL and (" " in text or text not in w.FIRST_NAMES + w.PLACES):
            return _title_case(text)


def band(rng: Random) -> str:
    """A band's or an artist's name."""
    draw = rng.random()
    if draw < 0.3:
        return person(rng)
    if draw < 0.55:
        name = syllables(rng).capitalize()
        return band(rng) if name.lower() in _REAL else name
    if draw < 0.7:
        name = "The " + _title_case(_plural(_noun(rng)))
        return band(rng) if name.lower() in _REAL else name
    if draw < 0.78:
        name = f"{_title_case(rng.choice(w.ADJECTIVES))} {_title_case(_noun(rng))}"
        return band(rng) if name.lower() in _REAL else name
    if draw < 0.84:
        return f"{_proper(rng)} and the {_title_case(_plural(_noun(rng)))}"
    return title(rng)


def playlist(rng: Random) -> str:
    """What a user calls a playlist."""
    draw = rng.random()
    if draw < 0.5:
        kinds = (
            "Mix Tunes Songs Hits Vibes Session Favorites Beats Drive Party Run Dinner Classics Workout Jams".split()
        )
        lead = "Morning Evening Friday Sunday Summer Winter Road Study Gym Rainy Late Chill Office Kitchen".split()
        return f"{rng.choice(lead)} {rng.choice(kinds)}"
    if draw < 0.65:
        return rng.choice(("sleep", "focus", "run", "cooking", "party", "chill", "work", "travel", "beach", "yoga"))
    return title(rng)


def place(rng: Random) -> str:
    """A birthplace, `City, Country`."""
    return f"{rng.choice(w.PLACES)}, {syllables(rng).capitalize()}"
