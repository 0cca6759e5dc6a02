"""An alert as an entry of a feed: its headline, its text with the matches in bold, its labels."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from monitor.api.greader.streams import (
    LABEL,
    READ,
    READING_LIST,
    STARRED,
    folder,
    long_id,
    subscription_id,
)
from monitor.api.pages.templating import paragraphs
from monitor.base.article import Article, Timestamp
from monitor.base.formatting import alert_number, shown_title
from monitor.base.text_cleaning import safe_url
from monitor.base.translation import gettext as _
from monitor.model.alert import Alert, AlertState
from monitor.model.shown_names import kind_name, severity_name
from monitor.model.watchlist import Severity
from monitor.presentation.alert import match_spans

BOLD = Markup("<b>{}</b>")
"""Readers show it on a terminal too."""
SHOWN = 50_000
"""Characters of the text of an article that a reader gets."""


def microseconds(at: Timestamp) -> str:
    """Return a time as readers get it, cut off at the microsecond."""
    return str(int(at * 1_000_000))


def item_row(
    alert: Alert, article: Article | None, severities: Mapping[str, Severity]
) -> dict[str, Any]:
    """Return an alert as an entry, as readers of the Google Reader API expect it.

    Args:
        alert: The alert, with its matches and its timeline.
        article: Its article; None for an alert about something else.
        severities: The severity of each watchlist, by its name.
    """
    url = safe_url(alert.url)
    return {
        "id": long_id(alert.id),
        "crawlTimeMsec": str(int(alert.raised_at * 1_000)),
        "timestampUsec": microseconds(alert.raised_at),
        "published": int(article.date if article else alert.raised_at),
        "updated": int(alert.stirred_at),
        "title": shown_title(alert.title),
        "author": alert.publisher or alert.watchlist,
        "canonical": [{"href": url}] if url else [],
        "alternate": [{"href": url, "type": "text/html"}] if url else [],
        "summary": {"direction": "ltr", "content": content(alert, article)},
        "categories": _categories(alert, severities),
        "origin": {
            "streamId": subscription_id(alert.watchlist), "title": alert.watchlist, "htmlUrl": "",
        },
    }  # fmt: skip


def _categories(alert: Alert, severities: Mapping[str, Severity]) -> list[str]:
    categories = [READING_LIST]
    if alert.state is not AlertState.NEW:
        categories.append(READ)
    if alert.starred:
        categories.append(STARRED)
    if severity := severities.get(alert.watchlist):
        categories.append(LABEL + folder(severity))
    return categories + [LABEL + tag for tag in alert.tags]


def content(alert: Alert, article: Article | None) -> str:
    found = [_reason(alert)]
    if article is not None:
        if article.summary not in article.body:
            found += paragraphs(article.summary, match_spans(alert.matches, "summary"), BOLD)
        found += paragraphs(article.body[:SHOWN], match_spans(alert.matches, "body"), BOLD)
    others = [one.name for one in alert.telling.outlets[1:] if one.name]
    if others:
        found.append(html.escape(_("Also in {outlets}", outlets=", ".join(others))))
    if alert.note:
        found += [f"<i>{html.escape(line)}</i>" for line in alert.note.split("\n")]
    return "".join(f"<p>{text}</p>" for text in found)


def _reason(alert: Alert) -> str:
    words = dict.fromkeys(match.text for match in alert.matches)
    said = [
        alert_number(alert.id),
        severity_name(alert.severity),
        ", ".join(words) or kind_name(alert.kind),
        *(step.words for step in alert.escalations),
    ]
    return f"<b>{html.escape(alert.watchlist)}</b> · {html.escape(' · '.join(said))}"
