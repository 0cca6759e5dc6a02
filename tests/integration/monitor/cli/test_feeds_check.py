"""`tocsin feeds check`: what one reading tells of a feed."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path
from time import time
from unittest.mock import patch

import pytest
from support.newsroom import LOOPBACK, Item, Newsroom, rss
from support.scripted_server import Reply, Web, redirect

from monitor.cli import main

LONG = "Les services de renseignement belges surveillent le centre de Cainiao à Liège. " * 30
NOW = formatdate(time() - 3_600)
LE_FIL = rss(
    Item("Alibaba à Liège", LONG, guid="1", link="https://ex.org/1", date=NOW),
    Item("La grève du port d’Anvers", LONG, guid="2", link="https://ex.org/2", date=NOW),
    title="Le Fil : l’info",
    lang="fr-BE",
)
WIRE = rss(
    Item("Customs seize counterfeit parts", "They were found in the port, and…", guid="1"),
    Item("Ports reopen after the strike", "The dockers are back at work, but…", guid="1"),
    title="The Wire",
)
JSON = json.dumps(
    {"version": "https://jsonfeed.org/version/1.1", "title": "Notes", "items": [{"id": "1"}]}
).encode()
ALTERNATE = '<link rel="alternate" type="application/rss+xml" href="{}">'


def page(*hrefs: str) -> bytes:
    head = "".join(map(ALTERNATE.format, hrefs))
    return f"<!doctype html><html><head>{head}</head><body><p>x</p></body></html>".encode()


@pytest.fixture(scope="module")
def server() -> Iterator[Web]:
    with Web() as web:
        kind = ("Content-Type", "application/rss+xml; charset=iso-8859-1")
        cached = (kind, ("ETag", '"1"'), ("Cache-Control", "max-age=7200"))
        web.on("/fil", Reply(headers=cached, body=LE_FIL))
        web.on("/wire", Reply(body=WIRE))
        web.on("/notes.json", Reply(body=JSON))
        web.on("/moved", redirect("/fil", 301))
        web.on("/one", Reply(body=page("/fil")))
        web.on("/two", Reply(body=page("/fil", "/wire", "/gone")))
        web.on("/broken", Reply(body=page("/gone")))
        web.on("/none", Reply(body=page()))
        web.on("/gone", Reply(410))
        web.on("/busy", Reply(503, (("Retry-After", "600"),)))
        yield web


YAML = """\
# mine
feeds:
  # the first
  - url: {url}
    name: Kept   # why

watchlists: []
network:
  allow: {allow}
"""


@pytest.fixture
def newsroom(tmp_path: Path, server: Web) -> Newsroom:
    """A newsroom that has one feed, /kept, of the server."""
    room = Newsroom(tmp_path)
    room.config.write_text(YAML.format(url=server.url("/kept"), allow=LOOPBACK))
    return room


def run(room: Newsroom, *args: str, code: int = 0) -> tuple[str, str]:
    """Run a command of `tocsin feeds` here: its workers are shared with the next one."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with (
        contextlib.chdir(room.folder),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        patch("sys.argv", ["tocsin", "feeds", *args]),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    said = []
    for stream in (out, err):
        stream.flush()
        stream.seek(0)
        said.append(stream.read())
    assert ended.value.code == code, (args, *said)
    return said[0], said[1]


def test_a_check_tells_everything(newsroom: Newsroom, server: Web) -> None:
    before = newsroom.config.read_text()
    out, _ = run(newsroom, "check", server.url("/moved"), "--format", "json")
    (told,) = json.loads(out)
    assert told.pop("seconds") >= 0
    assert told.pop("oldest") == told.pop("newest")
    assert told.pop("length") > 1_200
    assert told == {
        "readable": True, "url": server.url("/fil"), "status": 200,
        "answered_by": server.url("/fil"), "hops": [server.url("/moved")],
        "moved_to": server.url("/fil"), "bytes": len(LE_FIL),
        "content_type": "application/rss+xml; charset=iso-8859-1", "encoding": "iso-8859-1",
        "is_utf8": True, "format": "RSS 2.0", "title": "Le Fil : l’info", "link": "",
        "entries": 2, "lang": "fr", "langs": {"fr": 2}, "undated": 0, "future": 0,
        "without_guid": 0, "shared_guid": 0, "without_link": 0, "texts": "full", "etag": '"1"',
        "last_modified": "", "max_age": 7_200.0, "ttl": None, "interval": 7_200.0,
        "conditional": True, "pages": "", "settings": {},
        "advice": [f"it has moved permanently: subscribe to {server.url('/fil')}"],
    }  # fmt: skip
    assert newsroom.config.read_text() == before
    assert not newsroom.data.exists()


def test_a_check_for_people(newsroom: Newsroom, server: Web) -> None:
    out, _ = run(newsroom, "check", server.url("/wire"), server.url("/fil"))
    for words in (
        "title      The Wire", "language   not declared; found en 2", "dates      none",
        "2 share one with others", "texts      ", "(median)",
        "would poll every 15 min, unconditionally", "it has no dates",
        "iso-8859-1, but it is UTF-8", 'ETag "1", fresh for 2 h', "would poll every 2 h, condition",
    ):  # fmt: skip
        assert words in out


def test_a_check_says_why_a_feed_cannot_be_read(newsroom: Newsroom, server: Web) -> None:
    paths = ("/busy", "/gone", "/none")
    out, _ = run(newsroom, "check", *map(server.url, paths), "--format", "json", code=1)
    told = json.loads(out)
    assert [(one["readable"], one["status"], one["retry"]) for one in told] == [
        (False, 503, 600.0), (False, 410, None), (False, None, 900.0),
    ]  # fmt: skip
    out, _ = run(newsroom, "check", server.url("/busy"), code=1)
    assert "would poll again in 10 min" in out


def test_a_check_needs_no_newsroom_and_guards_addresses(tmp_path: Path, server: Web) -> None:
    out, _ = run(Newsroom(tmp_path), "check", server.url("/wire"), code=1)
    assert "is a loopback address" in out
    assert list(tmp_path.iterdir()) == []


def test_a_check_without_an_address_is_of_all(newsroom: Newsroom, server: Web) -> None:
    server.on("/kept", Reply(body=WIRE))
    assert "The Wire" in run(newsroom, "check")[0]
    assert "The Wire" in run(newsroom, "check", "kept")[0]
    server.on("/kept", Reply(404))
    run(newsroom, "check", code=1)
