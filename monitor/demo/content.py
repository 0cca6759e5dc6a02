"""The bundled content: outlets, articles, wire stories and patterns of bulletins."""

from __future__ import annotations

import enum
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from msgspec import Struct

NBSP = "\N{NO-BREAK SPACE}"
NARROW = "\N{NARROW NO-BREAK SPACE}"

_EVERYWHERE = ((re.compile(r"(?<=\w)'(?=\w)|(?<=s)'(?= )"), "’"), (re.compile(r"\.\.\."), "…"))
_BY_LANGUAGE = {
    "fr": (
        (re.compile(r" (?=[:»%€])"), NBSP),
        (re.compile(r"(?<=«) "), NBSP),
        (re.compile(r" (?=[;!?])"), NARROW),
        (re.compile(r"(?<=\d)[ ,](?=\d{3}\b)"), NARROW),
    ),
    "en": ((re.compile(r'"([^"]*)"'), r"“\1”"),),
}


def typeset(text: str, lang: str) -> str:
    """Return the text with the apostrophes, quotes and no-break spaces of its language."""
    for pattern, set_as in (*_EVERYWHERE, *_BY_LANGUAGE.get(lang, ())):
        text = pattern.sub(set_as, text)
    return text


Word = Mapping[str, str] | str
"""A word, or its forms by name."""


class Format(enum.StrEnum):
    """The format of an outlet's feed."""

    RSS = "rss"
    ATOM = "atom"
    RDF = "rdf"


class FeedText(enum.StrEnum):
    """How much of an article an outlet puts into its feed."""

    BODY = "body"
    SUMMARY = "summary"
    TEASER = "teaser"
    """Two sentences; the rest is only on the page."""


class Quirk(enum.StrEnum):
    """What is odd about an outlet's web server, as on the real web."""

    NONE = "none"
    BROKEN = "broken"
    """XML that is not well formed."""
    HOPELESS = "hopeless"
    """A web page where the feed should be."""
    GONE = "gone"
    MOVED = "moved"
    """301 from the subscribed address to the feed."""
    SLOW = "slow"
    REISSUES = "reissues"
    """New ids for old entries at every poll."""


class Dating(enum.StrEnum):
    """How an article is dated in its feed."""

    HONEST = "honest"
    UNDATED = "undated"
    EPOCH = "epoch"
    """1 January 1970."""
    AHEAD = "ahead"
    """Two days in the future."""


class DemoOutlet(Struct, frozen=True, kw_only=True):
    """An invented newspaper and the feed it publishes."""

    slug: str
    name: str
    about: str
    lang: str
    format: Format
    shows: FeedText
    quirk: Quirk
    encoding: str

    @property
    def path(self) -> str:
        """Return the path of the feed."""
        return f"/{self.slug}/feed.xml"

    @property
    def subscribed(self) -> str:
        """Return the path in the bundled feeds.yaml."""
        return f"/{self.slug}/rss.php" if self.quirk is Quirk.MOVED else self.path


class DemoEdit(Struct, frozen=True):
    """A correction that the outlet makes after the demo has started."""

    after: float
    """Seconds after the newsroom opened."""
    title: str
    text: tuple[str, ...]


class DemoArticle(Struct, frozen=True, kw_only=True):
    """An authored article of one outlet."""

    outlet: str
    slug: str
    title: str
    text: tuple[str, ...]
    """Paragraphs; the first one is the summary."""
    minutes_ago: float
    """Age when the newsroom opens."""
    author: str = ""
    dating: Dating = Dating.HONEST
    edit: DemoEdit | None = None


class Pattern(Struct, frozen=True, kw_only=True, eq=False):
    """A template of bulletins, filled with names and figures."""

    lang: str
    outlets: tuple[str, ...]
    """Slugs of the outlets that can publish it."""
    copies: int
    """How many outlets publish the same bulletin."""
    titles: tuple[str, ...]
    paragraphs: tuple[tuple[str, ...], ...]
    """For each paragraph its variants."""
    asides: tuple[tuple[str, ...], ...]
    """Sentences that fit anywhere; the first list is for the first paragraph."""
    words: Mapping[str, tuple[Word, ...]]
    """Fillings of `{name}`, or of `{name.form}` where a word has several forms."""


