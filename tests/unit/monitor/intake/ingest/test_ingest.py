"""Tests of ingesting: the polls of small newsrooms are identified, matched and stored."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from support import flow
from support.flow import FEEDS, START, WATCHLISTS, A, B, C, ManualMonitor, Press, edition, rows

from index.query.parser import parse_query as understood
from monitor.base.errors import FetchError, StoreError
from monitor.base.translation import shown
from monitor.intake.ingest.ingest import Ingester
from monitor.intake.ingest.poll_outcome import ActiveConfig, PollResult
from monitor.intake.parse.document import parse
from monitor.judgement.match.matcher import WatchlistMatcher
from monitor.model.alert import AlertKind
from monitor.model.config import StoreAddress
from monitor.model.feed import FEED, Feed, FeedState, Source
from monitor.model.poll import Fetched, Page, ParsedFeed
from monitor.model.search import Filter
from monitor.model.watchlist import Watchlist
from monitor.storage.store.sql.store import Store
from monitor.storage.store.sql.views import Views

PARAGRAPHS = (
    "La filiale Cainiao gère l’entrepôt, que les douanes visitent chaque semaine.",
    "Un porte-parole d’Alibaba dément toute activité qui ne serait pas commerciale.",
    "Les élus de la région demandent depuis deux ans un rapport sur les données du site.",
)
ARTICLE = "".join(f"<p>{p}</p>" * 2 for p in PARAGRAPHS)
PAGE = f"<html><body><article>{ARTICLE}</article></body></html>"


def item(guid: str, title: str, text: str = "", link: str = "") -> str:
    return flow._item(guid, link or guid, title, text)


def dated(guid: str, title: str, date: str) -> str:
    """Return an item with a date, without one if that is empty."""
    return item(guid, title).replace(
        "<title>", f"<pubDate>{date}</pubDate><title>" if date else "<title>"
    )


def run_rounds(
    folder: Path, press: Press, rounds: int, feeds: Sequence[Feed] = FEEDS[:1]
) -> ManualMonitor:
    """Return a monitor that has lived some rounds of a newsroom."""
    monitor = ManualMonitor(folder, press, feeds, WATCHLISTS)
    monitor.live(range(rounds))
    return monitor


def alerts(folder: Path) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Return the watchlist, the title and the matched texts of each alert."""
    views = Views(StoreAddress(folder))
    alerts_found = views.alerts.get(views.alerts.ids(Filter()), matches=True)
    summaries = []
    for alert in alerts_found:
        (article,) = views.articles.get([alert.article])
        assert article is not None
        for match in alert.matches:
            assert article.part(match.field)[match.start : match.end] == match.text
        summaries.append((alert.watchlist, alert.title, [(m.field, m.text) for m in alert.matches]))
    return summaries


def polls(folder: Path, url: str) -> list[tuple[str, int, int]]:
    return [
        (str(p.outcome), p.new, p.changed)
        for p in reversed(Views(StoreAddress(folder)).feeds.polls(url))
    ]


def state(folder: Path, url: str) -> FeedState:
    records = Views(StoreAddress(folder)).feeds.subscribed()
    return next(record.state for record in records if record.feed.url == url)


# --- alerts ------------------------------------------------------------------------------


def test_what_was_there_before_is_marked_and_what_comes_is_not(tmp_path: Path) -> None:
    press = Press(
        {
            A: [
                edition(item("1", "Alibaba")),
                edition(item("2", "Alibaba encore"), item("1", "Alibaba")),
            ]
        }
    )
    monitor = run_rounds(tmp_path, press, 2)
    raised_alerts = [(r.title, r.backfill) for outcome in monitor.outcomes for r in outcome.raised]
    assert raised_alerts == [("Alibaba", True), ("Alibaba encore", False)]
    assert polls(tmp_path, A) == [("read", 1, 0), ("read", 1, 0)]


