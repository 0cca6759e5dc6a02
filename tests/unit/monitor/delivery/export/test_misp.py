"""Articles and alerts as events for MISP."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from monitor.base.article import Article
from monitor.delivery.export import misp
from monitor.delivery.export.shared_names import ExportContext
from monitor.model.alert import Alert, AlertState, Verdict
from monitor.model.article import ArticleDetails
from monitor.model.match import Match
from monitor.model.severity import Severity

NOW = 1_696_835_340.0  # 2023-10-09T07:09:00Z


def alert(id: int, article: int, watchlist: str = "Port d’Anvers", **more: Any) -> Alert:
    said = {
        "severity": Severity.HIGH, "state": AlertState.NEW, "verdict": Verdict.NONE,
        "starred": False, "backfill": False, "raised_at": NOW + 1, "title": "", "url": "",
        "feed": "", "lang": "fr", "published": None,
        "matches": (Match(field="title", start=0, end=5, text="Grève", term="grev*"),),
    }  # fmt: skip
    return Alert(id=id, watchlist=watchlist, article=article, **(said | more))


def reading(id: int, *alerts: Alert, feed: str = "Les Échos", **more: Any) -> ArticleDetails:
    said = {
        "title": "Grève au port", "url": f"https://ex.org/{id}", "summary": "Les dockers",
        "lang": "fr", "published": NOW - 60, "seen": NOW,
    }  # fmt: skip
    article = Article(id=id, feeds=(1,), **(said | more))
    return ArticleDetails(article=article, feed=feed, alerts=alerts)


READINGS = (
    reading(1, alert(1, 1), alert(2, 1, "Grèves", verdict=Verdict.NOISE, raised_at=NOW + 5)),
    reading(2, alert(3, 2, note="À suivre\nde près", tags=("douane",), starred=True)),
    reading(3, feed="Le Soir", url="", title="", lang=""),
)
SHARED = ExportContext(query="grève", tlp="amber", proofs={1: (7, "ab" * 32)})


def test_an_event_has_links_texts_and_notes_with_tags() -> None:
    event = json.loads(misp.event(READINGS, SHARED, lambda: None))["Event"]
    attributes = event["Attribute"]
    assert Counter(one["type"] for one in attributes) == {"link": 2, "text": 3, "comment": 1}
    assert event["Tag"] == [{"name": "tlp:amber"}]
    assert not any(one["to_ids"] for one in attributes)
    (first, *_) = attributes
    tags = [tag["name"] for tag in first["Tag"]]
    assert first["value"] == "https://ex.org/1"
    assert 'tocsin:watchlist="Port d’Anvers"' in tags
    assert 'tocsin:verdict="noise"' in tags
    (text,) = [one for one in attributes if "ab" * 32 in one["value"]]
    assert text["value"].startswith("Grève au port · Les Échos · 2023-10-09\nPort d’Anvers (high)")
    (noted,) = [one for one in attributes if one["type"] == "comment"]
    assert noted["value"] == "À suivre\nde près"
    assert "tocsin:starred" in [tag["name"] for tag in noted["Tag"]]
    assert len({(one["type"], one["value"]) for one in attributes}) == len(attributes)
    assert all(UUID(one["uuid"]).version == 5 for one in [event, *attributes])
    assert len({one["uuid"] for one in attributes}) == len(attributes)


def test_an_event_is_the_same_each_time_and_another_querys_is_another() -> None:
    once = misp.event(READINGS, SHARED, lambda: None)
    assert misp.event(READINGS, SHARED, lambda: None) == once
    other = json.loads(misp.event(READINGS, replace(SHARED, query="port"), lambda: None))
    assert other["Event"]["uuid"] != json.loads(once)["Event"]["uuid"]


def test_an_address_that_two_articles_have_is_one_link() -> None:
    two = [reading(1), reading(2, url="https://ex.org/1", title="Autre")]
    attributes = json.loads(misp.event(two, SHARED, lambda: None))["Event"]["Attribute"]
    assert Counter(one["type"] for one in attributes) == {"link": 1, "text": 2}


def test_quotation_marks_do_not_end_a_tag() -> None:
    one = reading(1, alert(1, 1, 'dit "X\\Y"'))
    (link, _) = json.loads(misp.event([one], SHARED, lambda: None))["Event"]["Attribute"]
    assert 'tocsin:watchlist="dit \\"X\\\\Y\\""' in [tag["name"] for tag in link["Tag"]]
