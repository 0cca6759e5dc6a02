"""What the store has of one alert, held against what was written down of it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.evidence import Kind
from monitor.store.proofs import Kept

Said = tuple[int, Mapping[str, Any]]
"""The number of a record, and what it says."""
_BEGINS = (Kind.RAISED, Kind.EARLIER)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it should be."""

    what: str
    number: int = 0
    """Of the record it was found at; 0 where it is none's."""
    alert: int | None = None

    def __str__(self) -> str:
        """Return it in words."""
        about = f" (alert {self.alert})" if self.alert is not None else ""
        return f"record {self.number}{about}: {self.what}" if self.number else self.what


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What there is of one alert."""

    alert: Kept | None
    """None when it is not in the store."""
    records: Sequence[Said]
    """The first ones first."""
    matches: Sequence[Mapping[str, Any]]
    escalations: Collection[tuple[str, float]]
    """Why and when it became louder."""
    texts: Mapping[tuple[int, int], str]
    """Hashes of the texts that are kept, by article and version."""


def texts_named(records: Sequence[Said]) -> dict[tuple[int, int], tuple[str, int]]:
    """Return the hash of each text that records name, by article and version, and the record.

    The page of an article makes its text longer: what was written last counts.
    """
    named: dict[tuple[int, int], tuple[str, int]] = {}
    article = 0
    for number, said in records:
        about = said.get("article")
        if isinstance(about, dict):
            article = about.get("id", 0)
        text = said.get("text", about)
        if isinstance(text, dict) and article:
            named[article, text.get("version", 0)] = text.get("sha256", ""), number
    return named


def faults_of(id: int, seen: Seen) -> Iterator[Fault]:
    """Yield what is wrong with an alert and its records."""
    begun = [(number, said) for number, said in seen.records if said.get("kind") in _BEGINS]
    gone = [number for number, said in seen.records if said.get("kind") == Kind.DROPPED]
    if not begun:
        where = seen.records[0][0] if seen.records else 0
        yield Fault(f"alert {id} has no record of why it was raised", where, id if where else None)
        return
    (number, said), *again = begun
    for other, _ in again:
        yield Fault(f"it is raised again: record {number} has done so", other, id)
    if seen.alert is None and not gone:
        yield Fault("the alert is gone, and no record says that it was dropped", number, id)
    if seen.alert is not None and gone:
        yield Fault("it says that the alert was dropped, and it is there", gone[0], id)
    if seen.alert is None or gone:
        return
    for words in _differs(seen.alert, said):
        yield Fault(f"{words}", number, id)
    yield from _grown(id, seen, number)
    yield from _texts(id, seen)


def _differs(alert: Kept, said: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the store says otherwise than the record of its raising."""
    article = said.get("article") or {}
    rule = said.get("rule") or {}
    wanted = {
        "watchlist": (alert.watchlist, said.get("watchlist")),
        "kind": (alert.about, said.get("about")),
        "time": (alert.raised_at, said.get("at", said.get("raised_at"))),
        "article": (alert.article, article.get("id")),
        "alert that it is a copy of": (alert.merged_into, said.get("merged_into")),
    }
    if alert.article is not None:
        wanted["address of its article"] = alert.url, article.get("url")
    if said.get("kind") == Kind.RAISED and alert.article is not None:
        wanted |= {
            "rule": (alert.rule, rule.get("version")),
            "version of its article": (alert.article_version, article.get("version")),
            "mark of having been there before": (bool(alert.backfill), said.get("backfill")),
            "date of its article": (alert.published, article.get("published")),
            "time its article was seen": (alert.seen, article.get("seen")),
        }
    for name, (now, then) in wanted.items():
        if now != then:
            yield f"the {name} is now {_shown(now)}, and was {_shown(then)}"


def _grown(id: int, seen: Seen, first: int) -> Iterator[Fault]:
    """Yield what is wrong with what became of an alert since it was raised."""
    assert seen.alert is not None
    severity, matches, at = "", None, first
    steps: dict[tuple[str, float], int] = {}
    for number, said in seen.records:
        severity = said.get("to", said.get("severity", severity))
        if said.get("kind") == Kind.ESCALATED:
            steps[said.get("reason", ""), said.get("at", 0.0)] = number
        if "matches" in said:
            matches, at = said["matches"], number
    if seen.alert.severity != severity:
        yield Fault(f"the severity is now {seen.alert.severity}, and was {severity}", first, id)
    for step, number in steps.items():
        if step not in seen.escalations:
            yield Fault("that it became louder is not in the store any more", number, id)
    for reason, _ in sorted(set(seen.escalations) - steps.keys()):
        if not _is_earlier(seen):
            yield Fault(f"it became louder ({reason}), and no record says so", first, id)
    if matches is not None and [dict(one) for one in seen.matches] != matches:
        yield Fault("the words that matched, or their places, are not those of the record", at, id)


def _texts(id: int, seen: Seen) -> Iterator[Fault]:
    for (article, version), (wanted, number) in texts_named(seen.records).items():
        there = seen.texts.get((article, version))
        if there is None:
            yield Fault(f"version {version} of article {article} is gone", number, id)
        elif there != wanted:
            words = f"version {version} of article {article} is not the text that was hashed"
            yield Fault(words, number, id)


def _is_earlier(seen: Seen) -> bool:
    return any(said.get("kind") == Kind.EARLIER for _, said in seen.records)


def _shown(value: object) -> str:
    return "nothing" if value is None else repr(value)