def test_matches_cut_their_words_after_every_edit(tmp_path: Path) -> None:
    """The alert is raised once; its matches are those of the text that is shown."""
    press = Press(
        {
            A: [
                edition(item("1", "Alibaba à Liège", "Rien.")),
                edition(item("1", "Mise à jour : Alibaba à Liège", "Alibaba dément.")),
                edition(item("1", "Le groupe chinois à Liège", "Il dément.")),
            ]
        }
    )
    monitor = run_rounds(tmp_path, press, 1)
    assert alerts(tmp_path) == [("Alibaba", "Alibaba à Liège", [("title", "Alibaba")])]
    monitor.live([1])
    assert alerts(tmp_path) == [
        (
            "Alibaba",
            "Mise à jour : Alibaba à Liège",
            [("title", "Alibaba"), ("summary", "Alibaba")],
        )
    ]
    monitor.live([2])
    assert alerts(tmp_path) == [("Alibaba", "Le groupe chinois à Liège", [])]
    assert len([r for outcome in monitor.outcomes for r in outcome.raised]) == 1
    assert len(Views(StoreAddress(tmp_path)).articles.revisions(1)) == 3
    assert polls(tmp_path, A)[1:] == [("read", 0, 1), ("read", 0, 1)]


def test_an_edit_that_brings_a_term_raises_its_alert(tmp_path: Path) -> None:
    press = Press({A: [edition(item("1", "Liège")), edition(item("1", "Liège : espionnage"))]})
    monitor = run_rounds(tmp_path, press, 2)
    assert [r.watchlist for s in monitor.outcomes for r in s.raised] == ["espionnage"]


@pytest.mark.parametrize(
    "date",
    [
        pytest.param("Sat, 11 Nov 2023 08:00:00 GMT", id="that of the last one seen"),
        pytest.param("Sat, 04 Nov 2023 08:00:00 GMT", id="a week before"),
        pytest.param("Tue, 11 Nov 2003 08:00:00 GMT", id="twenty years before"),
        pytest.param("", id="none"),
    ],
)
@pytest.mark.parametrize("restart", [False, True], ids=["", "after a restart"])
@pytest.mark.parametrize("place", [0, 1, 2], ids=["on top", "amid", "last"])
def test_an_item_is_news_whatever_its_date_and_place(
    tmp_path: Path, date: str, restart: bool, place: int
) -> None:
    seen = [dated(f"old {n}", "Alibaba", "Sat, 11 Nov 2023 08:00:00 GMT") for n in range(2)]
    late = [dated(f"late {n}", f"Cainiao {n}", date) for n in range(2)]
    press = Press({A: [edition(*seen), edition(*seen[:place], *late, *seen[place:])]})
    monitor = run_rounds(tmp_path, press, 1 if restart else 2)
    if restart:
        monitor.live([1])
    raised_alerts = [(r.title, r.backfill) for s in monitor.outcomes[1:] for r in s.raised]
    assert sorted(raised_alerts) == [("Cainiao 0", False), ("Cainiao 1", False)]
    assert polls(tmp_path, A)[1] == ("read", 2, 0)
    assert Views(StoreAddress(tmp_path)).feeds.gaps(0.0, monitor.now) == []


def test_new_ids_for_everything_are_no_news(tmp_path: Path) -> None:
    old = [item(str(n), f"Alibaba {n}", "Texte.", f"lien-{n}") for n in range(9)]
    new = [item(f"neuf-{n}", f"Alibaba {n}", "Texte.", f"lien-{n}") for n in range(9)]
    monitor = run_rounds(tmp_path, Press({A: [edition(*old), edition(*new), edition(*old)]}), 3)
    raised_alerts = [r for s in monitor.outcomes for r in s.raised]
    assert [r.kind for r in raised_alerts] == [AlertKind.MATCH] * 9 + [AlertKind.REISSUED]
    assert "9 known articles" in raised_alerts[-1].title
    assert rows(tmp_path, "SELECT count(*) FROM articles") == [(9,)]
    assert rows(tmp_path, "SELECT count(*) FROM entries") == [(9,)]


