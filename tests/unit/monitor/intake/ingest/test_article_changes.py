"""Tests of edits of articles that several feeds carry: none is lost or counted twice."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from hypothesis import given, settings, strategies as st
from msgspec.structs import replace
from support import flow
from support.properties import examples

from index.query.parser import parse_query
from monitor.intake.ingest.ingest import Ingester
from monitor.intake.ingest.poll_outcome import ActiveConfig, BatchOutcome, PollResult
from monitor.intake.parse.entry import keyed_entries
from monitor.judgement.match.matcher import WatchlistMatcher
from monitor.model.config import StoreAddress
from monitor.model.feed import Feed, FeedState
from monitor.model.poll import Entry, Fetched, ParsedFeed
from monitor.model.watchlist import Escalate, Severity, Watchlist
from monitor.storage.maintenance.verification import verify
from monitor.storage.store.sql.evidence import EvidenceReader
from monitor.storage.store.sql.store import Store
from monitor.storage.store.sql.views import Views

A = Feed(url="https://www.site.org/une.xml", name="Une")
B = Feed(url="https://feeds.site.org/monde.xml", name="Monde")
OTHER = Feed(url="https://elsewhere.org/planet.xml", name="Planet")
LINK = "https://www.site.org/2026/article"
FIRST = "Alibaba à Liège"
EDITED = "Le Mossad à Liège"


def entry(title: str = FIRST, summary: str = "Le hub.", body: str = "", **fields: str) -> Entry:
    values = {"guid": "g1", "url": LINK} | fields
    return Entry(title=title, summary=summary, body=body, **values)


def watchlist(query: str, feeds: Sequence[str] = ()) -> Watchlist:
    return Watchlist(
        name=query, query=parse_query(query), severity=Severity.LOW, feeds=tuple(feeds)
    )


class Newsroom:
    """A store, and feeds whose documents a test supplies."""

    def __init__(
        self,
        store: Store,
        folder: Path,
        watchlists: Sequence[Watchlist] = (),
        *extra_feeds: Feed,
    ) -> None:
        self.folder = folder
        subscribed = store.subscribe([A, B, OTHER, *(extra_feeds or [GOOGLE])], watchlists)
        self.feeds = {feed.url: feed for feed in subscribed}
        feeds_by_number = {feed.number: feed for feed in self.feeds.values()}
        rules = WatchlistMatcher(tuple(watchlists))
        self.now = flow.START
        self._ingester = Ingester(
            store, ActiveConfig(rules=rules, feeds=feeds_by_number), lambda: self.now, lambda: 0.0
        )

    def poll(self, feed: Feed, *entries: Entry) -> BatchOutcome:
        """Poll a feed that has been polled before, a minute after the last poll."""
        self.now += 60
        feed = self.feeds[feed.url]
        state = FeedState(last_ok=self.now - 60)
        parsed = ParsedFeed(entries=keyed_entries(entries))
        response = Fetched(url=feed.url, body=b"")
        return self._ingester.ingest(
            [PollResult(feed=feed, state=state, response=response, parsed=parsed, seconds=0.1)],
            network_down=False,
        )

    def texts(self) -> list[tuple[str, str, str, int]]:
        return flow.rows(
            self.folder, "SELECT title, summary, body, version FROM articles ORDER BY id"
        )

    def urls(self) -> list[str]:
        return [url for (url,) in flow.rows(self.folder, "SELECT url FROM articles ORDER BY id")]

    @property
    def views(self) -> Views:
        return Views(StoreAddress(self.folder))

    def alerts(self) -> list[tuple[str, int]]:
        return flow.rows(self.folder, "SELECT watchlist, article FROM alerts ORDER BY id")


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    with closing(Store(StoreAddress(tmp_path))) as store:
        yield Newsroom(store, tmp_path, [watchlist("alibaba"), watchlist("mossad")])


# --- an edit in any feed that carries the article -----------------------------------------


def test_an_edit_in_another_feed_than_the_first_is_a_revision_that_is_matched(
    room: Newsroom,
) -> None:
    room.poll(A, entry())
    room.poll(B, entry())
    room.poll(A)
    (alert,) = room.poll(B, entry(EDITED)).raised
    assert (alert.watchlist, alert.feed, alert.backfill) == ("mossad", "Monde", False)
    assert room.texts() == [(EDITED, "Le hub.", "", 2)]
    assert room.alerts() == [("alibaba", 1), ("mossad", 1)]
    versions = flow.rows(room.folder, "SELECT version, title FROM versions")
    assert versions == [(1, FIRST)]


def test_two_feeds_with_two_versions_at_each_poll_make_one_revision(room: Newsroom) -> None:
    room.poll(A, entry())
    room.poll(B, entry())
    for _ in range(5):
        room.poll(A, entry())
        room.poll(B, entry(EDITED))
    assert room.texts() == [(EDITED, "Le hub.", "", 2)]


def test_the_same_edit_in_both_feeds_is_one_revision(room: Newsroom) -> None:
    room.poll(A, entry())
    room.poll(B, entry())
    room.poll(B, entry(EDITED))
    room.poll(A, entry(EDITED))
    assert room.texts() == [(EDITED, "Le hub.", "", 2)]
    room.poll(A, entry(FIRST))  # taken back
    assert room.texts() == [(FIRST, "Le hub.", "", 3)]


def test_a_feed_that_says_less_takes_nothing_away(room: Newsroom) -> None:
    """A has the whole text, B a teaser of its own; B edits the headline only."""
    room.poll(A, entry(summary="Le hub de Liège.", body="Cainiao y gère le site."))
    room.poll(B, entry(summary="À Liège."))
    room.poll(B, entry(EDITED, summary="À Liège."))
    both = "Le hub de Liège.\nÀ Liège."
    assert room.texts() == [(EDITED, both, "Cainiao y gère le site.", 3)]
    room.poll(B, entry(EDITED, summary="À Liège, hier."))
    assert room.texts() == [(EDITED, f"{both[:-1]}, hier.", "Cainiao y gère le site.", 4)]


def test_an_edit_of_one_feed_leaves_alone_what_another_edited(room: Newsroom) -> None:
    room.poll(A, entry())
    room.poll(B, entry())
    room.poll(B, entry(EDITED))
    room.poll(A, entry(summary="Le hub de Liège."))
    assert room.texts() == [(EDITED, "Le hub de Liège.", "", 3)]


@pytest.mark.parametrize("feed", ["Une", "Monde"])
def test_a_revision_is_matched_for_every_feed_that_carries_the_article(
    tmp_path: Path, feed: str
) -> None:
    with closing(Store(StoreAddress(tmp_path))) as store:
        room = Newsroom(store, tmp_path, [watchlist("mossad", [feed]), watchlist("hub", [feed])])
        room.poll(A, entry())
        room.poll(B, entry())
        room.poll(B, entry(EDITED))
        assert ("mossad", 1) in room.alerts()
        assert flow.rows(tmp_path, "SELECT term FROM lost_terms") == []


@pytest.mark.parametrize(
    ("query", "feeds", "alerts"),
    [
        ("alibaba", ["Monde"], 1),
        ("alibaba feed:Monde", [], 1),
        ("cainiao", ["Monde"], 1),
        ("alibaba", ["Une"], 1),
        ("alibaba", [], 1),
        ("alibaba", ["Planet"], 0),
        ("mossad", ["Monde"], 0),
    ],
)
def test_an_article_is_matched_for_each_feed_that_comes_to_carry_it(
    tmp_path: Path, query: str, feeds: list[str], alerts: int
) -> None:
    """Search and watchlists agree: `feed:Monde` finds the article."""
    with closing(Store(StoreAddress(tmp_path))) as store:
        room = Newsroom(store, tmp_path, [watchlist(query, feeds)])
        room.poll(A, entry(body="Cainiao y gère le site."))
        for _ in range(2):
            room.poll(B, entry())
        assert len(room.alerts()) == alerts
        kinds = flow.rows(tmp_path, "SELECT kind FROM evidence WHERE kind = 'edited'")
        assert kinds == []


# --- one article under two headlines ------------------------------------------------------


def test_one_link_and_one_guid_under_two_headlines_in_a_site_is_an_edit(room: Newsroom) -> None:
    room.poll(A, entry())
    (raised_alert,) = room.poll(B, entry(EDITED)).raised
    assert raised_alert.watchlist == "mossad"
    for _ in range(3):
        room.poll(A, entry())
        room.poll(B, entry(EDITED))
    assert room.texts() == [(EDITED, "Le hub.", "", 2)]
    assert flow.rows(room.folder, "SELECT article, feed FROM carriers") == [
        (1, room.feeds[B.url].number)
    ]


@pytest.mark.parametrize(
    ("feed", "second"),
    [
        pytest.param(OTHER, entry(EDITED), id="of another site"),
        pytest.param(B, entry(EDITED, guid="g2"), id="under another guid"),
        pytest.param(B, entry(EDITED, url="https://www.site.org/2026/other"), id="another link"),
    ],
)
def test_otherwise_another_headline_is_another_article(
    room: Newsroom, feed: Feed, second: Entry
) -> None:
    room.poll(A, entry())
    room.poll(feed, second)
    assert [title for title, *_ in room.texts()] == [FIRST, EDITED]


def test_a_home_page_s_link_makes_no_two_entries_one(room: Newsroom) -> None:
    home_page = {"guid": "", "url": "https://www.site.org/"}
    room.poll(A, entry(**home_page))
    room.poll(B, entry(EDITED, **home_page))
    assert [title for title, *_ in room.texts()] == [FIRST, EDITED]


def test_the_second_headline_is_not_known_to_its_feed_before(room: Newsroom) -> None:
    room.poll(A, entry())
    ((_, poll),) = room.poll(B, entry(EDITED)).polls
    assert (poll.entries, poll.known, poll.new, poll.changed) == (1, 0, 0, 1)


# --- what a second feed says at its first sight -----------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "summary", "body"),
    [
        (("Un port.", ""), ("Le Mossad l’écoute.", ""), "Un port.\nLe Mossad l’écoute.", ""),
        (("", ""), ("Le Mossad l’écoute.", ""), "Le Mossad l’écoute.", ""),
        (("", ""), ("", "Un.\nDeux."), "", "Un.\nDeux."),
        (("Un port.", ""), ("Un port.", "Le Mossad.\nFin."), "Un port.", "Le Mossad.\nFin."),
        (("Un port.", "Un.\nDeux."), ("", "Un.\nTrois.\nDeux."), "Un port.", "Un.\nDeux.\nTrois."),
        (("Un port.", "Le Mossad."), ("LE  MOSSAD.", ""), "Un port.", "Le Mossad."),
        (("Un port à Liège.", ""), ("Un port", ""), "Un port à Liège.", ""),
        (("Un port", ""), ("Un port à Liège.", ""), "Un port\nUn port à Liège.", ""),
        (("Un port.", "Deux."), ("", ""), "Un port.", "Deux."),
    ],
)
def test_other_words_of_a_second_feed_are_kept(
    room: Newsroom, first: tuple[str, str], second: tuple[str, str], summary: str, body: str
) -> None:
    room.poll(A, entry("Un port", *first))
    room.poll(B, entry("Un port", *second))
    ((_, kept_summary, kept_body, version),) = room.texts()
    assert (kept_summary, kept_body) == (summary, body)
    assert version == (1 if (summary, body) == first else 2)
    for _ in range(2):  # each feed goes on saying what it said
        room.poll(A, entry("Un port", *first))
        room.poll(B, entry("Un port", *second))
    assert [row[3] for row in room.texts()] == [version]


@pytest.mark.parametrize("feed", [B, OTHER], ids=["of the same site", "of another site"])
def test_other_words_of_a_second_feed_are_matched(room: Newsroom, feed: Feed) -> None:
    assert room.poll(A, entry("Un port", "Un navire attend.")).raised == ()
    (alert,) = room.poll(feed, entry("Un port", "Le Mossad attend.", guid="o1")).raised
    assert (alert.watchlist, alert.feed, alert.backfill) == ("mossad", feed.name, False)
    assert not room.poll(feed, entry("Un port", "Le Mossad attend.", guid="o1")).raised
    assert flow.rows(room.folder, "SELECT article, feed FROM carriers") == [
        (1, room.feeds[feed.url].number)
    ]


def test_each_feed_edits_its_own_words(room: Newsroom) -> None:
    room.poll(A, entry("Un port", "Un navire attend."))
    room.poll(B, entry("Un port", "Un cargo attend."))
    room.poll(OTHER, entry("Un port", "Un vraquier attend.", guid="o1"))
    room.poll(B, entry("Un port", "Un cargo part.\nEnfin."))
    room.poll(A, entry("Un port", "Un navire part."))
    room.poll(OTHER, entry("Un port", "", guid="o1"))
    ((_, summary, _, version),) = room.texts()
    assert summary == "Un navire part.\nUn cargo part.\nEnfin.\nUn vraquier attend."
    assert version == 5


def test_an_edit_that_a_second_feed_shows_first_is_kept_once(room: Newsroom) -> None:
    room.poll(A, entry("Un port", "Un navire attend."))
    room.poll(B, entry("Un port", "Un navire part."))
    room.poll(A, entry("Un port", "Un navire part."))
    assert room.texts() == [("Un port", "Un navire part.", "", 3)]
    room.poll(OTHER, entry("Un port", "Un navire attend.", guid="o1"))  # the version before
    assert room.texts() == [("Un port", "Un navire part.", "", 3)]


def test_long_texts_of_two_feeds_cost_no_time(room: Newsroom) -> None:
    """The lines of a hostile feed are compared within a second, however many they are."""
    lines = [f"{number:05}" for number in range(30_000)]
    room.poll(A, entry("Un port", "Un navire attend.", "\n".join(lines)))
    start = time.process_time()
    room.poll(B, entry("Un port", "Un cargo attend.", "\n".join(["Fin.", *reversed(lines)])))
    room.poll(B, entry("Un port", "Un cargo part.", "\n".join(lines[:9])))
    assert time.process_time() - start < 5.0
    ((_, summary, body, version),) = room.texts()
    assert (summary, version) == ("Un navire attend.\nUn cargo part.", 3)
    assert body == "\n".join(lines[:9])


def test_a_second_feed_s_language_is_not_the_article_s(tmp_path: Path) -> None:
    first = Feed(url="https://www.site.org/fr.xml", name="Premier", lang="fr")
    second = Feed(url="https://hub.org/en.xml", name="Second", lang="en")
    with closing(Store(StoreAddress(tmp_path))) as store:
        room = Newsroom(store, tmp_path, [], first, second)
        room.poll(first, entry("Un port", "Un navire attend au port."))
        room.poll(second, entry("Un port", "Comments"))
        assert flow.rows(tmp_path, "SELECT lang, version FROM articles") == [("fr", 2)]


# --- a known guid with a new link ------------------------------------------------------------


@pytest.mark.parametrize("carried", [False, True], ids=["alone", "in two feeds"])
def test_a_new_title_and_a_new_link_are_both_shown(room: Newsroom, carried: bool) -> None:
    moved, elsewhere = f"{LINK}-2", f"{LINK}-3"
    room.poll(A, entry())
    if carried:
        room.poll(B, entry())
    room.poll(A, entry(EDITED, url=moved))
    assert room.urls() == [moved]
    if carried:  # the address is that of the feed that had the article first
        room.poll(B, entry(f"{EDITED} !", url=elsewhere))
        assert room.urls() == [moved]
    room.poll(A, entry("Alibaba", url=f"{moved}?utm_source=rss"))
    assert room.urls() == [moved]
    room.poll(OTHER, replace(entry("Alibaba", url=LINK), guid="o1"))
    assert room.urls() == [moved]  # it is recognised by its first link too
    with EvidenceReader(StoreAddress(room.folder)) as reader:
        assert verify(reader, lambda *_: None, now=room.now).is_whole


@pytest.mark.parametrize("title", [FIRST, EDITED])
def test_an_article_is_known_by_each_link_that_it_had(room: Newsroom, title: str) -> None:
    room.poll(A, entry())
    moved_entry = entry(title, url="https://www.site.org/2026/le-mossad")
    room.poll(A, moved_entry)
    room.poll(OTHER, replace(moved_entry, guid="o1"))
    room.poll(B, replace(entry(title), guid="b1"))
    assert len(room.texts()) == 1


def test_a_link_that_is_new_at_each_poll_is_kept_a_few_times(room: Newsroom) -> None:
    for number in range(30):
        room.poll(A, entry(url=f"{LINK}?session={number}"))
    ((links,),) = flow.rows(room.folder, "SELECT count(*) FROM links")
    assert links < 10
    assert [version for *_, version in room.texts()] == [1]


# --- aggregators ------------------------------------------------------------------------------

GOOGLE = Feed(url="https://news.google.com/rss/search?q=hub", name="Google News")
WORDS = "La sûreté de l’État soupçonne un espionnage chinois dans l’entrepôt de Liège depuis {}."


def item(number: int, source: str, source_url: str) -> Entry:
    return Entry(
        guid=f"g{number}",
        url=f"https://news.google.com/rss/articles/{number}",
        title="Alibaba soupçonné à Liège",
        summary=" ".join(WORDS.format(word) for word in ("lundi", "hier", "longtemps")),
        source=source,
        source_url=source_url,
    )


SOIR = item(1, "Le Soir", "https://www.lesoir.be")
SAME = item(2, "Le Soir sport", "https://sport.lesoir.be")
ECHO = item(3, "L’Écho", "https://www.lecho.be")
POST = item(4, "", "https://www.post.example.com/feed")


def test_the_publisher_of_an_aggregator_s_item_is_its_source(tmp_path: Path) -> None:
    escalation_rule = Escalate(outlets=3, languages=False)
    with closing(Store(StoreAddress(tmp_path))) as store:
        room = Newsroom(store, tmp_path, [replace(watchlist("alibaba"), escalate=escalation_rule)])
        (raised_alert,) = room.poll(GOOGLE, SOIR).raised
        assert raised_alert.feed == "Le Soir"
        assert room.poll(GOOGLE, SAME, ECHO, SOIR).raised == ()  # two publishers so far
        (escalated_alert,) = room.poll(GOOGLE, POST, SAME, ECHO, SOIR).raised
        assert escalated_alert.escalation == "3 outlets"
        views = room.views
        (alert, *_) = views.alerts.get([raised_alert.id], timelines=True)
        assert (alert.publisher, alert.feed) == ("Le Soir", "Google News")
        names = [outlet.name for outlet in alert.timeline.outlets]
        assert names == ["Le Soir", "Le Soir sport", "L’Écho", "post.example.com"]
        details = views.articles.details(1)
        assert details is not None
        assert (details.publisher, details.article.outlet) == ("Le Soir", "Le Soir")
        assert [name for name, _ in details.others] == names


@pytest.mark.parametrize(
    ("feed", "second"),
    [
        pytest.param(GOOGLE, replace(ECHO, source="", source_url=""), id="without a source"),
        pytest.param(GOOGLE, replace(ECHO, source_url="https://google.com/x"), id="its own"),
        pytest.param(replace(GOOGLE, url="https://lesoir.be/rss"), ECHO, id="of an outlet"),
    ],
)
def test_a_feed_with_pieces_of_its_own_is_no_aggregator(
    tmp_path: Path, feed: Feed, second: Entry
) -> None:
    with closing(Store(StoreAddress(tmp_path))) as store:
        room = Newsroom(store, tmp_path, [watchlist("alibaba")], feed)
        room.poll(feed, SOIR, second)
        assert {alert.publisher for alert in room.views.alerts.get([1, 2])} == {"Google News"}


# --- any life ----------------------------------------------------------------------------------


class FeedText(NamedTuple):
    """The texts of the article in one feed."""

    title: str
    summary: str


TITLES = st.sampled_from(["Un", "Deux", "Trois"])
FEED_TEXTS = st.none() | st.builds(FeedText, TITLES, st.sampled_from(["", "Le hub.", "Le port."]))


@settings(max_examples=examples(40), deadline=None)
@given(st.lists(st.tuples(st.sampled_from([A, B]), FEED_TEXTS), min_size=1, max_size=12))
def test_a_revision_is_recorded_once_per_change_of_a_feed(
    life: list[tuple[Feed, FeedText | None]],
) -> None:
    with TemporaryDirectory() as folder, closing(Store(StoreAddress(Path(folder)))) as store:
        room = Newsroom(store, Path(folder))
        texts_by_feed: dict[str, FeedText] = {}
        version, last = 0, None
        for feed, news in life:
            room.poll(feed, *([entry(news.title, news.summary)] if news else []))
            if news is not None:
                before = texts_by_feed.get(feed.url)
                texts_by_feed[feed.url] = news
                (text,) = room.texts()
                if before is None:
                    assert text[0] in (news.title, last)  # a feed may begin with an old version
                    last = text[0]
                elif before.title != news.title:
                    last = news.title
                assert text[3] - version in ((1,) if not version else (0, 1))
                if before == news:
                    assert text[3] == version  # nothing changed in this feed
                assert text[0] == last
                version = text[3]
                room.poll(feed, entry(news.title, news.summary))
                assert room.texts()[0][3] == version
        for feed, _ in life * 2:  # both feeds as they are now, again and again
            if now := texts_by_feed.get(feed.url):
                room.poll(feed, entry(now.title, now.summary))
        assert [text[3] for text in room.texts()] == ([version] if version else [])
