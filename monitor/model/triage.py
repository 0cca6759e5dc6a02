"""What the analyst says of alerts, and the record of who said it when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from index.article import Timestamp
from monitor.model.alerts import Alert, AlertState, Verdict

Said = Mapping[str, Any]
"""Some fields of a `Standing`, by name, as they are kept in the record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is said of an alert at one moment."""

    state: AlertState = AlertState.NEW
    verdict: Verdict = Verdict.NONE
    starred: bool = False
    note: str = ""
    """Clean text, a paragraph a line."""
    tags: tuple[str, ...] = ()
    """As `annotations.tag` writes them, sorted."""


_FIELDS = tuple(field.name for field in fields(Standing))
_T = TypeVar("_T", Standing, Alert)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What somebody says of some alerts; None leaves a field as it is."""

    state: AlertState | None = None
    verdict: Verdict | None = None
    starred: bool | None = None
    note: str | None = None
    """Instead of the note that is there; empty takes it away."""
    tags: tuple[str, ...] = ()
    """To be added to those that are there."""
    untag: tuple[str, ...] = ()
    """To be taken away."""
    acknowledge: bool = False
    """If it is new; what is closed stays so."""

    def on(self, alert: _T) -> _T:
        """Return an alert, or its standing, with this said of it."""
        given = {
            name: value
            for name in ("state", "verdict", "starred", "note")
            if (value := getattr(self, name)) is not None
        }
        if self.acknowledge and alert.state is AlertState.NEW:
            given["state"] = AlertState.ACKNOWLEDGED
        tags = tuple(sorted({*alert.tags, *self.tags} - {*self.untag}))
        return replace(alert, **given, tags=tags)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What one person said at once: a command, a key. It is taken back as a whole."""

    id: int
    at: Timestamp
    who: str
    """Empty for a person without a name, and for tocsin itself."""
    ids: tuple[int, ...]
    """The alerts that it changed."""
    undoes: int | None = None
    """The act that it takes back."""
    left: tuple[int, ...] = ()
    """Alerts of which something stays, because it was changed again since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
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


def difference(before: Standing, after: Standing) -> tuple[Said, Said]:
    """Return the fields that differ, as they were and as they are; tags as lists."""
    changed = [name for name in _FIELDS if getattr(before, name) != getattr(after, name)]
    return _said(before, changed), _said(after, changed)


def taken_back(now: Standing, before: Said, after: Said) -> tuple[Standing, bool]:
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


def standing(said: Said) -> Standing:
    """Return the standing that all its fields, as they are kept, say."""
    return Standing(
        state=AlertState(said["state"]),
        verdict=Verdict(said["verdict"]),
        starred=bool(said["starred"]),
        note=said["note"],
        tags=tuple(said["tags"]),
    )


def _said(whole: Standing, names: list[str] | tuple[str, ...]) -> dict[str, Any]:
    return {name: _value(getattr(whole, name)) for name in names}


def _value(value: Any) -> Any:
    if isinstance(value, AlertState | Verdict):
        return str(value)
    return list(value) if isinstance(value, tuple) else value