CHANNEL = (
    "Alors que la colère monte dans le monde agricole, la chaîne propose ce jeudi une émission"
    " spéciale en direct : agriculteurs, élus et consommateurs répondent aux questions de la"
    " rédaction sur l’affaire Alibaba pendant deux heures. Retrouvez nos invités sur l’antenne."
)
VIDEOS = ("Le puits sans fond des inégalités", "Les prix du gazole au plus haut", "Un vote à Liège")


def test_pieces_under_one_description_have_an_alert_each(tmp_path: Path) -> None:
    videos = [item(str(n), title, CHANNEL, f"v{n}") for n, title in enumerate(VIDEOS)]
    next_part = f"{VIDEOS[0]}, suite"
    again = item("9", next_part, CHANNEL, "v9")
    filler = edition(item("x", "Rien", "Rien."))
    press = Press({A: [filler, edition(*videos)], B: [filler, filler, edition(again)]})
    monitor = run_rounds(tmp_path, press, 3, FEEDS[:2])
    titles = [r.title for s in monitor.outcomes for r in s.raised if r.watchlist == "Alibaba"]
    assert sorted(titles) == sorted((*VIDEOS, next_part))
    assert rows(tmp_path, "SELECT count(*) FROM alerts WHERE merged_into IS NOT NULL") == [(0,)]


def test_a_copy_under_a_new_headline_is_in_the_story_and_has_an_alert(tmp_path: Path) -> None:
    titles = ("Alibaba soupçonné", "Liège : un groupe dans le viseur", "Alibaba soupçonné à Liège")
    press = Press(
        {
            url: [edition(item(str(n), title, flow._WIRE).replace("//ex.org", f"//w{n}.org"))]
            for n, (url, title) in enumerate(zip((A, B, C), titles, strict=True))
        }
    )
    run_rounds(tmp_path, press, 1, (*FEEDS[:2], replace(FEEDS[2], full_text=False)))
    views = Views(StoreAddress(tmp_path))
    ids = views.alerts.ids(Filter(watchlists=("alibaba",)))
    alerts = views.alerts.get(ids, timelines=True)
    assert {alert.title for alert in alerts} in ({*titles[:2]}, {*titles[1:]})
    for alert in alerts:
        names = [outlet.copied for outlet in alert.timeline.outlets]
        assert names == [False, True, True]


def test_copies_of_a_story_count_with_its_first_alert(tmp_path: Path) -> None:
    press = flow.scenario()
    monitor = ManualMonitor(tmp_path, press, FEEDS, WATCHLISTS)
    monitor.live([0])
    about = [r.feed for s in monitor.outcomes for r in s.raised if r.watchlist == "Alibaba"]
    assert about == ["A"]
    views = Views(StoreAddress(tmp_path))
    (id,) = views.alerts.ids(Filter(watchlists=("alibaba",)))
    (alert,) = views.alerts.get([id])
    assert alert.copies == 1
    (article,) = views.articles.get([alert.article])
    assert article is not None
    details = views.articles.details(article.id)
    assert details and [name for name, _ in details.others] == ["A", "B"]


def test_rules_in_force_decide_and_a_batch_sees_one_set(tmp_path: Path) -> None:
    press = Press({A: [edition(item("1", "Liège")), edition(item("2", "Encore Liège"))]})
    run_rounds(tmp_path, press, 1)
    liege = Watchlist(name="Liège", query=understood("liège"))
    ManualMonitor(tmp_path, press, FEEDS[:1], [liege]).live([1])
    assert alerts(tmp_path) == [("Liège", "Encore Liège", [("title", "Liège")])]
    assert rows(tmp_path, "SELECT article FROM alerts") == [(2,)]


# --- pages -------------------------------------------------------------------------------


def full_text(*pages: bytes | FetchError) -> Press:
    return Press(
        {C: [edition(item("1", "Alibaba", "Un entrepôt."))]}, {"https://ex.org/1": list(pages)}
    )


