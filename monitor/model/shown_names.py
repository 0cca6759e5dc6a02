"""The names that people read for codes of programs: severities, states, verdicts."""

from __future__ import annotations

from monitor.base.formatting import behind_since, span
from monitor.base.translation import gettext as _, mark, mark_all, ngettext, pgettext
from monitor.model.alert import OUTLETS, AlertKind, AlertState, Verdict
from monitor.model.lease import Duty, SharingMonitor
from monitor.model.watchlist import FEED_HEALTH, Match, Severity, Silence

_PARTS = mark_all("part", "title", "summary", "body", "author")
# The values of these are their names in English.
mark("feed health")
mark_all("severity", "high", "medium", "low")
mark_all("state", "new", "acknowledged", "closed")
mark_all("verdict", "relevant", "noise")
mark_all("kind", "match", "silent", "failing", "gone", "reissued", "quarantined", "damaged",
         "lost", "unindexed", "spike", "quiet")  # fmt: skip
mark_all("duty", "deliveries", "briefings", "backfill", "upkeep", "vectors", "archive")


def severity_name(severity: Severity) -> str:
    return pgettext("severity", severity)


def state_name(state: AlertState) -> str:
    return pgettext("state", state)


def verdict_name(verdict: Verdict) -> str:
    return pgettext("verdict", verdict) if verdict else ""


def list_name(name: str) -> str:
    """Return the name of a watchlist as people read it: that of alerts about feeds is ours."""
    return _(name) if name == FEED_HEALTH else name


def describe_silenced(silence: Silence, since: str) -> str:
    """Say how many alerts nobody was notified of in a silence that began then."""
    if not silence.suppressed:
        return _("nothing was kept back")
    return ngettext(
        "{count} listed, not sent since {time}",
        "{count} listed, not sent since {time}",
        silence.suppressed, time=behind_since(since),
    )  # fmt: skip


def describe_ended_silence(silence: Silence, since: str) -> str:
    name, words = list_name(silence.watchlist), describe_silenced(silence, since)
    return _("{watchlist} is no longer silenced: {suppressed}", watchlist=name, suppressed=words)


def written_list_name(name: str) -> str:
    """Return the name of a watchlist that somebody writes: ours also in their language."""
    return FEED_HEALTH if name.strip().casefold() == list_name(FEED_HEALTH).casefold() else name


def duty_name(duty: Duty) -> str:
    return pgettext("duty", duty.label)


def describe_overdue(monitor: SharingMonitor) -> str:
    """Return the words for a monitor whose heartbeats do not come any more."""
    name, time = monitor.name, span(monitor.silence)
    if monitor.lost:
        return _("{name} is lost: its last heartbeat was {time} ago", name=name, time=time)
    return _(
        "{name} stands still or is cut off: its last heartbeat was {time} ago", name=name, time=time
    )


def kind_name(kind: AlertKind) -> str:
    return pgettext("kind", kind)


UNNAMED = mark("Briefing")
"""Name of a briefing without a name in feeds.yaml."""


def briefing_name(name: str) -> str:
    """Return the name of a briefing as people read it."""
    return _(UNNAMED) if name in ("", UNNAMED) else name


def source_name(source: str) -> str:
    """Return the name of a part of feeds.yaml as people read it: `tag belgique`."""
    kind, _sep, name = source.partition(" ")
    match kind:
        case "the":
            return _("the feed")
        case "host":
            return _("host {name}", name=name)
        case "tag":
            return _("tag {name}", name=name)
    return source


def part_name(part: str) -> str:
    return pgettext("part", part) if part in _PARTS else part


_NAMES = {
    "fr": mark("French"), "en": mark("English"), "de": mark("German"), "es": mark("Spanish"),
    "it": mark("Italian"), "nl": mark("Dutch"), "pt": mark("Portuguese"),
}  # fmt: skip


def language_name(code: str) -> str:
    """Return the name of a language: `French`; the code of one that has no name here."""
    return _(_NAMES[code]) if code in _NAMES else code or _("another language")


def describe_escalation(reason: str, outlets: int, outlet: str) -> str:
    """Return a reason in words: `5 outlets`, `crossed to English: Reuters`."""
    if reason == OUTLETS:
        return ngettext("{count} outlet", "{count} outlets", outlets)
    language = language_name(reason)
    return _("crossed to {language}: {outlet}", language=language, outlet=outlet)


def term_name(match: Match) -> str:
    """Return the term of a match, of a concept with its name: `Martin (Jean Martin)`."""
    return _("{term}, perhaps a namesake", term=match.term) if match.ambiguous else match.term
