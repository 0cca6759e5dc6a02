"""What people are told of alerts: a subject and a text, plain, in Markdown and in HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from string import Template

from index.analysis.text_cleaning import safe_url
from index.article import Article
from monitor.formatting import span
from monitor.model.alert import Alert, Match, Outlet
from monitor.model.delivery import Notification
from monitor.notify.markup import HTML, MARKDOWN, PLAIN, Flavour, plain

LONGEST = 280
"""Characters of a passage; a longer sentence is cut around its first match."""
_END = re.compile(r"(?<=[.!?…])[\s»”\"]+|\n+")

Lit = tuple[tuple[int, int], ...]


def passage(article: Article, matches: Sequence[Match]) -> tuple[str, Lit]:
    """Return the first sentence with a match and the matches in it; the title's come last.

    Empty when the title alone holds all of them: a message has it already.
    """
    for part in ("summary", "body"):
        found = sorted((m.start, m.end) for m in matches if m.field == part)
        text = article.part(part)
        if found and found[0][1] <= len(text):
            start, end = _sentence(text, found[0])
            inside = tuple((a - start, b - start) for a, b in found if a >= start and b <= end)
            return text[start:end], inside
    return "", ()


def _sentence(text: str, match: tuple[int, int]) -> tuple[int, int]:
    """Return from where to where the sentence of a match goes, cut to a readable length."""
    starts = [found.end() for found in _END.finditer(text, 0, match[0])]
    start = starts[-1] if starts else 0
    found = _END.search(text, match[1])
    end = found.start() if found else len(text)
    if end - start <= LONGEST:
        return start, end
    start = max(start, match[0] - LONGEST // 3)
    end = max(match[1], min(end, start + LONGEST))
    return start, end


SIGNS = {"high": "▲", "medium": "●", "low": "·"}
NAMED = 4
"""Outlets that a message names."""
HEADLINE = 300
"""Characters of a headline; some feeds put the article into it."""
SUBJECT = 200
"""Characters of a subject."""
LIMIT = 3_500
"""Characters of a text; the shortest of the chats takes 4,000 with its own signs in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """The same in three ways of writing."""

    subject: str
    plain: str
    markdown: str
    html: str


FIELDS = (
    "watchlist", "severity", "sign", "headline", "outlet", "lang", "time", "sentence", "terms",
    "others", "first", "elsewhere", "link", "why", "id",
)  # fmt: skip
"""What a template can name, as `$headline` or `${headline}`."""


def compose(
    parcels: Sequence[Notification], zone: tzinfo, *, template: str = "", limit: int = LIMIT
) -> Message:
    """Return the message about an alert, or the digest of several.

    `zone` is that of its times. A `template` says what is written of each alert.
    """

    def written(flavour: Flavour) -> str:
        if template:
            texts = [_fill(template, parcel, zone, flavour) for parcel in parcels]
            return _within(texts, flavour.newline * 2, limit)
        if len(parcels) == 1:
            lines = list(_lines(parcels[0], zone, flavour))
            return _within(lines, flavour.newline, limit, keep=lines[-1])
        return _within(list(_digest(parcels, zone, flavour)), flavour.newline, limit)

    return Message(
        subject=subject(parcels),
        plain=written(PLAIN),
        markdown=written(MARKDOWN),
        html=written(HTML),
    )


def subject(parcels: Sequence[Notification]) -> str:
    """Return what a message is about, in a line."""
    if len(parcels) == 1:
        alert = parcels[0].alert
        words = f"{SIGNS[alert.severity]} {alert.watchlist}: {alert.title or alert.kind}"
    else:
        counts = {p.alert.watchlist: 0 for p in parcels}
        for parcel in parcels:
            counts[parcel.alert.watchlist] += 1
        words = f"{len(parcels)} × " + ", ".join(f"{name} {n}" for name, n in counts.items())
    return _cut(plain(words), SUBJECT)


def fields(parcel: Notification, zone: tzinfo) -> Mapping[str, str]:
    """Return what a template can name, of an alert."""
    alert, outlets = parcel.alert, parcel.alert.telling.outlets
    told = {
        "watchlist": alert.watchlist,
        "severity": str(alert.severity),
        "sign": SIGNS[alert.severity],
        "headline": _cut(alert.title, HEADLINE),
        "outlet": alert.feed,
        "lang": alert.lang,
        "time": moment(alert, zone),
        "terms": ", ".join(_terms(alert)),
        "others": ", ".join(o.name for o in outlets[1:]),
        "first": outlets[0].name if outlets else alert.feed,
        "elsewhere": ", ".join(o.name for o in alert.telling.elsewhere),
        "why": parcel.delivery.why,
        "id": str(alert.id),
    }
    sentence = _alert_sentence(parcel, PLAIN)
    return {key: plain(value) for key, value in told.items()} | {
        "sentence": sentence,
        "link": safe_url(alert.url),
    }


def _fill(template: str, parcel: Notification, zone: tzinfo, flavour: Flavour) -> str:
    told = {key: flavour.escape(value) for key, value in fields(parcel, zone).items()}
    text = Template(template.strip()).safe_substitute(told)
    return text.replace("\n", flavour.newline) if flavour is HTML else text


