"""Messages about alerts: a subject and a text, as plain text, Markdown and HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from itertools import accumulate
from string import Template

from msgspec.structs import replace

from monitor.base import signs
from monitor.base.formatting import alert_number, alert_page, briefing_page
from monitor.base.text_cleaning import shown_url
from monitor.base.translation import gettext as _
from monitor.delivery.export.briefing import HTML, MARKDOWN, PLAIN, Markup, plain, wrapped
from monitor.model.alert import Alert
from monitor.model.briefing import MessageText, StoredBriefing
from monitor.model.delivery import Notification
from monitor.model.shown_names import kind_name, list_name, severity_name
from monitor.model.watchlist import SEVERITY_SIGNS
from monitor.presentation import times
from monitor.presentation.alert import match_spans, term_names
from monitor.presentation.article import passage
from monitor.presentation.severity import severity_run
from monitor.presentation.spans import Line, marked
from monitor.presentation.story import outlet_lines

OUTLETS_NAMED = 4
"""Outlets that a message names."""
MAX_HEADLINE = 300
"""Most characters of a headline; some feeds put the whole article into it."""
MAX_SUBJECT = 200
"""Most characters of a subject."""
MAX_TEXT = 3_500
"""Most characters of a text; the strictest chat service takes 4,000 with markup."""


def compose(
    notifications: Sequence[Notification],
    zone: tzinfo,
    *,
    template: str = "",
    limit: int = MAX_TEXT,
    pages: str = "",
) -> MessageText:
    """Return the message about an alert, or a digest of several.

    Args:
        notifications: The alerts of the message.
        zone: The time zone of the times in it.
        template: The text for each alert; without it, the usual layout.
        limit: The most characters of a text.
        pages: Address of the pages to which it links; empty for none.
    """

    def render(markup: Markup) -> str:
        if template:
            texts = [
                _fill_template(template, notification, zone, markup, pages)
                for notification in notifications
            ]
            return _fit_parts(texts, markup.newline * 2, limit)
        if len(notifications) == 1:
            lines = [markup.line(line) for line in _alert_lines(notifications[0], zone)]
            links = markup.newline.join(_links(notifications[0].alert, markup, pages))
            return _fit_parts([*lines, links], markup.newline, limit, keep=links)
        return _fit_parts(list(_digest(notifications, zone, markup, pages)), markup.newline, limit)

    return MessageText(
        subject=subject(notifications),
        plain=render(PLAIN),
        markdown=render(MARKDOWN),
        html=render(HTML),
    )


def briefing_message(
    briefing: StoredBriefing, *, limit: int = MAX_TEXT, pages: str = ""
) -> MessageText:
    """Return the message with a briefing: the whole of it as HTML, its first blocks in chats.

    Args:
        briefing: The briefing.
        limit: The most characters of plain text and of Markdown.
        pages: Address of the pages, of which one has the whole briefing; empty for none.
    """
    page = briefing_page(pages, briefing.id)

    def fitted(text: str, markup: Markup) -> str:
        link = "\n\n" + markup.link(page) if page else ""
        return _first_blocks(text.rstrip("\n"), limit - len(link)) + link

    return MessageText(
        subject=_shorten(plain(briefing.subject), MAX_SUBJECT),
        plain=fitted(briefing.plain, PLAIN),
        markdown=fitted(briefing.markdown, MARKDOWN),
        html=wrapped(briefing.subject, briefing.html),
    )


def _first_blocks(text: str, limit: int) -> str:
    """Return a text, or its first blocks and the number of the others."""
    if len(text) <= limit:
        return text
    blocks = text.split("\n\n")
    room = limit - len(f"\n\n… +{len(blocks)}")
    lengths = accumulate(len(block) + 2 for block in blocks)
    count = sum(length - 2 <= room for length in lengths)
    return "\n\n".join([*blocks[:count], f"… +{len(blocks) - count}"])


def subject(notifications: Sequence[Notification]) -> str:
    if len(notifications) == 1:
        alert = notifications[0].alert
        title = alert.title or kind_name(alert.kind)
        text = _("{watchlist}: {title}", watchlist=list_name(alert.watchlist), title=title)
        text = f"{SEVERITY_SIGNS[alert.severity]} {text}"
    else:
        counts = Counter(notification.alert.watchlist for notification in notifications)
        text = f"{len(notifications)} × " + ", ".join(
            f"{list_name(name)} {n}" for name, n in counts.items()
        )
    return _shorten(plain(text), MAX_SUBJECT)


def template_fields(notification: Notification, zone: tzinfo, pages: str = "") -> Mapping[str, str]:
    alert, outlets = notification.alert, notification.alert.timeline.outlets
    values = {
        "watchlist": list_name(alert.watchlist),
        "severity": severity_name(alert.severity),
        "sign": SEVERITY_SIGNS[alert.severity],
        "headline": _shorten(alert.title, MAX_HEADLINE),
        "outlet": alert.publisher,
        "lang": alert.lang,
        "time": moment(alert, zone),
        "terms": ", ".join(term_names(alert.matches)),
        "others": ", ".join(outlet.name for outlet in outlets[1:]),
        "first": outlets[0].name if outlets else alert.publisher,
        "elsewhere": ", ".join(outlet.name for outlet in alert.timeline.elsewhere),
        "why": notification.delivery.why,
        "id": alert_number(alert.id),
    }
    sentence = PLAIN.line(_sentence(notification))
    return {key: plain(value) for key, value in values.items()} | {
        "sentence": sentence,
        "link": shown_url(alert.url),
        "page": alert_page(pages, alert.id),
    }


def _fill_template(
    template: str, notification: Notification, zone: tzinfo, markup: Markup, pages: str
) -> str:
    fields = template_fields(notification, zone, pages)
    values = {key: markup.escape(value) for key, value in fields.items()}
    for key in ("link", "page"):
        if values[key] and markup is MARKDOWN:
            values[key] = markup.link(fields[key])  # escapes would change it
    text = Template(template.strip()).safe_substitute(values)
    return text.replace("\n", markup.newline) if markup is HTML else text


def moment(alert: Alert, zone: tzinfo) -> str:
    """Return the date of an article, or the time of its alert if that is implausible."""
    timestamp = alert.raised_at
    if alert.published is not None and 0 < alert.published <= timestamp:
        timestamp = alert.published
    return times.full(timestamp, zone)


def _alert_lines(notification: Notification, zone: tzinfo) -> Iterator[Line]:
    alert = notification.alert
    severity = (f"{severity_name(alert.severity)} · ", "quiet")
    yield [severity_run(alert.severity), severity, (list_name(alert.watchlist), "list")]
    if notification.delivery.why:
        yield [(_with_sign(notification.delivery.why), "late")]
    yield marked(_headline(alert), match_spans(alert.matches, "title"))
    yield [(_about(alert, zone), "quiet")]
    if sentence := _sentence(notification):
        yield sentence
    if terms := term_names(alert.matches):
        yield [(f"{signs.TERMS} {', '.join(terms)}", "quiet")]
    alone = len(alert.timeline.outlets) < 2
    timeline = replace(alert.timeline, outlets=()) if alone else alert.timeline
    for words in outlet_lines(timeline, OUTLETS_NAMED):
        yield [(words, "quiet")]


def _headline(alert: Alert) -> str:
    return _shorten(alert.title, MAX_HEADLINE) or kind_name(alert.kind)


def _about(alert: Alert, zone: tzinfo) -> str:
    unlisted = _("not in the feed") if alert.unlisted else ""
    return " · ".join(filter(None, (alert.publisher, unlisted, alert.lang, moment(alert, zone))))


def _sentence(notification: Notification) -> Line:
    if notification.article is None:
        return []
    return marked(*passage(notification.article, notification.alert.matches))


def _links(alert: Alert, markup: Markup, pages: str) -> Iterator[str]:
    """Yield the links to the article and to the page of an alert, its number if there are none."""
    url, page = shown_url(alert.url), alert_page(pages, alert.id)
    number = _("alert {number}", number=alert_number(alert.id))
    if url:
        yield markup.link(url)
    if page:
        yield _("{name}: {text}", name=number, text=markup.link(page))
    elif not url:
        yield number


def _with_sign(reason: str) -> str:
    """Return the reason of a notification: a signed escalation, or `+3 listed, not sent since`."""
    return reason if reason.startswith(signs.MORE) else f"{signs.ESCALATED} {reason}"


def _digest(
    notifications: Sequence[Notification], zone: tzinfo, markup: Markup, pages: str
) -> Iterator[str]:
    """Yield the alerts by watchlist, the most severe first; one entry for each story."""
    groups: dict[str, list[Notification]] = {}
    for notification in sorted(notifications, key=lambda n: (-n.alert.raised_at, -n.alert.id)):
        groups.setdefault(notification.alert.watchlist, []).append(notification)
    for name, members in sorted(
        groups.items(), key=lambda group: min(p.alert.severity.rank for p in group[1])
    ):
        yield markup.line([(list_name(name), "list"), (f" ({len(members)})", "")])
        stories: dict[int, list[Notification]] = {}
        for notification in members:
            story = notification.article.story if notification.article else -notification.alert.id
            stories.setdefault(story, []).append(notification)
        for same_story in stories.values():
            yield _digest_entry(same_story, zone, markup, pages)


def _digest_entry(
    notifications: Sequence[Notification], zone: tzinfo, markup: Markup, pages: str
) -> str:
    newest, alert = notifications[0], notifications[0].alert
    repeats = f" ×{len(notifications)}" if len(notifications) > 1 else ""
    reason = f" {_with_sign(newest.delivery.why)}" if newest.delivery.why else ""
    links = _links(alert, markup, pages) if pages or shown_url(alert.url) else ()
    headline = [severity_run(alert.severity), (f"{_headline(alert)}{repeats}", "")]
    about = markup.text(f"{_about(alert, zone)}{reason}")
    return markup.newline.join([markup.line(headline), about, *links])


def _fit_parts(parts: Sequence[str], separator: str, limit: int, keep: str = "") -> str:
    """Join as many whole parts as fit, always with `keep`, and the number of parts left out."""
    text = separator.join(parts)
    if len(text) <= limit:
        return text
    room = limit - len(separator) * 2 - len(keep) - 12
    fitting: list[str] = []
    for part in parts[: len(parts) - bool(keep)]:
        if len(separator.join([*fitting, part])) > room:
            continue
        fitting.append(part)
    omitted = len(parts) - len(fitting) - bool(keep)
    return separator.join([*fitting, f"… +{omitted}", *([keep] if keep else [])])


def _shorten(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
