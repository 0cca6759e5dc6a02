"""The measured newsroom: invented articles in French and English, the same every time.

Words are coined from syllables, and their frequencies follow Zipf's law: stop words are everywhere,
most words are very rare. The watch terms are ordinary words of their language.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Iterator
from email.utils import formatdate
from functools import cached_property
from html import escape
from itertools import accumulate

from msgspec import Struct

SEED = 1789
VOCABULARY = 30_000
"""Words of each language besides its stop words."""
WORDS = 120
COPY_EVERY = 500
"""One article in this many is a copy from another feed under a new headline."""
BEGINNING = 1_696_118_400.0
"""The articles are of the month after 2023-10-01."""
WATCHLISTS, TERMS = 25, 4
COMMONEST, RAREST = 5_000, 29_000
"""Ranks of the watch terms among the words of their language."""

_STOPS = {
    "fr": (
        "de la le les et des en un une du à que dans pour qui est par sur au plus pas avec ce se"
        " sont il son mais ses ou cette sa aux été ont ne comme leur entre après être a deux"
        " sous selon depuis avant lors dont où si encore contre tout vers chez elle ils nous"
        " fait avait était peut aussi très même trois sans faire ces leurs on"
    ),
    "en": (
        "the of to and in a is that for on with as by at it from was are be has have an were this"
        " which their said will its but or not been they more who had one about after his would"
        " also than can up when out there over into last new two other first could all some we"
        " no time most during because before between under since while against where she he"
    ),
}
_SYLLABLES = {
    "fr": (
        "ba bel ber bou cé chan char cier co cor cour cré dan dé di don du fer fi fon ga gen gné"
        " gran jou la lé li lon ma man mé mi mon mou na né ni non or pa pé plan por qua ra ré ri"
        " ron rou sa sé si son ta té ti ton tou tra va vé vi voi"
    ),
    "en": (
        "al ar ash bar ber bor bri cal can chel cher cor dan der dor ed el er far fin for gar ger"
        " gra ham hol ing kel ken lan lar ley lin lor man mar mer mil mon nor or per por ran rell"
        " rick ser shel son ster tan ter thor ton tur ver wal wen wick wor"
    ),
}
_ENDINGS = {
    "fr": "ment tion eur ière age ique eux elle té ée",
    "en": "ing ed er ness tion ly ment ship ity s",
}
_ELIDED = {"le": "l’", "la": "l’", "de": "d’", "que": "qu’"}


class Piece(Struct, frozen=True):
    """An article as its author wrote it: a headline, and paragraphs."""

    title: str
    paragraphs: tuple[str, ...]

    @property
    def text(self) -> str:
        """Return its paragraphs, one a line."""
        return "\n".join(self.paragraphs)


class Document(Struct, frozen=True):
    """A feed of the corpus."""

    number: int
    lang: str
    pieces: tuple[Piece, ...]

    @property
    def name(self) -> str:
        """Return the name of the feed; its file is `name`.xml."""
        return f"feed-{self.number:04d}"

    def rss(self) -> bytes:
        """Return the feed as RSS 2.0."""
        site = f"https://{self.name}.example"
        items = "\n".join(self._item(site, i, piece) for i, piece in enumerate(self.pieces))
        return (
            '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel>\n'
            f"<title>{self.name}</title><link>{site}/</link>"
            f"<description>{self.name}</description><language>{self.lang}</language>\n"
            f"{items}\n</channel></rss>\n"
        ).encode()

    def _item(self, site: str, entry: int, piece: Piece) -> str:
        """Return an entry: half of the feeds write HTML into it, as half of all feeds do."""
        date = formatdate(BEGINNING + 86_400.0 * entry + 40.0 * self.number)
        text = piece.text
        if self.number % 4 < 2:
            text = "".join(f"<p>{escape(text, quote=False)}</p>" for text in piece.paragraphs)
        link = f"{site}/{entry}/{self.number}-{entry}.html"
        return (
            f"<item><title>{escape(piece.title)}</title><link>{link}</link>"
            f'<guid isPermaLink="false">{self.number}-{entry}</guid><pubDate>{date}</pubDate>'
            f"<description>{escape(text)}</description></item>"
        )


class Tongue:
    """A language: its words, and sentences made of them."""

    def __init__(self, lang: str, rng: random.Random) -> None:
        self._rng = rng
        self._stops = _STOPS[lang].split()
        self._elides = lang == "fr"
        self.words = _coined(lang, rng)
        self._stop_odds = _zipf(len(self._stops))
        self._word_odds = _zipf(len(self.words))

    def piece(self) -> Piece:
        """Write an article of about `WORDS` words in two paragraphs."""
        half = WORDS // 2
        paragraphs = (self._paragraph(half), self._paragraph(half))
        return Piece(self.headline(), paragraphs)

    def headline(self) -> str:
        """Write a headline."""
        return self._sentence(9).rstrip(".")

    def _paragraph(self, words: int) -> str:
        sentences = []
        while words > 0:
            length = min(words, self._rng.randint(8, 20))
            sentences.append(self._sentence(length))
            words -= length
        return " ".join(sentences)

    def _sentence(self, length: int) -> str:
        choices = self._rng.choices
        stops = choices(self._stops, cum_weights=self._stop_odds, k=length)
        words = choices(self.words, cum_weights=self._word_odds, k=length)
        tokens: list[str] = []
        for stop, word, roll in zip(stops, words, choices(range(100), k=length), strict=True):
            if roll >= 55:
                tokens.append(stop)
            elif self._elides and tokens and tokens[-1] in _ELIDED and word[0] in "aeéio":
                tokens[-1] = _ELIDED[tokens[-1]] + word
            else:
                tokens.append(word + "," if roll < 3 else word)
        tokens[0] = tokens[0][0].upper() + tokens[0][1:]
        return " ".join(tokens) + "."


class Corpus:
    """Feeds of different entries, the watchlists, and the counts that must be found."""

    def __init__(self, feeds: int, entries: int, seed: int = SEED) -> None:
        rng = random.Random(seed)
        self._tongues = {lang: Tongue(lang, rng) for lang in ("fr", "en")}
        self.watchlists = {
            f"Watch {i + 1:02d}": tuple(self._terms()[i::WATCHLISTS]) for i in range(WATCHLISTS)
        }
        self.documents = tuple(self._documents(feeds, entries))

    def word(self, lang: str, rank: int) -> str:
        """Return the word of a language with a rank by frequency, without stop words."""
        return self._tongues[lang].words[rank]

    def alerts(self) -> int:
        """Count by brute force the pairs of a watchlist and an article with one of its terms."""
        patterns = [
            re.compile("|".join(f" {folded(term)} " for term in terms))
            for terms in self.watchlists.values()
        ]
        return sum(
            pattern.search(article) is not None
            for article in self._articles
            for pattern in patterns
        )

    def having(self, word: str) -> int:
        """Count by brute force the articles that have a word."""
        return sum(f" {folded(word)} " in article for article in self._articles)

    @cached_property
    def _articles(self) -> list[str]:
        """Folded texts of the articles, with a bar between headline and text."""
        return [
            f" {folded(piece.title)} | {folded(piece.text)} "
            for document in self.documents
            for piece in document.pieces
        ]

    def _terms(self) -> list[str]:
        per_lang = WATCHLISTS * TERMS // 2
        step = (RAREST - COMMONEST) // per_lang
        return [
            word
            for tongue in self._tongues.values()
            for word in tongue.words[COMMONEST : COMMONEST + per_lang * step : step]
        ]

    def _documents(self, feeds: int, entries: int) -> Iterator[Document]:
        originals: dict[str, list[Piece]] = {lang: [] for lang in self._tongues}
        for number in range(feeds):
            lang = "en" if number % 5 in (1, 3) else "fr"
            tongue, earlier = self._tongues[lang], originals[lang]
            pieces = []
            for entry in range(entries):
                piece = tongue.piece()
                if (number * entries + entry) % COPY_EVERY == COPY_EVERY - 1 and earlier:
                    piece = Piece(piece.title, earlier[len(earlier) // 2].paragraphs)
                pieces.append(piece)
            earlier.append(pieces[0])
            yield Document(number, lang, tuple(pieces))


def folded(text: str) -> str:
    """Return the words of a text without case and accents, a space between them."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", bare))


def _coined(lang: str, rng: random.Random) -> list[str]:
    """Coin distinct words, one in ten of them a name, and one name in three of two words."""
    syllables, endings = _SYLLABLES[lang].split(), _ENDINGS[lang].split()
    words: dict[str, None] = {}
    used_words = set(_STOPS[lang].split())
    while len(words) < VOCABULARY:
        word = "".join(rng.choices(syllables, k=rng.randint(2, 3)))
        is_name = rng.random() < 0.1
        if is_name:
            word = word.capitalize()
            if rng.random() < 0.3:
                word += " " + "".join(rng.choices(syllables, k=2)).capitalize()
        elif rng.random() < 0.6:
            word += rng.choice(endings)
        if (bare := folded(word)) not in used_words:
            used_words.add(bare)
            words[word] = None
    return list(words)


def _zipf(count: int) -> list[float]:
    return list(accumulate(1 / (rank + 2) for rank in range(count)))
