"""`tocsin facets`, as people and programs see it."""

from __future__ import annotations

import json
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from support.article_archive import article, blind, fill
from support.newsroom import Newsroom

from index.query.parser import parse_query
from monitor.model.watchlist import Watchlist

PARIS = ZoneInfo("Europe/Paris")
HOUR, DAY = 3_600.0, 86_400.0


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    """Return ten days of an article an hour, around the night in which summer time begins."""
    folder = tmp_path_factory.mktemp("newsroom")
    start = datetime(2026, 3, 25, tzinfo=PARIS).timestamp()
    texts = ("Grève au port, dit la CGT", "Liège : un port sans grève, dit la CGT", "Marché calme")
    fill(
        folder / "var",
        [
            article(n + 1, texts[n % 3], date=start + n * HOUR, lang="fr" if n % 2 else "en")
            for n in range(240)
        ],
        [Watchlist(name="Grève", query=parse_query("grève"))],
    )
    blind(folder / "var", 1, start + 2 * DAY, start + 2 * DAY + 8 * HOUR)
    return Newsroom(folder, {"TZ": "Europe/Paris", "COLUMNS": "80"})


@pytest.mark.costly
def test_facets_for_people_and_programs(newsroom: Newsroom) -> None:
    done = newsroom.tocsin("facets", "grève")
    assert done.returncode == 0, done.stderr
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines[:2] == ["160 articles", "first 2026-03-25 00:00, article 1"]
    assert "160 100% A" in lines
    assert "words that stand out, from all of them" in lines
    assert any(line.endswith("CGT") for line in lines)
    counts = newsroom.json("facets", "grève", "--format", "json", "--limit", "1")
    assert counts["total"] == counts["read"] == 160
    assert counts["first"] == {"article_id": 1, "date": "2026-03-24T23:00:00Z"}
    assert counts["feeds"] == [{"name": "A", "articles": 160}]
    assert len(counts["langs"]) == len(counts["words"]) == 1
    assert json.dumps(counts)
