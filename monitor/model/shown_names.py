"""What people read for values that programs know by a code: severities, states, verdicts."""

from __future__ import annotations

import functools

from monitor.base.translation import gettext as _
from monitor.base.translation import mark, mark_all, pgettext
from monitor.model.alert import AlertKind, AlertState, Verdict
from monitor.model.lease import Duty
from monitor.model.severity import Severity

_SEVERITIES = dict(zip(Severity, mark_all("severity", "high", "medium", "low"), strict=True))
_PARTS = frozenset(mark_all("part", "title", "summary", "body", "author"))


def severity_name(severity: Severity) -> str:
    """Return a severity as people read it."""
    return pgettext("severity", _SEVERITIES[severity])


def state_name(state: AlertState) -> str:
    """Return the state of an alert as people read it."""
    return pgettext("state", _states()[state])


def verdict_name(verdict: Verdict) -> str:
    """Return a verdict as people read it; empty for none."""
    return pgettext("verdict", _verdicts()[verdict]) if verdict else ""


def duty_name(duty: Duty) -> str:
    """Return what one monitor does for all as people read it."""
    return pgettext("duty", _duties()[duty])


def kind_name(kind: AlertKind) -> str:
    """Return what an alert is about as people read it."""
    return pgettext("kind", _kinds()[kind])


UNNAMED = mark("Briefing")
"""Name of a briefing that feeds.yaml gives none."""


def briefing_name(name: str) -> str:
    """Return the name of a briefing as people read it."""
    return _(UNNAMED) if name in ("", UNNAMED) else name


def source_name(source: str) -> str:
    """Return which part of feeds.yaml sets something, as people read it: `tag belgique`."""
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
    """Return a part of an article as people read it: `title`."""
    return pgettext("part", part) if part in _PARTS else part


@functools.cache
def _states() -> dict[AlertState, str]:
    return dict(zip(AlertState, mark_all("state", "new", "acknowledged", "closed"), strict=True))


@functools.cache
def _verdicts() -> dict[Verdict, str]:
    given = (Verdict.RELEVANT, Verdict.NOISE)
    return dict(zip(given, mark_all("verdict", "relevant", "noise"), strict=True))


@functools.cache
def _kinds() -> dict[AlertKind, str]:
    names = mark_all("kind", "match", "silent", "failing", "gone", "reissued", "quarantined",
                     "damaged", "lost", "spike", "quiet")  # fmt: skip
    return dict(zip(AlertKind, names, strict=True))


@functools.cache
def _duties() -> dict[Duty, str]:
    names = mark_all("duty", "deliveries", "briefings", "backfill", "upkeep", "vectors")
    return dict(zip(Duty, names, strict=True))
