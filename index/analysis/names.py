"""Names in a text: proper names, acronyms and figures, alike in French and English."""

from __future__ import annotations

import re
from sys import getsizeof
from zlib import crc32

from index.analysis.folding import fold
from index.analysis.text_cache import TextCache
from index.analysis.tokenizer import CACHED, shouts

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

LEAD = 500
"""Characters of a text in which an article says what it is about: as many as a long teaser has, and
as good as 1,000 on judged pairs of articles."""
_SMALL = "".join(letter for letter in map(chr, range(0x2000)) if letter.islower())
"""Small letters of Latin, Greek and Cyrillic, for which `re` has no class."""
_WORD = (
    rf"[^\W_{_SMALL}](?<![^\W_].)(?:(?<=[0-9])(?:[0-9]*(?:[.,][0-9]+)+|[0-9]+)"
    r"|(?<=[^\W\d_])[^\W_]{2,}|(?<=[A-Z])[A-Z])(?![^\W_])"
)
"""A word with a capital (or without cases), an acronym, a figure of two digits. Tokens with
their places take six times as long. What it begins with is looked for first, which is fast."""
_TOGETHER = "[ \u00a0\u202f-]"
"""What stands between two words of one name."""
_NAME = re.compile(f"{_WORD}(?:{_TOGETHER}{_WORD})*")
_BETWEEN = re.compile(_TOGETHER)


def names(title: str, text: str) -> tuple[frozenset[int], ...]:
    """Return the hashes of the words of each name in a title and the lead of a text.

    Those of figures are negative. New York has two words. All-caps headlines name nothing.
    """
    read = [part for part in (title, text[:LEAD]) if not shouts(part)]
    return tuple(dict.fromkeys(_numbers[name] for part in read for name in _NAME.findall(part)))


def _numbers_of(name: str) -> frozenset[int]:
    """Return the hashes of the words of a name."""
    return frozenset(map(_number, _BETWEEN.split(name)))


def _number(word: str) -> int:
    """Return the hash of a word of a name, in whichever language; negative of a figure."""
    folded = fold(word)
    number = crc32(EXONYMS.get(folded, folded).encode())
    return -number if word[0].isdigit() else number


_numbers = TextCache(_numbers_of, getsizeof, CACHED // 8)
