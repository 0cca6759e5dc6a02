"""What a feed, a tag and the defaults can say of how a feed is asked; secrets stay secret."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from support.newsroom import Item, Newsroom, rss
from support.scripted_server import Reply, Web, redirect

from monitor.base.errors import ConfigError, Problem
from monitor.cli.check import describe_problems
from monitor.config.checks import warnings
from monitor.config.description import as_text
from monitor.config.loading import load, understand
from monitor.model.config import Config
from monitor.model.feed import Feed, Secret

PATH = Path("newsroom/feeds.yaml")
REST = "watchlists: []\n"
SECRET = "hunter2"


def config(text: str, path: Path = PATH) -> Config:
    return understand(text.encode(), path)


def feed_of(*lines: str, sections: str = "", path: Path = PATH) -> Feed:
    """Return the feed with these keys."""
    keys = "".join(f"    {line}\n" for line in lines)
    return config(f"feeds:\n  - url: https://a.example/rss\n{keys}{sections}{REST}", path).feeds[0]


def sent_headers(feed: Feed) -> dict[str, str]:
    return {name: value.text for name, value in feed.request_options.headers}


def basic(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


# --- what is understood ------------------------------------------------------------


def test_everything_that_can_be_said_of_a_feed(monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setenv("JOURNAL", SECRET)
    (tmp_path / "cookie").write_text("session=1\n", encoding="utf-8")
    feed = feed_of(
        "headers: {Accept-Language: fr, Cookie: 'file:cookie'}",
        "auth: {user: me, password: env:JOURNAL}",
        "user_agent: Mozilla/5.0 (X11)",
        "proxy: http://proxy.example:3128",
        "timeout: 1m30s",
        "encoding: latin1",
        path=tmp_path / "feeds.yaml",
    )
    assert sent_headers(feed) == {
        "Accept-Language": "fr",
        "Cookie": "session=1",
        "Authorization": basic("me", SECRET),
    }
    request_options = feed.request_options
    assert (request_options.user_agent, request_options.timeout, request_options.encoding) == (
        *("Mozilla/5.0 (X11)", 90.0, "iso8859-1"),
    )
    assert request_options.proxy == Secret("http://proxy.example:3128")


@pytest.mark.parametrize(
    ("written", "header"),
    [
        ("auth: {bearer: env:JOURNAL}", f"Bearer {SECRET}"),
        ("auth: {user: 'é', password: 'à la carte'}", basic("é", "à la carte")),
        ("headers: {authorization: Token t0ken}", "Token t0ken"),
        ("headers: {Authorization: env:JOURNAL}", SECRET),
    ],
)
def test_who_asks(monkeypatch: Any, written: str, header: str) -> None:
    monkeypatch.setenv("JOURNAL", SECRET)
    ((_, value),) = feed_of(written).request_options.headers
    assert value.text == header


def test_a_password_in_an_address_is_taken_out_of_it() -> None:
    (feed,) = config(f"feeds: ['https://me:{SECRET}%2F@a.example/rss?x=1']\n{REST}").feeds
    assert feed.url == "https://a.example/rss?x=1"
    assert sent_headers(feed) == {"Authorization": basic("me", SECRET + "/")}


TAGS = """\
tags:
  un: {every: 5m, user_agent: un/1, headers: {Accept: '1', Pragma: '1'}}
  deux: {every: 10m, full_text: true, lang: fr, proxy: http://p.example:1}
  tous: {timeout: 2m}
defaults: {every: 1h, encoding: utf-8, tags: tous, headers: {pragma: '0', Referer: '0'}}
"""

ORDER: list[tuple[tuple[str, ...], dict[str, Any]]] = [
    ((), {"every": 3600.0, "full_text": False, "timeout": 120.0, "lang": ""}),
    (("tags: un",), {"every": 300.0, "user_agent": "un/1", "encoding": "utf-8"}),
    (("tags: [deux, un]",), {"every": 600.0, "user_agent": "un/1", "lang": "fr"}),
    (("tags: [un, deux]",), {"every": 300.0, "full_text": True}),
    (("tags: [un, deux]", "every: 2h", "full_text: no", "lang: en"),
     {"every": 7200.0, "full_text": False, "lang": "en"}),
    (("tags: deux", "proxy: none"), {"proxy": None}),
    (("tags: deux",), {"proxy": Secret("http://p.example:1")}),
    (("tags: un", "headers: {accept: own, X-One: own}"),
     {"headers": {"accept": "own", "Pragma": "1", "Referer": "0", "X-One": "own"}}),
    ((), {"headers": {"pragma": "0", "Referer": "0"}}),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "expected"), ORDER)
def test_the_feed_comes_before_its_tags_and_they_before_the_defaults(
    lines: tuple[str, ...], expected: dict[str, Any]
) -> None:
    feed = feed_of(*lines, sections=TAGS)
    actual = {
        key: getattr(feed, key, None) if hasattr(feed, key) else getattr(feed.request_options, key)
        for key in expected
    }
    if "headers" in expected:
        actual["headers"] = sent_headers(feed)
    assert actual == expected


def test_it_is_told_who_says_what_holds() -> None:
    feed = feed_of("tags: [deux, un]", "full_text: false", sections=TAGS)
    assert {s.key: (s.value, s.source) for s in feed.settings} == {
        "every": ("10 min", "tag deux"),
        "full_text": ("false", "the feed"),
        "lang": ("fr", "tag deux"),
        "user_agent": ("un/1", "tag un"),
        "timeout": ("2 min", "tag tous"),
        "encoding": ("utf-8", "defaults"),
        "proxy": ("http://p.example:1", "tag deux"),
        "header Accept": ("written in feeds.yaml", "tag un"),
        "header Pragma": ("written in feeds.yaml", "tag un"),
        "header Referer": ("written in feeds.yaml", "defaults"),
    }


# --- what is refused ---------------------------------------------------------------

# `▲` marks the place of the problem; it is no part of the file.
MISTAKES = [
    ("headers: {▲Host: b}", "`Host` is not for `headers`: tocsin sets it itself"),
    ("headers: {▲accept-encoding: br}", "`accept-encoding` is not for `headers`"),
    ("headers: {▲If-None-Match: x}", "tocsin sets it itself"),
    ("headers: {▲Connection: close}", "tocsin sets it itself"),
    ("headers: {▲Transfer-Encoding: chunked}", "tocsin sets it itself"),
    ("headers: {▲Content-Length: '5'}", "tocsin sets it itself"),
    ("headers: {▲User-Agent: x}", "`user_agent` and `proxy`"),
    ("headers: {▲Proxy-Authorization: x}", "`user_agent` and `proxy`"),
    ("headers: {▲'a b': x}", "letters, digits and hyphens"),
    ('headers: {X-A: ▲"a\\r\\nX-B: b"}', "there is a line break"),
    ('headers: {X-A: ▲"a\\nb"}', "there is a line break"),
    ("headers: {X-A: ▲€}", "a character that no header can carry"),
    ("headers: {X-A: ▲''}", "this is blank"),
    ("headers: {▲X-A: }", "`X-A` is empty"),
    ("headers: {X-A: ▲'env:'}", "`env:` names nothing"),
    ("headers: {X-A: ▲env:NOBODY_SET_THIS}", "a.example: there is no environment variable NOBODY"),
    ("headers: {X-A: ▲file:nowhere}", "a.example: nowhere cannot be read: No such file"),
    ("headers: ▲[a]", "`headers` must be a mapping"),
    ("auth: {user: me, password: ▲env:NOBODY_SET_THIS}", "variable NOBODY_SET_THIS"),
    ("auth: {▲user: me}", "this `auth` has no `password`"),
    ("auth: {▲password: x}", "this `auth` has no `user`"),
    ("auth: ▲{}", "needs a `user` and a `password`, or a `bearer`"),
    ("auth: {▲bearer: x, user: y}", "not both"),
    ("auth: {user: me, ▲pasword: x}", "unknown key `pasword`; did you mean `password`?"),
    ("auth: ▲hunter2", "`auth` must be a mapping (`key: value`)"),
    ("user_agent: ▲€", "there is a line break or"),
    ("proxy: ▲socks5://a", "is not an address; write https://"),
    ("proxy: ▲http://p.example/x", "is more than a server"),
    ("proxy: ▲env:NOBODY_SET_THIS", "variable NOBODY_SET_THIS"),
    ("timeout: ▲10m", "is not from 1s to 5m"),
    ("timeout: ▲0.5s", "is not from 1s to 5m"),
    ("encoding: ▲klingon", "`klingon` is not a known encoding"),
    ("encoding: ▲rot13", "is not a known encoding"),
    ("encoding: ▲base64", "is not a known encoding"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words"), MISTAKES)
def test_a_mistake_is_told_at_its_place(text: str, words: str) -> None:
    (problem,) = _problems(text.replace("▲", ""))
    assert words in problem.message
    assert "hunter2" not in problem.message
    place = text.index("{") if "{▲user" in text or "{▲pass" in text else text.index("▲")
    place = text.index("{") if "{▲bearer" in text else place
    assert (problem.line, problem.column) == (3, 5 + place), problem.message


def _problems(*lines: str, sections: str = "") -> list[Problem]:
    with pytest.raises(ConfigError) as error:
        feed_of(*lines, sections=sections)
    return error.value.problems


def test_two_ways_to_say_who_asks_contradict_each_other() -> None:
    (problem,) = _problems("auth: {bearer: x}", "headers: {Authorization: y}")
    assert (problem.line, problem.column) == (4, 15)
    assert "`auth` and a header Authorization" in problem.message
    with pytest.raises(ConfigError, match="its address holds a password already"):
        config(f"feeds: [{{url: 'https://a:b@a.example', auth: {{bearer: x}}}}]\n{REST}")


def test_what_a_host_lacks_is_told_once_however_many_feeds_have_it() -> None:
    feeds = "".join(f"  - https://x.example/{n}\n" for n in "abc")
    auth = "{auth: {bearer: env:NOBODY_SET_THIS}}"
    with pytest.raises(ConfigError) as error:
        config(f"feeds:\n{feeds}hosts: {{x.example: {auth}}}\n{REST}")
    (problem,) = error.value.problems
    assert problem.message.startswith("host x.example: there is no environment variable NOBODY")
    assert (problem.line, problem.column) == (5, 36)


@pytest.mark.parametrize(
    ("server", "address", "is_sent"),
    [
        ("a.example", "https://a.example/rss", True),
        ("A.example.", "https://a.example:443/rss", True),
        ("https://a.example/", "https://a.example/rss", True),
        ("a.example", "http://a.example/rss", False),
        ("http://a.example", "http://a.example:80/rss", True),
        ("http://a.example", "https://a.example/rss", False),
        ("a.example", "https://a.example:8443/rss", False),
        ("a.example:8443", "https://a.example:8443/rss", True),
        ("a.example", "https://www.a.example/rss", False),
        ("a.example", "https://a.example.evil.example/rss", False),
        ("a.example", "https://evil.example/a.example", False),
        ("a.example", "https://a.example@evil.example/rss", False),
        ("'[2001:db8::1]'", "https://[2001:db8::1]/rss", True),
    ],
)
def test_the_credentials_of_a_host_go_to_its_feeds_only(
    server: str, address: str, is_sent: bool
) -> None:
    hosts = f"hosts: {{{server}: {{auth: {{bearer: hunter2}}, every: 7m}}}}\n"
    (feed,) = config(f"feeds: ['{address}']\n{hosts}{REST}").feeds
    assert ("Bearer hunter2" in sent_headers(feed).values()) is is_sent
    assert (feed.every == 420.0) is is_sent


@pytest.mark.parametrize(
    "secret",
    [
        "{auth: {bearer: env:JOURNAL}}",
        "{headers: {Cookie: 'file:cookie'}}",
        "{headers: {X-Wire: hunter2}}",
        "{headers: {Accept: env:JOURNAL}}",
    ],
)
@pytest.mark.parametrize("sections", ["tags: {{presse: {}}}\n", "defaults: {}\n"])
def test_a_secret_of_a_tag_or_of_all_feeds_is_refused(sections: str, secret: str) -> None:
    for problem in _problems(sections=sections.format(secret)):
        assert "write it under `hosts: HOST:" in problem.message
        assert "hunter2" not in problem.message


def test_a_tag_is_spoken_of_once() -> None:
    (problem,) = _problems(sections="tags:\n  un: {every: 5m}\n  UN: {every: 6m}\n")
    assert problem.message == "the same as another one, spelt otherwise: `un`"
    assert (problem.line, problem.column) == (5, 3)


def test_a_host_is_spoken_of_once() -> None:
    (problem,) = _problems(sections="hosts:\n  b.example: {every: 5m}\n  https://B.example: {}\n")
    assert problem.message == "the same as another one, spelt otherwise: `b.example`"
    (problem,) = _problems(sections="hosts: {b.example/paid: {every: 5m}}\n")
    assert "is more than a server" in problem.message


# --- secrets -----------------------------------------------------------------------

LEAKY = [
    "auth: {user: me, pasword: hunter2}",
    "auth: {user: me, password: hunter2, bearer: hunter2}",
    "auth: hunter2",
    "headers: {X-Foo: hunter2, Host: hunter2}",
    "headers: {X-Foo: 'hunter2\\",
    'headers: {X-Foo: "hunter2\\nhunter2"}',
    "headers: [hunter2]",
    "foo: {headers: {X-Foo: hunter2}}",
    "proxy: http://me:hunter2@proxy.example/x",
    "proxy: socks5://me:hunter2@proxy.example",
    "url2: https://me:hunter2@b.example/",
    "cookie: hunter2",
    "password: hunter2",
]  # fmt: skip


@pytest.mark.parametrize("line", LEAKY)
def test_a_mistake_beside_a_secret_does_not_tell_it(line: str, tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text(f"feeds:\n  - url: https://a.example/rss\n    {line}\n{REST}", "utf-8")
    with pytest.raises(ConfigError) as error:
        load(path)
    output = "\n".join([str(error.value), *describe_problems(path, error.value.problems)])
    assert SECRET not in output


def test_a_mistake_below_headers_does_not_tell_them(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    lines = ["headers:", "  Host: hunter2", "  X-Foo: hunter2", "user_agent: €"]
    lines_ = "".join(f"    {line}\n" for line in lines)
    path.write_text(f"feeds:\n  - url: https://a.example/rss\n{lines_}{REST}", "utf-8")
    with pytest.raises(ConfigError) as error:
        load(path)
    shown = "\n".join(describe_problems(path, error.value.problems))
    assert SECRET not in shown
    assert "          Host: •••••••\n          ^" in shown
    assert "        user_agent: €" in shown


ADDRESSES = ["https://me:hunter2@a b.example/", "https://me:hunter2/x@a.example/",
             "ftp://me:hunter2@a.example/", "https://me:hunter2@a..example/"]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_mistaken_address_does_not_tell_its_password(address: str, tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text(f"feeds: ['{address}']\n{REST}", "utf-8")
    with pytest.raises(ConfigError) as error:
        load(path)
    output = "\n".join([str(error.value), *describe_problems(path, error.value.problems)])
    assert SECRET not in output


def test_nothing_that_prints_a_configuration_prints_a_secret(monkeypatch: Any) -> None:
    monkeypatch.setenv("JOURNAL", SECRET)
    read = config(
        "feeds:\n"
        "  - {url: https://a.example/rss, auth: {user: me, password: env:JOURNAL}}\n"
        "  - {url: 'https://me:hunter2@b.example/rss', headers: {X-Key: hunter2}}\n"
        "  - {url: https://c.example/rss, auth: {bearer: hunter2}}\n"
        "  - {url: https://d.example/rss, proxy: 'http://me:hunter2@p.example:1'}\n" + REST
    )
    output = f"{read!r} {read} {as_text(read)} {warnings(read)}"
    output += (
        f"{[(str(v), f'{v}', repr(v)) for f in read.feeds for _, v in f.request_options.headers]}"
    )
    assert SECRET not in output
    assert "aHVudGVyMg" not in output
    assert basic("me", SECRET).split()[1] not in output
    assert [warning.partition(":")[0] for warning in warnings(read)] == [
        *("b.example", "b.example", "c.example", "d.example")
    ]


# --- the whole way -----------------------------------------------------------------

FRENCH = "Les dockers du Havre reprennent le travail après la grève. " * 4


def test_a_paid_feed_is_read_and_nobody_else_is_told(web: Web, tmp_path: Path) -> None:
    def journal(request: Any) -> Reply:
        allowed = request.header("authorization") == basic("me", SECRET).encode()
        return Reply(body=rss(Item("Cainiao", FRENCH, link=page))) if allowed else Reply(401)

    with Web() as other:
        page = other.url("/article")
        web.on("/feed", redirect("/paid"))
        web.on("/paid", journal)
        web.on("/old", Reply(body=rss(Item("Œuvre à Liège")).decode().encode("cp1252")))
        room = Newsroom(tmp_path, environ={"JOURNAL": SECRET})
        (tmp_path / "cookie").write_text(f"abonne={SECRET}", encoding="utf-8")
        paid_feed = {
            "url": web.url("/feed"),
            "name": "Journal",
            "auth": {"user": "me", "password": "env:JOURNAL"},
            "headers": {"Cookie": "file:cookie"},
            "user_agent": "Mozilla/5.0",
            "full_text": True,
        }
        old = {"url": web.url("/old"), "encoding": "windows-1252"}
        room.watch([paid_feed, old], ["Cainiao"])
        done = room.once("-v")
    assert done.returncode == 0, done.stderr
    assert room.counts()[:2] == (2, 1)
    assert room.sql("SELECT title FROM articles ORDER BY title")[-1] == ("Œuvre à Liège",)
    assert web.requests_for("/paid")[0].header("cookie") == f"abonne={SECRET}".encode()
    for request in other.requests:
        assert request.header("user-agent") == b"Mozilla/5.0"
        assert not {"authorization", "cookie"} & {name for name, _ in request.headers}
    assert [request.path for request in other.requests] == ["/robots.txt", "/article"]
    output = done.stdout + done.stderr
    for command in ("feeds --format json", "feeds check"):
        ran = room.here(*command.split())
        output += ran.stdout + ran.stderr
    content = b"".join(path.read_bytes() for path in room.data.rglob("*") if path.is_file())
    for secret in (SECRET, basic("me", SECRET).split()[1]):
        assert secret not in output
        assert secret.encode() not in content


def test_a_feed_is_examined_as_it_is_asked(web: Web, tmp_path: Path) -> None:
    def journal(request: Any) -> Reply:
        allowed = request.header("authorization") == b"Bearer hunter2"
        item = Item("Cainiao", FRENCH, link=web.url("/secret/1"))
        return Reply(body=rss(item)) if allowed else Reply(401)

    web.on("/feed", journal)
    web.on("/robots.txt", Reply(body=b"User-agent: *\nDisallow: /secret/"))
    room = Newsroom(tmp_path, environ={"JOURNAL": SECRET})
    feed = {"url": web.url("/feed"), "name": "Journal", "tags": "payant", "full_text": True}
    host = web.url("")
    auth = {"auth": {"bearer": "env:JOURNAL"}}
    room.watch([feed], [], tags={"payant": {"every": "90m"}}, hosts={host: auth})
    done = room.here("feeds", "check", "Journal", web.url("/feed?x"), "--format", "json")
    report, without_options = json.loads(done.stdout)
    assert (report["readable"], report["interval"]) == (True, 5400.0)
    assert report["pages"] == f"robots.txt of 127.0.0.1:{web.port} forbids it"
    assert report["settings"] == {
        "every": {"value": "1 h 30 min", "from": "tag payant"},
        "full_text": {"value": "true", "from": "the feed"},
        "auth": {"value": "from env:JOURNAL", "from": f"host {host}"},
    }
    assert (without_options["status"], without_options["settings"]) == (401, {})
    text = room.here("feeds", "check", web.url("/feed")).stdout
    assert f"  set        auth: from env:JOURNAL (host {host})\n" in text
    assert f"  pages      not read: robots.txt of 127.0.0.1:{web.port} forbids it\n" in text
    other = Newsroom(tmp_path)
    lacking = other.here("check")
    assert lacking.returncode == 2
    assert f"host {host}: there is no environment variable JOURNAL" in lacking.stderr