def test_a_page_is_matched_and_lit_without_a_second_alert(tmp_path: Path) -> None:
    monitor = run_rounds(tmp_path, full_text(PAGE.encode()), 1, FEEDS[2:])
    assert [r.watchlist for s in monitor.outcomes for r in s.raised] == ["Alibaba", "Cainiao"]
    matches_by_watchlist = {watchlist: set(matches) for watchlist, _, matches in alerts(tmp_path)}
    assert matches_by_watchlist == {
        "Alibaba": {("title", "Alibaba"), ("body", "Alibaba")},
        "Cainiao": {("body", "Cainiao")},
    }
    assert rows(tmp_path, "SELECT count(*) FROM pages") == [(0,)]


def test_what_pages_bring_of_articles_that_were_there_before_is_marked_too(tmp_path: Path) -> None:
    first, second = item("1", "Alibaba"), item("2", "Liège")
    other = "".join(
        f"<p>Le quai {n} est à Cainiao, dont les grues déchargent la nuit,"
        f" sauf la grue {n} du port.</p>"
        for n in range(9)
    )
    pages = [PAGE, f"<html><body><article>{other}</article></body></html>"]
    press = Press(
        {C: [edition(first), edition(second, first)]},
        {f"https://ex.org/{n}": [page.encode()] * 2 for n, page in enumerate(pages, 1)},
    )
    run_rounds(tmp_path, press, 2, FEEDS[2:])
    assert rows(
        tmp_path, "SELECT watchlist, article, backfill, suppressed FROM alerts ORDER BY id"
    ) == [
        ("Alibaba", 1, 1, "backfill"),
        ("Cainiao", 1, 1, "backfill"),
        ("Cainiao", 2, 0, ""),
    ]


def test_an_edit_keeps_the_page_and_asks_for_it_again(tmp_path: Path) -> None:
    press = full_text(PAGE.encode(), PAGE.replace("Cainiao", "Taobao").encode())
    press = replace(press, editions={C: [*press.editions[C], edition(item("1", "Alibaba !"))]})
    monitor = run_rounds(tmp_path, press, 1, FEEDS[2:])
    failure = FetchError("https://ex.org/1", "503", status=503)
    press.pages = {"https://ex.org/1": [b"", failure, PAGE.replace("Cainiao", "Taobao").encode()]}
    monitor.live([1])
    assert ("Cainiao", "Alibaba !") in [alert[:2] for alert in alerts(tmp_path)]
    assert "Cainiao" in rows(tmp_path, "SELECT body FROM articles")[0][0]
    monitor.live([2])
    assert "Taobao" in rows(tmp_path, "SELECT body FROM articles")[0][0]
    assert rows(tmp_path, "SELECT count(*) FROM pages") == [(0,)]


def test_a_page_is_tried_three_times_and_not_for_ever(tmp_path: Path) -> None:
    unavailable = FetchError("https://ex.org/1", "503 Service Unavailable", status=503)
    press = full_text(unavailable)
    run_rounds(tmp_path, press, 1, FEEDS[2:])
    assert rows(tmp_path, "SELECT attempts, due, reason FROM pages") == [
        (1, START + 600, "503 Service Unavailable")
    ]
    ManualMonitor(tmp_path, press, FEEDS[2:], WATCHLISTS).live(range(1, 6))
    assert press.requested_urls.count("https://ex.org/1") == 3
    assert rows(tmp_path, "SELECT count(*) FROM pages") == [(0,)]


def test_a_page_that_is_refused_is_not_asked_again(tmp_path: Path) -> None:
    press = full_text(FetchError("https://ex.org/1", "403 Forbidden", status=403))
    run_rounds(tmp_path, press, 3, FEEDS[2:])
    assert press.requested_urls.count("https://ex.org/1") == 1


# --- what fails --------------------------------------------------------------------------


