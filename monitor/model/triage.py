"""Triage of alerts: the decisions about one, the acts that change them, and undoing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from msgspec import Struct, field
from msgspec.structs import astuple, replace

from monitor.base.article import Timestamp
from monitor.model.alert import Alert, AlertState, TriageState, Verdict

Fields = Mapping[str, Any]
"""Some fields of a `TriageState`, by name, in the form of the record."""


_FIELDS = TriageState.__struct_fields__
_T = TypeVar("_T", TriageState, Alert)


class ChangedMeanwhileError(Exception):
    """The alert has changed since the person saw it; nothing is changed."""

    def __init__(self, now: Fields) -> None:
        self.now = now
        """The present values of the fields that differ."""
        super().__init__(", ".join(now))


class Change(Struct, frozen=True, kw_only=True):
    """A change of some alerts by one person; None leaves a field as it is."""

    state: AlertState | None = None
    verdict: Verdict | None = None
    starred: bool | None = None
    note: str | None = None
    """The new note; empty removes it."""
    assignee: str | None = None
    """The new assignee; empty for nobody."""
    tags: tuple[str, ...] = ()
    """Tags to add."""
    untag: tuple[str, ...] = ()
    """Tags to remove."""
    acknowledge: bool = False
    """Whether to acknowledge new alerts; closed ones stay closed."""
    seen: Mapping[str, Any] = field(default_factory=dict)
    """Fields of a `TriageState` as the person saw them; where they differ, nothing is changed."""

    def __hash__(self) -> int:
        return hash(astuple(self)[:-1])  # a mapping has no hash

    def on(self, alert: _T) -> _T:
        """Return an alert, or its triage state, with this change.

        Raises:
            ChangedMeanwhileError: It has changed since it was seen.
        """
        now = {name: getattr(alert, name) for name in self.seen}
        if differing := {name: now[name] for name in now if now[name] != self.seen[name]}:
            raise ChangedMeanwhileError(differing)
        changed = {
            name: value
            for name in ("state", "verdict", "starred", "note", "assignee")
            if (value := getattr(self, name)) is not None
        }
        if self.acknowledge and alert.state is AlertState.NEW:
            changed["state"] = AlertState.ACKNOWLEDGED
        tags = tuple(sorted({*alert.tags, *self.tags} - {*self.untag}))
        return replace(alert, **changed, tags=tags)


class TriageAction(Struct, frozen=True, kw_only=True):
    """The act of one person: a command, a key. It is undone as a whole."""

    id: int
    """0 if nothing changed, because all alerts were left."""
    at: Timestamp
    who: str
    """Name of the person; empty without a name, and for tocsin itself."""
    ids: tuple[int, ...]
    """The alerts that it changed."""
    undoes: int | None = None
    """The act that it undoes."""
    left: tuple[int, ...] = ()
    """Alerts with a field that stays, because somebody changed it since it was seen or done."""


class Decision(Struct, frozen=True, kw_only=True):
    """The change of one alert by an act."""

    act: int
    alert: int
    at: Timestamp
    who: str
    why: str
    """The reason of an act of tocsin: `5 outlets`; else empty."""
    undoes: int | None
    before: Fields
    """The changed fields before the act."""
    after: Fields


def difference(before: TriageState, after: TriageState) -> tuple[Fields, Fields]:
    """Return the fields that differ, before and after; tags as lists."""
    changed = [name for name in _FIELDS if getattr(before, name) != getattr(after, name)]
    return _fields_of(before, changed), _fields_of(after, changed)


def overwrites(shown: TriageState, now: TriageState, after: TriageState) -> bool:
    """Return whether a change undoes a decision that was made since an alert was shown.

    A change that goes further does not: it closes an acknowledged alert, or repeats a decision.
    """
    fields = ("verdict", "starred", "note", "assignee")
    states = list(AlertState)
    goes_back = states.index(after.state) < states.index(now.state) and now.state != shown.state
    return goes_back or any(
        getattr(now, name) not in (getattr(shown, name), getattr(after, name)) for name in fields
    )


def triage_state(alert: Alert) -> TriageState:
    """Return the triage state of an alert."""
    return TriageState(**{name: getattr(alert, name) for name in _FIELDS})


def taken_back(now: TriageState, before: Fields, after: Fields) -> tuple[TriageState, bool]:
    """Return a triage state without a change, and whether all of it could be undone.

    A field that was changed again since stays as it is; each tag counts for itself.
    """
    values = {name: before[name] for name in after if name != "tags"}
    kept = {name for name in values if _value(getattr(now, name)) != after[name]}
    restored: dict[str, Any] = {name: value for name, value in values.items() if name not in kept}
    if "tags" in after:
        added = {*after["tags"]} - {*before["tags"]}
        removed = {*before["tags"]} - {*after["tags"]}
        restored["tags"] = tuple(sorted({*now.tags} - added | removed))
        if added - {*now.tags} or removed & {*now.tags}:
            kept.add("tags")
    return standing({**_fields_of(now, _FIELDS), **restored}), not kept


def standing(fields: Fields) -> TriageState:
    """Return the triage state of fields in the form of the record."""
    return TriageState(
        state=AlertState(fields["state"]),
        verdict=Verdict(fields["verdict"]),
        starred=bool(fields["starred"]),
        note=fields["note"],
        tags=tuple(fields["tags"]),
        assignee=fields["assignee"],
    )


def _fields_of(state: TriageState, names: list[str] | tuple[str, ...]) -> dict[str, Any]:
    return {name: _value(getattr(state, name)) for name in names}


def _value(value: Any) -> Any:
    if isinstance(value, AlertState | Verdict):
        return str(value)
    return list(value) if isinstance(value, tuple) else value
