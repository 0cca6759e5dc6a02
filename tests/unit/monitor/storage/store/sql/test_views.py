"""Tests of views: headlines in bulk, repeated alerts, filters of alerts."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from monitor.model.alert import Alert, Verdict
from monitor.model.config import StoreAddress
from monitor.model.search import Filter
from monitor.model.watchlist import Severity
from monitor.storage.store.database.connection import transaction
from monitor.storage.store.database.opening import open_database
from monitor.storage.store.sql.views import Views

SEVERITIES = ("high", "medium", "low")


@pytest.fixture
def views(address: StoreAddress) -> Views:
    """Nine alerts, raised a minute apart; one is merged into another."""
    with closing(open_database(address, create=True)) as connection, transaction(connection) as sql:
        sql.execute("INSERT INTO feeds (number, url, name) VALUES (1, 'https://a.example', 'A')")
        for n in range(1, 10):
            sql.execute(
                "INSERT INTO articles (id, feed, url, canonical, fingerprint, title, summary,"
                " body, author, lang, seen, story) VALUES (?, 1, '', '', ?, ?, '', '', '', 'fr',"
                " ?, ?)",
                (n, b"", f"Titre {n}", n * 60.0, n),
            )
            sql.execute(
                "INSERT INTO alerts (watchlist, article, severity, verdict, starred, raised_at,"
                " merged_into) VALUES ('w', ?, ?, ?, ?, ?, ?)",
                (n, SEVERITIES[n % 3], "noise" if n == 4 else "", n == 5, n * 60.0,
                 1 if n == 9 else None),
            )  # fmt: skip
        for alert, at in ((2, 200.0), (4, 300.0), (3, 400.0), (2, 410.0), (6, 10_000.0)):
            sql.execute(
                "INSERT INTO escalations (alert, reason, at, outlets, article, severity)"
                " VALUES (?, ?, ?, 5, 1, 'medium')",
                (alert, f"r{at}", at),
            )
    return Views(address)


@pytest.mark.parametrize("address", ["sqlite"], indirect=True)
def test_a_viewer_lets_go_of_the_store_and_reads_on(views: Views) -> None:
    before = weakref.ref(views.connection.sql)
    reading = views.connection.read("SELECT id FROM alerts ORDER BY id")
    assert next(reading) == (1,)
    commits = views.version().commits
    views.free_memory()
    assert [id for (id,) in reading] == [*range(2, 10)]
    del reading
    gc.collect()  # a connection and its statements refer to each other
    assert before() is None
    assert views.alerts.headlines(limit=1) == [(9, "Titre 9")]
    assert views.version().commits == commits  # which answers are remembered by


def test_headlines_come_newest_first_in_pages(views: Views) -> None:
    assert views.alerts.headlines(limit=3) == [(n, f"Titre {n}") for n in (9, 8, 7)]
    assert views.alerts.headlines(before=6, limit=2) == [(5, "Titre 5"), (4, "Titre 4")]
    assert [id for id, _ in views.alerts.headlines(after=6, limit=-1)] == [9, 8, 7]


def test_what_escalated_is_told_once_with_its_place_then(views: Views) -> None:
    assert views.alerts.escalated(Filter()) == [(6, 3, 3), (6, 4, 2), (9, 5, 6)]
    assert views.alerts.escalated(Filter(), after=3) == [(6, 4, 2), (9, 5, 6)]
    assert views.alerts.escalated(Filter(severities=(Severity.HIGH,))) == [(6, 3, 3), (9, 5, 6)]


def test_articles_without_alert_stand_above_the_alerts_that_there_were(
    address: StoreAddress, views: Views
) -> None:
    with (
        closing(open_database(address, create=False)) as connection,
        transaction(connection) as sql,
    ):
        for n, seen in ((10, 125.0), (11, 130.0), (12, 30.0), (13, 9_000.0)):
            sql.execute(
                "INSERT INTO articles (id, feed, url, canonical, fingerprint, title, summary,"
                " body, author, lang, seen, story) VALUES (?, 1, '', '', ?, '', '', '', '', '',"
                " ?, ?)",
                (n, b"", seen, n),
            )
    rows = [(2, 10, -10), (2, 11, -11), (0, 12, -12), (9, 13, -13)]
    assert views.articles.without_alert() == rows
    assert views.articles.without_alert(after=10, before=13) == rows[1:3]
    assert views.articles.without_alert(limit=2) == rows[2:], "the newest"
    assert views.articles.arrived(130.0) == 9


@pytest.mark.costly
@pytest.mark.parametrize("address", ["sqlite"], indirect=True)
def test_where_nothing_escalated_not_all_alerts_are_gone_through(
    views: Views, tmp_path: Path
) -> None:
    with closing(open_database(StoreAddress(tmp_path), create=False)) as sql, sql:
        sql.execute("DELETE FROM escalations")
        sql.executemany(
            "INSERT INTO alerts (watchlist, article, severity, raised_at)"
            " VALUES ('w', ?, 'low', 0)",
            [(n,) for n in range(100, 4_000)],
        )
        sql.execute("ANALYZE")
    steps = []
    views.connection.sql.set_progress_handler(lambda: steps.append(1), 1_000)
    assert views.alerts.escalated(Filter()) == []
    assert views.alerts.escalated(Filter(), limit=10) == []
    assert len(steps) < 5  # thousands of the database's instructions


@pytest.mark.parametrize(
    ("filter", "ids"),
    [
        (Filter(severities=(Severity.HIGH,)), [3, 6]),
        (Filter(severities=(Severity.HIGH, Severity.LOW)), [2, 3, 5, 6, 8]),
        (Filter(verdict=Verdict.NOISE), [4]),
        (Filter(starred=True), [5]),
        (Filter(starred=False, severities=(Severity.LOW,)), [2, 8]),
    ],
)
def test_alerts_by_how_they_look(views: Views, filter: Filter, ids: list[int]) -> None:
    assert list(views.alerts.ids(filter)) == ids


@pytest.mark.parametrize(
    ("column", "shown"),
    [
        ("signs", lambda alert: str(alert.severity)),
        ("published", lambda alert: alert.published),
        ("watchlist", lambda alert: alert.watchlist),
        ("headline", lambda alert: alert.title),
        ("outlet", lambda alert: alert.publisher),
        ("others", lambda alert: alert.copies),
    ],
)
def test_alerts_are_sorted_by_what_their_rows_show(
    views: Views, column: str, shown: Callable[[Alert], object]
) -> None:
    alerts = {alert.id: alert for alert in views.alerts.get([*range(1, 10)])}
    values = {alert: rest for alert, *rest in views.alerts.column_values(column)}
    assert values.keys() == alerts.keys() - {9}, "the merged one is in no row"
    for id, rest in values.items():
        assert rest == [alerts[id].story_alert, alerts[id].severity, shown(alerts[id])]


def test_judged_articles_are_relevant_if_any_alert_is(views: Views, address: StoreAddress) -> None:
    with closing(open_database(address, create=True)) as connection, transaction(connection) as sql:
        for watchlist, article, verdict in (("x", 4, "relevant"), ("x", 5, "noise"), ("y", 5, "")):
            sql.execute(
                "INSERT INTO alerts (watchlist, article, severity, verdict, raised_at)"
                " VALUES (?, ?, 'low', ?, 0)",
                (watchlist, article, verdict),
            )
    judged = [(row.article, row.verdict) for row in views.watchlists.judged()]
    assert judged == [(5, Verdict.NOISE), (4, Verdict.RELEVANT)]