def test_one_feed_that_fails_is_a_result_and_the_others_go_on(tmp_path: Path) -> None:
    gone_error = FetchError(B, "410 Gone", status=410)
    press = Press(
        {
            A: [edition(item("1", "Alibaba"))],
            B: [gone_error],
            C: [b"<html><body>no feed</body></html>"],
        },
        {},
    )
    run_rounds(tmp_path, press, 2, FEEDS)
    assert polls(tmp_path, A) == [("read", 1, 0), ("unchanged", 0, 0)]
    assert polls(tmp_path, B) == [("failed", 0, 0)]
    assert state(tmp_path, B).gone
    assert polls(tmp_path, C) == [("failed", 0, 0)] * 2
    assert state(tmp_path, C).failures == 2
    assert "web page" in state(tmp_path, C).reason


def test_while_the_network_is_down_the_feeds_are_not_blamed(tmp_path: Path) -> None:
    def dead(url: str) -> list[bytes | FetchError]:
        failure = FetchError(url, "no route to host", network=True)
        return [edition(item("1", "Alibaba")), failure, failure, failure, edition(item("2", "x"))]

    monitor = run_rounds(tmp_path, Press({url: dead(url) for url in (A, B, C)}), 4, FEEDS)
    for url in (A, B, C):
        after = state(tmp_path, url)
        assert after.failures == 1
        assert after.next_due - monitor.now <= 2 * 60
        assert after.reason == "no route to host"
    monitor.live([4])
    assert state(tmp_path, A).failures == 0


def test_one_dead_host_is_to_blame_itself(tmp_path: Path) -> None:
    dead = FetchError(B, "no route to host", network=True)
    press = Press({A: [edition()], B: [dead], C: [edition()]})
    run_rounds(tmp_path, press, 4, FEEDS)
    assert state(tmp_path, B).failures == 4
    assert state(tmp_path, B).next_due - START > 3 * 3600 + 30 * 60


class Poisoned(flow.Reader):
    """A reader that returns, for one feed, an entry that no store can take."""

    async def parse(self, response: Fetched, source: Source = FEED, **options: bool) -> ParsedFeed:
        parsed = await super().parse(response, source, **options)
        if response.url == B:
            poisoned_entry = replace(
                parsed.entries[0],
                guid="1", url="", title="half a pair: \ud83d", summary="",
                fingerprint=b"other", canonical="",
            )  # fmt: skip
            return replace(parsed, entries=(poisoned_entry,))
        return parsed


class PoisonedPages(flow.Reader):
    """A reader that returns, for every page, a text that no store can take."""

    async def extract(self, page: Fetched) -> Page:
        return Page(text="half a pair: \ud83d")


def test_what_cannot_be_stored_costs_no_other_feed_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "Reader", Poisoned)
    press = Press({url: [edition(item("1", "Alibaba"))] for url in (A, B, C)})
    run_rounds(tmp_path, press, 1, [replace(feed, full_text=False) for feed in FEEDS])
    assert [polls(tmp_path, url)[0][0] for url in (A, B, C)] == ["read", "failed", "read"]
    assert "cannot be stored" in state(tmp_path, B).reason
    assert state(tmp_path, B).etag is None


def test_a_page_that_cannot_be_stored_costs_nobody_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "Reader", PoisonedPages)
    run_rounds(tmp_path, full_text(b"<html></html>"), 1, FEEDS[2:])
    ((attempts, reason),) = rows(tmp_path, "SELECT attempts, reason FROM pages")
    assert (attempts, shown(reason)) == (1, "its text cannot be stored (UnicodeEncodeError)")


def test_a_304_ends_a_failure(tmp_path: Path) -> None:
    failure = FetchError(A, "500 Internal Server Error", status=500)
    press = Press({A: [edition(item("1", "x")), failure]})
    monitor = run_rounds(tmp_path, press, 2)
    assert state(tmp_path, A).failures == 1
    monitor.live([0])
    assert (state(tmp_path, A).failures, state(tmp_path, A).reason) == (0, "")
    assert state(tmp_path, A).etag is None


