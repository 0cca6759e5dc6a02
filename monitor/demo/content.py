"""The bundled content: outlets, articles, wire stories and patterns of bulletins."""

from __future__ import annotations

import enum
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from itertools import cycle
from typing import Any

import msgspec
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
    for pattern, replacement in (*_EVERYWHERE, *_BY_LANGUAGE.get(lang, ())):
        text = pattern.sub(replacement, text)
    return text


Word = dict[str, str] | str
"""A word, or its forms by name."""


class Format(enum.StrEnum):
    """The format of an outlet's feed."""

    RSS = "rss"
    ATOM = "atom"


class FeedText(enum.StrEnum):
    """The part of an article that an outlet puts into its feed."""

    BODY = "body"
    SUMMARY = "summary"
    TEASER = "teaser"
    """Two sentences; the rest is only on the page."""


class Quirk(enum.StrEnum):
    """A quirk of an outlet's web server, as on the real web."""

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
    """The kind of date of an article in its feed."""

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
    format: Format = Format.RSS
    shows: FeedText = FeedText.SUMMARY
    quirk: Quirk = Quirk.NONE
    encoding: str = "utf-8"

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
    copies: int = 1
    """Number of outlets that publish the same bulletin."""
    titles: tuple[str, ...]
    paragraphs: tuple[tuple[str, ...], ...]
    """For each paragraph its variants."""
    asides: tuple[tuple[str, ...], ...]
    """Sentences that fit anywhere; the first list is for the first paragraph."""
    words: dict[str, tuple[Word, ...]]
    """Fillings of `{name}`, or of `{name.form}` where a word has several forms."""


class Content(Struct, frozen=True):
    """The whole bundled content."""

    outlets: Mapping[str, DemoOutlet]
    """Outlets by slug."""
    articles: tuple[DemoArticle, ...]
    patterns: tuple[Pattern, ...]
    past: tuple[DemoArticle, ...]
    """Articles of the weeks before, which are imported."""


@cache
def load() -> Content:
    """Return the bundled content; raises ValueError."""
    tables = _read("outlets.toml")["outlet"]
    outlets = {outlet.slug: outlet for outlet in msgspec.convert(tables, list[DemoOutlet])}
    articles = [
        _article(table, outlet)
        for outlet in sorted(outlets.values(), key=lambda outlet: outlet.slug)
        if outlet.quirk not in (Quirk.GONE, Quirk.HOPELESS)
        for table in _read(f"articles/{outlet.slug}.toml")["article"]
    ]
    wires = [copy for wire in _read("wires.toml")["wire"] for copy in _copies(wire, outlets)]
    past = [article for run in _read("past.toml")["run"] for article in _turns(run, outlets)]
    patterns = _patterns(_read("patterns.toml"))
    return Content(outlets, (*articles, *wires), tuple(patterns), tuple(past))


def read_text(name: str) -> str:
    """Return a text file of the content: a page template, or feeds.yaml."""
    return (files("monitor.demo") / "content" / name).read_text(encoding="utf-8")


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(read_text(name))


def _article(table: dict[str, Any], outlet: DemoOutlet) -> DemoArticle:
    values = table | {"outlet": outlet.slug} | _typeset_text(table, outlet.lang)
    if edit := table.get("edit"):
        values["edit"] = edit | _typeset_text(edit, outlet.lang)
    return msgspec.convert(values, DemoArticle)


def _typeset_text(table: dict[str, Any], lang: str) -> dict[str, Any]:
    """Return title and paragraphs of a text: blank lines divide it, line breaks become spaces."""
    paragraphs = [" ".join(part.split()) for part in table["text"].strip().split("\n\n")]
    return {
        "title": typeset(table["title"], lang),
        "text": [typeset(paragraph, lang) for paragraph in paragraphs[: table.get("paragraphs")]],
    }


def _copies(wire: dict[str, Any], outlets: Mapping[str, DemoOutlet]) -> Iterator[DemoArticle]:
    """Yield the version of each outlet of a wire story: its title, edits and perhaps a cut."""
    for copy in wire["copy"]:
        text = wire["text"]
        for old, new in copy.get("edits", ()):
            if old not in text:
                raise ValueError(wire["slug"], copy["outlet"], old)
            text = text.replace(old, new)
        yield _article(copy | {"slug": wire["slug"], "text": text}, outlets[copy["outlet"]])


def _turns(run: dict[str, Any], outlets: Mapping[str, DemoOutlet]) -> Iterator[DemoArticle]:
    """Yield the articles of a run, which takes its titles and its texts in turn."""
    turns = zip(range(*run["minutes"]), cycle(run["titles"]), cycle(run["texts"]), strict=False)
    for number, (age, title, text) in enumerate(turns):
        table = {"slug": f"{run['slug']}-{number}", "minutes_ago": age, "author": run["author"]}
        yield _article(table | {"title": title, "text": text}, outlets[run["outlet"]])


def _patterns(file: dict[str, Any]) -> Iterator[Pattern]:
    for table in file["pattern"]:
        lang = table["lang"]
        common = {"asides": file["asides"][lang], "words": file["words"][lang]}
        yield msgspec.convert(table | common, Pattern)
