"""An article as marked text: its byline, who else has its story, what edits of it changed. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from monitor.base import signs, text_cleaning as safe
from monitor.base.article import Article
from monitor.base.translation import gettext as _, ngettext
from monitor.model.alert import MergedAlert, Outlet, StoryTimeline
from monitor.model.article import (
    ADDED,
    REMOVED,
    SAME,
    ArticleDetails,
    ArticleRevision,
    DiffPart,
    Term,
)
from monitor.model.shown_names import part_name
from monitor.model.watchlist import Match
from monitor.presentation.alert import Moment, match_spans
from monitor.presentation.spans import Line
from monitor.presentation.story import describe_linked, describe_outlets
from monitor.presentation.times import date_anomaly

MAX_SENTENCE = 280
"""Most characters of a sentence; a longer one is cut around its first match."""
_WORDS = re.compile(r"\s+|\w+(?:[’'-]\w+)*|[^\w\s]")
_END = re.compile(r"(?<=[.!?…])[\s»”\"]+|\n+")

Spans = tuple[tuple[int, int], ...]


def byline(details: ArticleDetails, moment: Moment) -> Line:
    """Return the outlet, the date with its anomaly, and the language."""
    article = details.article
    first_seen = moment(article.seen)
    anomaly = date_anomaly(article.published, article.seen)
    if article.published is None:
        date = f"{signs.UNDATED} {_('undated, first seen {time}', time=first_seen)}"
    elif anomaly:
        words = _(
            "dated in the future: {date}, first seen {time}",
            date=moment(article.published), time=first_seen,
        )  # fmt: skip
        date = f"{signs.FUTURE} {words}"
    else:
        date = moment(article.published)
    return [
        (f"{safe.line(details.publisher)} · ", "quiet"),
        (date, "late" if anomaly else "quiet"),
        (f" · {article.lang or _('language unknown')}", "quiet"),
    ]


def trouble_lines(details: ArticleDetails, moment: Moment) -> Iterator[Line]:
    """Yield the parts of an article that were not read, matched or searched, with the reasons."""
    for words in details.limits:
        yield [(safe.line(words), "late")]
    if details.page_trouble:
        reason = safe.line(details.page_trouble)
        words = _("Page not read: {reason}", reason=reason)
        if details.page_retry:
            retry = moment(details.page_retry)
            words = _("Page not read: {reason}; next attempt {time}", reason=reason, time=retry)
        yield [(words, "late")]


def merged_groups(merged: Sequence[MergedAlert]) -> Iterator[tuple[str, list[MergedAlert]]]:
    """Yield the alerts that stand for those of an article, and those merged into them."""
    if originals := [alert for alert in merged if alert.stands]:
        yield _("Merged into the alert of another article, which was notified"), originals
    if copies := [alert for alert in merged if not alert.stands]:
        yield (
            ngettext(
                "{count} alert merged into this one, not notified",
                "{count} alerts merged into this one, not notified",
                len(copies),
            ),
            copies,
        )


def outlet_groups(timeline: StoryTimeline) -> Iterator[tuple[str, tuple[Outlet, ...]]]:
    """Yield the outlets of a story, then those in each other language, with headings."""
    if len(timeline.outlets) > 1:
        yield describe_outlets(timeline.outlets), timeline.outlets
    for linked in timeline.elsewhere_by_language():
        words = safe.line(describe_linked(linked))
        yield words[0].upper() + words[1:], linked.outlets


CONTEXT_WORDS = 12
"""Words shown on each side of a change."""
_CHANGES = {REMOVED: ("[-", "-]", "removed"), ADDED: ("{+", "+}", "added")}
"""The signs before and after a change, for those who see no colours, and its role."""


def revision_lines(
    revisions: Sequence[ArticleRevision], moment: Moment
) -> Iterator[tuple[int, Line]]:
    """Yield lines about each revision of an article, the latest first, with their indents."""
    if not revisions:
        yield 0, [(_("No revision since it was first seen."), "plain")]
    for revision in reversed(revisions):
        heading = _("Revision {number}", number=revision.version - 1)
        yield 0, [(f"{heading} · {moment(revision.at)}", "accent")]
        if removed := _terms(revision.removed_terms):
            yield 1, [(_("Removed terms: {terms}", terms=removed), "late")]
        if added := _terms(revision.added_terms):
            yield 1, [(_("New terms: {terms}", terms=added), "list")]
        for part, pieces in revision.parts.items():
            yield 1, [(part_name(part), "quiet")]
            yield 2, [_changed(piece) for piece in with_context(pieces, CONTEXT_WORDS)]
        yield 0, []


def _terms(terms: Iterable[Term]) -> str:
    return ", ".join(f"{safe.line(term)} ({safe.line(name)})" for name, term in terms)


def _changed(piece: DiffPart) -> tuple[str, str]:
    before, after, role = _CHANGES.get(piece.kind, ("", "", "plain"))
    return f"{before}{safe.clean(piece.text, keep_newlines=True)}{after}", role


def with_context(parts: Sequence[DiffPart], words: int) -> list[DiffPart]:
    """Return the parts, but of unchanged text only `words` words around each change, and `…`."""
    excerpt = []
    for index, piece in enumerate(parts):
        if piece.kind != SAME:
            excerpt.append(piece)
            continue
        tokens = _WORDS.findall(piece.text)
        head = tokens[: 2 * words] if index else []
        tail = tokens[-2 * words :] if index < len(parts) - 1 else []
        if len(head) + len(tail) >= len(tokens) - 2:
            excerpt.append(piece)
        else:
            gap = " … " if head and tail else "…"
            excerpt.append(DiffPart(SAME, "".join(head).rstrip() + gap + "".join(tail).lstrip()))
    return excerpt


def passage(article: Article, matches: Sequence[Match]) -> tuple[str, Spans]:
    """Return the first sentence with a match, and the spans of its matches.

    Empty if only the title has matches, because each message has the title.
    """
    for part in ("summary", "body"):
        spans = match_spans(matches, part)
        text = article.part(part)
        if spans and spans[0][1] <= len(text):
            start, end = _sentence(text, spans[0])
            inner = tuple((a - start, b - start) for a, b in spans if a >= start and b <= end)
            return text[start:end], inner
    return "", ()


def _sentence(text: str, match: tuple[int, int]) -> tuple[int, int]:
    """Return start and end of the sentence around a match, cut to a readable length."""
    starts = [end.end() for end in _END.finditer(text, 0, match[0])]
    start = starts[-1] if starts else 0
    ending = _END.search(text, match[1])
    end = ending.start() if ending else len(text)
    if end - start <= MAX_SENTENCE:
        return start, end
    start = max(start, match[0] - MAX_SENTENCE // 3)
    end = max(match[1], min(end, start + MAX_SENTENCE))
    return start, end
