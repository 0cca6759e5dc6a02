"""What a page says of alerts in words, as the reader of the dashboard and `tocsin show` do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from markupsafe import Markup
from msgspec import Struct

from monitor.base import signs
from monitor.base.article import Timestamp
from monitor.base.formatting import alert_number, clauses, date_and_time, iso, moment
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _
from monitor.base.translation import number
from monitor.judgement.alerts.description import (
    describe_deliveries,
    describe_escalations,
    describe_lost,
    describe_match,
    describe_suppression,
    describe_triage,
)
from monitor.model.alert import Alert, Lost, StoryAlerts
from monitor.model.delivery import Delivery
from monitor.model.severity import SEVERITY_SIGNS
from monitor.model.shown_names import severity_name, state_name, verdict_name

if TYPE_CHECKING:
    from monitor.model.match import Match
    from monitor.model.triage import Decision


class Words(Struct, frozen=True):
    """Says things as of a moment, in a time zone."""

    now: Timestamp
    zone: tzinfo

    def moment(self, at: Timestamp) -> str:
        """Return a local time, with its date unless it is today."""
        return moment(at, self.now, self.zone)

    def time(self, at: Timestamp) -> Markup:
        """Return a local time with its date and zone, readable for programs too."""
        return Markup('<time datetime="{}">{}</time>').format(iso(at) or "", self.full(at))

    def full(self, at: Timestamp) -> str:
        """Return a local time with its date and zone."""
        if iso(at) is None:  # a feed can give any number as its date
            return _("undated")
        there = datetime.fromtimestamp(at, self.zone)
        return f"{date_and_time(there)} {there.tzname()}"

    def triage(self, alert: Alert, last: Decision | None) -> str:
        """Return state, verdict, star and tags of an alert, and who decided last."""
        return describe_triage(alert, last, self.moment)

    def notified(self, alert: Alert, deliveries: Sequence[Delivery]) -> Iterator[str]:
        """Yield to whom an alert was sent, and why to nobody."""
        yield from filter(
            None,
            (
                describe_deliveries(deliveries, self.moment),
                describe_suppression(alert, self.moment),
            ),
        )

    def escalations(self, alert: Alert) -> str:
        """Return why and when an alert became more severe; empty if it did not."""
        if not alert.escalations:
            return ""
        raised = severity_name(alert.escalations[0].severity)
        steps = describe_escalations(alert, self.moment)
        return clauses([steps, _("raised as {severity}", severity=raised)])

    def lost(self, lost: Lost) -> str:
        """Return since when a term is not in the article any more."""
        return describe_lost(lost, self.moment)

    def decided_by(self, decision: Decision) -> str:
        """Return who decided."""
        return line(decision.who) or ("tocsin" if decision.why else _("somebody"))

    def standing(self, story: StoryAlerts) -> str:
        """Return what was decided of a story: state, verdict, star, assignees, tags."""
        words = [state_name(story.state), verdict_name(story.verdict)]
        words += [signs.STAR] if story.starred else []
        words += [_("assigned to {name}", name=line(one)) for one in story.assignees]
        words += [f"#{line(tag)}" for tag in story.tags]
        return " · ".join(filter(None, words))

    def watchlists(self, story: StoryAlerts) -> str:
        """Return the watchlists of a story."""
        return ", ".join(map(line, story.watchlists))


def severity(alert: Alert | StoryAlerts) -> Markup:
    """Return the severity with its sign."""
    sign, name = SEVERITY_SIGNS[alert.severity], severity_name(alert.severity)
    return Markup('<span class="{}">{} {}</span>').format(str(alert.severity), sign, name)


def capital(sentence: str) -> str:
    """Return a sentence with a capital at its beginning."""
    return sentence[:1].upper() + sentence[1:]


def prose(sentence: str) -> Markup:
    """Return a sentence with a capital, and what stands between backticks as code."""
    parts = capital(sentence).split("`")
    code = Markup("<code>{}</code>")
    return Markup("").join(code.format(part) if at % 2 else part for at, part in enumerate(parts))


def numbers(alerts: Iterable[Alert]) -> str:
    """Return the numbers of alerts: `a5 a6`."""
    return " ".join(alert_number(alert.id) for alert in alerts)


def matched(matches: Iterable[Match]) -> list[str]:
    """Return which words matched, where, and by which term; each once, with how often."""
    said = Counter(map(describe_match, matches))
    return [f"{one} × {number(count)}" if count > 1 else one for one, count in said.items()]
