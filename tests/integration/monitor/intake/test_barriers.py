"""Tests that what hides a feed or its pages is said, and never taken for an article."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.newsroom import LOOPBACK, Item, Newsroom, rss
from support.scripted_server import Reply, Web

HTML = (("Content-Type", "text/html; charset=utf-8"),)
CONSENT = """<!doctype html><title>Le Journal</title><div id="didomi-host"><h2>Votre vie privée</h2>
<p>Nous et nos partenaires utilisons des cookies pour mesurer l’audience de ce site et vous montrer
de la publicité selon vos centres d’intérêt, dont le mot Cainiao.</p>
<button>Accepter et fermer</button><button>Continuer sans accepter</button></div>""".encode()

pytestmark = pytest.mark.costly


def newsroom(folder: Path, web: Web) -> Newsroom:
    room = Newsroom(folder)
    room.watch(
        [{"url": web.url("/rss"), "name": "Le Journal", "full_text": True, "lang": "fr"}],
        [{"name": "Colis", "terms": ["Cainiao"]}],
        network={"allow": LOOPBACK},
    )
    return room


def test_pages_that_are_not_shown_are_said_and_their_text_is_no_article(tmp_path: Path) -> None:
    with Web() as web:
        items = [Item(f"Titre {n}", guid=str(n), link=web.url(f"/a/{n}")) for n in range(3)]
        web.on("/rss", Reply(body=rss(*items)))
        for n in range(3):
            web.on(f"/a/{n}", Reply(headers=HTML, body=CONSENT))
        room = newsroom(tmp_path, web)
        room.once()
        (feed,) = room.json("feeds", "--json")
        assert (
            "the pages of 3 articles not seen: blocked: a consent page in its place"
            in (feed["words"])
        )
        assert "blocked: a consent page" in room.here("brief").stdout
        assert room.here("search", "Cainiao").returncode == 1
        assert room.counts()[1] == 0


@pytest.mark.parametrize(
    "reply",
    [
        Reply(403, (("cf-mitigated", "challenge"),), b"<html>"),
        Reply(200, HTML, b"<!doctype html><title>Just a moment...</title><p>Wait</p>"),
    ],
    ids=["refused", "answered"],
)
def test_a_challenge_in_place_of_a_feed_and_the_letter(tmp_path: Path, reply: Reply) -> None:
    with Web() as web:
        web.on("/rss", reply)
        room = newsroom(tmp_path, web)
        room.once()
        (feed,) = room.json("feeds", "--json")
        assert feed["health"] == "failing"
        assert "a challenge to browsers (Cloudflare)" in feed["reason"]
        letter = room.here("feeds", "letter", "Le Journal").stdout
        assert "notre lecteur d’actualités ne peut plus lire" in letter
        assert "un contrôle des navigateurs (Cloudflare)" in letter
        assert "Dear colleagues" in room.here(
            "feeds", "letter", "Le Journal", "--language", "en"
        ).stdout  # fmt: skip
