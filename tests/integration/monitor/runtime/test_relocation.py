"""Feeds that have moved permanently are asked at their new address, and that is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from msgspec.structs import replace
from support import flow
from support.flow import HOUR, START
from support.newsroom import Item, Newsroom, rss
from support.scripted_server import Reply, Web, conditional, redirect

from monitor.base.errors import MonitorError
from monitor.config.file_edit import move_feed
from monitor.config.yaml_edit import LayoutError, with_address
from monitor.intake.ingest.feed_health import NOWHERE, describe_redirect, updated_redirect
from monitor.model.config import StoreAddress
from monitor.model.feed import Feed, FormerAddress, PermanentRedirect, RequestOptions, Secret
from monitor.runtime.relocation import RETRY_SECONDS, Relocation, obstacle
from monitor.storage.store.sql.store import Store

OLD, NEW = "https://old.example/rss", "https://new.example/rss"
DAY = 24 * HOUR


def after(answers: Sequence[tuple[float, str | None]]) -> PermanentRedirect | None:
    """Return the redirect that is noted after answers at these hours."""
    before: PermanentRedirect | None = None
    for hours, to in answers:
        now = updated_redirect(before, to, START + hours * HOUR)
        before = before if now is None else None if now == NOWHERE else now
    return before


# --- what stands in the way --------------------------------------------------------

FEED = Feed(url=OLD, name="Le Fil")
AUTH = RequestOptions(headers=(("Authorization", Secret("x")),))
OBJECTIONS: list[tuple[Feed, str, tuple[Feed, ...], str]] = [
    (FEED, NEW, (), ""),
    (FEED, NEW, (Feed(url=NEW, name="Autre"),), "which Autre is subscribed to already"),
    (FEED, NEW, (Feed(url="http://www.new.example/rss/", name="Autre"),), ""),
    (FEED, NEW, (Feed(url="http://new.example/rss/?utm_source=x", name="A"),), "A is subscribed"),
    (
        replace(FEED, request_options=AUTH),
        NEW,
        (),
        "are not sent to another server: change the address yourself",
    ),
    (replace(FEED, request_options=AUTH), "https://old.example/new", (), ""),
    (
        replace(FEED, request_options=AUTH),
        "https://old.example:8443/rss",
        (),
        "are not sent to another server",
    ),
    (replace(FEED, url="http://old.example/rss", request_options=AUTH), OLD, (), ""),
    (
        replace(FEED, request_options=AUTH),
        "http://old.example/rss",
        (),
        "are not sent to another server",
    ),
    (
        replace(FEED, request_options=RequestOptions(headers=(("Accept-Language", Secret("fr")),))),
        NEW,
        (),
        "",
    ),
]


@pytest.mark.parametrize(("feed", "to", "nearby", "words"), OBJECTIONS)
def test_what_stands_in_the_way(feed: Feed, to: str, nearby: tuple[Feed, ...], words: str) -> None:
    feeds = {f.url: f for f in (feed, *nearby)}
    reason = obstacle(feed, PermanentRedirect(to, 0, DAY, 3), feeds)
    assert words in reason
    assert bool(reason) is bool(words)


WORDS: list[tuple[PermanentRedirect | None, FormerAddress | None, str]] = [
    (None, None, ""),
    (PermanentRedirect(f"{NEW}?key=s3cret", 0, DAY, 2), None, ""),
    (
        PermanentRedirect(f"{NEW}?key=s3cret", 0, DAY, 3),
        None,
        f"it has moved permanently to {NEW}",
    ),
    (None, FormerAddress(OLD, START - 2 * DAY), f"moved here from {OLD} 2 d ago"),
    (None, FormerAddress(OLD, START - 8 * DAY), ""),
]


@pytest.mark.parametrize(("move", "former", "words"), WORDS)
def test_it_is_told_where_a_feed_is_and_was(
    move: PermanentRedirect | None, former: FormerAddress | None, words: str
) -> None:
    assert describe_redirect(move, former, START) == words


@dataclass
class Moves:
    """A store with redirects, and a file that can be written or not."""

    redirects: Mapping[str, PermanentRedirect]
    now: float = START
    refusal: str = ""
    written: list[tuple[str, str]] = field(default_factory=list)

    def moves(self) -> Mapping[str, PermanentRedirect]:
        return self.redirects

    def rewrite(self, old: str, new: str) -> None:
        self.written.append((old, new))
        if self.refusal:
            raise MonitorError(self.refusal)


def test_what_cannot_be_written_is_said_once_and_tried_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    room = Moves(
        {OLD: PermanentRedirect(NEW, 0, DAY, 3)}, refusal="feeds.yaml cannot be written: read-only"
    )
    relocation = Relocation(cast(Any, room), room.rewrite, lambda: room.now)
    for _ in range(5000):
        relocation.step({OLD: FEED})
        room.now += 1
    assert room.written == [(OLD, NEW)] * 2
    assert caplog.messages == [
        f"Le Fil has moved permanently to {NEW}, but feeds.yaml cannot be written: read-only;"
        " it is still polled at its old address"
    ]
    room.refusal, room.now = "", room.now + RETRY_SECONDS
    relocation.step({OLD: FEED})
    assert caplog.messages[1:] == [
        f"Le Fil has moved permanently: feeds.yaml now has {NEW} instead of {OLD}"
        " (3 redirects in 1 d)"
    ]


def test_what_is_not_believed_is_not_written() -> None:
    room = Moves({OLD: PermanentRedirect(NEW, 0, DAY, 2)})
    Relocation(cast(Any, room), room.rewrite, lambda: room.now).step({OLD: FEED})
    assert room.written == []


# --- the file ----------------------------------------------------------------------

REWRITTEN = [
    ("feeds:\n- {old} # why\n", "feeds:\n- {new} # why\n"),
    ("feeds: ['{old}', \"https://b.example\"]\n", "feeds: [{new}, \"https://b.example\"]\n"),
    ("feeds:\n  - name: x\n    url: {old} # y\n", "feeds:\n  - name: x\n    url: {new} # y\n"),
    ("feeds: [{{name: x, url: {old}}}]\n", "feeds: [{{name: x, url: {new}}}]\n"),
    ("feeds:\n- 'https://me:pw@old.example/rss'\n", "feeds:\n- https://me:pw@new.example/rss\n"),
    ('{{"feeds": ["{old}"]}}\n', '{{"feeds": ["{new}"]}}\n'),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), REWRITTEN)
def test_nothing_else_in_the_file_changes(before: str, after: str) -> None:
    assert with_address(before.format(old=OLD), OLD, NEW) == after.format(new=NEW)


def test_an_address_that_is_not_there_is_not_replaced() -> None:
    with pytest.raises(LayoutError, match="no feed of the file has the address"):
        with_address("feeds: ['https://b.example']\n", OLD, NEW)


def test_a_result_that_would_not_be_well_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    text = f"feeds:\n  - {OLD}\n  - {NEW}/\nwatchlists: []\n"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(MonitorError, match="the same feed as on line 2"):
        move_feed(path, OLD, NEW)
    assert path.read_text(encoding="utf-8") == text


def store_of(folder: Path) -> Store:
    return Store(StoreAddress(folder))


def etag_of(store: Store) -> bytes | None:
    (row,) = store.feeds.subscribed()
    return row.state.etag


def test_history_and_state_follow(tmp_path: Path) -> None:
    url = flow.A
    feed = next(feed for feed in flow.FEEDS if feed.url == url)
    with closing(store_of(tmp_path)) as store:
        (before,) = store.subscribe([feed], [])
        store._connection.execute(
            "UPDATE feeds SET etag = x'01', articles = 5, polls = 3 WHERE number = 1"
        )
        store._connection.execute("INSERT INTO moves VALUES (1, ?, 0, 90000, 3)", (NEW,))
        (after,) = store.subscribe([replace(feed, url=NEW)], [])
        assert after.number == before.number
        assert etag_of(store) == b"\x01"
        assert store.moves() == {}
        assert store._connection.execute("SELECT * FROM former_addresses").fetchall() == [
            (1, url, 90000.0)
        ]


def test_a_feed_that_was_there_before_keeps_its_own_history(tmp_path: Path) -> None:
    first_feed, second_feed = Feed(url=OLD, name="a"), Feed(url=NEW, name="b")
    with closing(store_of(tmp_path)) as store:
        first, second = store.subscribe([first_feed, second_feed], [])
        store.subscribe([first_feed], [])
        store._connection.execute("INSERT INTO moves VALUES (1, ?, 0, 90000, 3)", (NEW,))
        (now,) = store.subscribe([second_feed], [])
        assert now.number == second.number != first.number


@pytest.mark.parametrize("urls", [(OLD,), (OLD, NEW), ("https://third.example",)])
def test_a_feed_whose_address_nobody_changed_stays(tmp_path: Path, urls: tuple[str, ...]) -> None:
    with closing(store_of(tmp_path)) as store:
        store.subscribe([Feed(url=OLD, name="a")], [])
        store._connection.execute("INSERT INTO moves VALUES (1, ?, 0, 90000, 3)", (NEW,))
        store.subscribe([Feed(url=url, name=url) for url in urls], [])
        rows = store._connection.execute("SELECT number, url FROM feeds ORDER BY 1").fetchall()
        assert rows[0] == (1, OLD)


def test_a_feed_asked_in_another_manner_is_asked_for_all_of_it(tmp_path: Path) -> None:
    with closing(store_of(tmp_path)) as store:
        for request_options, is_kept in (
            (RequestOptions(), True), (AUTH, False), (AUTH, True),
            (RequestOptions(encoding="cp1252"), False),
            (RequestOptions(encoding="cp1252", timeout=9.0), True),
            (RequestOptions(user_agent="x"), False),
        ):  # fmt: skip
            store.subscribe([replace(FEED, request_options=request_options)], [])
            assert (etag_of(store) == b"1") is is_kept or request_options == RequestOptions()
            store._connection.execute("UPDATE feeds SET etag = '1', body_hash = x'01'")
            store._connection.execute("UPDATE feeds SET etag = CAST('1' AS BLOB)")


# --- the whole way -----------------------------------------------------------------


def room_of(web: Web, folder: Path) -> Newsroom:
    room = Newsroom(folder)
    room.config.write_text(
        f"# mine\nfeeds:\n  - {web.url('/old')}   # the old one\n  - {web.url('/other')}\n"
        f"watchlists:\n  - Cainiao\nnetwork: {{allow: 127.0.0.0/8}}\n",
        encoding="utf-8",
    )
    body = rss(Item("Cainiao à Liège", guid="1"), title="Le Fil")
    web.on("/old", redirect("/new", 301))
    web.on("/new", conditional(body))
    web.on("/other", Reply(body=rss(Item("x", guid="x"))))
    return room


def poll(room: Newsroom) -> str:
    done = room.once("--now")
    assert done.returncode == 0, done.stderr
    return done.stderr


def a_day_passes(room: Newsroom) -> None:
    import sqlite3

    with closing(sqlite3.connect(room.data / "newsroom.db")) as store:
        store.execute("UPDATE moves SET since = since - 86400, times = times + 1")
        store.commit()


def test_a_feed_that_has_moved_is_followed(web: Web, tmp_path: Path) -> None:
    room = room_of(web, tmp_path)
    before = room.config.read_text(encoding="utf-8")
    assert "moved permanently" not in poll(room)
    a_day_passes(room)
    assert room.config.read_text(encoding="utf-8") == before
    new = web.url("/new")
    assert f"has moved permanently: feeds.yaml now has {new} instead of" in poll(room)
    assert room.config.read_text(encoding="utf-8") == before.replace("/old ", "/new ")
    polls = len(web.requests_for("/old"))
    poll(room)
    assert len(web.requests_for("/old")) == polls
    assert web.requests_for("/new")[-1].header("If-None-Match") == b'"1"'
    (feed,) = (row for row in room.json("feeds", "--format", "json") if row["url"] == new)
    assert feed["articles"] == 1
    assert f"moved here from {web.url('/old')}" in feed["words"]
    assert room.counts()[0] == 2
    assert len(room.json("feeds", "log", new, "--format", "json")) == 3
