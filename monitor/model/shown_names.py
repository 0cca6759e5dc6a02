"""What people read for values that programs know by a code: severities, states, languages."""

from __future__ import annotations

from index.translation import mark_all, pgettext
from monitor.model.alert import AlertState
from monitor.model.severity import Severity

_SEVERITIES = dict(zip(Severity, mark_all("severity", "high", "medium", "low"), strict=True))
_STATES = dict(zip(AlertState, mark_all("state", "new", "acknowledged", "closed"), strict=True))


def severity_name(severity: Severity) -> str:
    """Return a severity as people read it."""
    return pgettext("severity", _SEVERITIES[severity])


def state_name(state: AlertState) -> str:
    """Return the state of an alert as people read it."""
    return pgettext("state", _STATES[state])
