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
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import stix2.v21 as stix
from stix2.v21 import TLP_AMBER, TLP_GREEN, TLP_RED, TLP_WHITE

from monitor.base.formatting import shown_title
from monitor.delivery.export import shared_names
from monitor.delivery.export.shared_names import ExportContext, utc_datetime
from monitor.model.alert import Alert
from monitor.model.article import ArticleDetails

_MARKINGS = {"clear": TLP_WHITE, "green": TLP_GREEN, "amber": TLP_AMBER, "red": TLP_RED}
_EPOCH = 1_767_225_600.0
"""When what is always the same was made: 2026-01-01."""
LONGEST = 2_000
"""Characters of a summary."""


def bundle(
    readings: Iterable[ArticleDetails], shared: ExportContext, progress: Callable[[], None]
) -> str:
    """Return articles with their alerts as a bundle; `progress` is called after each article."""
    made = _Objects(shared)
    for reading in readings:
        made.add(reading)
        progress()
    objects = made.all()
    id = f"bundle--{shared_names.stable_uuid('bundle', *(one['id'] for one in objects))}"
    return str(stix.Bundle(id=id, objects=objects, allow_custom=False).serialize(indent=1)) + "\n"


class _Objects:
    """The objects of a bundle, each once."""

    def __init__(self, shared: ExportContext) -> None:
        self._shared = shared
        self._marking = _MARKINGS.get(shared.tlp)
        self._objects: dict[str, Any] = {}
        self._of: dict[str, list[tuple[float, str]]] = defaultdict(list)
        self._self = self._identity("tocsin", "system", "Watches news feeds and raises alerts.")

    def all(self) -> list[Any]:
        """Return the objects; the watchlists come last."""
        marking = [self._marking] if self._marking else []
        return [*marking, *self._objects.values(), *map(self._grouping, sorted(self._of))]

    def add(self, reading: ArticleDetails) -> None:
        """Add an article, its outlet and its alerts."""
        article = reading.article
        outlet = self._identity(reading.publisher or "unknown", "organization", "A news outlet.")
        refs = [outlet]
        links: dict[str, Any] = {}
        if article.url:
            refs += self._seen(reading)
            links["external_references"] = [
                {"source_name": reading.publisher or "unknown", "url": article.url}
            ]
        text = article.summary or article.body
        described = {"description": text[:LONGEST]} if text else {}
        tongue = {"lang": article.lang} if article.lang else {}
        watchlists = dict.fromkeys(alert.watchlist for alert in reading.alerts)
        labelled = {"labels": [f"watchlist:{name}" for name in watchlists]} if watchlists else {}
        report = self._put(
            stix.Report,
            self._id("report", article.id, article.url, article.seen),
            name=shown_title(article.title),
            published=utc_datetime(article.date),
            object_refs=refs,
            **self._dated(article.seen, shared_names.last_changed(reading, self._shared)),
            **described, **tongue, **labelled, **links,
        )  # fmt: skip
        for alert in reading.alerts:
            self._of[alert.watchlist] += [
                (alert.raised_at, ref) for ref in (report, *self._notes(alert, report))
            ]

    def _seen(self, reading: ArticleDetails) -> list[str]:
        """Add the address of an article, and when it was seen first."""
        article = reading.article
        url = self._put(stix.URL, None, value=article.url)
        observed = self._put(
            stix.ObservedData,
            self._id("observed-data", article.id, article.url, article.seen),
            first_observed=utc_datetime(article.seen),
            last_observed=utc_datetime(article.seen),
            number_observed=1,
            object_refs=[url],
            **self._dated(article.seen, article.seen),
        )
        return [url, observed]

    def _notes(self, alert: Alert, report: str) -> Iterator[str]:
        matches = shared_names.describe_matches(alert) or "it matches"
        lines = [f"“{alert.watchlist}” ({alert.severity}): {matches}"]
        if proof := self._shared.proofs.get(alert.id):
            lines.append(f"evidence: record {proof[0]}, SHA-256 {proof[1]}")
        yield self._note(alert, report, "alert", f"Alert: {alert.watchlist}", "\n".join(lines))
        if alert.note:
            yield self._note(alert, report, "analyst", "Note of the analyst", alert.note)

    def _note(self, alert: Alert, report: str, kind: str, abstract: str, content: str) -> str:
        return self._put(
            stix.Note,
            self._id("note", kind, alert.id, alert.watchlist, alert.raised_at),
            abstract=abstract,
            content=content,
            object_refs=[report],
            labels=shared_names.labels(alert),
            **self._dated(alert.raised_at, max(alert.raised_at, alert.stirred_at)),
        )

    def _grouping(self, watchlist: str) -> Any:
        of = self._of[watchlist]
        moments = [at for at, _ in of]
        return stix.Grouping(
            id=self._id("grouping", watchlist),
            name=watchlist,
            context="unspecified",
            description=f"What the watchlist “{watchlist}” rang for.",
            object_refs=list(dict.fromkeys(ref for _, ref in of)),
            **self._dated(min(moments), max(moments)),
            **self._marked(),
        )

    def _identity(self, name: str, kind: str, words: str) -> str:
        id = self._id("identity", kind, name)
        own = {} if kind == "system" else {"created_by_ref": self._self}
        dates = {"created": utc_datetime(_EPOCH), "modified": utc_datetime(_EPOCH)}
        return self._put(
            stix.Identity, id, name=name, identity_class=kind, description=words, **dates, **own
        )

    def _put(self, kind: Callable[..., Any], id: str | None, **properties: Any) -> str:
        """Add an object unless it is there; return its id."""
        if id is not None and id in self._objects:
            return id
        named = {} if id is None else {"id": id}
        made = kind(**named, **properties, **self._marked(), allow_custom=False)
        self._objects.setdefault(made["id"], made)
        return str(made["id"])

    def _dated(self, created: float, modified: float) -> dict[str, Any]:
        return {
            "created": utc_datetime(created),
            "modified": utc_datetime(max(created, modified)),
            "created_by_ref": self._self,
        }

    def _marked(self) -> dict[str, Any]:
        return {"object_marking_refs": [self._marking["id"]]} if self._marking else {}

    @staticmethod
    def _id(kind: str, *what: object) -> str:
        return f"{kind}--{shared_names.stable_uuid(kind, *what)}"
