"""Tests of linked articles: they escalate alerts across publishers and languages."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from support import flow
from support.flow import HOUR, START, Fuse, Killed, ManualMonitor, Press, edition
from support.spreading_story import (
    EMPTY,
    FRENCH,
    HIGH,
    HOSTS,
    MEDIUM,
    crossing_press,
    escalated_alerts,
    item,
    outlet,
    story,
    watching,
)

from monitor.intake.ingest.ingest import Ingester
from monitor.intake.ingest.poll_outcome import ActiveConfig, BatchOutcome
from monitor.judgement.match.matcher import WatchlistMatcher
from monitor.model.config import StoreAddress
from monitor.model.event_link import EncodedBatch, EventLink, Surety
from monitor.model.watchlist import Escalate
from monitor.storage.store.sql.store import Store
from monitor.storage.store.sql.views import Views


def link(monitor: ManualMonitor, *links: EventLink, at: float = 3 * HOUR) -> BatchOutcome:
    """Store links as the monitor does when vectors have been compared."""
    with closing(Store(StoreAddress(monitor.folder))) as store:
        feeds = store.subscribe(monitor.feeds, monitor.watchlists)
        active_config = ActiveConfig(
            rules=WatchlistMatcher(monitor.watchlists, feeds),
            feeds={feed.number: feed for feed in feeds},
            routing=monitor.routing,
        )
        ingester = Ingester(store, active_config, lambda: START + at, lambda: 0.0)
        return ingester.save_encoded(EncodedBatch((), links))


def sure_link(folder: Path, earlier: int = 0, later: int = 1) -> EventLink:
    """Return a link of the articles of two alerts."""
    alerts = story(folder)
    first, second = alerts[earlier].article, alerts[later].article
    assert first and second
    return EventLink(second, first, Surety.SURE)


def test_shared_names_link_perhaps_and_escalate_nothing(tmp_path: Path) -> None:
    press, feeds = crossing_press(first_french=True)
    monitor = ManualMonitor(tmp_path, press, feeds, [watching()])
    monitor.live(range(3))
    assert [alert.escalations for alert in story(tmp_path)] == [(), ()]
    assert escalated_alerts(monitor) == []
    link_of_names = sure_link(tmp_path)
    details = Views(StoreAddress(tmp_path)).articles.details(link_of_names.earlier)
    assert details
    (foreign_outlet,) = details.timeline.elsewhere
    assert (foreign_outlet.article, foreign_outlet.perhaps) == (link_of_names.later, True)


def test_shared_names_within_one_publisher_link_nothing(tmp_path: Path) -> None:
    press, feeds = crossing_press(first_french=True)
    editions = {
        url: [body.replace(b"daily.co.uk", b"en.journal.fr") for body in bodies]
        for url, bodies in press.editions.items()
    }
    ManualMonitor(tmp_path, replace(press, editions=editions), feeds, [watching()]).live(range(3))
    details = Views(StoreAddress(tmp_path)).articles.details(sure_link(tmp_path).earlier)
    assert details and details.timeline.elsewhere == ()


@pytest.mark.parametrize("first_french", [True, False])
def test_an_aggregator_s_item_is_not_linked_with_its_publisher(
    tmp_path: Path, first_french: bool
) -> None:
    press, feeds = crossing_press(first_french=first_french)
    source = b"<source url='https://en.journal.fr/rss'>The Journal</source></item>"
    editions = dict(press.editions)
    editions[feeds[1].url] = [
        body.replace(b"daily.co.uk", b"news.example.com").replace(b"</item>", source)
        for body in editions[feeds[1].url]
    ]
    ManualMonitor(tmp_path, replace(press, editions=editions), feeds, [watching()]).live(range(3))
    details = Views(StoreAddress(tmp_path)).articles.details(sure_link(tmp_path).earlier)
    assert details and details.timeline.elsewhere == ()


@pytest.mark.parametrize("surety", [Surety.NAMES, Surety.LIKELY])
def test_a_link_that_is_not_sure_escalates_nothing(tmp_path: Path, surety: Surety) -> None:
    press, feeds = crossing_press(first_french=True)
    monitor = ManualMonitor(tmp_path, press, feeds, [watching()])
    monitor.live(range(3))
    assert link(monitor, sure_link(tmp_path)._replace(surety=surety)).raised == ()
    assert [alert.escalations for alert in story(tmp_path)] == [(), ()]


def test_who_is_linked_late_escalates_without_a_notification(tmp_path: Path) -> None:
    press, feeds = crossing_press(first_french=True)
    monitor = ManualMonitor(tmp_path, press, feeds, [watching()])
    monitor.live(range(3))
    (raised_alert,) = link(monitor, sure_link(tmp_path), at=10 * HOUR).raised
    assert (raised_alert.backfill, raised_alert.suppressed) == (True, "backfill")
    assert story(tmp_path)[0].severity is HIGH


def test_outlets_of_one_language_that_are_linked_escalate(tmp_path: Path) -> None:
    feeds = [outlet(f"o{number}") for number in range(3)]
    texts = [f"Alibaba {words}" for words in ("à Liège", "au parlement", "en justice")]
    press = Press({feed.url: [EMPTY, *[EMPTY] * n, edition(item(host, texts[n], texts[n]))]
                   for n, (feed, host) in enumerate(zip(feeds, HOSTS, strict=False))})  # fmt: skip
    monitor = ManualMonitor(tmp_path, press, feeds, [watching(escalate=Escalate(outlets=3))])
    monitor.live(range(4))
    link(monitor, sure_link(tmp_path))
    assert story(tmp_path)[0].escalations == ()
    link(monitor, sure_link(tmp_path), sure_link(tmp_path, 0, 2))
    assert [e.words for e in story(tmp_path)[0].escalations] == ["3 outlets"]


@pytest.mark.parametrize(
    ("first_french", "words"), [(True, "crossed to English: en"), (False, "crossed to French: fr")]
)
def test_a_story_that_crosses_escalates_the_earlier_alert(
    tmp_path: Path, first_french: bool, words: str
) -> None:
    press, feeds = crossing_press(first_french=first_french)
    monitor = ManualMonitor(tmp_path, press, feeds, [watching()])
    monitor.live(range(3))
    raised_alerts = link(monitor, sure_link(tmp_path)).raised
    assert link(monitor, sure_link(tmp_path)).raised == ()  # once
    first, second = story(tmp_path)
    assert (first.severity, [e.words for e in first.escalations]) == (HIGH, [words])
    assert (second.severity, second.escalations) == (MEDIUM, ())
    assert [alert.escalation for alert in raised_alerts] == [words]
    views = Views(StoreAddress(tmp_path))
    assert first.article and second.article
    for alert, other in ((first, second), (second, first)):
        assert alert.article
        details = views.articles.details(alert.article)
        assert details
        (foreign_outlet,) = details.timeline.elsewhere
        assert (foreign_outlet.article, foreign_outlet.lang) == (other.article, other.lang)
        assert not foreign_outlet.perhaps
    assert first.copies == second.copies == 0  # linked, not merged


def test_a_story_may_cross_and_not_be_escalated(tmp_path: Path) -> None:
    press, feeds = crossing_press(first_french=True)
    monitor = ManualMonitor(tmp_path, press, feeds, [watching(escalate=Escalate(languages=False))])
    monitor.live(range(3))
    link(monitor, sure_link(tmp_path))
    first, second = story(tmp_path)
    assert (first.severity, first.escalations) == (MEDIUM, ())
    assert second.article
    details = Views(StoreAddress(tmp_path)).articles.details(second.article)
    assert details and [outlet.name for outlet in details.timeline.elsewhere] == ["fr"]


def test_what_is_older_than_three_days_is_another_event(tmp_path: Path) -> None:
    press, feeds = crossing_press(first_french=True)
    late_editions = {url: [bodies[0], bodies[1], *[bodies[1]] * 72, bodies[-1]]
            for url, bodies in press.editions.items()}  # fmt: skip
    monitor = ManualMonitor(tmp_path, replace(press, editions=late_editions), feeds, [watching()])
    monitor.live([0, 1, 74])
    assert [a.escalations for a in story(tmp_path)] == [(), ()]
    with closing(Store(StoreAddress(tmp_path))) as store:
        store.forget(names_before=START + 2 * HOUR, sent_before=0.0)
    kept_articles = flow.rows(tmp_path, "SELECT DISTINCT article FROM names ORDER BY 1")
    assert kept_articles == flow.rows(tmp_path, "SELECT article FROM named ORDER BY 1") != []
    assert len(kept_articles) == 1


def state(folder: Path) -> list[list[tuple[Any, ...]]]:
    """Return the final state of the alerts, independent of the order of storing."""
    return [
        flow.rows(folder, query)
        for query in (
            "SELECT watchlist, severity, state, suppressed, raised_at, merged_into IS NULL, a.url"
            " FROM alerts al JOIN articles a ON a.id = al.article ORDER BY a.url, watchlist",
            "SELECT alert, reason, at, outlets, severity FROM escalations ORDER BY alert, reason",
            "SELECT a.url, b.url FROM event_links l JOIN articles a ON a.id = l.later"
            " JOIN articles b ON b.id = l.earlier ORDER BY 1",
            "SELECT a.url, count(*) FROM names n JOIN articles a ON a.id = n.article"
            " GROUP BY a.url ORDER BY 1",
            "SELECT alert, term, at FROM lost_terms ORDER BY 1, 2",
        )
    ]


@pytest.mark.costly
def test_killed_at_any_step_it_comes_to_the_same(tmp_path: Path) -> None:
    """One round has a copy, a crossing and an edit; it is killed at a step, then run again."""
    press, feeds = crossing_press(first_french=True)
    copier, first = outlet("copy"), feeds[0].url
    edited_body = edition(item("journal.fr", "Cainiao dans le viseur à Liège", "Un texte.", "g"))
    story_of = [edition(item("journal.fr", "Alibaba et Cainiao à Liège", FRENCH, "g"))]
    press = replace(
        press,
        editions={
            **press.editions,
            first: [EMPTY, *story_of, edited_body],
            copier.url: [EMPTY, EMPTY, edition(item("copy.be", "Alibaba", FRENCH))],
        },
    )
    watchlists = [watching(escalate=Escalate(outlets=2), cooldown=9 * HOUR)]

    def life(folder: Path, fuse: Fuse) -> ManualMonitor:
        return ManualMonitor(folder, replace(press, fuse=fuse), [*feeds, copier], watchlists)

    life(tmp_path / "before", Fuse()).live([0, 1])

    def copy_of_start(name: str) -> Path:
        copy_folder = tmp_path / name
        copy_folder.mkdir()
        paths = tmp_path / "before" / "newsroom.db", copy_folder / "newsroom.db"
        with closing(sqlite3.connect(paths[0])) as old, closing(sqlite3.connect(paths[1])) as new:
            old.backup(new)
        return copy_folder

    unkilled, fuse = copy_of_start("whole"), Fuse()
    life(unkilled, fuse).live([2])
    expected = state(unkilled)
    assert all(expected[:1] + expected[2:])  # names escalate nothing
    for at in range(1, fuse.steps + 1, 2):
        killed_folder = copy_of_start(str(at))
        with suppress(Killed):
            life(killed_folder, Fuse(at)).live([2])
        life(killed_folder, Fuse()).live([2])
        assert state(killed_folder) == expected, at
