"""Triage of alerts: what is said of one, acts that change it, and what undoing takes back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from msgspec import Struct, field
from msgspec.structs import astuple, replace

from monitor.base.article import Timestamp
from monitor.model.alert import Alert, AlertState, Verdict

Said = Mapping[str, Any]
"""Some fields of a `TriageState`, by name, as they are kept in the record."""


class TriageState(Struct, frozen=True, kw_only=True):
    """What is said of an alert at one moment."""

    state: AlertState = AlertState.NEW
    verdict: Verdict = Verdict.NONE
    starred: bool = False
    note: str = ""
    """Clean text, a paragraph a line."""
    tags: tuple[str, ...] = ()
    """As `service.triage.clean_tag` writes them, sorted."""
    assignee: str = ""
    """Who works on it; empty for nobody."""


_FIELDS = TriageState.__struct_fields__
_T = TypeVar("_T", TriageState, Alert)


class ChangedMeanwhileError(Exception):
    """An alert is not any more as the person who changes it saw it; nothing is changed."""

    def __init__(self, now: Said) -> None:
        self.now = now
        """The fields that differ, as they are now."""
        super().__init__(", ".join(now))


class Change(Struct, frozen=True, kw_only=True):
    """What somebody says of some alerts; None leaves a field as it is."""

    state: AlertState | None = None
    verdict: Verdict | None = None
    starred: bool | None = None
    note: str | None = None
    """Instead of the note that is there; empty takes it away."""
    assignee: str | None = None
    """Instead of who works on it now; empty for nobody."""
    tags: tuple[str, ...] = ()
    """To be added to those that are there."""
    untag: tuple[str, ...] = ()
    """To be taken away."""
    acknowledge: bool = False
    """If it is new; what is closed stays so."""
    seen: Mapping[str, Any] = field(default_factory=dict)
    """Fields of a `TriageState` as the person saw them; where they differ, nothing is changed."""

    def __hash__(self) -> int:
        return hash(astuple(self)[:-1])  # a mapping has no hash

    def on(self, alert: _T) -> _T:
        """Return an alert, or its standing, with this said of it.

        Raises:
            ChangedMeanwhileError: It is not as it was seen.
        """
        now = {name: getattr(alert, name) for name in self.seen}
        if differing := {name: now[name] for name in now if now[name] != self.seen[name]}:
            raise ChangedMeanwhileError(differing)
        given = {
            name: value
            for name in ("state", "verdict", "starred", "note", "assignee")
            if (value := getattr(self, name)) is not None
        }
        if self.acknowledge and alert.state is AlertState.NEW:
            given["state"] = AlertState.ACKNOWLEDGED
        tags = tuple(sorted({*alert.tags, *self.tags} - {*self.untag}))
        return replace(alert, **given, tags=tags)


class TriageAction(Struct, frozen=True, kw_only=True):
    """What one person said at once: a command, a key. It is taken back as a whole."""

    id: int
    """0 if nothing changed, because all was left."""
    at: Timestamp
    who: str
    """Empty for a person without a name, and for tocsin itself."""
    ids: tuple[int, ...]
    """The alerts that it changed."""
    undoes: int | None = None
    """The act that it takes back."""
    left: tuple[int, ...] = ()
    """Alerts of which something stays, because somebody changed it since it was seen or done."""


class Decision(Struct, frozen=True, kw_only=True):
    """What an act changed of one alert."""

    act: int
    alert: int
    at: Timestamp
    who: str
    why: str
    """Not empty when tocsin did it: `5 outlets`."""
    undoes: int | None
    before: Said
    """Only the fields that were changed."""
    after: Said


def difference(before: TriageState, after: TriageState) -> tuple[Said, Said]:
    """Return the fields that differ, as they were and as they are; tags as lists."""
    changed = [name for name in _FIELDS if getattr(before, name) != getattr(after, name)]
    return _said(before, changed), _said(after, changed)


def overwrites(shown: TriageState, now: TriageState, after: TriageState) -> bool:
    """Return whether a change takes back what somebody did since an alert was shown.

    Going on from there does not: to close what somebody acknowledged, to say the same again.
    """
    fields = ("verdict", "starred", "note", "assignee")
    states = list(AlertState)
    goes_back = states.index(after.state) < states.index(now.state) and now.state != shown.state
    return goes_back or any(
        getattr(now, name) not in (getattr(shown, name), getattr(after, name)) for name in fields
    )


def triage_state(alert: Alert) -> TriageState:
    """Return what is said of an alert."""
    return TriageState(**{name: getattr(alert, name) for name in _FIELDS})


def taken_back(now: TriageState, before: Said, after: Said) -> tuple[TriageState, bool]:
    """Return a standing without a change, and whether all of it could be taken back.

    A field that was changed again since stays as it is; of tags, each for itself.
    """
    given = {name: before[name] for name in after if name != "tags"}
    stays = {name for name in given if _value(getattr(now, name)) != after[name]}
    restored: dict[str, Any] = {name: value for name, value in given.items() if name not in stays}
    if "tags" in after:
        added = {*after["tags"]} - {*before["tags"]}
        removed = {*before["tags"]} - {*after["tags"]}
        restored["tags"] = tuple(sorted({*now.tags} - added | removed))
        if added - {*now.tags} or removed & {*now.tags}:
            stays.add("tags")
    return standing({**_said(now, _FIELDS), **restored}), not stays


def standing(said: Said) -> TriageState:
    """Return the standing that all its fields, as they are kept, say."""
    return TriageState(
        state=AlertState(said["state"]),
        verdict=Verdict(said["verdict"]),
        starred=bool(said["starred"]),
        note=said["note"],
        tags=tuple(said["tags"]),
        assignee=said["assignee"],
    )


def _said(whole: TriageState, names: list[str] | tuple[str, ...]) -> dict[str, Any]:
    return {name: _value(getattr(whole, name)) for name in names}


def _value(value: Any) -> Any:
    if isinstance(value, AlertState | Verdict):
        return str(value)
    return list(value) if isinstance(value, tuple) else value