def unknown_fields(template: str) -> list[str]:
    """Return what a template names that there is not; raises ValueError for a lone `$`."""
    found = Template(template)
    if not found.is_valid():
        raise ValueError("a `$` that names nothing; write `$$` for a dollar sign")
    return [name for name in found.get_identifiers() if name not in FIELDS]


def moment(alert: Alert, zone: tzinfo) -> str:
    """Return when an article was published, as far as that is believable, with the zone."""
    at = alert.raised_at
    if alert.published is not None and 0 < alert.published <= at:
        at = alert.published
    return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M %Z")


# --- one alert ---------------------------------------------------------------------------


def _lines(parcel: Notification, zone: tzinfo, flavour: Flavour) -> Iterator[str]:
    alert = parcel.alert
    yield f"{SIGNS[alert.severity]} {flavour.text(str(alert.severity))} · " + flavour.bold(
        alert.watchlist
    )
    if parcel.delivery.why:
        yield f"↑ {flavour.text(parcel.delivery.why)}"
    title = [(m.start, m.end) for m in alert.matches if m.field == "title"]
    headline = _cut(alert.title, HEADLINE) or str(alert.kind)
    yield flavour.with_lit(headline, title)
    about = [alert.feed, alert.lang, moment(alert, zone)]
    yield " · ".join(flavour.text(part) for part in about if part)
    if sentence := _alert_sentence(parcel, flavour):
        yield sentence
    if terms := _terms(alert):
        yield f"⌕ {flavour.text(', '.join(terms))}"
    yield from _other_outlets(alert, flavour)
    yield flavour.link(url) if (url := safe_url(alert.url)) else f"№ {alert.id}"


def _alert_sentence(parcel: Notification, flavour: Flavour) -> str:
    if parcel.article is None:
        return ""
    text, lit = passage(parcel.article, parcel.alert.matches)
    return flavour.with_lit(text, lit)


def _terms(alert: Alert) -> list[str]:
    return list(dict.fromkeys(match.term or match.text for match in alert.matches))


def _other_outlets(alert: Alert, flavour: Flavour) -> Iterator[str]:
    outlets = alert.telling.outlets
    if len(outlets) > 1:
        yield f"≡ {flavour.text(_named(outlets, _lag))}"
    for lang in dict.fromkeys(outlet.lang for outlet in alert.telling.elsewhere):
        found = [outlet for outlet in alert.telling.elsewhere if outlet.lang == lang]
        yield f"⇄ {flavour.text(f'{lang}: {_named(found, lambda outlet: outlet.name)}')}"


def _named(outlets: Sequence[Outlet], word: Callable[[Outlet], str]) -> str:
    more = [f"+{len(outlets) - NAMED}"] if len(outlets) > NAMED else []
    return ", ".join([*map(word, outlets[:NAMED]), *more])


def _lag(outlet: Outlet) -> str:
    return f"{outlet.name} +{span(outlet.lag)}" if outlet.lag >= 1 else outlet.name


# --- a digest ----------------------------------------------------------------------------


def _digest(parcels: Sequence[Notification], zone: tzinfo, flavour: Flavour) -> Iterator[str]:
    """Yield the alerts by watchlist, the loudest first; of a story the newest, and how many."""
    groups: dict[str, list[Notification]] = {}
    for parcel in sorted(parcels, key=lambda p: (-p.alert.raised_at, -p.alert.id)):
        groups.setdefault(parcel.alert.watchlist, []).append(parcel)
    loudness = list(SIGNS)
    for name, found in sorted(
        groups.items(), key=lambda g: min(loudness.index(p.alert.severity) for p in g[1])
    ):
        yield f"{flavour.bold(name)} ({len(found)})"
        stories: dict[int, list[Notification]] = {}
        for parcel in found:
            story = parcel.article.story if parcel.article else -parcel.alert.id
            stories.setdefault(story, []).append(parcel)
        for told in stories.values():
            yield _entry(told, zone, flavour)


def _entry(told: Sequence[Notification], zone: tzinfo, flavour: Flavour) -> str:
    parcel, alert = told[0], told[0].alert
    times = f" ×{len(told)}" if len(told) > 1 else ""
    about = " · ".join(part for part in (alert.feed, alert.lang, moment(alert, zone)) if part)
    why = f" ↑ {parcel.delivery.why}" if parcel.delivery.why else ""
    url = safe_url(alert.url)
    lines = [
        f"{SIGNS[alert.severity]} {flavour.text(_cut(alert.title, HEADLINE) or alert.kind)}{times}",
        flavour.text(about + why),
        *([flavour.link(url)] if url else []),
    ]
    return flavour.newline.join(lines)


# --- how long it may be ------------------------------------------------------------------


def _within(parts: Sequence[str], between: str, limit: int, keep: str = "") -> str:
    """Return as many parts as there is room for, whole, `keep` always; and how many are left."""
    whole = between.join(parts)
    if len(whole) <= limit:
        return whole
    room = limit - len(between) * 2 - len(keep) - 12
    taken: list[str] = []
    for part in parts[: len(parts) - bool(keep)]:
        if len(between.join([*taken, part])) > room:
            continue
        taken.append(part)
    left = len(parts) - len(taken) - bool(keep)
    return between.join([*taken, f"… +{left}", *([keep] if keep else [])])


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