class Content(Struct, frozen=True):
    """The whole bundled content."""

    outlets: Mapping[str, DemoOutlet]
    """By slug."""
    articles: tuple[DemoArticle, ...]
    patterns: tuple[Pattern, ...]


@cache
def load() -> Content:
    """Return the bundled content.

    Raises:
        ValueError: A text has a mistake; the message names it.
    """
    folder = files("monitor.demo") / "content"
    outlets = {o.slug: o for o in map(_outlet, _read(folder / "outlets.toml")["outlet"])}
    articles = [
        article
        for file in sorted((folder / "articles").iterdir(), key=lambda file: file.name)
        for article in _articles(_read(file), outlets[file.name.removesuffix(".toml")])
    ]
    wires = [
        copy for wire in _read(folder / "wires.toml")["wire"] for copy in _copies(wire, outlets)
    ]
    return Content(outlets, (*articles, *wires), tuple(_patterns(_read(folder / "patterns.toml"))))


def read_text(name: str) -> str:
    """Return a text file of the content: a page template, or feeds.yaml."""
    return (files("monitor.demo") / "content" / name).read_text(encoding="utf-8")


def _read(file: Traversable) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _outlet(table: dict[str, Any]) -> DemoOutlet:
    return DemoOutlet(
        slug=table["slug"],
        name=table["name"],
        about=table["about"],
        lang=table["lang"],
        format=Format(table.get("format", Format.RSS)),
        shows=FeedText(table.get("shows", FeedText.SUMMARY)),
        quirk=Quirk(table.get("quirk", Quirk.NONE)),
        encoding=table.get("encoding", "utf-8"),
    )


def _articles(file: dict[str, Any], outlet: DemoOutlet) -> Iterator[DemoArticle]:
    for table in file["article"]:
        edit = table.get("edit")
        yield DemoArticle(
            outlet=outlet.slug,
            slug=table["slug"],
            title=typeset(table["title"], outlet.lang),
            text=_paragraphs(table["text"], outlet.lang),
            minutes_ago=table["minutes_ago"],
            author=table.get("author", ""),
            dating=Dating(table.get("dating", Dating.HONEST)),
            edit=_edit(edit, outlet.lang) if edit else None,
        )


def _edit(table: dict[str, Any], lang: str) -> DemoEdit:
    return DemoEdit(table["after"], typeset(table["title"], lang), _paragraphs(table["text"], lang))


def _copies(wire: dict[str, Any], outlets: Mapping[str, DemoOutlet]) -> Iterator[DemoArticle]:
    """Yield the version of each outlet of a wire story: its title, edits and perhaps a cut."""
    for copy in wire["copy"]:
        outlet = outlets[copy["outlet"]]
        text = wire["text"]
        for old, new in copy.get("edits", ()):
            if old not in text:
                raise ValueError(wire["slug"], outlet.slug, old)
            text = text.replace(old, new)
        yield DemoArticle(
            outlet=outlet.slug,
            slug=wire["slug"],
            title=typeset(copy["title"], outlet.lang),
            text=_paragraphs(text, outlet.lang)[: copy.get("paragraphs")],
            minutes_ago=copy["minutes_ago"],
            author=copy.get("author", ""),
        )


def _patterns(file: dict[str, Any]) -> Iterator[Pattern]:
    for table in file["pattern"]:
        lang = table["lang"]
        yield Pattern(
            lang=lang,
            outlets=tuple(table["outlets"]),
            copies=table.get("copies", 1),
            titles=tuple(table["titles"]),
            paragraphs=tuple(map(tuple, table["paragraphs"])),
            asides=tuple(map(tuple, file["asides"][lang])),
            words={name: tuple(fills) for name, fills in file["words"][lang].items()},
        )


def _paragraphs(text: str, lang: str) -> tuple[str, ...]:
    """Split a text at blank lines; single line breaks become spaces."""
    return tuple(typeset(" ".join(part.split()), lang) for part in text.strip().split("\n\n"))
