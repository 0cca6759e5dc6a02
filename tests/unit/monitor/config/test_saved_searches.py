"""Tests of saved searches in feeds.yaml, of watchlists made of them, and of past searches."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.base.errors import ConfigError
from monitor.config.loading import understand
from monitor.model.config import StoreAddress
from monitor.model.search import PastSearch
from monitor.runtime.viewing import open_service
from monitor.storage.store.sql.store import Store
from monitor.storage.store.sql.views import MAX_SEARCHES, Views

HEAD = "feeds: [https://a.example/rss]\nwatchlists: []\nsearches:\n"


def searches_of(searches: str, path: Path = Path("feeds.yaml")) -> list[tuple[str, str, str]]:
    saved_searches = understand((HEAD + searches).encode(), path).searches
    return [(search.name, search.query.text, search.sort) for search in saved_searches]


def test_searches_of_a_file() -> None:
    text = "  - {name: Liège, query: 'liège since:7d'}\n  - name: Ports\n    query: port OR quai\n"
    assert searches_of(text + "    sort: Score\n") == [
        ("Liège", "liège since:7d", "date"),
        ("Ports", "port OR quai", "score"),
    ]
    assert understand(b"feeds: [https://a.example/]\nwatchlists: []", Path("f")).searches == ()


@pytest.mark.parametrize(
    ("searches", "problem"),
    [
        (
            "  - {name: a, query: b}\n  - {name: A, query: c}",
            "5:12: a search is called `a` already",
        ),
        ("  - {name: a, query: 'b (c'}", "4:25: this bracket is never closed"),
        ("  - {name: a, query: 'b', order: date}", "4:27: unknown key `order`"),
        ("  - {name: a, query: 'b', sort: newest}", "4:33: `newest`: write date or score"),
        ("  - {query: b}", "4:5: this search has no `name`"),
        ("  - {name: a}", "4:5: this search has no `query`"),
        ("  - {name: '?!', query: b}", "4:12: a name holds letters or digits"),
        ("  - {name: a, query: -b}", "only says what must not be there"),
        ("  - liège", "must be a mapping"),
    ],
)
def test_mistakes_are_told_where_they_are(searches: str, problem: str) -> None:
    with pytest.raises(ConfigError) as error:
        searches_of(searches)
    (found_problem,) = error.value.problems
    assert problem in f"{found_problem.line}:{found_problem.column}: {found_problem.message}"


# --- watchlists of them ------------------------------------------------------------------

FILE = """# what I read
feeds:
  - https://a.example/rss   # the first

watchlists:
  - Cainiao                 # a term

searches:
  - name: Liège & ports     # kept
    query: (liège OR port) lang:fr
  - {name: Récents, query: "liège since:7d"}
"""


# --- for the dashboard ---------------------------------------------------------------------


@pytest.fixture
def views(tmp_path: Path) -> Views:
    Store(StoreAddress(tmp_path)).close()
    return Views(StoreAddress(tmp_path))


def test_searches_are_remembered_newest_first_each_once(views: Views) -> None:
    assert views.searches.recent(5) == []
    for at, query in enumerate(["port", "quai", "port"]):
        views.searches.note(PastSearch(query, "date", float(at)))
    assert views.searches.recent(5) == [
        PastSearch("port", "date", 2.0),
        PastSearch("quai", "date", 1.0),
    ]
    assert views.searches.recent(1) == [PastSearch("port", "date", 2.0)]


def test_only_the_last_ones_are_remembered(views: Views) -> None:
    for at in range(MAX_SEARCHES + 5):
        views.searches.note(PastSearch(f"port {at}", "score", float(at)))
    searches = views.searches.recent(2 * MAX_SEARCHES)
    assert [s.at for s in searches] == [float(at) for at in range(MAX_SEARCHES + 4, 4, -1)]


def test_the_service_has_them_all(tmp_path: Path) -> None:
    Store(StoreAddress(tmp_path)).close()
    path = tmp_path / "feeds.yaml"
    path.write_text(FILE, encoding="utf-8")
    service = open_service(tmp_path, path)
    assert [search.name for search in service.saved_searches()] == ["Liège & ports", "Récents"]
    service.note_search(" liège ", "score")
    (past_search,) = service.views.searches.recent()
    assert (past_search.query, past_search.sort) == ("liège", "score")
    assert open_service(tmp_path).saved_searches() == ()
    path.write_text(HEAD + "  - a", encoding="utf-8")
    with pytest.raises(ConfigError):
        service.saved_searches()
