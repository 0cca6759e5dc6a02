"""Writing down what becomes of alerts, in the transaction in which it does."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from index.article import Timestamp
from monitor.audit import evidence
from monitor.audit.evidence import Kind, Via
from monitor.model.alert import AlertKind, Match, Notice, WatchlistMatch
from monitor.model.config import Watchlist
from monitor.model.feed import Feed
from monitor.model.poll import Answered, ArticleChange
from monitor.store.sqlite.recognition import Transacted


@dataclass(frozen=True, slots=True)
class Came:
    """How an article came by that raises an alert."""

    via: Via
    answered: Answered | None = None
    """The answer that brought it, where that is at hand."""


class Proving(Transacted):
    """Records are only ever appended."""

    _tip: tuple[int, str] | None = None
    """Number and hash of the last record, once it was looked for."""

    def _prove(self, kind: Kind, alert: int | None, said: Mapping[str, Any], key: str = "") -> int:
        """Append a record and return its number."""
        number, previous = self._last_record()
        content = {**said, "kind": kind} | ({} if alert is None else {"alert": alert})
        record, digest = evidence.link(number + 1, previous, content)
        self._sql.execute(
            "INSERT INTO evidence (number, kind, alert, said, record, hash)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (number + 1, kind, alert, key, record, digest),
        )
        self._tip = number + 1, digest
        return number + 1

    def _prove_raised(
        self,
        alert: int,
        hit: WatchlistMatch,
        arrival: ArticleChange,
        feed: Feed,
        came: Came,
        leader: int | None,
        now: Timestamp,
    ) -> None:
        """Write down why an alert about an article was raised."""
        said = {
            "at": now,
            "about": AlertKind.MATCH,
            "watchlist": hit.watchlist.name,
            "severity": hit.watchlist.severity,
            "rule": {"record": self._rule(hit.watchlist), "version": hit.watchlist.rule},
            "matches": evidence.matches(hit.matches),
            "article": evidence.article(arrival.article, feed, self._text(arrival.article.id)),
            "via": came.via,
            "answer": evidence.answer(came.answered),
            "backfill": arrival.backfill,
            "merged_into": leader,
        }
        self._prove(Kind.RAISED, alert, said)

    def _prove_notice(self, alert: int, feed: Feed, notice: Notice, now: Timestamp) -> None:
        """Write down why an alert about a feed was raised."""
        said = {
            "at": now,
            "about": notice.kind,
            "watchlist": "",
            "severity": notice.severity,
            "title": notice.title,
            "feed": {"number": feed.number, "name": feed.name},
        }
        self._prove(Kind.RAISED, alert, said)

    def _prove_dropped(self, alerts: Collection[int]) -> None:
        """Write down that alerts are no longer kept; their records are."""
        for alert in alerts:
            self._prove(Kind.DROPPED, alert, {})

    def _prove_read(self, kind: Kind, article: int, known: Collection[int], now: Timestamp) -> None:
        """Write down the other text that an article has now, for those of its alerts known before.

        Where they match in it is in the record too; nowhere, if it does not match any more.
        """
        alerts = self._sql.execute(
            "SELECT id FROM alerts WHERE article = ? ORDER BY id", (article,)
        ).fetchall()
        for id in [id for (id,) in alerts if id in known]:
            matches = evidence.matches(self._matched(id))
            self._prove(kind, id, {"at": now, "text": self._text(article), "matches": matches})

    def _prove_rematched(
        self, alert: int, watchlist: Watchlist, before: Sequence[Match], now: Timestamp
    ) -> None:
        """Write down where another rule matches the article of an alert, if that is elsewhere."""
        found = self._matched(alert)
        if before != found:
            rule = {"record": self._rule(watchlist), "version": watchlist.rule}
            said = {"at": now, "rule": rule, "matches": evidence.matches(found)}
            self._prove(Kind.REMATCHED, alert, said)

    def _matched(self, alert: int) -> list[Match]:
        """Return where an alert matches as of now."""
        return [
            Match(field=field, start=start, end=stop, text=text, term=term)
            for field, start, stop, text, term in self._sql.execute(
                "SELECT field, start, stop, text, term FROM matches WHERE alert = ? ORDER BY place",
                (alert,),
            )
        ]

    def _rule(self, watchlist: Watchlist) -> int:
        """Return the number of the record that has what a watchlist says."""
        said = evidence.rule(watchlist)
        key = evidence.digest(evidence.canonical(said))
        found = self._sql.execute(
            "SELECT number FROM evidence WHERE said = ? AND said <> ''", (key,)
        ).fetchone()
        return int(found[0]) if found else self._prove(Kind.RULE, None, said, key)

    def _text(self, article: int) -> dict[str, Any]:
        """Return which text an article has in the store, and its hash."""
        (row,) = self._sql.execute(
            "SELECT version, title, summary, body FROM articles WHERE id = ?", (article,)
        )
        version, title, summary, body = row
        return {"version": version, "sha256": evidence.text_hash(title, summary, body)}

    def _last_record(self) -> tuple[int, str]:
        if self._tip is None:
            found = self._sql.execute(
                "SELECT number, hash FROM evidence ORDER BY number DESC LIMIT 1"
            ).fetchone()
            self._tip = (int(found[0]), str(found[1])) if found else (0, evidence.BEGINNING)
        return self._tip
