"""The articles that each demo outlet has published at a given time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import TypeVar

from msgspec import Struct

from monitor.base.article import Timestamp
from monitor.demo.content import Content, Dating, DemoArticle, DemoOutlet, Pattern, Word, typeset

_SLOT = re.compile(r"\{(?:(?P<low>\d+)\.\.(?P<high>\d+)|(?P<name>\w+)(?:\.(?P<form>\w+))?)\}")
_SENTENCE_ENDS = (". ", "? ", "! ")

T = TypeVar("T")


class Bulletin(Struct, frozen=True):
    """A generated news item, with the headline of each outlet."""

    number: int
    headlines: Mapping[str, str]
    """Headlines by slug of the outlet, in the order of publication."""
    text: tuple[str, ...]


def pseudo_random(*seed: object) -> float:
    """Return a number in [0, 1) that looks random and is always the same for the same seed."""
    return int.from_bytes(blake2b(repr(seed).encode(), digest_size=6).digest()) / 2**48


@lru_cache(maxsize=2048)
def bulletin(patterns: tuple[Pattern, ...], number: int) -> Bulletin:
    """Return bulletin `number`, from 0; each round of len(patterns) uses every pattern once."""
    turn, index = divmod(number, len(patterns))
    kind = _shuffled(range(len(patterns)), "round", turn)[index]
    pattern = patterns[kind]
    titles = _shuffled(pattern.titles, "titles", number)
    carriers = _shuffled(pattern.outlets, "carriers", number)[: pattern.copies]
    words = {name: _pick(fillings, turn, name, kind) for name, fillings in pattern.words.items()}
    headlines = {
        outlet: _fill_slots(titles[rank % len(titles)], words, number)
        for rank, outlet in enumerate(carriers)
    }
    lead, context, *following = (
        _fill_slots(_pick(variants, turn, rank, kind), words, number)
        for rank, variants in enumerate(_paragraphs(pattern))
    )
    text = (f"{lead} {context}", *following)
    return Bulletin(
        number,
        {outlet: typeset(title, pattern.lang) for outlet, title in headlines.items()},
        tuple(typeset(paragraph, pattern.lang) for paragraph in text),
    )


def _paragraphs(pattern: Pattern) -> tuple[tuple[str, ...], ...]:
    (lead, *following), (context, *asides) = pattern.paragraphs, pattern.asides
    return (lead, context, *following, *asides)


def _fill_slots(text: str, words: Mapping[str, Word], number: int) -> str:
    """Fill the slots, with a capital at the beginning of a sentence."""

    def fill(slot: re.Match[str]) -> str:
        if slot["low"]:
            low, high = int(slot["low"]), int(slot["high"])
            return f"{low + int(pseudo_random('figure', low, high, number) * (high - low + 1)):,}"
        filling = words[slot["name"]]
        word = filling if isinstance(filling, str) else filling[slot["form"]]
        starts_sentence = not slot.start() or text[: slot.start()].endswith(_SENTENCE_ENDS)
        return word[0].upper() + word[1:] if starts_sentence else word

    return _SLOT.sub(fill, text)


def _pick(choices: Sequence[T], turn: int, *seed: object) -> T:
    """Return one of the choices, each of them once in len(choices) turns."""
    deal, place = divmod(turn, len(choices))
    return _shuffled(choices, *seed, deal)[place]


def _shuffled(choices: Sequence[T], *seed: object) -> list[T]:
    return [choices[index] for index in _order(len(choices), seed)]


@lru_cache(maxsize=8192)
def _order(count: int, seed: tuple[object, ...]) -> tuple[int, ...]:
    return tuple(sorted(range(count), key=lambda index: pseudo_random(*seed, index)))


WINDOW = 20
"""Entries in a feed document."""
LOOK_BACK = 400
"""Bulletins searched for the newest of an outlet: about 30 for each outlet."""
COPY_DELAY = 3.0
"""Bulletin intervals between the copies of two outlets."""
DAY = 86_400.0


class PublishedArticle(Struct, frozen=True, kw_only=True):
    """An article as an outlet shows it at a given time."""

    slug: str
    """Unique within the outlet."""
    title: str
    text: tuple[str, ...]
    author: str
    out: Timestamp
    """Time of publication."""
    changed: Timestamp
    """Time of the last edit; `out` without one."""
    dated: Timestamp | None
    """The date in the feed; None for no date."""


class DemoNewsroom(Struct, frozen=True):
    """All outlets from the time of opening; `pace` is the seconds between two bulletins."""

    content: Content
    opened: Timestamp
    pace: float = 4.0

    def published(self, outlet: DemoOutlet, now: Timestamp) -> list[PublishedArticle]:
        """Return the newest `WINDOW` articles of an outlet, newest first."""
        articles = [
            self._authored(article, now)
            for article in self.content.articles
            if article.outlet == outlet.slug
        ]
        published = [d for d in (*articles, *self._bulletins(outlet, now)) if d.out <= now]
        return sorted(published, key=lambda article: -article.out)[:WINDOW]

    def find(self, outlet: DemoOutlet, slug: str, now: Timestamp) -> PublishedArticle | None:
        """Return the article that an outlet published under this slug."""
        for article in (*self.content.articles, *self.content.past):
            if (article.outlet, article.slug) == (outlet.slug, slug):
                return self._authored(article, now)
        match = re.fullmatch(r"[\w-]+-(\d{1,9})", slug, re.ASCII)
        copy = match and self._bulletin(outlet, int(match[1]))
        return copy if copy and copy.slug == slug and copy.out <= now else None

    def _authored(self, article: DemoArticle, now: Timestamp) -> PublishedArticle:
        out = self.opened - 60 * article.minutes_ago
        edit = article.edit if article.edit and self.opened + article.edit.after <= now else None
        dates = {
            Dating.HONEST: out,
            Dating.UNDATED: None,
            Dating.EPOCH: 0.0,
            Dating.AHEAD: out + 2 * DAY,
        }
        return PublishedArticle(
            slug=article.slug,
            title=edit.title if edit else article.title,
            text=edit.text if edit else article.text,
            author=article.author,
            out=out,
            changed=self.opened + edit.after if edit else out,
            dated=dates[article.dating],
        )

    def _bulletins(self, outlet: DemoOutlet, now: Timestamp) -> Iterator[PublishedArticle]:
        newest = int((now - self.opened) / self.pace)
        for number in range(max(0, newest - LOOK_BACK), newest):
            if copy := self._bulletin(outlet, number):
                yield copy

    def _bulletin(self, outlet: DemoOutlet, number: int) -> PublishedArticle | None:
        """Return an outlet's copy of a bulletin, perhaps not published yet; None without a copy."""
        news = bulletin(self.content.patterns, number)
        if outlet.slug not in news.headlines:
            return None
        title = news.headlines[outlet.slug]
        delay = COPY_DELAY * list(news.headlines).index(outlet.slug)
        out = self.opened + self.pace * (number + 1 + 0.8 * pseudo_random("beat", number) + delay)
        words = re.findall(r"[a-z0-9]+", title.lower())[:6]
        return PublishedArticle(
            slug="-".join((*words, str(number))),
            title=title,
            text=news.text,
            author="",
            out=out,
            changed=out,
            dated=out,
        )
