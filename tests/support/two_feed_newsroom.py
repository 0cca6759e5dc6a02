"""Two feeds, one of them French, and a newsroom that has read them; for the tests of commands."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from support.newsroom import Item, Newsroom, rss
from support.scripted_server import Reply, Web, conditional

FORMULA = '=HYPERLINK("http://ex.org/steal","Alibaba")'
FRENCH = (
    Item(
        "Alibaba dans le collimateur de la sûreté belge",
        "Les services de renseignement belges surveillent le centre de Cainiao à Liège.",
        link="https://ex.org/fr/1",
        date="Mon, 09 Oct 2023 09:09:00 +0200",
    ),
    Item(FORMULA, link="https://ex.org/fr/2", date="Thu, 02 Nov 2023 10:00:00 GMT"),
    Item(
        "La grève du port d’Anvers continue",
        "Les dockers ne déchargent plus les navires depuis lundi matin.",
        link="https://ex.org/fr/3",
    ),
)
ENGLISH = (
    Item(
        "Customs officers seize counterfeit parts at the port",
        "They were found in small parcels on their way to the warehouse, and that was the end.",
        link="https://ex.org/en/1",
        date="Fri, 20 Oct 2023 08:00:00 GMT",
    ),
)
WATCHLISTS = ("Alibaba", {"name": "Douanes", "terms": ["customs"], "severity": "high"})
ROUND = {"feeds", "ok", "unchanged", "failed", "entries", "new", "changed", "alerts", "seconds",
         "raised"}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[Web]:
    with Web() as web:
        web.on("/fil", conditional(rss(*FRENCH)))
        web.on("/wire", conditional(rss(*ENGLISH)))
        web.on("/gone", Reply(410))
        yield web


def subscriptions(web: Web) -> list[dict[str, Any]]:
    return [
        {"url": web.url("/fil"), "name": "Le Fil", "lang": "fr", "tags": ["belgique"]},
        {"url": web.url("/wire"), "name": "The Wire", "lang": "en"},
        {"url": web.url("/gone"), "name": "Gone"},
    ]


@pytest.fixture(scope="module")
def filled(server: Web, tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    """Return a newsroom after one round: four articles with three alerts, a gone feed."""
    newsroom = Newsroom(tmp_path_factory.mktemp("filled"))
    newsroom.watch(subscriptions(server), WATCHLISTS)
    done = newsroom.once("--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary.keys() == ROUND
    assert summary.pop("seconds") > 0
    assert len(summary.pop("raised")) == summary["alerts"]
    assert summary == {
        "feeds": 3, "ok": 2, "unchanged": 0, "failed": 1, "entries": 4, "new": 4, "changed": 0,
        "alerts": 4,
    }  # fmt: skip
    return newsroom


@pytest.fixture
def empty(tmp_path: Path) -> Newsroom:
    return Newsroom(tmp_path)


def rows(printed: str, style: str) -> list[dict[str, Any]]:
    """Parse the printed rows."""
    if style == "json":
        document = json.loads(printed)
        if isinstance(document, dict):
            document = document.get("hits", document.get("alerts"))
        return cast(list[dict[str, Any]], document)
    if style == "jsonl":
        return [json.loads(line) for line in printed.splitlines()]
    return [dict(row) for row in csv.DictReader(io.StringIO(printed, newline=""), strict=True)]


def titles(newsroom: Newsroom, *args: str) -> list[str]:
    """Return the titles that a search finds, in its order."""
    done = newsroom.here("search", *args, "--format", "jsonl")
    assert done.returncode == (0 if done.stdout else 1), done.stderr
    return [row["title"] for row in rows(done.stdout, "jsonl")]
