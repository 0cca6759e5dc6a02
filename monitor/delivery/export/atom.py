"""Atom feeds (RFC 4287), for a feed reader: the hits of a search, the alerts of a watchlist."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree as ET

from monitor.base.article import Timestamp
from monitor.base.formatting import alert_page, briefing_page, clauses, iso, shown_title
from monitor.base.text_cleaning import clean
from monitor.base.translation import gettext as _
from monitor.model.alert import Alert
from monitor.model.briefing import StoredBriefing
from monitor.model.search import SearchHit
from monitor.model.shown_names import severity_name
from monitor.presentation.alert import concept_names, describe_reasons

_ATOM = "http://www.w3.org/2005/Atom"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_EPOCH = "1970-01-01T00:00:00Z"


def search_feed(query: str, results: Iterable[SearchHit], now: Timestamp) -> str:
    """Return the feed of a search made `now`. Its id depends on the query alone."""
    hits = list(results)
    newest = max((hit.article.date for hit in hits), default=now)
    query = clean(query)
    root = _feed(f"tocsin search {query}", _("tocsin: {what}", what=query), newest)  # not a message
    root.extend(map(_hit_entry, hits))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=False)


def alert_feed(watchlist: str, alerts: Sequence[Alert], newsroom: str, *, pages: str = "") -> bytes:
    """Return the feed of a watchlist.

    Args:
        watchlist: Its name.
        alerts: The alerts, the newest first.
        newsroom: A text by which the ids of two newsrooms differ.
        pages: Address of the pages to which the entries link too; empty for none.
    """
    newest = max((alert.stirred_at for alert in alerts), default=0.0)
    name = f"tocsin alerts {newsroom} {watchlist}"  # not a message
    root = _feed(name, _("tocsin: {what}", what=watchlist), newest)
    root.extend(_alert_entry(alert, newsroom, pages) for alert in alerts)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def briefing_feed(briefings: Sequence[StoredBriefing], newsroom: str, *, pages: str = "") -> bytes:
    """Return the feed of briefings.

    Args:
        briefings: The newest first.
        newsroom: A text by which the ids of two newsrooms differ.
        pages: Address of the pages to which the entries link; empty for none.
    """
    newest = max((briefing.made_at for briefing in briefings), default=0.0)
    root = _feed(f"tocsin briefings {newsroom}", _("tocsin: briefings"), newest)  # not a message
    for briefing in briefings:
        name = f"tocsin briefing {newsroom} {briefing.name} {briefing.slot!r}"  # not a message
        entry = _entry(name, briefing.subject, "", briefing.made_at)
        _add_author(entry, "tocsin")
        if page := briefing_page(pages, briefing.id):
            _add_link(entry, page)
        _add(entry, "content", briefing.html)
        entry[-1].set("type", "html")
        root.append(entry)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _feed(name: str, title: str, updated: Timestamp) -> ET.Element:
    """Return a feed without entries; its id follows from a name that never changes."""
    ET.register_namespace("", _ATOM)
    root = ET.Element(_qualified("feed"))
    _add(root, "id", _urn(name))
    _add(root, "title", title)
    _add(root, "updated", iso(updated) or _EPOCH)
    _add(root, "generator", "tocsin")
    return root


def _entry(name: str, title: str, lang: str, updated: Timestamp) -> ET.Element:
    entry = ET.Element(_qualified("entry"), {_LANG: lang} if lang else {})
    _add(entry, "id", _urn(name))
    _add(entry, "title", shown_title(title))
    _add(entry, "updated", iso(updated) or _EPOCH)
    return entry


def _hit_entry(hit: SearchHit) -> ET.Element:
    article = hit.article
    entry = _entry(
        f"tocsin article {article.id} {article.url}",  # not a message
        article.title,
        article.lang,
        article.date,
    )
    if published := iso(article.published):
        _add(entry, "published", published)
    _add_author(entry, article.author or hit.publisher)
    if article.url:
        _add_link(entry, article.url)
        _add(entry, "summary", hit.snippet)
    else:  # an entry without a link must have a content
        _add(entry, "content", article.body or article.summary or article.title)
    source = ET.SubElement(entry, _qualified("source"))
    _add(source, "title", hit.feed)
    return entry


def _alert_entry(alert: Alert, newsroom: str, pages: str) -> ET.Element:
    entry = _entry(
        f"tocsin alert {newsroom} {alert.id} {alert.raised_at!r}",  # not a message
        alert.title,
        alert.lang,
        alert.stirred_at,
    )
    _add(entry, "published", iso(alert.raised_at) or _EPOCH)
    _add_author(entry, alert.publisher or alert.watchlist)
    ET.SubElement(entry, _qualified("category"), term=str(alert.severity))
    content, page = _describe_alert(alert), alert_page(pages, alert.id)
    has_article = alert.url.startswith(("http://", "https://"))
    if has_article:
        _add_link(entry, alert.url)
    if page:
        _add_link(entry, page, "related" if has_article else "alternate")
        content = f"{content}\n{page}"  # readers show no related links
    _add(entry, "content", content)
    return entry


def _describe_alert(alert: Alert) -> str:
    """Return severity, matched words and escalations of an alert."""
    words = [*concept_names([alert]), *(step.words for step in alert.escalations)]
    reasons = clauses([describe_reasons([alert]), *words])
    severity = severity_name(alert.severity)
    return _("{severity}: {matches}", severity=severity, matches=reasons)


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, _qualified(name)).text = clean(text, keep_newlines=True)


def _add_author(entry: ET.Element, name: str) -> None:
    _add(ET.SubElement(entry, _qualified("author")), "name", name)


def _add_link(entry: ET.Element, url: str, relation: str = "alternate") -> None:
    ET.SubElement(entry, _qualified("link"), rel=relation, href=clean(url))


def _qualified(name: str) -> str:
    return f"{{{_ATOM}}}{name}"


def _urn(name: str) -> str:
    """Return an id that is always the same for the same name."""
    return uuid5(NAMESPACE_URL, name).urn
