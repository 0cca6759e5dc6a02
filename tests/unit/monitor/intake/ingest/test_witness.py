"""What a sitemap shows beside feeds: which entries are stored, and which articles are one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest
from msgspec.structs import replace
from support import flow

from index.query.parser import parse_query
from monitor.intake.ingest.witness import (
    outlets,
    wants_witness,
    with_witnesses,
)
from monitor.judgement.recall import joined, witnessed
from monitor.model.feed import Feed, RequestOptions, Secret, Source, SourceKind
from monitor.model.recall import ShownArticle, Witnessed
from monitor.model.watchlist import Severity, Watchlist

HOUR = 3_600.0
RSS, MAP = "https://journal.be/rss.xml", "https://www.journal.be/news.xml"
LE_JOURNAL = Feed(url=RSS, name="Le Journal", tags=("presse", "liège"), lang="fr")
PORT = Watchlist(name="Port", query=parse_query("port"), severity=Severity.HIGH)
Item = tuple[str, str, float]
"""Name of the page, headline, hours after the start."""


def moment(hours: float) -> datetime:
    return datetime.fromtimestamp(flow.START + hours * HOUR, UTC)


def rss(*items: Item) -> bytes:
    return flow.edition(
        *(
            f"<item><link>https://www.journal.be/{page}</link><title>{title}</title>"
            f"<description>Le texte de {page}.</description>"
            f"<pubDate>{format_datetime(moment(hours))}</pubDate></item>"
            for page, title, hours in items
        )
    )


def sitemap(*items: Item) -> bytes:
    news = "".join(
        f"<url><loc>https://www.journal.be/{page}</loc><n:news><n:title>{title}</n:title>"
        f"<n:publication_date>{moment(hours).isoformat()}</n:publication_date></n:news></url>"
        for page, title, hours in items
    )
    return (
        "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'"
        f" xmlns:n='http://www.google.com/schemas/sitemap-news/0.9'>{news}</urlset>"
    ).encode()


def life(
    folder: Path, feed: Sequence[bytes], map: Sequence[bytes], rounds: int
) -> list[tuple[int, str, str]]:
    """Return number of the first feed, headline and summary of the articles after some hours."""
    feeds = with_witnesses([LE_JOURNAL], [MAP])
    flow.ManualMonitor(folder, flow.Press({RSS: feed, MAP: map}), feeds, (PORT,)).live(
        range(rounds)
    )
    return flow.rows(folder, "SELECT feed, title, summary FROM articles ORDER BY id")


def test_what_the_feed_never_showed_is_brought_in_and_rings(tmp_path: Path) -> None:
    shown = ("un", "Le port de Liège", -1.0)
    missed = ("deux", "Grève au port", 0.9)
    articles = life(
        tmp_path,
        [rss(shown)],
        [sitemap(("un", "Liège : son port", -1.0)), sitemap(missed, shown)],
        rounds=3,
    )
    assert articles == [(1, "Le port de Liège", "Le texte de un."), (2, "Grève au port", "")]
    alerts = "SELECT a.feed, al.backfill FROM alerts al JOIN articles a ON a.id = al.article"
    assert flow.rows(tmp_path, alerts) == [(1, 1), (2, 0)]


def test_what_the_feed_may_still_show_waits_even_if_the_sitemap_stays_as_it_is(
    tmp_path: Path,
) -> None:
    shown, young = ("un", "Le port de Liège", -1.0), ("deux", "Grève au port", 0.9)
    maps = [sitemap(shown), sitemap(young, shown)]
    assert len(life(tmp_path / "1", [rss(shown)], maps, rounds=2)) == 1
    assert len(life(tmp_path / "2", [rss(shown)], maps, rounds=3)) == 2
    late = life(tmp_path / "3", [rss(shown), rss(shown), rss(young, shown)], maps, rounds=3)
    assert [feed for feed, _title, _summary in late] == [1, 1]


def test_the_same_headline_at_another_address_is_the_same_article(tmp_path: Path) -> None:
    feed = rss(("un", "Le port de Liège ferme", 0.0))
    both = ("autre", "Le port de Liège ferme", 0.0), ("un?amp=1", "LE PORT de Liège ferme", 0.0)
    twice = ("deux", "Grève au port", 0.0), ("trois", "Grève au port", 0.1)
    assert [
        title
        for _feed, title, _summary in life(tmp_path, [feed], [sitemap(*both, *twice)], rounds=3)
    ] == ["Le port de Liège ferme", "Grève au port"]


def test_a_feed_that_is_late_at_another_address_has_the_article_too(tmp_path: Path) -> None:
    map = [sitemap(("plan", "Le port ferme ses portes", -2.0))]
    late = rss(("un", "Le port ferme ses portes", -2.0), ("deux", "Le port ferme ses portes", -1.9))
    assert life(tmp_path, [rss(), late], map, rounds=2) == [
        (2, "Le port ferme ses portes", "Le texte de un."),
        (1, "Le port ferme ses portes", "Le texte de deux."),
    ]


def test_a_daily_column_is_another_article(tmp_path: Path) -> None:
    feed = rss(("hier", "Le port en bref", -23.0))
    map = sitemap(("hier", "Le port en bref", -23.0), ("un", "Le port en bref", -2.0))
    assert len(life(tmp_path, [feed], [map], rounds=2)) == 2


def test_a_feed_that_is_late_has_the_article_of_the_sitemap(tmp_path: Path) -> None:
    map = [sitemap(("un", "Le port ferme", -2.0))]
    late = rss(("un", "Le port de Liège ferme ses portes", -2.0))
    assert life(tmp_path, [rss(), late], map, rounds=2) == [
        (2, "Le port de Liège ferme ses portes", "Le texte de un.")
    ]
    assert flow.rows(tmp_path, "SELECT article, feed FROM carriers") == [(1, 1)]


def test_an_entry_without_date_is_left_alone(tmp_path: Path) -> None:
    undated = sitemap(("un", "Le port ferme", 0.0)).replace(b"publication_date>", b"date>")
    assert life(tmp_path, [rss()], [undated], rounds=3) == []


# --- which sitemaps are compared ------------------------------------------------------------


def test_a_witness_has_what_the_feeds_of_its_outlet_have_in_common() -> None:
    secret = RequestOptions(headers=(("Cookie", Secret("abonné")),), timeout=9.0)
    first = Feed(url=RSS, name="Une", tags=("presse", "une"), lang="fr", request_options=secret)
    other = Feed(url="https://journal.be/sport", name="Sport", tags=("presse",), lang="fr")
    elsewhere = Feed(url="https://gazette.be/rss", name="Gazette")
    feeds = with_witnesses([first, other, elsewhere], [MAP])
    assert [feed.outlet for feed in feeds] == ["journal.be", "journal.be", "", "journal.be"]
    witness = feeds[-1]
    assert (witness.name, witness.tags, witness.lang) == ("www.journal.be", ("presse",), "fr")
    assert (witness.every, witness.request_options) == (HOUR, RequestOptions(timeout=9.0))
    assert with_witnesses([first], [MAP])[-1].name == "Une"


@pytest.mark.parametrize(
    ("url", "choice", "wanted"),
    [
        (RSS, None, True),
        (RSS, False, False),
        ("http://intranet/rss", None, False),
        ("http://intranet/rss", True, True),
    ],
)
def test_when_a_sitemap_is_sought(url: str, choice: bool | None, wanted: bool) -> None:
    feeds = [Feed(url=url, name="A", witness=choice), Feed(url=f"{url}2", name="B")]
    ((_outlet, group),) = outlets(feeds).items()
    assert wants_witness(group) is wanted
    assert len(with_witnesses(feeds, [f"{url}-map"])) == 2 + wanted


def test_a_mailbox_is_of_no_site() -> None:
    mailbox = Feed(url="imaps://mail.be/INBOX", name="A", source=Source(kind=SourceKind.MAILBOX))
    assert not outlets([mailbox])
    own = [replace(LE_JOURNAL, url="https://mail.be/rss"), mailbox]
    feeds = with_witnesses(own, ["https://mail.be/news.xml"])
    assert [feed.outlet for feed in feeds] == ["mail.be", "", "mail.be"]


def test_a_sitemap_of_feeds_yaml_is_the_witness_of_its_outlet() -> None:
    own = Feed(url=MAP, name="Plan", source=Source(kind=SourceKind.SITEMAP))
    feeds = with_witnesses([LE_JOURNAL, own], ["https://journal.be/other.xml"])
    assert [feed.outlet for feed in feeds] == ["journal.be", "journal.be"]


# --- counting -------------------------------------------------------------------------------


def test_one_headline_under_two_addresses_is_one_article() -> None:
    by_feed = ShownArticle(title="Le port ferme", published=0.0, by_feed=60.0)
    by_sitemap = ShownArticle(title="Le Port ferme ", published=HOUR, by_sitemap=2 * HOUR)
    next_day = ShownArticle(title="Le port ferme", published=30 * HOUR, by_sitemap=31 * HOUR)
    untitled = ShownArticle(title="", published=0.0, by_sitemap=HOUR)
    pieces = joined([next_day, by_sitemap, untitled, untitled, by_feed])
    assert witnessed(pieces) == Witnessed(feed=1, sitemap=4, both=1)
