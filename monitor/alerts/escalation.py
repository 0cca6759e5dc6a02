"""When an alert becomes louder than it was raised, and how loud. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from monitor.model.severity import Severity

if TYPE_CHECKING:
    from monitor.model.config import Escalate

OUTLETS = "outlets"
"""The reason that is a number of outlets; the others are languages."""

_SPOKEN = {"fr": "French", "en": "English"}
_LOUDER = {Severity.LOW: Severity.MEDIUM, Severity.MEDIUM: Severity.HIGH}
_RANKS = (Severity.LOW, Severity.MEDIUM, Severity.HIGH)


def reasons(
    asked: Escalate, outlets: int, languages: Collection[str], known: Collection[str]
) -> list[str]:
    """Return the reasons for which an alert becomes louder now, each only once.

    `outlets` have its story, which has crossed to these `languages`; `known` are the
    reasons for which it became louder before.
    """
    found = [OUTLETS] if asked.outlets is not None and outlets >= asked.outlets else []
    if asked.languages:
        found += sorted(languages)
    return [reason for reason in found if reason not in known]


def louder(asked: Escalate, severity: Severity) -> Severity:
    """Return how loud an alert of this severity becomes: never less than it was."""
    to = asked.to or _LOUDER.get(severity, severity)
    return max(severity, to, key=_RANKS.index)


def words(reason: str, outlets: int, outlet: str) -> str:
    """Say a reason: `5 outlets`, `crossed to English: Reuters`."""
    if reason == OUTLETS:
        return f"{outlets} outlets"
    return f"crossed to {_SPOKEN.get(reason, reason)}: {outlet}"
