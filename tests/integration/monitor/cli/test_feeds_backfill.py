"""`tocsin feeds backfill`: what a feed published before it was watched."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from support.newsroom import LOOPBACK, Newsroom
from support.scripted_server import Reply, Web

DAY = 86_400.0
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"><title>Le Journal</title><id>j</id>{}</feed>'
MAP = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</urlset>'
INDEX = '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</sitemapindex>'

pytestmark = pytest.mark.costly


def day(days: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - days * DAY))


def entry(web: Web, name: str, days: float) -> str:
    return (
        f"<entry><id>{name}</id><title>Cainiao {name}</title><updated>{day(days)}</updated>"
        f"<link href='{web.url(f'/{name}')}'/></entry>"
    )


def address(web: Web, name: str, days: float) -> str:
    return f"<url><loc>{web.url(f'/{name}')}</loc><lastmod>{day(days)}</lastmod></url>"


def publish(web: Web) -> None:
    older = "<link rel='prev-archive' href='/archive/{}'/>".format
    web.on("/rss", Reply(body=ATOM.format(older(2) + entry(web, "neuf", 1)).encode()))
    web.on("/archive/2", Reply(body=ATOM.format(older(1) + entry(web, "vieux", 20)).encode()))
    web.on("/archive/1", Reply(body=ATOM.format(older(0) + entry(web, "ancien", 200)).encode()))
    web.on("/archive/0", Reply(body=ATOM.format(entry(web, "antique", 400)).encode()))
    web.on("/robots.txt", Reply(body=f"Sitemap: {web.url('/index.xml')}".encode()))
    children = "".join(
        f"<sitemap><loc>{web.url(f'/map{n}.xml')}</loc><lastmod>{day(days)}</lastmod></sitemap>"
        for n, days in enumerate((2, 40, 300))
    )
    web.on("/index.xml", Reply(body=INDEX.format(children).encode()))
    rows = [("entrepot-cainiao-a-liege", 3), ("neuf", 1), ("un-autre-titre", 50), ("x-y-z", 60)]
    for n in range(3):
        addresses = "".join(address(web, name, days) for name, days in rows)
        web.on(f"/map{n}.xml", Reply(body=MAP.format(addresses).encode()))


def test_a_mailbox_says_how_its_older_mails_are_read(tmp_path: Path) -> None:
    room = Newsroom(tmp_path)
    auth = {"user": "desk", "password": "x"}
    room.watch([{"mailbox": "imaps://mail.example/INBOX", "name": "Mails", "auth": auth}], [])
    done = room.here("feeds", "backfill", "Mails", "--since", "30d")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Mails is a mailbox: its key `since` says from which day" in done.stderr


def test_archives_and_sitemaps_are_read_stored_once_and_nobody_is_notified(tmp_path: Path) -> None:
    with Web() as web:
        publish(web)
        room = Newsroom(tmp_path)
        room.watch(
            [{"url": web.url("/rss"), "name": "Le Journal"}],
            [{"name": "Colis", "terms": ["Cainiao"], "backfill": "notify"}],
            channels=[{"name": "file", "file": "alerts.jsonl"}],
            network={"allow": LOOPBACK},
        )
        room.once()
        file = tmp_path / "alerts.jsonl"
        before = file.read_text() if file.exists() else ""
        result = json.loads(
            room.here("feeds", "backfill", "Le Journal", "--since", "30d", "--json").stdout
        )
        assert result["new"] == 2
        paths = [request.path for request in web.requests]
        assert "/archive/1" in paths
        assert "/archive/0" not in paths  # all of the one before is too old
        assert "/map1.xml" not in paths
        titles = {title for (title,) in room.sql("SELECT title FROM articles")}
        assert {"Cainiao neuf", "Cainiao vieux", "Entrepot cainiao a liege"} <= titles
        again = room.json("feeds", "backfill", "Le Journal", "--since", "30d", "--json")
        assert (again["new"], again["known"]) == (0, 3)
        states = room.sql("SELECT backfill, suppressed FROM alerts ORDER BY id")
        assert [bool(backfill) for backfill, _suppressed in states].count(True) >= 2
        room.once("--now")
        assert (file.read_text() if file.exists() else "") == before
        assert "Cainiao vieux" in room.here("search", "vieux").stdout


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    with Web() as web:
        web.on("/robots.txt", Reply(404))
        web.on("/rss", Reply(503))
        room = Newsroom(tmp_path)
        room.watch(
            [{"url": web.url("/rss"), "name": "Le Journal"}], [], network={"allow": LOOPBACK}
        )
        done = room.here("feeds", "backfill", "Le Journal", "--since", "30d")
        assert done.returncode == 1
        assert "503 Service Unavailable" in done.stderr
        assert "0 articles added" in done.stderr
