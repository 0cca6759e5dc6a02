"""Tests that alerts are grouped by story, and that stories to triage are counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from support.databases import FreshStores

from monitor.model.alert import AlertState, StoryAlerts
from monitor.model.config import StoreAddress
from monitor.model.search import Filter
from monitor.model.triage import Change
from monitor.storage.store.database.connection import Connection
from monitor.storage.store.database.opening import open_database
from monitor.storage.store.sql.alerts import regroup_alerts
from monitor.storage.store.sql.views import Views

ARTICLES = 5
COPY, SILENCED, PLAIN = "copy", "silenced", "plain"

steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("raise"),
            st.integers(1, ARTICLES),
            st.sampled_from("abc"),
            st.sampled_from([PLAIN, PLAIN, PLAIN, COPY, SILENCED]),
        ),
        st.tuples(
            st.just("state"), st.integers(1, 12), st.sampled_from(["new", "acknowledged", "closed"])
        ),
        st.tuples(st.just("story"), st.integers(1, ARTICLES), st.integers(1, ARTICLES)),
        st.tuples(st.just("drop"), st.integers(1, 12)),
    ),
    max_size=30,
)


Making = Callable[[], AbstractContextManager[tuple[StoreAddress, Connection]]]


@pytest.fixture
def making(fresh: FreshStores) -> Making:
    return lambda: _store(fresh)


@contextmanager
def _store(fresh: FreshStores) -> Iterator[tuple[StoreAddress, Connection]]:
    """A store with five articles, each a story of its own."""
    with fresh() as address, closing(open_database(address, create=True)) as sql:
        sql.execute("INSERT INTO feeds (number, url, name) VALUES (1, 'https://a.example', 'A')")
        for n in range(1, ARTICLES + 1):
            sql.execute(
                "INSERT INTO articles (id, feed, url, canonical, fingerprint, title, summary,"
                " body, author, lang, seen, story) VALUES (?, 1, '', '', ?, 'T', '', '', '',"
                " 'fr', 0, ?)",
                (n, b"", n),
            )
        yield address, sql


def _raise(sql: Connection, article: int, watchlist: str, kind: str = PLAIN) -> None:
    first = sql.execute(
        "SELECT min(id) FROM alerts WHERE watchlist = ? AND merged_into IS NULL", (watchlist,)
    ).fetchone()[0]
    select_alert = "SELECT 1 FROM alerts WHERE watchlist = ? AND article = ?"
    if sql.execute(select_alert, (watchlist, article)).fetchone():
        return  # the monitor raises no alert twice; a trigger of PostgreSQL would count this one
    sql.execute(
        "INSERT INTO alerts (watchlist, article, severity, raised_at, merged_into, suppressed)"
        " VALUES (?, ?, 'low', 1.0, ?, ?)",
        (
            watchlist,
            article,
            first if kind == COPY else None,
            "silence" if kind == SILENCED else "",
        ),
    )


def _apply(sql: Connection, step: tuple[object, ...]) -> None:
    match step:
        case ("raise", int(article), str(watchlist), str(kind)):
            _raise(sql, article, watchlist, kind)
        case ("state", alert, state):
            sql.execute("UPDATE alerts SET state = ? WHERE id = ?", (state, alert))
        case ("story", int(article), int(other)):
            sql.execute(
                "UPDATE articles SET story = (SELECT story FROM articles WHERE id = ?)"
                " WHERE id = ?",
                (other, article),
            )
            regroup_alerts(sql, article)
        case ("drop", alert):
            sql.execute("DELETE FROM alerts WHERE id = ?", (alert,))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps_taken=steps)
def test_untriaged_stories_are_counted_whatever_happens_to_alerts(
    making: Making,
    steps_taken: list[tuple[object, ...]],
) -> None:
    with making() as (address, sql):
        for step in steps_taken:
            _apply(sql, step)
        is_shown = "state = 'new' AND merged_into IS NULL AND suppressed <> 'silence'"
        (stories,) = sql.execute(
            f"SELECT count(DISTINCT story_alert) FROM alerts WHERE {is_shown}"
        ).fetchone()
        assert Views(address).totals().untriaged == stories
        by_watchlist = dict(
            sql.execute(
                f"SELECT watchlist, count(DISTINCT story_alert) FROM alerts WHERE {is_shown}"
                " GROUP BY watchlist"
            )
        )
        counts = dict(sql.execute("SELECT watchlist, untriaged FROM counts WHERE untriaged <> 0"))
        assert counts == by_watchlist


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps_taken=steps)
def test_alerts_have_one_group_for_each_story(
    making: Making, steps_taken: list[tuple[object, ...]]
) -> None:
    with making() as (_, sql):
        for step in steps_taken:
            _apply(sql, step)
        groups = sql.execute(
            "SELECT al.story_alert, a.story FROM alerts al JOIN articles a ON a.id = al.article"
        ).fetchall()
        assert len({first for first, _ in groups}) == len({story for _, story in groups})
        assert len(set(groups)) == len({story for _, story in groups})


def test_a_row_is_a_story_with_the_alerts_of_every_watchlist(making: Making) -> None:
    with making() as (address, sql):
        _raise(sql, 1, "a")
        _raise(sql, 1, "b")
        _raise(sql, 2, "a")
        sql.execute("UPDATE articles SET story = 1 WHERE id = 3")
        _raise(sql, 3, "a")
        views = Views(address)
        first, second = views.alerts.stories([4, 3, 2, 1])
        assert [alert.id for alert in first.alerts] == [1, 2, 4]
        assert [alert.id for alert in second.alerts] == [3]
        ids, first_ids = views.alerts.later_of_stories()
        assert (list(ids), list(first_ids)) == ([2, 4], [1, 1])
        assert list(views.alerts.later_of_stories(after=2)[0]) == [4]
        views.triage.change([2], Change(state=AlertState.CLOSED), "", 0.0)
        (open_story,) = views.alerts.stories([1])
        assert [alert.id for alert in open_story.alerts] == [1, 4]
        (full_story,) = views.alerts.stories([2, 1])
        assert [alert.id for alert in full_story.alerts] == [1, 2, 4]
        assert views.totals().untriaged == 2


def test_a_row_says_what_holds_for_any_or_all_of_its_alerts(making: Making) -> None:
    with making() as (address, sql):
        for watchlist in "ab":
            _raise(sql, 1, watchlist)
        sql.execute("UPDATE alerts SET severity = 'high' WHERE watchlist = 'b'")
        views = Views(address)

        def row() -> StoryAlerts:
            return views.alerts.stories(list(views.alerts.ids(Filter())))[0]

        assert (row().severity, row().watchlists) == ("high", ("b", "a"))
        assert (row().state, row().starred, row().noted) == ("new", False, False)
        views.triage.change([1], Change(state=AlertState.ACKNOWLEDGED, starred=True), "", 0.0)
        assert (row().state, row().starred) == ("new", True)
        views.triage.change([2], Change(state=AlertState.ACKNOWLEDGED, note="x"), "", 0.0)
        assert (row().state, row().noted) == ("acknowledged", True)


def test_stories_with_a_new_alert_of_a_silence_are_counted(making: Making) -> None:
    with making() as (address, sql):
        views = Views(address)
        _raise(sql, 1, "a")
        assert views.silenced_count() == 0
        for article, watchlist in [(1, "b"), (1, "c"), (2, "a"), (3, "a")]:
            _raise(sql, article, watchlist, SILENCED)
        assert views.silenced_count() == 3
        views.triage.change([4], Change(state=AlertState.CLOSED), "", 0.0)
        assert views.silenced_count() == 2
