"""A STIX 2.1 bundle (https://docs.oasis-open.org/cti/stix/v2.1/).

::

    identity    tocsin, and each outlet
    report      an article, by its outlet: title, summary, link; refers to
      url             its address
      observed-data   when that was first seen
    note        an alert: what matched, by which watchlist; and what the analyst noted
    grouping    a watchlist, with the reports and notes of its alerts
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import stix2.v21 as stix
from msgspec import Struct, field
from stix2.v21 import TLP_AMBER, TLP_GREEN, TLP_RED, TLP_WHITE

from monitor.base.article import Timestamp
from monitor.base.formatting import shown_title
from monitor.model.alert import Alert, Verdict
from monitor.model.article import ArticleDetails

_MARKINGS = {"clear": TLP_WHITE, "green": TLP_GREEN, "amber": TLP_AMBER, "red": TLP_RED}
_EPOCH = 1_767_225_600.0
"""Date of objects that are always the same: 2026-01-01."""
LONGEST = 2_000
"""Characters of a summary."""
_NAMESPACE = uuid5(NAMESPACE_URL, "tocsin")
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)


class ExportContext(Struct, frozen=True, kw_only=True):
    """The values of an export as a whole."""

    tlp: str = ""
    """The people who may receive it, by the Traffic Light Protocol; empty for no marking."""
    edited: Mapping[int, Timestamp] = field(default_factory=dict)
    """Time of the last edit of each edited article, by id."""
    proofs: Mapping[int, tuple[int, str]] = field(default_factory=dict)
    """Number and hash of the record of why an alert was raised, by alert."""


def bundle(
    articles: Iterable[ArticleDetails], context: ExportContext, progress: Callable[[], None]
) -> str:
    """Return articles with their alerts as a bundle; `progress` is called after each article."""
    builder = _Objects(context)
    for details in articles:
        builder.add(details)
        progress()
    objects = builder.all()
    id = _stable_id("bundle", *(item["id"] for item in objects))
    return str(stix.Bundle(id=id, objects=objects, allow_custom=False).serialize(indent=1)) + "\n"


class _Objects:
    """The objects of a bundle, each once."""

    def __init__(self, context: ExportContext) -> None:
        self._context = context
        self._marking = _MARKINGS.get(context.tlp)
        self._objects: dict[str, Any] = {}
        self._refs: dict[str, list[tuple[float, str]]] = defaultdict(list)
        self._tocsin = self._identity("tocsin", "system", "Watches news feeds and raises alerts.")

    def all(self) -> list[Any]:
        """Return the objects; the watchlists come last."""
        marking = [self._marking] if self._marking else []
        return [*marking, *self._objects.values(), *map(self._grouping, sorted(self._refs))]

    def add(self, details: ArticleDetails) -> None:
        article = details.article
        outlet = self._identity(details.publisher or "unknown", "organization", "A news outlet.")
        refs = [outlet]
        links: dict[str, Any] = {}
        if article.url:
            refs += self._sighting(details)
            links["external_references"] = [
                {"source_name": details.publisher or "unknown", "url": article.url}
            ]
        text = article.summary or article.body
        description = {"description": text[:LONGEST]} if text else {}
        language = {"lang": article.lang} if article.lang else {}
        watchlists = dict.fromkeys(alert.watchlist for alert in details.alerts)
        labels = {"labels": [f"watchlist:{name}" for name in watchlists]} if watchlists else {}
        report = self._put(
            stix.Report,
            _stable_id("report", article.id, article.url, article.seen),
            name=shown_title(article.title),
            published=_utc_datetime(article.date),
            object_refs=refs,
            **self._dated(article.seen, _last_changed(details, self._context)),
            **description, **language, **labels, **links,
        )  # fmt: skip
        for alert in details.alerts:
            self._refs[alert.watchlist] += [
                (alert.raised_at, ref) for ref in (report, *self._notes(alert, report))
            ]

    def _sighting(self, details: ArticleDetails) -> list[str]:
        article = details.article
        url = self._put(stix.URL, None, value=article.url)
        observation = self._put(
            stix.ObservedData,
            _stable_id("observed-data", article.id, article.url, article.seen),
            first_observed=_utc_datetime(article.seen),
            last_observed=_utc_datetime(article.seen),
            number_observed=1,
            object_refs=[url],
            **self._dated(article.seen, article.seen),
        )
        return [url, observation]

    def _notes(self, alert: Alert, report: str) -> Iterator[str]:
        matches = _describe_matches(alert) or "it matches"
        lines = [f"“{alert.watchlist}” ({alert.severity}): {matches}"]
        if proof := self._context.proofs.get(alert.id):
            lines.append(f"evidence: record {proof[0]}, SHA-256 {proof[1]}")
        yield self._note(alert, report, "alert", f"Alert: {alert.watchlist}", "\n".join(lines))
        if alert.note:
            yield self._note(alert, report, "analyst", "Note of the analyst", alert.note)

    def _note(self, alert: Alert, report: str, kind: str, abstract: str, content: str) -> str:
        return self._put(
            stix.Note,
            _stable_id("note", kind, alert.id, alert.watchlist, alert.raised_at),
            abstract=abstract,
            content=content,
            object_refs=[report],
            labels=_labels(alert),
            **self._dated(alert.raised_at, max(alert.raised_at, alert.stirred_at)),
        )

    def _grouping(self, watchlist: str) -> Any:
        refs = self._refs[watchlist]
        moments = [time for time, _ in refs]
        return stix.Grouping(
            id=_stable_id("grouping", watchlist),
            name=watchlist,
            context="unspecified",
            description=f"What the watchlist “{watchlist}” rang for.",
            object_refs=list(dict.fromkeys(ref for _, ref in refs)),
            **self._dated(min(moments), max(moments)),
            **self._marked(),
        )

    def _identity(self, name: str, kind: str, about: str) -> str:
        id = _stable_id("identity", kind, name)
        author = {} if kind == "system" else {"created_by_ref": self._tocsin}
        dates = {"created": _utc_datetime(_EPOCH), "modified": _utc_datetime(_EPOCH)}
        return self._put(
            stix.Identity, id, name=name, identity_class=kind, description=about, **dates, **author
        )

    def _put(self, kind: Callable[..., Any], id: str | None, **properties: Any) -> str:
        """Add an object unless it is there; return its id."""
        if id is not None and id in self._objects:
            return id
        id_field = {} if id is None else {"id": id}
        stix_object = kind(**id_field, **properties, **self._marked(), allow_custom=False)
        self._objects.setdefault(stix_object["id"], stix_object)
        return str(stix_object["id"])

    def _dated(self, created: float, modified: float) -> dict[str, Any]:
        return {
            "created": _utc_datetime(created),
            "modified": _utc_datetime(max(created, modified)),
            "created_by_ref": self._tocsin,
        }

    def _marked(self) -> dict[str, Any]:
        return {"object_marking_refs": [self._marking["id"]]} if self._marking else {}


def _stable_id(kind: str, *parts: object) -> str:
    """Return the id of an object: equal parts give the same id in each export."""
    name = "\n".join([kind, *map(str, parts)])
    return f"{kind}--{uuid5(_NAMESPACE, name)}"


def _utc_datetime(timestamp: Timestamp) -> datetime:
    """Return a moment in UTC, one that every reader understands."""
    try:
        return min(max(datetime.fromtimestamp(timestamp, UTC), _FIRST), _LAST)
    except (OverflowError, ValueError, OSError):
        return _FIRST if timestamp < 0 else _LAST


def _last_changed(details: ArticleDetails, context: ExportContext) -> Timestamp:
    article = details.article
    times = (max(alert.raised_at, alert.stirred_at) for alert in details.alerts)
    return max([article.seen, context.edited.get(article.id, article.seen), *times])


def _describe_matches(alert: Alert) -> str:
    """Return the matched texts and their terms: `« espionnage » by espionn*`."""
    matches = dict.fromkeys(
        f"« {match.text} »"
        + ("" if match.text == match.term else f" by {match.term}")
        + (", ambiguous" if match.ambiguous else "")
        for match in alert.matches
    )
    return ", ".join(matches)


def _labels(alert: Alert) -> list[str]:
    texts = [f"watchlist:{alert.watchlist}", f"severity:{alert.severity}", f"state:{alert.state}"]
    if alert.verdict is not Verdict.NONE:
        texts.append(f"verdict:{alert.verdict}")
    if alert.starred:
        texts.append("starred")
    return [*texts, *(f"tag:{tag}" for tag in alert.tags)]
