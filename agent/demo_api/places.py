"""Seats of companies and networks, where they are commonly known; TMDB leaves the others empty too."""

from __future__ import annotations

_BURBANK = "Burbank, California, USA"
_LOS_ANGELES = "Los Angeles, California, USA"
_NEW_YORK = "New York City, New York, USA"
_TOKYO = "Tokyo, Japan"
_LONDON = "London, United Kingdom"

HEADQUARTERS = {
    "Walt Disney Pictures": _BURBANK,
    "Warner Bros. Pictures": _BURBANK,
    "Warner Bros. Television": _BURBANK,
    "Marvel Studios": _BURBANK,
    "Universal Pictures": "Universal City, California, USA",
    "Universal Television": "Universal City, California, USA",
    "DreamWorks Pictures": "Universal City, California, USA",
    "Amblin Entertainment": "Universal City, California, USA",
    "Lucasfilm": "San Francisco, California, USA",
    "Pixar": "Emeryville, California, USA",
    "Paramount Pictures": "Hollywood, Los Angeles, California, USA",
    "Paramount Television": "Hollywood, Los Angeles, California, USA",
    "20th Century Fox": _LOS_ANGELES,
    "20th Century Studios": _LOS_ANGELES,
    "20th Century Fox Television": _LOS_ANGELES,
    "Searchlight Pictures": _LOS_ANGELES,
    "Fox Searchlight Pictures": _LOS_ANGELES,
    "FX Productions": _LOS_ANGELES,
    "Fox 21": _LOS_ANGELES,
    "Columbia Pictures": "Culver City, California, USA",
    "TriStar Pictures": "Culver City, California, USA",
    "Sony Pictures Television": "Culver City, California, USA",
    "Lionsgate": "Santa Monica, California, USA",
    "Lionsgate Television": "Santa Monica, California, USA",
    "Bad Robot": "Santa Monica, California, USA",
    "Castle Rock Entertainment": "Beverly Hills, California, USA",
    "Metro-Goldwyn-Mayer": "Beverly Hills, California, USA",
    "New Line Cinema": _BURBANK,
    "Legendary Pictures": _BURBANK,
    "DreamWorks Animation": "Glendale, California, USA",
    "Netflix": "Los Gatos, California, USA",
    "Amazon Studios": "Culver City, California, USA",
    "A24": _NEW_YORK,
    "Focus Features": "Universal City, California, USA",
    "HBO": _NEW_YORK,
    "HBO Entertainment": _NEW_YORK,
    "Showtime": _NEW_YORK,
    "Showtime Networks": _NEW_YORK,
    "AMC": _NEW_YORK,
    "NBC": _NEW_YORK,
    "CBS": _NEW_YORK,
    "ABC": _NEW_YORK,
    "Studio Ghibli": "Koganei, Tokyo, Japan",
    "Toho": _TOKYO,
    "Shochiku": _TOKYO,
    "Madhouse": _TOKYO,
    "Sunrise": _TOKYO,
    "A-1 Pictures": _TOKYO,
    "Gainax": _TOKYO,
    "TBS": _TOKYO,
    "Nippon TV": _TOKYO,
    "TV Tokyo": _TOKYO,
    "Tokyo MX": _TOKYO,
    "BBC": _LONDON,
    "BBC One": _LONDON,
    "BBC Two": _LONDON,
    "Channel 4": _LONDON,
    "Working Title Films": _LONDON,
    "Eon Productions": _LONDON,
    "Left Bank Pictures": _LONDON,
    "Film4": _LONDON,
    "Mosfilm": "Moscow, Russia",
    "CJ Entertainment": "Seoul, South Korea",
    "Barunson E&A": "Seoul, South Korea",
    "MK2": "Paris, France",
    "EuropaCorp": "Saint-Denis, France",
    "El Deseo": "Madrid, Spain",
}

HOMEPAGES = {
    "HBO": "https://www.hbo.com",
    "Netflix": "https://www.netflix.com",
    "AMC": "https://www.amc.com",
    "NBC": "https://www.nbc.com",
    "CBS": "https://www.cbs.com",
    "ABC": "https://abc.com",
    "Disney+": "https://www.disneyplus.com",
    "Apple TV+": "https://tv.apple.com",
    "Showtime": "https://www.sho.com",
    "BBC": "https://www.bbc.co.uk",
    "BBC One": "https://www.bbc.co.uk/bbcone",
    "BBC Two": "https://www.bbc.co.uk/bbctwo",
    "FX": "https://www.fxnetworks.com",
    "Fox": "https://www.fox.com",
    "TBS": "https://www.tbs.co.jp",
    "Studio Ghibli": "https://www.ghibli.jp",
    "A24": "https://a24films.com",
    "Pixar": "https://www.pixar.com",
    "Lucasfilm": "https://www.lucasfilm.com",
}

_COUNTRIES = {"Japan": "JP", "United Kingdom": "GB", "Russia": "RU", "South Korea": "KR", "France": "FR", "Spain": "ES"}
_LANGUAGES = {"JP": "ja", "RU": "ru", "KR": "ko", "FR": "fr", "ES": "es"}


def country_of(company: str) -> str:
    """The two letters of the country of a company's seat; US where it is not known."""
    return _COUNTRIES.get(HEADQUARTERS.get(company, "").rpartition(", ")[2], "US")


def language_of(company: str) -> str:
    """A guess of the language, from the country of the company's seat: the catalogue does not say."""
    return _LANGUAGES.get(country_of(company), "en")
