"""Countries and cities that French and English call otherwise: Belgique is Belgium."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from index.letters import fold


@cache
def exonyms() -> Mapping[str, str]:
    """Return English names by French ones, folded, of one word each.

    They are those of the Unicode CLDR: 96 countries, and the cities of time zones.
    """
    return {
        fold(french): fold(english)
        for french, english in _pairs()
        if french.isalpha() and english.isalpha() and fold(french) != fold(english)
    }


def _pairs() -> Iterator[tuple[str, str]]:
    from babel import Locale

    french, english = Locale("fr"), Locale("en")
    for code, name in french.territories.items():
        if len(code) == 2 and code in english.territories:
            yield name, english.territories[code]
    for zone, names in french.time_zones.items():
        spoken = english.time_zones.get(zone, {}).get("city")
        yield names.get("city", ""), spoken or zone.rpartition("/")[2]