def test_the_same_body_under_another_etag_changes_nothing(tmp_path: Path) -> None:
    body = edition(item("1", "Alibaba"), item("2", "Liège"))
    run_rounds(tmp_path, Press({A: [body, body]}), 2)
    assert polls(tmp_path, A) == [("read", 2, 0), ("unchanged", 0, 0)]
    assert state(tmp_path, A).etag == b'"1"'


def test_a_feed_that_turned_over_whole_has_a_coverage_gap(tmp_path: Path) -> None:
    press = Press({A: [edition(item("1", "un")), edition(item("2", "deux"))]})
    run_rounds(tmp_path, press, 2)
    assert state(tmp_path, A).blind


# --- the store refuses ----------------------------------------------------------------------


class Full(Store):
    """A store on a disk that is nearly full."""

    def __init__(self, address: StoreAddress) -> None:
        super().__init__(address)
        (pages,) = self._connection.execute("PRAGMA page_count").fetchone()
        self._connection.execute(f"PRAGMA max_page_count = {pages + 8}")


def test_a_full_disk_is_told_leaves_nothing_half_done_and_heals(tmp_path: Path) -> None:
    text = "Un mot après l’autre. " * 2000
    press = Press(
        {A: [edition(item("1", "Alibaba", "court"), item("2", "b", text), item("3", "c", text))]}
    )
    with pytest.raises(StoreError, match="full; nothing was changed"):
        ManualMonitor(tmp_path, press, FEEDS[:1], WATCHLISTS, Full).live([0])
    for table in ("articles", "entries", "alerts", "polls", "outbox"):
        assert rows(tmp_path, f"SELECT count(*) FROM {table}") == [(0,)]
    assert state(tmp_path, A) == FeedState()
    run_rounds(tmp_path, press, 1)
    assert polls(tmp_path, A) == [("read", 3, 0)]
    assert len(alerts(tmp_path)) == 1


def test_languages_are_learned_over_what_is_declared(tmp_path: Path) -> None:
    texts = [
        ("La sûreté belge enquête", "Les services de renseignement surveillent le centre."),
        ("Les dockers cessent le travail", "Le port est bloqué depuis lundi matin par la grève."),
        ("Un tribunal condamne l’espion", "Le parquet avait requis dix ans contre cet homme."),
    ]
    items = [item(str(n), title, text) for n, (title, text) in enumerate(texts)]
    feed: list[Any] = [Feed(url=A, name="A")]
    run_rounds(tmp_path, Press({A: [edition(*items), edition(item("9", "Port"), *items)]}), 2, feed)
    langs = dict(rows(tmp_path, "SELECT title, lang FROM articles"))
    assert {langs[title] for title, _ in texts} == {"fr"}


def test_what_was_not_stored_teaches_no_language(tmp_path: Path) -> None:
    """The next headline, a single name, does not get the language of a failed batch."""
    store = Full(StoreAddress(tmp_path))
    (feed,) = store.subscribe([Feed(url=A, name="A")], ())
    ingester = Ingester(
        store, ActiveConfig(rules=WatchlistMatcher((), (feed,))), lambda: START, lambda: 0.0
    )
    long_text = "The customs officers found them in a small parcel on its way to the port. " * 600
    english = [item(str(n), f"Customs officers at the port, part {n}", long_text) for n in range(9)]
    with pytest.raises(StoreError):
        ingester.ingest([answer(feed, edition(*english))], False)
    ingester.ingest([answer(feed, edition(item("10", "Alibaba")))], False)
    assert rows(tmp_path, "SELECT title, lang FROM articles") == [("Alibaba", "")]
    store.close()


def answer(feed: Feed, body: bytes) -> PollResult:
    response = Fetched(url=feed.url, body=body)
    parsed = parse(body, feed.url)
    return PollResult(feed=feed, state=FeedState(), response=response, parsed=parsed, seconds=0.0)
