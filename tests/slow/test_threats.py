"""Attacks by strangers, one line each, through the whole program.

Proven elsewhere: bodies that are paths or hang or bloat a reader (test_hostile_documents,
test_workers), exceptions (test_fuzzed), tarpits (test_tarpits), single answers of every
kind (test_fetch, test_guard), screens (test_tui_screens).
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

from support.archive_invariants import unclean_texts
from support.newsroom import Item, Newsroom, rss, until
from support.scripted_server import Reply, Web, gzip_bomb, redirect
from support.simulated_time import Town, World

from monitor.base.translation import shown
from monitor.storage.monitor_lock import current_heartbeat

# --- addresses -----------------------------------------------------------------------------

SPELLINGS = (
    "127.0.0.1", "localhost", "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "0.0.0.0",
    "[::1]", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]",
)  # fmt: skip
"""Spellings of this machine that get past programs which only look at the name."""


def test_no_spelling_of_this_machine_is_asked(web: Web, tmp_path: Path) -> None:
    """The address is that of a feed, of a redirect, and of the page of an article."""
    newsroom = Newsroom(tmp_path)
    with Web(address="127.0.0.2") as canary:  # all of 127.0.0.0/8 but one address is refused
        canary.on("*", Reply(body=rss(Item("Un canari", guid="1"))))
        targets = [f"http://{host}:{canary.port}/canary" for host in SPELLINGS]
        targets.append(canary.url("/canary"))
        for number, target in enumerate(targets):
            web.on(f"/sent{number}", redirect(target))
        pages = (Item(f"Page {n}", guid=str(n), link=to) for n, to in enumerate(targets))
        web.on("/pages", Reply(body=rss(*pages)))
        feeds = [{"url": target, "every": "1h"} for target in dict.fromkeys(targets)]
        feeds += [{"url": web.url(f"/sent{n}")} for n in range(len(targets))]
        feeds.append({"url": web.url("/pages"), "full_text": True, "name": "pages"})
        newsroom.watch(feeds, ["Alibaba"], network={"allow": [f"{web.address}/32"]})
        done = newsroom.once("--json")
        assert done.returncode == 0, done.stderr
        assert not canary.requests
    assert newsroom.sql("SELECT count(*) FROM articles WHERE title = 'Un canari'") == [(0,)]
    assert newsroom.sql("SELECT count(*) FROM articles") == [(len(targets),)]
    reasons = newsroom.sql("SELECT reason FROM feeds WHERE url LIKE '%canary' OR url LIKE '%sent%'")
    assert len(reasons) == len(feeds) - 1
    assert all(reason for (reason,) in reasons)
    assert sum("`network: {allow: " in shown(reason) for (reason,) in reasons) >= len(targets)


# --- programs ------------------------------------------------------------------------------


def test_no_file_in_the_folder_where_it_is_started_is_run(web: Web, tmp_path: Path) -> None:
    newsroom = Newsroom(tmp_path)
    for module in ("calendar", "feedparser", "monitor"):
        (tmp_path / f"{module}.py").write_text("open(__file__ + '.ran', 'w')")
    web.on("/feed", Reply(body=rss(Item("Alibaba", guid="1"))))
    newsroom.watch([{"url": web.url("/feed")}], ["Alibaba"])
    assert newsroom.tocsin("run", "--once").returncode == 0
    assert newsroom.counts()[0] == 1
    start = "from pathlib import Path; from monitor.cli.run import start_monitor as start;"
    start += f"start(Path('feeds.yaml'), Path({str(newsroom.data)!r}), lambda: None)"
    subprocess.run([sys.executable, "-P", "-c", start], cwd=tmp_path, check=True)
    assert newsroom.tocsin("stop").returncode == 0
    assert list(tmp_path.glob("*.ran")) == []


# --- secrets -------------------------------------------------------------------------------


def test_a_secret_is_told_to_its_own_host_and_to_nobody_else(web: Web, tmp_path: Path) -> None:
    newsroom = Newsroom(tmp_path, {"FEED_TOKEN": "geheim-token"})
    with Web() as other:
        other.on("/*", Reply(404))
        other.on("/feed", Reply(body=rss(Item("Ailleurs", guid="1", link=other.url("/page")))))
        web.on("/moved", redirect(other.url("/feed"), 301))
        web.on("/well", Reply(body=rss(Item("Ici", guid="2", link=other.url("/page")))))
        web.on("/broken", Reply(500))
        login = web.url("/{}").replace("://", "://anne:s3cr3t-pass@")
        feeds = [
            {"url": login.format(name), "full_text": True, "name": name}
            for name in ("moved", "well", "broken")
        ]
        feeds.append(
            {"url": web.url("/well?token"), "name": "token", "auth": {"bearer": "env:FEED_TOKEN"}}
        )
        newsroom.watch(feeds, ["Ici"])
        polled = newsroom.once("-v", "--now")
        output = polled.stdout + polled.stderr
        output += "".join(
            done.stdout + done.stderr
            for words in (
                ["feeds", "--format", "json"],
                ["feeds", "log", "broken"],
                ["check"],
                ["feeds", "check", "well", "token"],
            )
            for done in [newsroom.here(*words)]
        )
        assert {request.path for request in other.requests} >= {"/feed", "/page"}
        received = json.dumps([[str(value) for _, value in r.headers] for r in other.requests])
    at_home = {request.header("authorization") for request in web.requests}
    assert b"Bearer geheim-token" in at_home
    assert any((value or b"").startswith(b"Basic ") for value in at_home)
    assert "authorization" not in received.lower()
    stored = b"".join(path.read_bytes() for path in newsroom.data.rglob("*") if path.is_file())
    for secret in ("s3cr3t-pass", "geheim-token", "YW5uZTpzM2NyM3QtcGFzcw"):
        assert secret not in output + received
        assert secret.encode() not in stored


# --- values that poison --------------------------------------------------------------------


POISON: tuple[tuple[tuple[str, str | bytes], ...], ...] = (
    (("ETag", b'"\xe9\xff"'),),
    (("ETag", b"x" * 9_000),),
    (("ETag", b'"a\x01b"'), ("Last-Modified", b"\xff")),
    (("Last-Modified", "hier soir"), ("Expires", "-1"), ("Age", "9" * 400)),
    (("Cache-Control", "max-age=" + "9" * 400), ("Date", "0")),
    (("Content-Type", b"\xff; charset=\x80"),),
)


def test_no_header_breaks_the_next_poll(web: Web, tmp_path: Path) -> None:
    newsroom = Newsroom(tmp_path)
    for number, headers in enumerate(POISON):
        items = [Item(f"Un {number} {n}", guid=str(n)) for n in range(2)]
        web.on(f"/{number}", *(Reply(200, headers, rss(*items[: n + 1])) for n in range(2)))
    newsroom.watch([{"url": web.url(f"/{number}")} for number in range(len(POISON))])
    for _ in range(2):
        assert newsroom.once("--now").returncode == 0
    assert newsroom.sql("SELECT failures, articles FROM feeds") == [(0, 2)] * len(POISON)
    assert web.requests_for("/0")[1].header("If-None-Match") == b'"\xe9\xff"'


# --- text that acts ------------------------------------------------------------------------

PAYLOADS = (
    "\x1b]0;title\x07", "\x1b]52;c;QUFB\x07", "\x1b[2J", "\x1b[31m", "\x9b31m", "\x9d0;x\x9c",
    "\x90q\x9c", "\x1bc", "\x1b(0", "\x1b[6n", "\x07", "\x08\x08\x08", "\r overwritten", "\x7f",
    "\u202e reversed", "\u2066\u2067", "\u200b\u2060", "\U000e0041\U000e0042", "[red]x[/red]",
    "[/]", "[link=http://evil.example]x[/link]", "\ufeff\u2028\u2029", "a" + "\u0301" * 50,
)  # fmt: skip

COMMANDS = (
    "search Alibaba", "search Alibaba --format json", "search Alibaba --format csv",
    "search Alibaba --format csv", "alerts", "alerts --format jsonl", "feeds", "feeds log hostile",
    "show 1", "watch explain 1 Alibaba", "watch forms Alibaba*",
)  # fmt: skip


def test_no_text_of_a_feed_acts_on_a_terminal(web: Web, tmp_path: Path) -> None:
    newsroom = Newsroom(tmp_path)
    texts = [payload.encode("utf-8", "replace").decode() for payload in PAYLOADS]
    numeric = ["".join(f"&#{ord(letter)};" for letter in payload) for payload in PAYLOADS]
    items = "".join(
        f"<item><title>Alibaba {raw} {coded}</title><description>Alibaba {raw} &lt;b&gt;{coded}"
        f"&lt;/b&gt;</description><author>{raw}</author><guid>{n} {raw}</guid>"
        f"<link>http://e.example/{n}{raw}</link></item>"
        for n, (raw, coded) in enumerate(zip(texts, numeric, strict=True))
    )
    title = "".join(texts[:8])
    document = f"<rss version='2.0'><channel><title>{title}</title>{items}</channel></rss>"
    web.on("/feed", Reply(body=document.encode()))
    web.on("/broken", Reply(200, (("Content-Encoding", b"\x1b[2J\xe2\x80\xae"),), b"x"))
    newsroom.watch(
        [{"url": web.url("/feed"), "name": "hostile"}, {"url": web.url("/broken")}], ["Alibaba"]
    )
    ran = newsroom.once("-v")
    assert newsroom.counts()[0] >= len(PAYLOADS) - 2  # some are equal after cleaning
    for words in COMMANDS:
        done = newsroom.here(*words.split())
        assert done.returncode == 0, (words, done.stderr)
        assert harmless(done.stdout + done.stderr), words
    assert harmless(ran.stdout + ran.stderr)
    assert unclean_texts(newsroom.data / "newsroom.db") == []


def harmless(text: str) -> bool:
    """Tell whether a text has no control, invisible or bidirectional characters."""
    hidden = set("\u200b\u200e\u200f\u202a\u202e\u2060\u2066\u2067\ufeff\u2028\u2029\x7f")
    return all(
        char in "\n\t" or (char >= " " and not "\x7f" <= char <= "\x9f") for char in text
    ) and not (hidden & set(text) or any("\U000e0000" <= char <= "\U000e007f" for char in text))


LINKS = (
    "javascript:alert(1)", "JaVaScRiPt&#58;x", "file:///etc/passwd", "data:text/html,x", "//[",
    "vbscript:x", "&#0;", "ftp://e.example/x", "/etc/passwd", "\thttp://e.example/well",
)  # fmt: skip


def test_only_links_to_the_web_are_kept(web: Web, tmp_path: Path) -> None:
    newsroom = Newsroom(tmp_path)
    items = "".join(
        f"<item><title>Un {n}</title><guid isPermaLink='false'>{n}</guid><link>{link}</link></item>"
        for n, link in enumerate(LINKS)
    )
    web.on("/feed", Reply(body=f"<rss version='2.0'><channel>{items}</channel></rss>".encode()))
    newsroom.watch([{"url": web.url("/feed")}])
    assert newsroom.once().returncode == 0
    stored_urls = {url for (url,) in newsroom.sql("SELECT url FROM articles")}
    home = {web.url("/feed"), web.url("/etc/passwd")}
    assert stored_urls - home <= {"", "http://e.example/well"}
    assert "http://e.example/well" in stored_urls


# --- size and patterns ---------------------------------------------------------------------


def test_a_bomb_costs_the_monitor_nothing(web: Web, tmp_path: Path) -> None:
    """Compares the peak of the main process after good feeds and after as many bombs."""
    newsroom, feeds, peaks = Newsroom(tmp_path), list[dict[str, str]](), list[int]()
    well = Reply(body=rss(Item("Un", guid="1")))
    bomb = Reply(200, (("Content-Encoding", "gzip"),), gzip_bomb(100))
    newsroom.watch([])
    with newsroom.running("-q", "run") as monitor:
        for kind, reply in (("well", well), ("bomb", bomb)):
            for path in (f"/{kind}{n}" for n in range(8)):
                web.on(path, reply)
                feeds.append({"url": web.url(path), "every": "1h"})
            newsroom.watch(feeds)
            polled = [(len(feeds),)]
            until(lambda: newsroom.sql("SELECT count(*) FROM polls") == polled)  # noqa: B023
            status = Path(f"/proc/{monitor.pid}/status").read_text().splitlines()
            peaks.append(next(int(line.split()[1]) for line in status if "VmHWM" in line))
    assert newsroom.sql("SELECT count(*) FROM feeds WHERE failures > 0") == [(8,)]
    assert peaks[1] - peaks[0] < 50_000, peaks


NASTY = (
    "aa*aa*aa*aa*aa*b", "*aa*aa*aa*aa*b", "(aa OR aa~) NEAR/50 (aa* OR aaa*)",
    '"aa* aa* aa* bb"', "aaa* NEAR/500 aaa* NEAR/500 b",
)  # fmt: skip
"""Patterns that keep backtracking matchers busy for minutes, on a text like the one below."""


def test_no_pattern_takes_longer_than_its_text(web: Web, tmp_path: Path) -> None:
    newsroom = Newsroom(tmp_path)
    text = ("a" * 60 + " ") * 2_000
    web.on("/feed", Reply(body=rss(Item("a" * 200, text, guid="1"))))
    rules = [{"name": f"rule {n}", "query": query} for n, query in enumerate(NASTY)]
    newsroom.watch([{"url": web.url("/feed")}], rules)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = newsroom.tocsin("run", "--once")
    assert done.returncode == 0, done.stderr
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 10
    assert newsroom.counts()[0] == 1


# --- feeds.yaml ----------------------------------------------------------------------------

GOOD = "watchlists: []\nfeeds:\n  - url: {}\n    every: 1s\n"
EDITS = {
    "a key twice": GOOD + "feeds: []\n",
    "half of it": "feeds:\n  - url: {}\n  - ur",
    "nothing": "",
    "only a comment": "# soon\n",
    "another kind": "- feeds\n",
    "a list that never ends": "[" * 900,
    "an alias bomb": "a: &a [x,x]\nb: &b [*a,*a]\nfeeds: [*b,*b]\n",
    "a tag that runs code": "feeds: !!python/object/apply:os.system ['touch pwned']\n",
    "an unknown key": GOOD + "feed: []\n",
    "no address": "feeds:\n  - url: nonsense\n",
    "binary": "feeds:\n  - url: '\x00\x01'\n",
    "tabs": "feeds:\n\t- url: {}\n",
    "a query that is none": "feeds:\n  - url: {}\nwatchlists:\n  - name: x\n    query: '('\n",
    "a number where a text is": "feeds: 12\n",
}


def test_no_bad_edit_takes_a_feed_away(tmp_path: Path) -> None:
    world = World()
    web = Web(clock=lambda: world.now)
    town = Town(world, web)
    web.on("/feed", Reply(body=rss(Item("Un", guid="1"))))
    url, config = "http://127.0.0.1/feed", tmp_path / "feeds.yaml"
    original = "network: {allow: [127.0.0.0/8]}\n" + GOOD.replace("{}", url)
    config.write_text(original)
    errors: dict[str, str] = {}

    async def edit() -> bool:
        await town.wait_until(world.now + 8)
        for name, text in EDITS.items():
            config.write_text(text.replace("{}", url))
            await town.wait_until(world.now + 8)
            card = current_heartbeat(tmp_path / "var")
            errors[name] = card.config_error if card else "the monitor has ended"
            polls = len(web.requests)
            await town.wait_until(world.now + 8)
            assert len(web.requests) > polls + 2, name
        config.write_text(original + "\n")
        await town.wait_until(world.now + 8)
        card = current_heartbeat(tmp_path / "var")
        assert card is not None
        assert card.config_error == ""
        return True

    world.watch(config, town, edit)
    assert {name: error for name, error in errors.items() if "feeds.yaml" not in error} == {}
    assert len(set(errors.values())) > len(EDITS) / 2
    assert not (tmp_path / "pwned").exists()


def test_thousands_of_mistakes_are_told(tmp_path: Path) -> None:
    newsroom = Newsroom(tmp_path)
    newsroom.watch([{"url": f"http://e.example/{n}", "name": "x" * 99} for n in range(800)])
    done = newsroom.here("check")
    assert done.returncode == 2
    assert done.stderr.count("a name of 99 characters; at most 80") == 800
