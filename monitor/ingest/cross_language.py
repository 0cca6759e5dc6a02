"""Which articles in two languages are about one event: by the names they share. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from sys import getsizeof
from zlib import crc32

from index.analysis.folding import fold
from index.analysis.text_cache import TextCache
from index.analysis.tokenizer import CACHED, shouts
from index.article import Article
from monitor.model.poll import Names

_PAIRS = """
achgabat=ashgabat acores=azores aktaou=aktau aktioubinsk=aqtobe albanie=albania alger=algiers
algerie=algeria allemagne=germany andorre=andorra antarctique=antarctica argentine=argentina
armenie=armenia athenes=athens atyraou=atyrau australie=australia autriche=austria
azerbaidjan=azerbaijan bagdad=baghdad bahrein=bahrain bakou=baku barbade=barbados
belgique=belgium bermudes=bermuda beyrouth=beirut bhoutan=bhutan bichkek=bishkek
bielorussie=belarus bolivie=bolivia bresil=brazil bruxelles=brussels bucarest=bucharest
bulgarie=bulgaria caimans=cayman calcutta=kolkata cambodge=cambodia cameroun=cameroon
chili=chile chine=china chypre=cyprus colombie=colombia comores=comoros copenhague=copenhagen
croatie=croatia damas=damascus danemark=denmark dominique=dominica douchanbe=dushanbe
egypte=egypt ekaterinbourg=yekaterinburg equateur=ecuador erevan=yerevan erythree=eritrea
espagne=spain estonie=estonia ethiopie=ethiopia famagouste=famagusta fidji=fiji finlande=finland
gambie=gambia georgie=georgia grece=greece grenade=grenada groenland=greenland
guernesey=guernsey guinee=guinea hongrie=hungary iakoutsk=yakutsk inde=india indonesie=indonesia
irak=iraq irkoutsk=irkutsk irlande=ireland islande=iceland italie=italy jamaique=jamaica
japon=japan jordanie=jordan kaboul=kabul kamtchatka=kamchatka katmandou=kathmandu kiev=kyiv
kirghizstan=kyrgyzstan kostanai=kostanay koweit=kuwait krasnoiarsk=krasnoyarsk lettonie=latvia
liban=lebanon libye=libya lisbonne=lisbon lituanie=lithuania londres=london macassar=makassar
madere=madeira malaisie=malaysia malte=malta manaos=manaus manille=manila maroc=morocco
mascate=muscat maurice=mauritius mauritanie=mauritania mexique=mexico micronesie=micronesia
mogadiscio=mogadishu moldavie=moldova mongolie=mongolia moscou=moscow namibie=namibia
nicosie=nicosia norvege=norway novossibirsk=novosibirsk ouganda=uganda oulianovsk=ulyanovsk
ouralsk=oral ouzbekistan=uzbekistan palaos=palau perou=peru pologne=poland rangoun=yangon
riyad=riyadh roumanie=romania russie=russia sakhaline=sakhalin samarcande=samarkand
serbie=serbia sercq=sark singapour=singapore slovaquie=slovakia slovenie=slovenia
somalie=somalia soudan=sudan suede=sweden suisse=switzerland syrie=syria tachkent=tashkent
tadjikistan=tajikistan tanzanie=tanzania tbilissi=tbilisi tchad=chad tchequie=czechia
tchita=chita teheran=tehran thailande=thailand tunisie=tunisia turquie=turkiye varsovie=warsaw
vienne=vienna zambie=zambia
"""

EXONYMS = dict(pair.split("=") for pair in _PAIRS.split())
"""English names by French ones, both folded."""


LANGUAGES = ("fr", "en")
"""The two that were measured."""
LEAST_NAMES = 3
"""Different names in both: two are met by chance once in 33,000 pairs of articles."""
SHARE = 0.35
"""One false link in 2.6 million pairs of French and English articles; half as much makes 11."""
WINDOW = 72 * 3600.0
"""Seconds between two articles of one event, at most."""
LEAD = 1_000
"""Characters of a text in which an article says what it is about."""
MOST_BEARERS = 200
"""Articles that have a name by which others are still looked for."""
MOST_CANDIDATES = 3
"""Candidates that are weighed, those with the most names in common."""

_NAME = re.compile(
    r"[^\W_a-z](?<![^\W_].)(?:(?<=[0-9])(?:[0-9]*(?:[.,][0-9]+)+|[0-9]+)"
    r"|(?<=[^\W\d_])[^\W_]{2,}|(?<=[A-Z])[A-Z])(?![^\W_])"
)
"""A word with a capital (or without cases), an acronym, a figure of two digits. Tokens with
their places take six times as long. What it begins with is looked for first, which is fast."""
_TOGETHER = frozenset(" \u00a0\u202f-")
"""What stands between two words of one name."""


def names(article: Article) -> Names:
    """Return the names in the title and the lead of an article; none of other languages."""
    if article.lang not in LANGUAGES:
        return Names()
    lead = (article.summary or article.body)[:LEAD]
    groups = [group for text in (article.title, lead) for group in _groups(text)]
    return Names(tuple(dict.fromkeys(groups)), article.lang)


def _groups(text: str) -> Iterator[frozenset[int]]:
    """Yield the words of each name in a text, as hashes. All-caps headlines name nothing."""
    if shouts(text):
        return
    group: set[int] = set()
    end = -1
    for found in _NAME.finditer(text):
        word, start = found[0], found.start()
        if word[0].islower():  # é, œ
            continue
        if group and (start != end + 1 or text[end] not in _TOGETHER):
            yield frozenset(group)
            group = set()
        group.add(_numbers[word])
        end = start + len(word)
    if group:
        yield frozenset(group)


def _number(word: str) -> int:
    """Return the hash of a word of a name, in whichever language; negative of a figure."""
    folded = fold(word)
    number = crc32(EXONYMS.get(folded, folded).encode())
    return -number if word[0].isdigit() else number


_numbers = TextCache(_number, getsizeof, CACHED // 4)


def same_event(
    own: Names, rivals: Mapping[int, Names], bearers: Callable[[int], int], articles: int
) -> list[int]:
    """Return which articles in another language are about the same event, the likeliest first.

    `bearers` tells how many of the `articles` of these days have a word.
    """

    def weight(word: int) -> float:
        return math.log1p(articles / max(1, bearers(word)))

    found = [
        (share, -article)
        for article, other in rivals.items()
        if other.lang != own.lang and abs(other.date - own.date) <= WINDOW
        if (share := _share(own, other, weight)) >= SHARE
    ]
    return [-negated for _, negated in sorted(found, reverse=True)]


def _share(one: Names, other: Names, weight: Callable[[int], float]) -> float:
    """Return how much of the names of two articles is in both; 0 if too few names are."""
    common = one.words & other.words
    if max(_names_shared(one, common), _names_shared(other, common)) < LEAST_NAMES:
        return 0.0
    whole = min(sum(map(weight, one.words)), sum(map(weight, other.words)))
    return sum(map(weight, common)) / whole if whole else 0.0


def _names_shared(names: Names, words: frozenset[int]) -> int:
    """Return how many different names have one of these words; all figures are one.

    A headline In Title Case looks like one long name, so that the other article counts.
    """
    left = {word for word in words if word > 0}
    met = 1 if len(left) < len(words) else 0
    for group in names.groups:
        if group & left:
            left -= group
            met += 1
    return met
