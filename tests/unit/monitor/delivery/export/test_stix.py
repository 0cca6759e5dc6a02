"""Tests of STIX bundles of articles and alerts: valid, reproducible, complete."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import stix2
from hypothesis import given, settings, strategies as st
from msgspec.structs import replace
from stix2.v21 import TLP_AMBER
from support.properties import examples

from monitor.base.article import Article
from monitor.delivery.export import stix
from monitor.delivery.export.stix import ExportContext
from monitor.model.alert import Alert, AlertState, Verdict
from monitor.model.article import ArticleDetails
from monitor.model.watchlist import Match, Severity

NOW = 1_696_835_340.0  # 2023-10-09T07:09:00Z


def alert(id: int, article: int, watchlist: str = "Port d’Anvers", **fields: Any) -> Alert:
    values = {
        "severity": Severity.HIGH, "state": AlertState.NEW, "verdict": Verdict.NONE,
        "starred": False, "backfill": False, "raised_at": NOW + 1, "title": "", "url": "",
        "feed": "", "lang": "fr", "published": None,
        "matches": (Match(field="title", start=0, end=5, text="Grève", term="grev*"),),
    }  # fmt: skip
    return Alert(id=id, watchlist=watchlist, article=article, **(values | fields))


def reading(id: int, *alerts: Alert, feed: str = "Les Échos", **fields: Any) -> ArticleDetails:
    values = {
        "title": "Grève au port", "url": f"https://ex.org/{id}", "summary": "Les dockers",
        "lang": "fr", "published": NOW - 60, "seen": NOW,
    }  # fmt: skip
    article = Article(id=id, feeds=(1,), **(values | fields))
    return ArticleDetails(article=article, feed=feed, alerts=alerts)


READINGS = (
    reading(1, alert(1, 1), alert(2, 1, "Grèves", verdict=Verdict.NOISE, raised_at=NOW + 5)),
    reading(2, alert(3, 2, note="À suivre\nde près", tags=("douane",), starred=True)),
    reading(3, feed="Le Soir", url="", title="", lang=""),
)
SHARED = ExportContext(tlp="amber", proofs={1: (7, "ab" * 32)})


def objects(text: str) -> list[Any]:
    """Return the objects of a bundle, read by the library of the standard."""
    parsed = stix2.parse(text, allow_custom=False, version="2.1")
    for record in json.loads(text)["objects"]:
        stix2.parse(record, allow_custom=False, version="2.1")
    return list(parsed.objects)


def kinds(records: list[Any]) -> Counter[str]:
    return Counter(record["type"] for record in records)


def test_a_bundle_has_articles_outlets_alerts_and_watchlists() -> None:
    records = objects(stix.bundle(READINGS, SHARED, lambda: None))
    assert kinds(records) == {
        "marking-definition": 1, "identity": 3, "report": 3, "url": 2, "observed-data": 2,
        "note": 4, "grouping": 2,
    }  # fmt: skip
    reports = {record["name"]: record for record in records if record["type"] == "report"}
    assert set(reports) == {"Grève au port", "(untitled)"}
    notes = [record for record in records if record["type"] == "note"]
    (evidence_note,) = [record for record in notes if "ab" * 32 in record["content"]]
    assert "« Grève » by grev*" in evidence_note["content"]
    (analyst_note,) = [record for record in notes if record["abstract"] == "Note of the analyst"]
    assert analyst_note["content"] == "À suivre\nde près"
    assert {"tag:douane", "starred", "severity:high"} <= set(analyst_note["labels"])
    assert any("verdict:noise" in record["labels"] for record in notes)
    (group,) = [o for o in records if o["type"] == "grouping" and "Anvers" in o["name"]]
    types_by_id = {record["id"]: record["type"] for record in records}
    assert Counter(types_by_id[ref] for ref in group["object_refs"]) == {"report": 2, "note": 3}


def test_everything_a_bundle_refers_to_is_in_it() -> None:
    records = json.loads(stix.bundle(READINGS, SHARED, lambda: None))["objects"]
    ids = {record["id"] for record in records}
    assert len(ids) == len(records)
    for record in records:
        refs = [*record.get("object_refs", ()), *record.get("object_marking_refs", ())]
        assert {*refs, record.get("created_by_ref", record["id"])} <= ids, record["id"]


def test_the_marking_is_on_everything_or_nowhere() -> None:
    records = objects(stix.bundle(READINGS, SHARED, lambda: None))
    for record in records:
        if record["type"] != "marking-definition":
            assert record["object_marking_refs"] == [TLP_AMBER["id"]], record["id"]
    text = stix.bundle(READINGS, replace(SHARED, tlp=""), lambda: None)
    assert "marking" not in text


def test_an_export_is_the_same_each_time_and_what_changed_keeps_its_name() -> None:
    bundle = stix.bundle(READINGS, SHARED, lambda: None)
    assert stix.bundle(READINGS, SHARED, lambda: None) == bundle
    edited = reading(1, alert(1, 1), title="Fin de la grève")
    shared = replace(SHARED, edited={1: NOW + 900})
    (before,) = [o for o in objects(bundle) if o["id"].startswith("report") and "/1" in str(o)][:1]
    (after,) = [
        o for o in objects(stix.bundle([edited], shared, lambda: None)) if o["type"] == "report"
    ]
    assert (after["id"], after["created"]) == (before["id"], before["created"])
    assert after["modified"] > before["modified"]


@settings(max_examples=examples(40))
@given(
    st.text(st.characters(codec="utf-8")),
    st.text(st.characters(codec="utf-8")),
    st.floats(-1e14, 1e14),
    st.floats(0, 4e9),
    st.text(st.characters(codec="utf-8"), min_size=1),
)
def test_a_bundle_is_valid_whatever_a_feed_says(
    title: str, summary: str, published: float, seen: float, feed: str
) -> None:
    details = reading(
        1, alert(1, 1, watchlist=feed, raised_at=seen), title=title, summary=summary,
        published=published, seen=seen, feed=feed,
    )  # fmt: skip
    assert kinds(objects(stix.bundle([details], SHARED, lambda: None)))["report"] == 1
