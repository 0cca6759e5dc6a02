"""What a page says of alerts in words, as the reader of the dashboard and `tocsin show` do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo

from markupsafe import Markup
from msgspec import Struct

from monitor.api.marked_text import drawn
from monitor.base.article import Timestamp
from monitor.base.formatting import iso, moment
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _
from monitor.model.alert import Alert, StoryAlerts
from monitor.model.article import ArticleDetails, ArticleRevision
from monitor.model.delivery import Delivery
from monitor.model.shown_names import severity_name
from monitor.model.triage import Decision
from monitor.presentation import times
from monitor.presentation.alert import alert_lines, describe_triage
from monitor.presentation.article import byline, revision_lines, trouble_lines
from monitor.presentation.severity import severity_run
from monitor.presentation.story import story_headline, story_lines


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
        return times.full(at, self.zone)

    def byline(self, details: ArticleDetails) -> str:
        return "".join(text for text, _role in byline(details, self.full))

    def trouble(self, details: ArticleDetails) -> Iterator[str]:
        return (line[0][0] for line in trouble_lines(details, self.full))

    def triage(self, alert: Alert, last: Decision | None) -> str:
        """Return state, verdict, star and tags of an alert, and who decided last."""
        return describe_triage(alert, last, self.moment)

    def facts(self, alert: Alert, deliveries: Sequence[Delivery]) -> Iterator[tuple[str, str]]:
        """Yield what became of an alert and why it was raised, as texts with their roles."""
        return (line[0] for line in alert_lines(alert, deliveries, self.moment))

    def revisions(self, revisions: Sequence[ArticleRevision]) -> Iterator[tuple[int, str, Markup]]:
        """Yield what edits changed: how far a line is in, the role of its beginning, the line."""
        for depth, told in revision_lines(revisions, self.full):
            yield depth, told[0][1] if told else "", drawn(told)

    def story(self, story: StoryAlerts) -> Iterator[Markup]:
        """Yield what a list says below the headline of a story."""
        return map(drawn, story_lines(story, story.newest, self.moment, self.full))

    def decided_by(self, decision: Decision) -> str:
        return line(decision.who) or ("tocsin" if decision.why else _("somebody"))


def headline(story: StoryAlerts) -> Markup:
    return drawn(story_headline(story, story.newest))


def severity(alert: Alert | StoryAlerts) -> Markup:
    """Return the severity with its sign."""
    sign, role = severity_run(alert.severity)
    return Markup('<span class="{}">{}{}</span>').format(role, sign, severity_name(alert.severity))


def capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def prose(sentence: str) -> Markup:
    """Return a sentence with a capital, and what stands between backticks as code."""
    parts = capital(sentence).split("`")
    code = Markup("<code>{}</code>")
    return Markup("").join(code.format(part) if at % 2 else part for at, part in enumerate(parts))
