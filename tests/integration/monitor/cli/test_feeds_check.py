"""`tocsin feeds check`: what one reading tells of a feed."""

from __future__ import annotations

import json
from pathlib import Path

from support.feeds_commands import LE_FIL, WIRE, run
from support.newsroom import Newsroom
from support.scripted_server import Reply, Web


def test_a_check_tells_everything(newsroom: Newsroom, publisher: Web) -> None:
    before = newsroom.config.read_text()
    out, _ = run(newsroom, "check", publisher.url("/moved"), "--format", "json")
    (report,) = json.loads(out)
    assert report.pop("seconds") >= 0
    assert report.pop("oldest") == report.pop("newest")
    assert report.pop("length") > 1_200
    assert report.pop("today") in (0, 2)  # of an hour ago
    assert report == {
        "readable": True, "kind": "feed", "url": publisher.url("/fil"), "status": 200,
        "answered_by": publisher.url("/fil"), "hops": [publisher.url("/moved")],
        "moved_to": publisher.url("/fil"), "bytes": len(LE_FIL),
        "content_type": "application/rss+xml; charset=iso-8859-1", "encoding": "iso-8859-1",
        "is_utf8": True, "format": "RSS 2.0", "title": "Le Fil : l’info", "link": "",
        "entries": 2, "lang": "fr", "langs": {"fr": 2}, "undated": 0, "future": 0,
        "without_guid": 0, "shared_guid": 0, "without_link": 0, "texts": "full", "etag": '"1"',
        "last_modified": "", "max_age": 7_200.0, "ttl": None, "interval": 7_200.0,
        "conditional": True, "pages": "", "settings": {},
        "advice": [f"it has moved permanently: subscribe to {publisher.url('/fil')}"],
    }  # fmt: skip
    assert newsroom.config.read_text() == before
    assert not newsroom.data.exists()


def test_a_check_for_people(newsroom: Newsroom, publisher: Web) -> None:
    out, _ = run(newsroom, "check", publisher.url("/wire"), publisher.url("/fil"))
    for words in (
        "title      The Wire", "language   not declared; found en 2", "dates      none",
        "texts      ", "(median)", "would poll every 15 min, unconditionally",
        "it has no dates", "would poll every 2 h, condition",
    ):  # fmt: skip
        assert words in out


def test_a_check_says_why_a_feed_cannot_be_read(newsroom: Newsroom, publisher: Web) -> None:
    paths = ("/busy", "/gone", "/none")
    out, _ = run(newsroom, "check", *map(publisher.url, paths), "--format", "json", code=1)
    reports = json.loads(out)
    assert [(row["readable"], row["status"], row["retry"]) for row in reports] == [
        (False, 503, 600.0), (False, 410, None), (False, None, 900.0),
    ]  # fmt: skip
    out, _ = run(newsroom, "check", publisher.url("/busy"), code=1)
    assert "would poll again in 10 min" in out


def test_a_check_needs_no_newsroom_and_guards_addresses(tmp_path: Path, publisher: Web) -> None:
    out, _ = run(Newsroom(tmp_path), "check", publisher.url("/wire"), code=1)
    assert "is not a public address" in out
    assert list(tmp_path.iterdir()) == []


def test_the_name_of_a_feed_may_look_like_an_address(tmp_path: Path, publisher: Web) -> None:
    publisher.on("/wire", Reply(body=WIRE))
    room = Newsroom(tmp_path)
    room.watch([{"url": url} for url in (publisher.url("/wire"), publisher.url("/other"))])
    name = f"127.0.0.1:{publisher.port}/wire"
    assert name in run(room, "list")[0]
    assert "The Wire" in run(room, "check", name)[0]


def test_a_check_without_an_address_is_of_all(newsroom: Newsroom, publisher: Web) -> None:
    publisher.on("/kept", Reply(body=WIRE))
    assert "The Wire" in run(newsroom, "check")[0]
    assert "The Wire" in run(newsroom, "check", "kept")[0]
    publisher.on("/kept", Reply(404))
    run(newsroom, "check", code=1)
