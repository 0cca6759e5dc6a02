"""Articles from elsewhere: every line is in or told, nothing twice, whatever cuts it short."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from support import flow
from support.newsroom import PATIENCE, Item, Newsroom, rss, until
from support.properties import examples
from support.scripted_server import Reply, Web

from monitor.base.errors import StoreError
from monitor.intake.article_import import ArticleImport, ImportedArticle, parse_article, read_pieces
from monitor.model.config import StoreAddress
from monitor.model.feed import Feed
from monitor.model.watchlist import Watchlist
from monitor.storage.store.sql.store import Store
from monitor.storage.store.sql.views import Views

pytestmark = pytest.mark.costly

NOW = 1_700_000_000.0
DAY = 86_400.0
ALIBABA, SPIES, _ = flow.WATCHLISTS
FEEDS = (Feed(url="https://a.test/rss", name="Le Soir", tags=("belgique",)),)


def item(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "title": f"Le port numéro {number} accueille Alibaba",
        "url": f"https://ex.org/{number}",
        "summary": "Les dockers du port d’Anvers.",
        "body": "Les dockers du port d’Anvers cessent le travail.",
        "author": "Claude Fouquet",
        "lang": "fr",
        "published": "2020-05-01T10:00:00Z",
        "seen": "2020-05-01T10:05:00Z",
        "feed": "Le Soir",
    } | changes


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(StoreAddress(tmp_path))) as store:
        store.subscribe(FEEDS, (ALIBABA, SPIES))
        yield store


def import_(
    store: Store, articles: Iterable[Any], watchlists: tuple[Watchlist, ...] = (ALIBABA,)
) -> tuple[int, int, int]:
    importing = ArticleImport(store, lambda: watchlists, lambda: NOW)
    importing.take(parse_article(row, NOW) for row in articles)
    return importing.new, importing.known, importing.alerts


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    return flow.rows(folder, query)


def test_what_is_taken_in_is_an_article_like_any_other(store: Store, tmp_path: Path) -> None:
    assert import_(store, [item(1), item(2, title="Un port", feed="Ancien")]) == (2, 0, 1)
    views = Views(StoreAddress(tmp_path))
    (article, other) = sorted(views.articles.get([1, 2]), key=lambda a: a.title)
    assert (article.title, article.url, article.author) == (
        item(1)["title"],
        "https://ex.org/1",
        "Claude Fouquet",
    )
    assert (article.published, article.seen) == (1_588_327_200.0, 1_588_327_500.0)
    assert {feed.name: feed.number for feed in views.feeds.every()} == {"Le Soir": 1, "Ancien": 2}
    assert [record.feed.name for record in views.feeds.subscribed()] == [
        "Le Soir"
    ]  # the other is no subscription
    assert article.feeds == (1,)
    assert other.feeds == (2,)
    (details,) = views.articles.with_alerts([article.id])
    (alert,) = details.alerts
    assert (alert.watchlist, alert.backfill) == ("Alibaba", True)
    assert [m.text for m in alert.matches] == ["Alibaba"]
    assert views.totals() == (2, 2, 1, 1)


def test_the_language_is_found_out_unless_said(store: Store, tmp_path: Path) -> None:
    english = "The dockers of the port of Antwerp stopped working on Monday morning"
    import_(store, [item(1, lang=""), item(2, lang=None, title=english, summary=english, body="")])
    import_(store, [item(3, lang="nl"), item(4, lang="klingon?")])
    assert rows(tmp_path, "SELECT lang FROM articles ORDER BY id") == [
        ("fr",),
        ("en",),
        ("nl",),
        ("fr",),
    ]


KNOWN = [
    ("itself", {}, True),
    ("under a tracking link", {"url": "http://ex.org/1/?utm_source=x"}, True),
    ("of another feed", {"feed": "Ailleurs"}, True),
    ("an older text of it", {"body": "Autre chose.", "published": "2019-01-01"}, True),
    ("another link, the same words", {"url": "https://ex.org/2"}, False),
    ("the same words without a link", {"url": ""}, True),
    ("other words without a link", {"url": "", "title": "Autre"}, False),
    ("a home page's link", {"url": "https://ex.org/", "title": "Autre"}, False),
]


@pytest.mark.parametrize(("kind", "changes", "is_known"), KNOWN, ids=[kind for kind, *_ in KNOWN])
def test_what_is_there_already_is_not_added(
    store: Store, kind: str, changes: dict[str, Any], is_known: bool
) -> None:
    import_(store, [item(1)])
    assert import_(store, [item(1, **changes)])[:2] == ((0, 1) if is_known else (1, 0)), kind
    assert import_(store, [item(1, **changes)])[:2] == (0, 1)  # never twice


def test_articles_that_share_the_link_of_a_home_page_are_told_apart(store: Store) -> None:
    home = "https://ex.org/"
    assert import_(store, [item(1, url=home), item(2, url=home)])[:2] == (2, 0)
    assert import_(store, [item(3, url=home), item(1, url=home, author="x")])[:2] == (1, 1)


def test_within_one_batch_nothing_is_taken_twice(store: Store) -> None:
    repeated = [item(1), item(1), item(1, feed="B"), item(2, url=""), item(2, url="")]
    assert import_(store, repeated)[:2] == (2, 3)


def test_a_feed_that_publishes_it_later_brings_no_news(tmp_path: Path) -> None:
    item = {"title": "Alibaba soupçonné", "url": "https://ex.org/un", "summary": "x", "feed": "A"}
    with closing(Store(StoreAddress(tmp_path))) as store:
        store.subscribe(flow.FEEDS, flow.WATCHLISTS)
        assert import_(store, [item], flow.WATCHLISTS) == (1, 0, 1)
    flow.life(tmp_path).live([0])
    (count,) = rows(tmp_path, "SELECT count(*) FROM articles WHERE canonical LIKE '%ex.org/un'")
    assert count == (1,)


@settings(max_examples=examples(15))
@given(
    st.lists(st.tuples(st.integers(1, 12), st.sampled_from("AB")), max_size=20),
    st.lists(st.integers(1, 6), min_size=1, max_size=8),
)
def test_however_it_is_cut_and_repeated_everything_is_there_once(
    tmp_path_factory: pytest.TempPathFactory, lines: list[tuple[int, str]], cuts: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    articles = [item(number, feed=feed) for number, feed in lines]
    with closing(Store(StoreAddress(folder))) as store:
        for size in [*cuts, 99]:
            for at in range(0, min(size * 3, len(articles)), size):
                import_(store, articles[at : at + size])
    urls = rows(folder, "SELECT url FROM articles ORDER BY url")
    assert urls == sorted({(f"https://ex.org/{number}",) for number, _ in lines})
    assert rows(folder, "SELECT total(articles) FROM feeds") == [(len(urls),)]


def test_a_batch_is_taken_whole_or_not_at_all(store: Store, tmp_path: Path) -> None:
    def refuse() -> tuple[Watchlist, ...]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ArticleImport(store, refuse, lambda: NOW).take([parse_article(item(1), NOW)])
    store._connection.execute("PRAGMA busy_timeout = 10")
    with closing(sqlite3.connect(tmp_path / "newsroom.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        importing = ArticleImport(store, lambda: (), lambda: NOW)
        with pytest.raises(StoreError):
            importing.take([parse_article(item(1), NOW)])
    assert (importing.new, len(store.article_ids())) == (0, 0)


def test_old_articles_among_the_newest_leave_the_recent_stories_alone(
    store: Store, tmp_path: Path
) -> None:
    spine_text = " ".join(f"mot{n}" for n in range(60))
    recent = flow.life(tmp_path)
    recent.live([0])
    before = rows(tmp_path, "SELECT count(*) FROM shingles")
    with closing(Store(StoreAddress(tmp_path))) as second:
        import_(second, [item(9, body=spine_text)])
        second.forget(names_before=flow.START - DAY, sent_before=0.0)
        assert rows(tmp_path, "SELECT count(*) FROM shingles") == before != [(0,)]
        second.forget(names_before=flow.START + DAY, sent_before=0.0)
        assert rows(tmp_path, "SELECT count(*) FROM shingles") == [(0,)]


# --- what a line may say ------------------------------------------------------------------

BAD = [
    (b"{", "is not JSON"),
    (b'"a"', "is no object"),
    (b"[" * 5000, "is"),
    (b'{"title": "\xff"}', "is not JSON: 'utf-8' codec"),
    (b"{}", "neither a title nor a text"),
    (b'{"title": "\\u202e\\u001b"}', "neither a title nor a text"),
    (b'{"title": 3}', "`title` must be text, not int"),
    (b'{"title": "a", "url": "javascript:alert(1)"}', "`url` is no http or https address"),
    (b'{"title": "a", "published": "yesterday"}', "`published` is no date"),
    (b'{"title": "a", "date": "yesterday"}', "`date` is no date"),
    (b'{"title": "a", "content": [1]}', "`content` must be text, not list"),
    (b'{"title": "a", "seen": true}', "`seen` is no date"),
    (b'{"title": "a", "published": 1e300}', "`published` is no date"),
]


@pytest.mark.parametrize(("raw", "words"), BAD, ids=[words for _, words in BAD])
def test_a_bad_line_is_told_with_its_number_and_why(tmp_path: Path, raw: bytes, words: str) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"title": "one"}\n\n' + raw + b'\n{"title": "two"}\n')
    first, bad, last = read_pieces(tmp_path / "a.jsonl")
    assert (bad.place, bad.raw) == ("a.jsonl:3", raw)
    with pytest.raises(ValueError, match=words):
        parse_article(bad.value(), NOW)
    assert [parse_article(p.value(), NOW).entry.title for p in (first, last)] == ["one", "two"]


OTHERS = [
    ({"text": "T"}, ("T", None), ()),
    ({"content": "T"}, ("T", None), ()),
    ({"content": "<p>T</p>"}, ("<p>T</p>", None), ()),
    ({"content_html": "<p>T <b>U</b></p><p>V</p>"}, ("T U\nV", None), ()),
    ({"body": "", "text": None, "content": "T"}, ("T", None), ()),
    ({"body": "T", "text": "U"}, ("T", None), ("text",)),
    ({"date": "2023-10-09"}, ("", 1_696_809_600.0), ()),
    ({"date": 1_696_809_600}, ("", 1_696_809_600.0), ()),
    ({"published": "2023-10-09", "date": "x"}, ("", 1_696_809_600.0), ("date",)),
    ({"headline": "H", "tags": [], "id": 7}, ("", None), ("headline", "id")),
]


@pytest.mark.parametrize(("fields", "expected", "unused"), OTHERS)
def test_fields_of_other_programs_are_taken_and_what_is_not_is_said(
    fields: dict[str, Any], expected: tuple[str, float | None], unused: tuple[str, ...]
) -> None:
    article = parse_article({"title": "a", **fields}, NOW)
    assert (article.entry.body, article.entry.published) == expected
    assert article.unused == unused


@given(st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["title", "url", "text", "date", "seen", "feed", "lang"]), inner
    ),
))  # fmt: skip
def test_anything_is_understood_or_refused_in_words(value: Any) -> None:
    try:
        article = parse_article(value, NOW)
    except ValueError as error:
        assert str(error)
    else:
        assert isinstance(article, ImportedArticle)
        assert article.seen <= NOW


DATES = [
    ("2023-10-09T07:09:00Z", 1_696_835_340.0),
    ("2023-10-09T09:09:00+02:00", 1_696_835_340.0),
    ("2023-10-09", 1_696_809_600.0),
    (1_696_835_340, 1_696_835_340.0),
    (None, None),
    ("", None),
]


@pytest.mark.parametrize(("date", "moment"), DATES)
def test_dates(date: Any, moment: float | None) -> None:
    article = parse_article({"title": "a", "published": date}, NOW)
    assert article.entry.published == moment
    assert article.seen == (NOW if moment is None else moment)
    assert parse_article({"title": "a", "seen": "2999-01-01"}, NOW).seen == NOW


def test_lists_lines_and_folders_are_the_same(tmp_path: Path) -> None:
    articles = [item(number) for number in (1, 2, 3)]
    (tmp_path / "lines.jsonl").write_text("\ufeff" + "\n".join(map(json.dumps, articles)))
    (tmp_path / "list.json").write_text(json.dumps(articles, indent=2))
    (tmp_path / "list.txt").write_text(json.dumps(articles, indent=2))
    folder = tmp_path / "folder"
    folder.mkdir()
    for number, article in enumerate(articles):
        (folder / f"{number}.json").write_text(json.dumps(article, indent=2))
    (folder / "readme.md").write_text("# not one")
    for path in (tmp_path / "lines.jsonl", tmp_path / "list.json", tmp_path / "list.txt", folder):
        assert [piece.value() for piece in read_pieces(path)] == articles, path
        assert [piece.end for piece in read_pieces(path)] == sorted(
            piece.end for piece in read_pieces(path)
        )


# --- as people do it -------------------------------------------------------------------------


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    return Newsroom(tmp_path)


def _lines(room: Newsroom, articles: Iterable[Any]) -> str:
    path = room.folder / "articles.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in articles), encoding="utf-8")
    return path.name


def test_import_and_export_on_the_command_line(room: Newsroom) -> None:
    room.watch([{"url": "http://127.0.0.1:9/rss", "name": "Le Soir"}], ["Alibaba"])
    file = _lines(room, [item(1), item(2), {"title": 7}, item(3)])
    done = room.here("import", file)
    assert done.returncode == 1
    assert "articles.jsonl:3: `title` must be text" in done.stderr
    assert "3 articles added, 0 in the archive already; 3 alerts" in done.stderr
    assert "1 could not be read" in done.stderr
    assert len(room.here("search", "dockers", "--format", "jsonl").stdout.splitlines()) == 3
    assert room.here("export", "dockers lang:fr", "out", "--format", "json").returncode == 0
    copy = Newsroom(room.folder / "again")
    copy.folder.mkdir()
    copy.watch([{"url": "http://127.0.0.1:9/rss", "name": "Le Soir"}], ["Alibaba"])
    assert copy.here("import", "../out").returncode == 0
    assert copy.counts()[:2] == (3, 3)
    assert copy.here("export", "rien", "nothing").returncode == 1
    assert copy.here("export", "nothing").returncode == 2
    assert "0 articles added, 3 in the archive already" in copy.here("import", "../out").stderr


def test_what_articles_lack_and_what_is_not_used_is_counted_aloud(room: Newsroom) -> None:
    room.watch([{"url": "http://127.0.0.1:9/rss", "name": "Le Soir"}], ["Alibaba"])
    complete = {"title": "Un", "text": "Alibaba au port", "date": "2023-10-09", "source": "x"}
    bare = {"title": "Deux", "source": "x", "id": 2}
    done = room.here("import", _lines(room, [complete, bare, {"title": "Trois", "text": "Rien"}]))
    assert done.returncode == 0
    assert "3 articles added, 0 in the archive already; 1 alert\n" in done.stderr
    assert "1 of 3 articles without a text, only a title\n" in done.stderr
    assert "2 of 3 articles without a date\n" in done.stderr
    assert "fields that are not used: source (2), id (1)\n" in done.stderr


def test_beside_a_running_monitor(room: Newsroom, web: Web) -> None:
    web.on("/rss", Reply(body=rss(Item("Un navire au port", link="https://ex.org/navire"))))
    room.watch([{"url": web.url("/rss"), "name": "Le Soir", "every": "1s"}], ["Alibaba"])
    with room.running("run"):
        until(lambda: room.counts()[0] == 1)
        done = room.tocsin("import", _lines(room, map(item, range(1, 600))))
        assert done.returncode == 0, done.stderr
        assert "within seconds" in done.stderr
        until(lambda: room.counts() == (600, 599, 0))
        web.on("/rss", Reply(body=rss(Item("Un autre navire", link="https://ex.org/autre"))))
        until(lambda: room.counts()[0] == 601)
    assert room.here("search", "dockers", "--limit", "1").returncode == 0


def test_killed_in_the_middle_it_is_simply_run_again(room: Newsroom) -> None:
    """What it reads from goes on for ever, so that there is a middle however fast it is."""
    room.watch([{"url": "http://127.0.0.1:9/rss", "name": "Le Soir"}], ["Alibaba"])
    file = _lines(room, map(item, range(1, 1500)))
    pipe = room.folder / "pipe.jsonl"
    os.mkfifo(pipe)
    lines = (room.folder / file).read_text(encoding="utf-8").splitlines(keepends=True)
    for number, part in ((signal.SIGKILL, lines[:700]), (signal.SIGINT, lines[:1400])):
        before = room.counts()[0]
        with room.running("import", pipe.name) as process, pipe.open("w") as end:
            end.writelines(part)
            end.flush()
            until(lambda: room.counts()[0] > before)  # noqa: B023
            process.send_signal(number)
            code = process.wait(PATIENCE)
        assert code == (-9 if number is signal.SIGKILL else 130)
        assert 0 < room.counts()[0] < 1499
    done = room.here("import", file)
    assert done.returncode == 0
    assert room.counts() == (1499, 1499, 0)
