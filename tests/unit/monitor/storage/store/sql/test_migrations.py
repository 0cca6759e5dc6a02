"""A store of an earlier version becomes what a new one is, and keeps what is in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import flow, old_stores

from index.analysis.shingles import LEAST_SIZE, shingles
from monitor.model.alert import AlertState
from monitor.model.search import Filter
from monitor.model.store_address import StoreAddress
from monitor.model.triage import Change
from monitor.storage.store.sql.store import Store
from monitor.storage.store.sql.views import Views

ROWS = """
INSERT INTO feeds (url, name, last_ok, last_poll, next_due)
    VALUES ('https://a.test/rss', 'A', 100.0, 100.0, 1000.0);
INSERT INTO articles (id, feed, url, canonical, fingerprint, title, summary, body, author, lang,
    seen, story) VALUES (1, 1, '', '', x'00', 'One', '', '', '', 'fr', 100.0, 1),
    (2, 1, '', '', x'01', 'Two', '', '', '', 'fr', 100.0, 2);
INSERT INTO alerts (id, watchlist, article, severity, state, raised_at)
    VALUES (4, 'w', 1, 'high', 'acknowledged', 100.0), (9, 'w', 2, 'low', 'new', 200.0);
"""


def _tables(folder: Path) -> dict[str, object]:
    found = {
        name: {column[1:] for column in flow.rows(folder, f"PRAGMA table_info({name})")}
        for (name,) in flow.rows(folder, "SELECT name FROM sqlite_master WHERE type = 'table'")
    }
    others = flow.rows(
        folder, "SELECT type, name, tbl_name FROM sqlite_master WHERE type <> 'table'"
    )
    return {**found, "others": set(others)}


@pytest.mark.costly
@pytest.mark.parametrize("version", [1, 2, 3])
def test_an_older_store_becomes_what_a_new_one_is(tmp_path: Path, version: int) -> None:
    Store(StoreAddress(tmp_path / "new")).close()
    Store(StoreAddress(old_stores.make(tmp_path / "old", version))).close()
    assert _tables(tmp_path / "old") == _tables(tmp_path / "new")


def test_alerts_keep_their_numbers_and_counts_and_the_next_one_has_a_new_number(
    tmp_path: Path,
) -> None:
    folder = old_stores.make(tmp_path / "old", 2, ROWS)
    views = Views(StoreAddress(folder))
    assert list(views.alerts.ids(Filter())) == [4, 9]
    assert [alert.title for alert in views.alerts.get([4, 9])] == ["One", "Two"]
    views.triage.change([9], Change(state=AlertState.ACKNOWLEDGED), "", 0.0)
    assert views.totals()[2:] == (2, 0)
    with Store(StoreAddress(folder))._connection as sql:
        sql.execute("DELETE FROM alerts WHERE id = 9")
        sql.execute(
            "INSERT INTO alerts (watchlist, article, severity, raised_at) VALUES ('w', 2, 'low', 3)"
        )
    assert list(views.alerts.ids(Filter(), after=4)) == [10]


def test_copies_of_articles_of_an_earlier_version_are_recognised(tmp_path: Path) -> None:
    text = " ".join(f"mot{number}" for number in range(40))
    changed = f"UPDATE articles SET summary = '{text}' WHERE id = 1;"
    known = "INSERT INTO shingles VALUES (123, 1);"
    folder = old_stores.make(tmp_path / "old", 2, ROWS + changed + known)
    Store(StoreAddress(folder)).close()
    expected = shingles("One", text, "")
    assert len(expected) > LEAST_SIZE
    stored = flow.rows(folder, "SELECT shingle FROM shingles WHERE article = 1")
    assert {number for (number,) in stored} == expected
    assert flow.rows(folder, "SELECT shingle_count FROM articles") == [(len(expected),), (0,)]
