"""Verification of the evidence: each link of its chain, each alert, each text."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from monitor.base.article import Timestamp
from monitor.base.formatting import alert_number
from monitor.base.translation import gettext as _
from monitor.model import evidence
from monitor.model.evidence import BEGINNING, Kind
from monitor.model.status import Progress
from monitor.storage.store.database.sqlite import RESTORE
from monitor.storage.store.sql.evidence import (
    EvidenceReader,
    EvidenceRow,
    StoredAlert,
    WatchlistRename,
)

NumberedRecord = tuple[int, Mapping[str, Any]]
"""The number of a record, and its content."""
NumberedFault = tuple[int, str]
"""The number of a record, and a fault of it in words."""


class AuditFault(Struct, frozen=True):
    """A difference between the evidence and the store, or inside the evidence."""

    what: str
    number: int = 0
    """Number of the record; 0 without one."""
    alert: int | None = None

    def __str__(self) -> str:
        """Return the fault in words."""
        if not self.number:
            return self.what
        if self.alert is None:
            return _("record {number}: {fault}", number=self.number, fault=self.what)
        return _(
            "record {number} (alert {alert}): {fault}",
            number=self.number,
            alert=alert_number(self.alert),
            fault=self.what,
        )


class RecordedAlert(Struct, frozen=True, kw_only=True):
    """One alert, as the store has it and as its records tell it."""

    alert: StoredAlert | None
    """None when it is not in the store."""
    records: Sequence[NumberedRecord]
    """The records of the alert, oldest first."""
    matches: Sequence[Mapping[str, Any]]
    escalations: Collection[tuple[str, float]]
    """Reason and time of each escalation."""
    texts: Mapping[tuple[int, int], str]
    """Hashes of the texts that are kept, by article and version."""
    renames: Sequence[WatchlistRename] = ()
    """Renamed watchlists, the first ones first."""

    def numbers(self, kind: Kind) -> list[int]:
        """Return the numbers of the records of a kind."""
        return [number for number, record in self.records if record.get("kind") == kind]


def texts_named(records: Sequence[NumberedRecord]) -> dict[tuple[int, int], tuple[str, int]]:
    """Return the hash of each text that records name, by article and version, and the record.

    The page of an article makes its text longer: the last record of a text counts.
    """
    named_texts: dict[tuple[int, int], tuple[str, int]] = {}
    article = 0
    for number, record in records:
        about = record.get("article")
        if isinstance(about, dict):
            article = about.get("id", 0)
        text = record.get("text", about)
        if isinstance(text, dict) and article:
            named_texts[article, text.get("version", 0)] = text.get("sha256", ""), number
    return named_texts


def faults_of(id: int, recorded: RecordedAlert) -> Iterator[NumberedFault]:
    """Yield the faults of an alert and its records."""
    raised, dropped = recorded.numbers(Kind.RAISED), recorded.numbers(Kind.DROPPED)
    if not raised:
        first = recorded.records[0][0] if recorded.records else 0
        yield first, _("alert {alert} has no record of why it was raised", alert=alert_number(id))
        return
    number = raised[0]
    for other in raised[1:]:
        yield other, _("it is raised again: record {number} has done so", number=number)
    if recorded.alert is None and not dropped:
        yield number, _("the alert is gone, and no record says that it was dropped")
    if recorded.alert is not None and dropped:
        yield dropped[0], _("it says that the alert was dropped, and it is there")
    if recorded.alert is None or dropped:
        return
    for fault in _differences(recorded.alert, number, dict(recorded.records)[number], recorded):
        yield number, fault
    yield from _history(recorded.alert, recorded, number)
    yield from _text_faults(recorded)


def _differences(
    alert: StoredAlert, number: int, record: Mapping[str, Any], recorded: RecordedAlert
) -> Iterator[str]:
    """Yield the differences between the store and the record of the raised alert."""
    article = record.get("article") or {}
    compared = {
        "watchlist": (alert.watchlist, _renamed(record.get("watchlist"), number, recorded.renames)),
        "about": (alert.about, record.get("about")),
        "at": (alert.raised_at, record.get("at", record.get("raised_at"))),
        "article": (alert.article, article.get("id")),
        "article.feed": (alert.first_feed, article.get("first_feed", alert.first_feed)),
        "merged_into": (alert.merged_into, record.get("merged_into")),
    }
    if alert.article is not None:
        compared["article.url"] = alert.url, _latest_value("url", record, recorded.records)
    if record.get("kind") == Kind.RAISED and alert.article is not None:
        compared |= {
            "rule.version": (alert.rule, (record.get("rule") or {}).get("version")),
            "article.version": (alert.article_version, article.get("version")),
            "backfill": (bool(alert.backfill), record.get("backfill")),
            "article.published": (alert.published, article.get("published")),
            "article.seen": (alert.seen, article.get("seen")),
        }
        for name in ("author", "lang"):
            if (before := _latest_value(name, record, recorded.records)) is not None:
                compared[f"article.{name}"] = getattr(alert, name), before
        if "outlet" in article:
            compared["article.outlet"] = alert.outlet, article["outlet"]
    for name, (now, before) in compared.items():
        if now != before:
            yield _difference(name, now, before)


def _difference(field: str, now: object, before: object) -> str:
    return _(
        "`{field}` is now {now}, and was {before}",
        field=field,
        now=_quoted(now),
        before=_quoted(before),
    )


def _renamed(watchlist: object, raised: int, renames: Iterable[WatchlistRename]) -> object:
    """Return the name that the watchlist of a record has now."""
    for number, before, after in renames:
        if number > raised and watchlist == before:
            watchlist = after
    return watchlist


def _latest_value(name: str, raised: Mapping[str, Any], records: Sequence[NumberedRecord]) -> Any:
    """Return a value of an article that edits change, from the last record that has it, or None."""
    value = (raised.get("article") or {}).get(name)
    for _number, record in records:
        if record.get("kind") in (Kind.EDITED, Kind.PAGE):
            value = record.get(name, value)
    return value


def _history(alert: StoredAlert, recorded: RecordedAlert, first: int) -> Iterator[NumberedFault]:
    """Yield the faults in the records after an alert was raised."""
    severity, matches, source = "", None, first
    escalations: dict[tuple[str, float], int] = {}
    for number, record in recorded.records:
        severity = record.get("to", record.get("severity", severity))
        if record.get("kind") == Kind.ESCALATED:
            escalations[record.get("reason", ""), record.get("at", 0.0)] = number
        if "matches" in record:
            matches, source = record["matches"], number
    if alert.severity != severity:
        yield first, _difference("severity", alert.severity, severity)
    for escalation, number in escalations.items():
        if escalation not in recorded.escalations:
            yield number, _("its escalation is not in the store any more")
    for reason, _at in sorted(set(recorded.escalations) - escalations.keys()):
        yield first, _("it was escalated ({reason}), and no record says so", reason=reason)
    if matches is not None and [dict(match) for match in recorded.matches] != matches:
        yield source, _("the words that matched, or their places, are not those of the record")


def _text_faults(recorded: RecordedAlert) -> Iterator[NumberedFault]:
    for (article, version), (expected, number) in texts_named(recorded.records).items():
        text_key = {"version": version, "article": article}
        stored = recorded.texts.get((article, version))
        if stored is None:
            yield number, _("version {version} of article {article} is gone", **text_key)
        elif stored != expected:
            yield (
                number,
                _(
                    "version {version} of article {article} is not the text that was hashed",
                    **text_key,
                ),
            )


def _quoted(value: object) -> str:
    return _("nothing") if value is None else repr(value)


MAX_LISTED = 1_000
"""Faults that are listed; more are counted."""
MAX_CLOCK_SKEW = 60.0
"""Seconds that a record may be ahead of the clock of the verification."""
STEP = 500
"""Records between two reports of progress."""


class VerificationResult(Struct):
    """The result of a verification."""

    damage: str = ""
    """Damage of the pages of the store, in words; empty if there is none."""
    records: int = 0
    """Records that were read."""
    alerts: int = 0
    """Alerts that were compared with their records."""
    texts: int = 0
    """Texts of articles that were compared with their hashes."""
    misdated: int = 0
    """Records with a date in the future, or before what precedes them: a clock was wrong."""
    dropped: int = 0
    """Alerts no longer kept: their texts cannot be checked any more."""
    head: tuple[int, str] = (0, BEGINNING)
    """Number and hash of the last record."""
    noted: int | None = None
    """The record with the hash that was noted elsewhere; None if no hash was given or found."""
    faults: list[AuditFault] = field(default_factory=list)
    """Faults in the order of their records."""
    more: int = 0
    """Further faults, which are not listed."""

    @property
    def is_whole(self) -> bool:
        """Whether no fault was found."""
        return not self.faults

    def add_fault(self, words: str, number: int = 0, alert: int | None = None) -> None:
        """Add a fault: in words, with the number of the record and the alert."""
        if len(self.faults) < MAX_LISTED:
            self.faults.append(AuditFault(words, number, alert))
        else:
            self.more += 1


def verify(
    reader: EvidenceReader, progress: Progress, *, now: Timestamp, noted: str = ""
) -> VerificationResult:
    """Return the faults of the evidence; of a damaged store, only the damage.

    Args:
        reader: The reader of the evidence in the store.
        progress: Called now and then.
        now: The time: no record may be later.
        noted: Hash of a record that was written down elsewhere.

    Raises:
        StoreError: The store cannot be read.
    """
    progress("store", 0, 1)
    result = VerificationResult(damage=reader.damage())
    if result.damage:
        damage, advice = result.damage, _(RESTORE)
        result.add_fault(
            _("the store is damaged ({damage}); {advice}", damage=damage, advice=advice)
        )
        return result
    for name in reader.altered_schema():
        result.add_fault(_("{name} of the database is not as tocsin makes it", name=name))
    if missing := reader.missing_articles():
        result.add_fault(
            _("the feeds brought {count} articles that are not in the store", count=missing)
        )
    for words in _misplaced(reader):
        result.add_fault(words)
    for _name, number, words in _feed_faults(reader):
        result.add_fault(words, number)
    _verify_chain(reader, progress, now, result)
    if noted:
        result.noted = reader.number_of(noted)
        if result.noted is None:
            result.add_fault(
                _("no record has the hash {hash}: records were written anew", hash=noted)
            )
    _verify_alerts(reader, progress, result)
    result.faults.sort(key=lambda fault: fault.number or float("inf"))
    return result


def contradictions(
    reader: EvidenceReader, ids: Sequence[int], names: Collection[str], story: int | None
) -> list[AuditFault]:
    """Return what the evidence says otherwise of alerts, of feeds with these names, and a story."""

    def alert_faults(renames: Sequence[WatchlistRename]) -> list[AuditFault]:
        return [
            AuditFault(words, number, id)
            for id, recorded in _recorded_alerts(reader, ids, renames)
            for number, words in faults_of(id, recorded)
        ]

    faults = [AuditFault(words, n) for name, n, words in _feed_faults(reader) if name in names]
    if story is not None:
        faults += map(AuditFault, _misplaced(reader, story))
    return faults + (alert_faults(()) and alert_faults(reader.renames()))  # these take long


def _misplaced(reader: EvidenceReader, story: int | None = None) -> Iterator[str]:
    """Yield the faults of articles, of a story or of all, that are in another feed than before."""
    for article in reader.misplaced(story):
        yield _("article {number} is not of the feed that brought it", number=article)


def _feed_faults(reader: EvidenceReader) -> Iterator[tuple[object, int, str]]:
    """Yield the name of a feed in the store, its last record, and a fault in words."""
    for feed, number, recorded, stored in reader.feeds():
        for key, now, before in zip(("name", "url"), stored, recorded, strict=True):
            if now != before:
                yield stored[0], number, _difference(f"feeds.{feed}.{key}", now, before)


# --- the chain -------------------------------------------------------------------------


def _verify_chain(
    reader: EvidenceReader, progress: Progress, now: Timestamp, result: VerificationResult
) -> None:
    total, last = reader.count_records(), reader.highest_number()
    rules: dict[int, tuple[object, object]] = {}
    latest = 0.0
    for row in reader.rows():
        record = evidence.record_content(row.record)
        for words in _links(row, record, result.head):
            result.add_fault(words, row.number, row.alert)
        if row.kind == Kind.RULE:
            rules[row.number] = record.get("watchlist"), record.get("version")
        elif words := _names_rule(record, rules):
            result.add_fault(words, row.number, row.alert)
        at = record.get("at")
        if isinstance(at, int | float):
            result.misdated += not max(latest, _first_seen(record)) <= at <= now + MAX_CLOCK_SKEW
            latest = at
        result.head = row.number, row.hash
        result.records += 1
        if result.records % STEP == 0:
            progress("records", result.records, total)
    if last > result.head[0]:
        result.add_fault(_missing(result.head[0] + 1, last), result.head[0] + 1)


def _links(row: EvidenceRow, record: Mapping[str, Any], before: tuple[int, str]) -> Iterator[str]:
    """Yield the faults of a record itself, and of its place in the chain."""
    follows = row.number == before[0] + 1
    if not follows:
        yield _missing(before[0] + 1, row.number - 1)
    if evidence.digest(row.record) != row.hash:
        yield _("its text has not the hash that is stored with it: it was changed")
        return
    if not record:
        yield _("it is not a JSON object")
        return
    if record.get("number") != row.number:
        yield _("it says that it is record {number}", number=record.get("number"))
    if (record.get("kind"), record.get("alert")) != (row.kind, row.alert):
        yield _("it is filed under another kind or alert than it says")
    if row.kind not in set(Kind):
        yield _("it is of no known kind ({kind})", kind=row.kind)
    if row.rule != _key(row.kind, record):
        yield _("it is filed under another rule than it has")
    if follows and record.get("previous") != before[1]:
        yield _("it does not follow record {number}, as that is now", number=before[0])


def _first_seen(record: Mapping[str, Any]) -> float:
    """Return when the article of a record was first seen; 0 if it does not say."""
    article = record.get("article")
    seen = article.get("seen") if isinstance(article, dict) else None
    return seen if isinstance(seen, int | float) else 0.0


def _key(kind: str, record: Mapping[str, Any]) -> str:
    """Return the key under which a record is filed; empty for none."""
    if kind != Kind.RULE:
        return kind if kind == Kind.FEEDS else ""
    keys = ("watchlist", "version", "query", "lang", "feeds")
    return evidence.digest(evidence.canonical({key: record.get(key) for key in keys}))


def _names_rule(record: Mapping[str, Any], rules: Mapping[int, tuple[object, object]]) -> str:
    """Return the fault of the rule that a record names; empty if there is none."""
    rule = record.get("rule")
    if not isinstance(rule, dict):
        return ""
    named_rule = rules.get(rule.get("record", 0))
    if named_rule is None or named_rule[1] != rule.get("version"):
        return _("the rule that it names is not written down before it")
    if "watchlist" in record and named_rule[0] != record["watchlist"]:
        return _("the rule that it names is that of another watchlist")
    return ""


def _missing(first: int, last: int) -> str:
    if first == last:
        return _("record {number} is missing", number=first)
    return _("records {first} to {last} are missing", first=first, last=last)


# --- the alerts ------------------------------------------------------------------------


def _verify_alerts(reader: EvidenceReader, progress: Progress, result: VerificationResult) -> None:
    done, chunks, renames = 0, list(reader.alerts()), reader.renames()
    total = sum(map(len, chunks))
    for ids in chunks:
        for id, recorded in _recorded_alerts(reader, ids, renames):
            result.alerts += recorded.alert is not None
            result.dropped += bool(recorded.numbers(Kind.DROPPED))
            result.texts += len(texts_named(recorded.records)) if recorded.alert else 0
            for number, words in faults_of(id, recorded):
                result.add_fault(words, number, id if number else None)
        done += len(ids)
        progress("alerts", done, total)


def _recorded_alerts(
    reader: EvidenceReader, ids: Sequence[int], renames: Sequence[WatchlistRename]
) -> Iterator[tuple[int, RecordedAlert]]:
    """Yield alerts, each as the store has it and as its records tell it."""
    records = {
        id: [(number, evidence.record_content(record)) for number, record in rows]
        for id, rows in reader.records_of(ids).items()
    }
    alerts, matches = reader.stored_alerts(ids), reader.matches_of(ids)
    escalations = reader.escalations_of(ids)
    named_texts = [texts_named(rows) for id, rows in records.items() if id in alerts]
    texts = reader.texts_of({article for texts in named_texts for article, _version in texts})
    for id in ids:
        yield (
            id,
            RecordedAlert(
                alert=alerts.get(id),
                records=records.get(id, []),
                matches=matches.get(id, []),
                escalations=escalations.get(id, set()),
                texts=texts,
                renames=renames,
            ),
        )
