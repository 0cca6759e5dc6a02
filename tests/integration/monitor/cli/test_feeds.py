"""Subscriptions: added, removed, checked, listed, imported and exported."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
from collections.abc import Iterator, Sequence
from email.utils import formatdate
from pathlib import Path
from time import time
from typing import Any
from unittest.mock import patch

import pexpect
import pytest
from support.newsroom import LOOPBACK, TOCSIN, Item, Newsroom, rss
from support.originals import lists
from support.scripted_server import Reply, Web, redirect

from monitor.cli import main
from monitor.config import load, value_parsers
from monitor.feeds import opml
from monitor.feeds.subscriptions import new_among, subscribe
from monitor.model.feed import Feed

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


def names(room: Newsroom) -> list[str]:
    return [feed.name for feed in load(room.config).feeds]


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


# --- add ---------------------------------------------------------------------------------


def test_a_feed_is_added_and_nothing_else_changes(newsroom: Newsroom, server: Web) -> None:
    before = newsroom.config.read_text()
    newsroom.config.chmod(0o640)
    out, _ = run(newsroom, "add", server.url("/fil"), "--tag", "Belgique")
    assert out == f"added Le Fil : l’info: RSS 2.0, 2 entries, fr; {server.url('/fil')}\n"
    added = (
        f"    name: Kept   # why\n  - url: {server.url('/fil')}\n"
        '    name: "Le Fil : l’info"\n    tags: [belgique]\n'
    )
    assert newsroom.config.read_text() == before.replace("    name: Kept   # why\n", added)
    assert newsroom.config.stat().st_mode & 0o777 == 0o640


def test_the_feed_of_a_site_is_found(newsroom: Newsroom, server: Web) -> None:
    out, _ = run(newsroom, "add", server.url("/one"), server.url("/notes.json"))
    assert re.findall("^added (.*?): (RSS|JSON)", out, re.M) == [
        ("Le Fil : l’info", "RSS"), ("Notes", "JSON"),
    ]  # fmt: skip
    assert load(newsroom.config).feeds[1].url == server.url("/fil")


def test_a_feed_that_has_moved_is_added_where_it_is(newsroom: Newsroom, server: Web) -> None:
    run(newsroom, "add", server.url("/moved"), "--name", "Fil")
    assert [(f.url, f.name) for f in load(newsroom.config).feeds[1:]] == [
        (server.url("/fil"), "Fil")
    ]


def test_a_password_stays_with_its_address(newsroom: Newsroom, server: Web) -> None:
    url = server.url("/moved").replace("//", "//me:secret@")
    out, err = run(newsroom, "add", url)
    assert "secret" not in out + err
    assert "its password is in feeds.yaml now; `auth:` can keep it elsewhere" in err
    assert f"url: {url}\n" in newsroom.config.read_text()
    feed = load(newsroom.config).feeds[1]
    assert feed.url == server.url("/moved")
    assert feed.request_options.headers[0][1].text == "Basic bWU6c2VjcmV0"
    exported, _ = run(newsroom, "export")
    assert server.url("/moved") in exported
    assert "secret" not in exported


def test_a_site_that_names_none_is_tried_at_the_usual_places(tmp_path: Path) -> None:
    with Web() as web:
        web.on("/", Reply(body=page()))
        web.on("/rss.xml", Reply(body=WIRE))
        room = Newsroom(tmp_path)
        room.config.write_text(YAML.format(url=web.url("/kept"), allow=LOOPBACK))
        out, _ = run(room, "add", web.url("/"))
        assert web.url("/rss.xml") in out
        assert [request.path for request in web.requests] == ["/", "/feed", "/rss", "/rss.xml"]


def test_several_feeds_are_listed_and_none_is_added(newsroom: Newsroom, server: Web) -> None:
    before = newsroom.config.read_text()
    _, err = run(newsroom, "add", server.url("/two"), code=1)
    assert re.search(r"1  Le Fil : l’info: RSS 2.0, 2 entries, fr; .*\n  2  The Wire: ", err)
    assert "--first" in err
    assert newsroom.config.read_text() == before


@pytest.mark.parametrize(("flag", "count"), [("--first", 1), ("--all", 2)])
def test_one_of_several_or_all(newsroom: Newsroom, server: Web, flag: str, count: int) -> None:
    run(newsroom, "add", flag, server.url("/two"))
    assert names(newsroom) == ["Kept", "Le Fil : l’info", "The Wire"][: count + 1]


def test_a_terminal_is_asked(newsroom: Newsroom, server: Web) -> None:
    environ: dict[str, Any] = {**os.environ, "TERM": "dumb"}
    with pexpect.spawn(
        str(TOCSIN), ["feeds", "add", server.url("/two")],
        cwd=newsroom.folder, env=environ, encoding="utf-8", timeout=60,
    ) as child:  # fmt: skip
        child.expect("Which")
        child.sendline("7")
        child.expect("Which")
        child.sendline("2")
        child.expect(pexpect.EOF)
    assert names(newsroom) == ["Kept", "The Wire"]


def test_what_is_subscribed_to_is_named_and_not_added(newsroom: Newsroom, server: Web) -> None:
    run(newsroom, "add", server.url("/fil"))
    before = newsroom.config.read_text()
    _, err = run(newsroom, "add", server.url("/fil?utm_source=x"), server.url("/fil/"), code=1)
    assert "subscribed to already, as Le Fil : l’info" in err
    assert newsroom.config.read_text() == before


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/none", "web page"),
        ("/broken", "410 Gone"),
        ("/busy", "503 Service Unavailable"),
        ("/nowhere", "404 Not Found"),
    ],
)
def test_what_is_no_feed_is_told_and_the_others_added(
    newsroom: Newsroom, server: Web, path: str, reason: str
) -> None:
    out, err = run(newsroom, "add", server.url(path), server.url("/wire"), code=1)
    assert reason in err
    assert "added The Wire" in out
    assert names(newsroom) == ["Kept", "The Wire"]


@pytest.mark.parametrize(
    "args",
    [("--all", "--first", "u"), ("--name", "x", "u", "v"), ("--tag", "a b", "u"), ()],
)
def test_misuse(newsroom: Newsroom, args: tuple[str, ...]) -> None:
    run(newsroom, "add", *args, code=2)


def test_a_file_that_is_not_well_stays_as_it_is(newsroom: Newsroom, server: Web) -> None:
    newsroom.config.write_text("feeds: [x\n")
    run(newsroom, "add", server.url("/wire"), code=2)
    assert newsroom.config.read_text() == "feeds: [x\n"


# --- remove --------------------------------------------------------------------------------


def test_feeds_are_removed_by_name_or_address(newsroom: Newsroom, server: Web) -> None:
    before = newsroom.config.read_text()
    run(newsroom, "add", server.url("/wire"), server.url("/fil"))
    out, _ = run(newsroom, "remove", "the wire", server.url("/fil/"))
    assert out.splitlines()[0] == f"removed The Wire: {server.url('/wire')}"
    assert newsroom.config.read_text() == before


@pytest.mark.parametrize(
    ("asked", "words"),
    [("Keptt", "did you mean `Kept`"), ("https://x.org/", "no feed"), ("Kept", "nothing to poll")],
)
def test_what_is_not_removed(newsroom: Newsroom, asked: str, words: str) -> None:
    before = newsroom.config.read_text()
    _, err = run(newsroom, "remove", asked, code=1)
    assert words in err
    assert newsroom.config.read_text() == before


def test_a_host_of_two_feeds_is_not_enough(newsroom: Newsroom, server: Web) -> None:
    run(newsroom, "add", server.url("/wire"))
    _, err = run(newsroom, "remove", "127.0.0.1", code=1)
    assert "may be any of" in err


# --- check ---------------------------------------------------------------------------------


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
        "2 share one with others", "texts      ", "in the middle",
        "would ask every 15 min, unconditionally", "it has no dates",
        "iso-8859-1, but it is UTF-8", 'ETag "1", fresh for 2 h', "would ask every 2 h, condition",
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
    assert "would try again in 10 min" in out


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


# --- log -----------------------------------------------------------------------------------


def test_the_log_of_a_feed(newsroom: Newsroom, server: Web) -> None:
    run(newsroom, "add", server.url("/fil"))
    newsroom.tocsin("run", "--once")
    newsroom.tocsin("run", "--once", "--now")
    polls = json.loads(run(newsroom, "log", "le fil : l'info", "--format", "json")[0])
    assert [(poll["outcome"], poll["new"]) for poll in polls] == [("read", 2), ("unchanged", 0)]
    out, _ = run(newsroom, "log", server.url("/fil"))
    assert re.search(r"✓ 200: 2 entries, 0 known, 2 new.*\n.*= \d+: unchanged", out)
    assert "✗ 404 Not Found" in run(newsroom, "log", "Kept")[0]
    _, err = run(newsroom, "log", "Kepd", code=1)
    assert "did you mean `Kept`" in err


# --- import and export -----------------------------------------------------------------------


def test_an_export_is_imported_again(newsroom: Newsroom, tmp_path: Path, server: Web) -> None:
    run(newsroom, "add", server.url("/fil"), "--tag", "belgique", "--tag", "presse")
    run(newsroom, "export", "list.opml")
    (tmp_path / "other").mkdir()
    other = Newsroom(tmp_path / "other")
    other.config.write_text(YAML.format(url="https://x.org", allow=LOOPBACK))
    out, err = run(other, "import", str(tmp_path / "list.opml"))
    assert f"added Le Fil : l’info (belgique, presse): {server.url('/fil')}\n" in out
    assert "2 added, 0 there already, 0 refused" in err
    told = [(feed.url, feed.tags) for feed in load(other.config).feeds]
    assert (server.url("/fil"), ("belgique", "presse")) in told
    _, err = run(other, "import", str(tmp_path / "list.opml"))
    assert "0 added, 2 there already" in err
    assert opml.read(run(newsroom, "export")[0].encode(), "x")


def test_a_broken_list_changes_nothing(newsroom: Newsroom, tmp_path: Path) -> None:
    before = newsroom.config.read_text()
    (tmp_path / "l.opml").write_text("<opml><body><outline xmlUrl='https://a.org/'></opml>")
    _, err = run(newsroom, "import", str(tmp_path / "l.opml"), code=1)
    assert "l.opml: broken XML" in err
    assert newsroom.config.read_text() == before


def test_addresses_that_cannot_be_polled_are_told(newsroom: Newsroom, tmp_path: Path) -> None:
    outlines = "".join(
        f"<outline text='{text}' xmlUrl='{url}'/>"
        for text, url in [("A", "ftp://a.org"), ("A", "https://a.org"), ("A", "https://b.org"),
                          ("=x: [", "https://c.org"), ("B", "http://www.a.org/")]
    )  # fmt: skip
    (tmp_path / "l.opml").write_text(f"<opml><body>{outlines}</body></opml>")
    _, err = run(newsroom, "import", str(tmp_path / "l.opml"))
    assert "ftp://" in err
    assert "3 added, 1 there already, 1 refused" in err
    assert names(newsroom) == ["Kept", "A", "A (b.org)", "=x: ["]


def test_every_list_that_can_be_read_is_imported(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    imported = 0
    for name, (body, count) in lists().items():
        if count is None:
            continue
        good = [feed for feed in opml.read(body, name) if well(feed.url)]
        imported += len(good)
        path.write_text(YAML.format(url="https://kept.org/", allow=LOOPBACK))
        fresh, doubles = new_among(good, load(path))
        assert len(fresh) + len(doubles) == len(good)
        assert len(subscribe(path, None, fresh).feeds) == 1 + len(fresh), name
    assert imported > 40


DOUBLES = [
    "https://kept.example/rss",
    "http://kept.example/rss",
    "https://kept.example/rss/",
    "http://www.kept.example/rss/",
    "https://KEPT.example:443/rss",
    "http://kept.example:80/rss",
    "https://kept.example/rss?utm_source=x&utm_medium=y",
    "https://kept.example/rss/?xtor=RSS-1",
    "https://kept.example/rss#top",
    "https://me:secret@kept.example/rss",
]


@pytest.mark.parametrize("url", DOUBLES)
def test_a_double_in_a_list_is_named_however_spelt(tmp_path: Path, url: str) -> None:
    room = Newsroom(tmp_path)
    room.config.write_text(YAML.format(url=DOUBLES[0], allow=LOOPBACK))
    before = room.config.read_bytes()
    outline = f'<outline text="Autre" xmlUrl="{url.replace("&", "&amp;")}"/>'
    (tmp_path / "list.opml").write_text(f'<opml version="2.0"><body>{outline}</body></opml>')
    _, err = run(room, "import", str(tmp_path / "list.opml"))
    assert re.search(r"^there already: \S+, as Kept$", err, re.M), err
    assert "0 added, 1 there already, 0 refused" in err
    assert "secret" not in err
    assert room.config.read_bytes() == before


OTHERS = [
    *("https://kept.example/rss2", "https://kept.example/rss?cat=1"),
    *("https://kept.example:8443/rss", "https://b.kept.example/rss"),
]


@pytest.mark.parametrize("url", OTHERS)
def test_another_feed_of_the_same_host_is_no_double(tmp_path: Path, url: str) -> None:
    room = Newsroom(tmp_path)
    room.config.write_text(YAML.format(url=DOUBLES[0], allow=LOOPBACK))
    outline = f'<outline text="Autre" xmlUrl="{url}"/>'
    (tmp_path / "list.opml").write_text(f'<opml version="2.0"><body>{outline}</body></opml>')
    out, _ = run(room, "import", str(tmp_path / "list.opml"))
    assert out.startswith("added Autre: ")


def well(url: str) -> bool:
    try:
        return bool(value_parsers.url(url))
    except ValueError as error:
        assert str(error)
        return False


def signs(feeds: Sequence[Feed]) -> frozenset[str]:
    return frozenset(feed.url for feed in feeds)
