"""Whether the evidence is whole: each link of its chain, each alert, each text.

What is found is named by the first record that is not as it should be. What the archive no
longer keeps cannot be checked any more; its records still are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from monitor import evidence
from monitor.evidence import BEGINNING, Kind
from monitor.store.proofs import Proofs, Row
from monitor.witness import Fault, Seen, faults_of, texts_named

MOST = 1_000
"""Faults that are listed; more are counted."""
STEP = 500
"""Records between two signs of progress."""

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how much."""


@dataclass
class Verified:
    """What a verification came to."""

    records: int = 0
    """How many were read."""
    alerts: int = 0
    """How many of those kept were held against their records."""
    texts: int = 0
    """Texts of articles that were held against their hashes."""
    earlier: int = 0
    """Alerts from before there were records: known as they were found then."""
    dropped: int = 0
    """Alerts no longer kept: their texts cannot be checked any more."""
    head: tuple[int, str] = (0, BEGINNING)
    """Number and hash of the last record."""
    noted: int | None = None
    """The record with the hash that was noted elsewhere; None if none was given, or none is it."""
    faults: list[Fault] = field(default_factory=list)
    """What is not as it should be, by number of record."""
    more: int = 0
    """Further ones that are not listed."""

    @property
    def whole(self) -> bool:
        """Tell whether nothing was found."""
        return not self.faults

    def object_to(self, fault: Fault) -> None:
        """Take note of a fault."""
        if len(self.faults) < MOST:
            self.faults.append(fault)
        else:
            self.more += 1


def verify(proofs: Proofs, progress: Progress, *, first: int = 1, noted: str = "") -> Verified:
    """Return what is wrong with the evidence, from record number `first` on.

    `noted` is the hash of a record that was written down elsewhere. Raises StoreError.
    """
    found = Verified()
    for name in proofs.guards():
        found.object_to(Fault(f"{name}, which keeps records as they are, is not as it was made"))
    _chain(proofs, progress, first, found)
    if noted:
        found.noted = proofs.number_of(noted)
        if found.noted is None:
            found.object_to(Fault(f"no record has the hash {noted}: records were written anew"))
    _alerts(proofs, progress, first, found)
    found.faults.sort(key=lambda fault: fault.number or float("inf"))
    return found


# --- the chain -------------------------------------------------------------------------


def _chain(proofs: Proofs, progress: Progress, first: int, found: Verified) -> None:
    total, last = proofs.records(), proofs.given()
    before: tuple[int, str] | None = (0, BEGINNING) if first <= 1 else None
    rules: dict[int, tuple[object, object]] = {}
    for row in proofs.rows(first):
        said = evidence.told(row.record)
        for words in _links(row, said, before):
            found.object_to(Fault(words, row.number, row.alert))
        if row.kind == Kind.RULE:
            rules[row.number] = said.get("watchlist"), said.get("version")
        elif first <= 1 and (words := _names_rule(said, rules)):
            found.object_to(Fault(words, row.number, row.alert))
        before = row.number, row.hash
        found.records += 1
        if found.records % STEP == 0:
            progress("records", found.records, total)
    found.head = before or (0, BEGINNING)
    if before and last > before[0]:
        missing = _span(before[0] + 1, last)
        found.object_to(Fault(f"{missing} at the end", before[0] + 1))


def _links(row: Row, said: Mapping[str, Any], before: tuple[int, str] | None) -> Iterator[str]:
    """Yield what is wrong with a record by itself, and with its place."""
    if before and row.number != before[0] + 1:
        yield f"{_span(before[0] + 1, row.number - 1)} before it"
    if evidence.digest(row.record) != row.hash:
        yield "its text has not the hash that is stored with it: it was changed"
        return
    if not said:
        yield "it is not a JSON object"
        return
    if said.get("number") != row.number:
        yield f"it says that it is record {said.get('number')}"
    if (said.get("kind"), said.get("alert")) != (row.kind, row.alert):
        yield "it is filed under another kind or alert than it says"
    if row.kind not in set(Kind):
        yield f"it is of no known kind ({row.kind})"
    if row.kind == Kind.RULE and row.said != _rule_key(said):
        yield "the rule is filed under another hash than it has"
    if before and row.number == before[0] + 1 and said.get("previous") != before[1]:
        yield f"it does not follow record {before[0]}, as that is now"


def _rule_key(said: Mapping[str, Any]) -> str:
    kept = ("watchlist", "version", "query", "lang", "feeds")
    return evidence.digest(evidence.canonical({key: said.get(key) for key in kept}))


def _names_rule(said: Mapping[str, Any], rules: Mapping[int, tuple[object, object]]) -> str:
    """Return what is wrong with the rule that a record names; empty if nothing is."""
    rule = said.get("rule")
    if not isinstance(rule, dict):
        return ""
    known = rules.get(rule.get("record", 0))
    if known is None or known[1] != rule.get("version"):
        return "the rule that it names is not written down before it"
    if "watchlist" in said and known[0] != said["watchlist"]:
        return "the rule that it names is that of another watchlist"
    return ""


def _span(first: int, last: int) -> str:
    return (
        f"record {first} is missing" if first == last else f"records {first} to {last} are missing"
    )


# --- the alerts ------------------------------------------------------------------------


def _alerts(proofs: Proofs, progress: Progress, first: int, found: Verified) -> None:
    done, chunks = 0, list(proofs.alerts())
    total = sum(map(len, chunks))
    for ids in chunks:
        records = {
            id: [(number, evidence.told(record)) for number, record in of]
            for id, of in proofs.records_of(ids).items()
        }
        kept, matches = proofs.kept(ids), proofs.matches_of(ids)
        louder = proofs.escalations_of(ids)
        named = {id: texts_named(of) for id, of in records.items() if id in kept}
        texts = proofs.texts_of({article for of in named.values() for article, _ in of})
        for id in ids:
            seen = Seen(
                alert=kept.get(id),
                records=records.get(id, []),
                matches=matches.get(id, []),
                escalations=louder.get(id, set()),
                texts=texts,
            )
            _count(seen, found)
            for fault in faults_of(id, seen):
                if fault.number == 0 or fault.number >= first:
                    found.object_to(fault)
        found.texts += sum(map(len, named.values()))
        done += len(ids)
        progress("alerts", done, total)


def _count(seen: Seen, found: Verified) -> None:
    kinds = {said.get("kind") for _, said in seen.records}
    found.alerts += seen.alert is not None
    found.earlier += Kind.EARLIER in kinds
    found.dropped += Kind.DROPPED in kinds
