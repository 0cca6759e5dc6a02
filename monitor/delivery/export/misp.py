"""An event of MISP (https://github.com/MISP/misp-rfc): one for the export.

Of each article a `link`, a `text` that says what it is and what matched, and as a `comment`
what the analyst noted. Nothing in it is an indicator: news is context.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from monitor.base.formatting import shown_title
from monitor.delivery.export import shared_names
from monitor.delivery.export.shared_names import ExportContext, utc_datetime
from monitor.model.alert import Alert
from monitor.model.article import ArticleDetails

_ANALYSIS = "External analysis"


def event(
    readings: Iterable[ArticleDetails], shared: ExportContext, progress: Callable[[], None]
) -> str:
    """Return articles with their alerts as an event; `progress` is called after each article."""
    attributes: dict[tuple[str, str], dict[str, Any]] = {}
    latest, earliest = 0.0, float("inf")
    for reading in readings:
        for attribute in _attributes(reading, shared):
            attributes.setdefault((attribute["type"], attribute["value"]), attribute)
        latest = max(latest, shared_names.last_changed(reading, shared))
        earliest = min(earliest, reading.article.date)
        progress()
    about = shared.query or "all articles"
    fields = {
        "uuid": str(shared_names.stable_uuid("event", shared.query)),
        "info": f"News: {about}",
        "date": utc_datetime(earliest if attributes else 0.0).strftime("%Y-%m-%d"),
        "timestamp": _seconds(utc_datetime(latest)),
        "threat_level_id": "4",
        "analysis": "2",
        "distribution": "0",
        "published": False,
        "Tag": [{"name": f"tlp:{shared.tlp}"}] if shared.tlp else [],
        "Attribute": list(attributes.values()),
    }
    return json.dumps({"Event": fields}, ensure_ascii=False, indent=1) + "\n"


def _attributes(reading: ArticleDetails, shared: ExportContext) -> Iterator[dict[str, Any]]:
    article = reading.article
    tags = _tags(reading)
    headline = " · ".join(
        part
        for part in (
            shown_title(article.title),
            reading.publisher,
            utc_datetime(article.date).strftime("%Y-%m-%d"),
        )
        if part
    )
    if article.url:
        yield _attribute(reading, shared, "link", _ANALYSIS, article.url, headline, tags)
    lines = [headline, *(_describe_alert(alert, shared) for alert in reading.alerts)]
    yield _attribute(reading, shared, "text", _ANALYSIS, "\n".join(lines), article.url, tags)
    for alert in reading.alerts:
        if alert.note:
            words = f"{alert.watchlist}: {article.title or article.url}"
            kind, category = "comment", "Internal reference"
            yield _attribute(reading, shared, kind, category, alert.note, words, tags)


def _attribute(
    reading: ArticleDetails,
    shared: ExportContext,
    kind: str,
    category: str,
    value: str,
    comment: str,
    tags: list[dict[str, str]],
) -> dict[str, Any]:
    article = reading.article
    return {
        "uuid": str(
            shared_names.stable_uuid(
                "attribute", shared.query, kind, article.id, article.seen, value
            )
        ),
        "type": kind,
        "category": category,
        "value": value,
        "comment": comment,
        "to_ids": False,
        "distribution": "5",
        "timestamp": _seconds(utc_datetime(shared_names.last_changed(reading, shared))),
        "first_seen": utc_datetime(article.seen).isoformat(),
        "Tag": tags,
    }


def _describe_alert(alert: Alert, shared: ExportContext) -> str:
    proof = shared.proofs.get(alert.id)
    evidence = f" (evidence: record {proof[0]}, SHA-256 {proof[1]})" if proof else ""
    matches = shared_names.describe_matches(alert) or "matches"
    return f"{alert.watchlist} ({alert.severity}): {matches}{evidence}"


def _tags(reading: ArticleDetails) -> list[dict[str, str]]:
    """Return what is said of an article and its alerts as machine tags."""
    pairs = [("lang", reading.article.lang)] if reading.article.lang else []
    for label in dict.fromkeys(
        one for alert in reading.alerts for one in shared_names.labels(alert)
    ):
        key, _, value = label.partition(":")
        pairs.append((key, value))
    return [{"name": _machine_tag(key, value)} for key, value in pairs]


def _machine_tag(key: str, value: str) -> str:
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'tocsin:{key}="{quoted}"' if value else f"tocsin:{key}"


def _seconds(at: datetime) -> str:
    return str(int(at.timestamp()))
