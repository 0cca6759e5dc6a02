"""Pages are read where the robots.txt of their site permits it, and at its pace."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any, TypeVar

import pytest
from support.newsroom import Item, Newsroom, rss
from support.scripted_server import Fault, Reply, Web, redirect

from monitor.base.translation import shown
from monitor.intake.fetch.client import Client
from monitor.intake.fetch.page_reader import AGE, RETRY, RobotsPolicy
from monitor.intake.parse.web_page import CAP, Allowance, allowance
from monitor.intake.parse.workers import Parser
from monitor.model.feed import RequestOptions, Secret
from monitor.model.poll import Fetched, Page

T = TypeVar("T")
LOOPBACK = (ip_network("127.0.0.0/8"),)
DAY = 86_400.0
TEXT = "La sûreté belge soupçonne un espionnage économique sur le site de Cainiao à Liège. " * 9
PAGE = f"<html><body><article><h1>Titre</h1><p>{TEXT}</p><p>{TEXT}</p></article></body></html>"

# --- the rules ---------------------------------------------------------------------

RULES: list[tuple[str, str, Allowance]] = [
    ("", "/a", Allowance()),
    ("<!doctype html><p>Disallow: /", "/a", Allowance()),
    ("User-agent: *\nDisallow: /", "/a", Allowance(False)),
    ("User-agent: *\nDisallow:", "/a", Allowance()),
    ("User-agent: *\nDisallow: /b", "/a", Allowance()),
    ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b?c", Allowance()),
    ("User-agent: *\nDisallow: /*.php$", "/a.php", Allowance(False)),
    ("User-agent: *\nDisallow: /*?print=", "/a?print=1", Allowance(False)),
    ("User-agent: *\nDisallow: /\n\nUser-agent: Tocsin\nAllow: /", "/a", Allowance()),
    ("User-agent: *\nAllow: /\n\nUser-agent: tocsin\nDisallow: /", "/a", Allowance(False)),
    ("User-agent: a\nUser-agent: tocsin\nDisallow: /", "/a", Allowance(False)),
    ("User-agent: GPTBot\nDisallow: /", "/a", Allowance()),
    ("\ufeffUser-agent: *\nDisallow: /caf%C3%A9", "/café", Allowance(False)),
    ("User-agent: *\nCrawl-delay: 7", "/a", Allowance(delay=7.0)),
    ("User-agent: *\nCrawl-delay: 86400", "/a", Allowance(delay=60.0)),
    ("User-agent: *\nCrawl-delay: soon\nDisallow: /a", "/a", Allowance(False)),
    ("# x\n" * (CAP // 4) + "User-agent: *\nDisallow: /", "/a", Allowance()),
]  # fmt: skip


@pytest.mark.parametrize(("text", "path", "allowed"), RULES)
def test_rules(text: str, path: str, allowed: Allowance) -> None:
    assert allowance(text.encode(), f"https://a.example{path}") == allowed


@pytest.mark.parametrize("junk", [b"\0" * 999, b"\xff\xfe" * 999, b"User-agent", b"%\n:\n*\n" * 99])
def test_junk_forbids_nothing(junk: bytes) -> None:
    assert allowance(junk, "https://a.example/") == Allowance()


# --- asking for them ---------------------------------------------------------------


@dataclass
class Site:
    """A site with rules, asked by somebody whose clock a test moves."""

    web: Web
    now: float = 1e9
    parser: Parser = field(default_factory=Parser)

    def run(self, go: Callable[[RobotsPolicy], Awaitable[T]], **options: Any) -> T:
        async def inside() -> T:
            client = Client(
                LOOPBACK, user_agent="tocsin/1", monotonic=time.monotonic, sleep=asyncio.sleep,
                timeout=5.0, **options,
            )  # fmt: skip
            async with client:
                return await go(RobotsPolicy(client, self.judge, lambda: self.now))

        return asyncio.run(inside())

    async def judge(self, rules: Fetched, url: str) -> Allowance:
        return allowance(rules.body, url)


@pytest.fixture
def site(web: Web) -> Site:
    return Site(web)


FORBIDDEN = b"User-agent: *\nDisallow: /secret\n"


def test_a_site_is_asked_once_a_day(site: Site) -> None:
    site.web.on("/robots.txt", Reply(body=FORBIDDEN))

    async def go(policy: RobotsPolicy) -> None:
        pages = [f"/secret/{n}" for n in range(9)] + [f"/open/{n}" for n in range(9)]
        answers = await asyncio.gather(*(policy.check(site.web.url(page)) for page in pages))
        no = Page(reason=f"robots.txt of 127.0.0.1:{site.web.port} forbids it", final=True)
        assert answers == [no] * 9 + [Page()] * 9
        site.now += AGE - 1
        assert await policy.check(site.web.url("/secret/1")) == no
        assert len(site.web.requests) == 1
        site.now += 2
        site.web.on("/robots.txt", Reply(404))
        assert await policy.check(site.web.url("/secret/1")) == Page()

    site.run(go)
    first, second = site.web.requests
    assert first.path == second.path == "/robots.txt"
    assert first.header("user-agent") == b"tocsin/1"


@pytest.mark.parametrize("status", [401, 403, 404, 410, 418])
def test_where_there_are_no_rules_nothing_is_forbidden(site: Site, status: int) -> None:
    site.web.on("/robots.txt", Reply(status), Reply(body=FORBIDDEN))

    async def go(policy: RobotsPolicy) -> None:
        for later in (0, AGE - 1):
            site.now += later
            assert await policy.check(site.web.url("/secret")) == Page()

    site.run(go)
    assert len(site.web.requests) == 1


TROUBLE = [(Reply(500), "500 Internal Server Error"), (Reply(503), "503"), (Reply(429), "429"),
           (Reply(fault=Fault.RESET), "reset"), (redirect("/robots.txt"), "to itself")]  # fmt: skip


@pytest.mark.parametrize(("reply", "words"), TROUBLE)
def test_where_the_rules_cannot_be_had_all_is_forbidden_for_a_while(
    site: Site, reply: Reply, words: str
) -> None:
    site.web.on("/robots.txt", reply)

    async def go(policy: RobotsPolicy) -> None:
        refused = await policy.check(site.web.url("/open"))
        assert words in refused.reason
        assert "cannot be had, so its pages are not read" in refused.reason
        assert not refused.final
        count = len(site.web.requests)
        await policy.check(site.web.url("/open"))
        assert len(site.web.requests) == count
        site.now += RETRY + 1
        site.web.on("/robots.txt", Reply(body=FORBIDDEN))
        assert await policy.check(site.web.url("/open")) == Page()
        site.now += AGE + 1  # the last known rules still apply
        site.web.on("/robots.txt", reply)
        assert (await policy.check(site.web.url("/secret"))).final
        assert await policy.check(site.web.url("/open")) == Page()

    site.run(go)


def test_rules_are_asked_for_in_the_manner_of_the_page_with_nothing_secret_elsewhere(
    site: Site,
) -> None:
    site.web.on("/robots.txt", Reply(body=b""))
    request_options = RequestOptions(
        headers=(("Cookie", Secret("abonne=1")),), user_agent="Mozilla/5.0"
    )

    async def go(policy: RobotsPolicy) -> None:
        await policy.check(site.web.url("/a"), request_options, "https://elsewhere.example/feed")

    site.run(go)
    (request,) = site.web.requests
    assert request.header("user-agent") == b"Mozilla/5.0"
    assert request.header("cookie") is None


def test_endless_rules_are_cut(site: Site) -> None:
    site.web.on("/robots.txt", Reply(body=FORBIDDEN * 100, fault=Fault.ENDLESS))

    async def go(policy: RobotsPolicy) -> Page:
        return await policy.check(site.web.url("/secret"))

    assert site.run(go).final


@pytest.mark.costly
def test_rules_that_take_all_memory_cost_their_own_site_only(site: Site) -> None:
    agents = "".join(f"User-agent: a{n}\n" for n in range(12_000))
    bomb = agents + "User-agent: *\n" + "Disallow: /x\n" * 20_000
    site.web.on("/robots.txt", Reply(body=bomb.encode()[:CAP]))
    parser = Parser(seconds=1.0)

    async def go(policy: RobotsPolicy) -> Page:
        policy._judge = parser.robots
        return await policy.check(site.web.url("/open"))

    try:
        refused = site.run(go)
    finally:
        parser.close()
    assert "cannot be read: reading it " in refused.reason
    assert refused.final


# --- the pace ----------------------------------------------------------------------


def test_a_site_that_wants_time_gets_it_and_holds_up_nobody(site: Site) -> None:
    site.web.on("/robots.txt", Reply(body=b"User-agent: *\nCrawl-delay: 20\n"))

    async def go(policy: RobotsPolicy) -> list[float]:
        start = site.now
        waits = dict.fromkeys(range(6), 0.0)
        turns: list[float] = []
        count = 0
        while waits:  # as the monitor does: each page is retried after its wait
            number = min(waits, key=lambda n: (waits[n], n))
            site.now = max(site.now, start + waits[number])
            permission = await policy.check(site.web.url(f"/{number}"))
            count += 1
            if permission.later:
                waits[number] = site.now - start + permission.later
            else:
                turns.append(site.now - start)
                del waits[number]
        assert count == 1 + 5 * 2  # each is put off once
        return turns

    turns = site.run(go)
    assert turns == [0, 20, 40, 60, 80, 100]


def test_a_clock_that_is_set_back_stops_no_site(site: Site) -> None:
    site.web.on("/robots.txt", Reply(body=b"User-agent: *\nCrawl-delay: 20\n"))

    async def go(policy: RobotsPolicy) -> Page:
        await policy.check(site.web.url("/1"))
        site.now -= 30 * DAY
        return await policy.check(site.web.url("/2"))

    assert 0 < site.run(go).later <= 20


def test_feeds_of_a_slow_site_are_spaced_too() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def go() -> None:
        async def refuse(*_: object) -> Any:
            raise ConnectionRefusedError

        async def nowhere(host: str, port: int) -> list[str]:
            return ["93.184.216.34"]

        client = Client(
            user_agent="t", monotonic=lambda: 0.0, sleep=sleep, resolve=nowhere, dial=refuse
        )
        async with client:
            client.set_spacing("https://slow.example/x", 20.0)
            for host in ("slow", "slow", "quick", "quick"):
                with pytest.raises(Exception, match="refuses"):
                    await client.fetch(f"https://{host}.example/feed")

    asyncio.run(go())
    assert slept == [20.0, 1.0]


# --- as people see it --------------------------------------------------------------


def test_a_page_that_is_forbidden_is_said_to_be(web: Web, tmp_path: Any) -> None:
    items = [
        Item(name, "Cainiao.", guid=name, link=web.url(f"/{name}"))
        for name in ("secret", "open", "sent-on")
    ]
    web.on("/robots.txt", Reply(body=FORBIDDEN))
    web.on("/feed", Reply(body=rss(*items)))
    html = Reply(headers=(("Content-Type", "text/html; charset=utf-8"),), body=PAGE.encode())
    web.on("/open", html)
    web.on("/secret", html)
    web.on("/sent-on", redirect("/secret"))
    room = Newsroom(tmp_path)
    room.watch([{"url": web.url("/feed"), "full_text": True}], ["Cainiao"])
    assert room.once().returncode == 0
    assert [len(web.requests_for(path)) for path in ("/robots.txt", "/open")] == [1, 1]
    reason = f"robots.txt of 127.0.0.1:{web.port} forbids it"
    bodies = dict(room.sql("SELECT title, body FROM articles"))
    assert TEXT[:50] in bodies.pop("open")
    assert set(bodies.values()) == {""}
    unread = room.sql("SELECT title, reason, id FROM unread_pages JOIN articles ON id = article")
    assert sorted((title, shown(why)) for title, why, _id in unread) == [
        ("secret", reason),
        ("sent-on", reason),
    ]
    assert room.sql("SELECT * FROM pages") == []  # none is tried again
    assert len(web.requests_for("/secret")) == 1  # by the redirect; its text is not stored
    number = str(unread[0][2])
    article = room.json("show", number, "--format", "json")
    assert (article["page_trouble"], article["page_retry"]) == (reason, None)
    assert f"Page not read: {reason}\n" in room.here("show", number).stdout
