"""A newsroom whose articles have few words, and watchlists that match some of them."""

from __future__ import annotations

from typing import Any

from support.newsroom import Item, Newsroom, rss
from support.scripted_server import Web, conditional

WORDS = ("espionnage", "espionnages", "port", "porte", "Alibaba", "douane")
COUNT = 60
WATCHLISTS = (
    "Alibaba",
    {"name": "Espions", "terms": ["espionnage~"], "severity": "high", "not": ["numéro 6"]},
    {"name": "Ports", "query": "port NEAR/1 texte", "lang": ["fr"]},
    {"name": "Risque", "score": {"douane": 9, "rançon": 3}, "threshold": 12},
    {"name": "Ailleurs", "terms": ["porte"], "feeds": ["Autre"]},
    {"name": "Nederlands", "terms": ["porte"], "lang": ["nl"]},
)


def publish(web: Web) -> None:
    """Put the feeds on a server."""
    items = [
        Item(f"{WORDS[n % 6]} numéro {n}", "Voici le texte de cet article.", f"id{n}")
        for n in range(COUNT)
    ]
    web.on("/fil", conditional(rss(*items)))
    web.on("/autre", conditional(rss()))


def feeds(web: Web) -> list[dict[str, Any]]:
    return [
        {"url": web.url("/fil"), "name": "Fil", "lang": "fr"},
        {"url": web.url("/autre"), "name": "Autre"},
    ]


def fill(newsroom: Newsroom, web: Web) -> Newsroom:
    """Poll the feeds once, and return the newsroom."""
    newsroom.watch(feeds(web), WATCHLISTS)
    done = newsroom.once()
    assert done.returncode == 0, done.stderr
    assert newsroom.counts() == (COUNT, 10 + 19, 0)
    return newsroom
