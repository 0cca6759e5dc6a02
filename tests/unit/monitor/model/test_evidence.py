"""Tests of the evidence of alerts: complete, append-only, and all tampering is detected."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from msgspec.structs import replace
from support import flow
from support.alert_storage import NO_CHANNELS, save_page, save_poll

from index.query.parser import parse_query
from monitor.base.article import Article
from monitor.cli import main_group
from monitor.model.alert import AlertKind, BegunIncident
from monitor.model.config import StoreAddress
from monitor.model.feed import Feed, FeedState, Outcome, Poll
from monitor.model.poll import NO_ENTRY, Arrivals, ArticleChange, PollOutcome, ResponseEvidence, Via
from monitor.model.watchlist import Escalate, Match, Severity, Watchlist, WatchlistMatch
from monitor.storage.maintenance.verification import VerificationResult, verify
from monitor.storage.store.database.sqlite import statements
from monitor.storage.store.sql.evidence import EvidenceReader
from monitor.storage.store.sql.store import Store

NOW = flow.START + 10 * flow.HOUR
ANSWERED = ResponseEvidence(
    url="https://d.test/rss?token=…",
    status=200,
    headers=(("etag", '"1"'), ("server", "nginx")),
    body="ab" * 16,
    received=NOW - 2.0,
)
LOUD = Watchlist(
    name="Loud", query=parse_query("douane"), lang=("fr",), escalate=Escalate(outlets=2), rule="r1"
)


def store_alert(
    store: Store,
    watchlist: Watchlist,
    host: str,
    story: int = 0,
    matches: tuple[Match, ...] = (),
    incidents: tuple[BegunIncident, ...] = (),
) -> int:
    """Store, by a poll, an article that raises an alert; return the id of the article."""
    feed = Feed(url="https://d.test/rss", name="D", number=4)
    with store.batch() as batch:
        id = batch.next_article()
        article = Article(
            id=id, feeds=(4,), url=f"https://{host}/{id}", title="La douane", summary="Au port",
            seen=NOW, published=NOW - 60, story=story or id,
        )  # fmt: skip
        arrival = ArticleChange(
            article=article,
            entry=replace(NO_ENTRY, key=f"g{id}", fingerprint=b"%d" % id),
            new=True,
            hits=(WatchlistMatch(watchlist=watchlist, matches=matches),),
        )
        save_poll(
            batch,
            PollOutcome(
                feed=feed,
                state=FeedState(),
                poll=Poll(at=NOW, outcome=Outcome.READ),
                changes=(arrival,),
                response=ANSWERED,
                notices=incidents,
            ),
        )
    return id


GUARDS = [text for text in statements() if "CREATE TRIGGER evidence_" in text]
MATCH = Match(field="title", start=3, end=9, text="douane", term="douane")


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A newsroom with every kind of record: polls, pages, edits, copies, drops, a feed's alert."""
    folder = tmp_path_factory.mktemp("room")
    flow.life(folder).live(flow.ROUNDS)
    with closing(Store(StoreAddress(folder))) as store:
        d = Feed(url="https://d.test/rss", name="D")
        store.subscribe((*flow.FEEDS, d), (*flow.WATCHLISTS, LOUD))
        first = store_alert(store, LOUD, "un-journal.com", matches=(MATCH,))
        store_alert(store, LOUD, "deux-journal.com", story=first, matches=(MATCH,))
        with store.batch() as batch:
            (article,) = batch.articles.get([first])
            late_match = Match(field="summary", start=3, end=7, text="port", term="port")
            edited_rule = replace(LOUD, query=parse_query("port"), rule="r2")
            late_change = ArticleChange(
                article=article,
                new=False,
                hits=(WatchlistMatch(watchlist=edited_rule, matches=(late_match,)),),
                backfill=True,
            )
            archive = Arrivals(feed=replace(d, number=4), via=Via.ARCHIVE, changes=(late_change,))
            batch.raise_alerts(archive, NO_CHANNELS, NOW + 1)
            revised = replace(article, summary="Le port, et rien d’autre")
            edit = ArticleChange(
                article=revised,
                entry=replace(NO_ENTRY, key=f"g{first}", fingerprint=b"e"),
                new=False,
            )
            poll = Poll(at=NOW + 2, outcome=Outcome.READ)
            edit_outcome = PollOutcome(
                feed=replace(d, number=4), state=FeedState(), poll=poll, changes=(edit,)
            )
            save_poll(batch, edit_outcome)
            page = replace(edit, article=replace(revised, body="La page"), hits=late_change.hits)
            save_page(batch, page, replace(d, number=4), NOW + 3)
            batch.drop([flow.rows(folder, "SELECT min(article) FROM alerts")[0][0]])
        notice = BegunIncident(kind=AlertKind.SILENT, severity=Severity.LOW, title="nothing new")
        store_alert(store, LOUD, "trois-journal.com", matches=(MATCH,), incidents=(notice,))
        store_alert(store, LOUD, "quatre-journal.com", matches=(MATCH,))
    return folder


def verified(folder: Path, noted_hash: str = "") -> VerificationResult:
    with EvidenceReader(StoreAddress(folder)) as reader:
        return verify(reader, lambda *_: None, now=NOW + 1e8, noted=noted_hash)


def records(folder: Path, kind: str) -> list[tuple[int, int | None, dict[str, Any]]]:
    rows = flow.rows(
        folder, "SELECT number, alert, record FROM evidence WHERE kind = ? ORDER BY number", kind
    )
    return [(number, alert, json.loads(record)) for number, alert, record in rows]


# --- what is written down --------------------------------------------------------------


def test_a_whole_room_is_whole(room: Path) -> None:
    result = verified(room)
    assert result.faults == []
    kinds = dict(flow.rows(room, "SELECT kind, count(*) FROM evidence GROUP BY 1"))
    assert kinds.keys() == {
        "feeds", "rule", "raised", "escalated", "edited", "page", "rematched", "dropped",
    }  # fmt: skip
    assert result.dropped == kinds["dropped"]
    ((alerts,),) = flow.rows(room, "SELECT count(*) FROM alerts")
    assert (result.alerts, result.records) == (alerts, sum(kinds.values()))
    assert kinds["raised"] == alerts + kinds["dropped"]
    assert result.texts >= alerts - 1  # one is about a feed


def test_a_feed_that_gives_its_numbers_to_other_articles_is_no_tampering(tmp_path: Path) -> None:
    item = "<item><guid>{}</guid><title>{}</title></item>".format
    first = flow.edition(item(1, "Le port ferme"), item(2, "Grève du rail"))
    second = flow.edition(item(2, "Le port ferme"), item(3, "Il pleut"))
    feed = Feed(url="https://d.test/rss", name="D")
    flow.ManualMonitor(tmp_path, flow.Press({feed.url: [first, second]}), [feed], []).live(range(2))
    assert verified(tmp_path).faults == []


def test_a_record_says_why_and_whence(room: Path) -> None:
    rows = [record for _, _, record in records(room, "raised")]
    (record,) = [row for row in rows if "trois-journal.com" in str(row.get("article"))]
    ((title, summary, body),) = flow.rows(
        room, "SELECT title, summary, body FROM articles WHERE id = ?", record["article"]["id"]
    )
    text = json.dumps([title, summary, body], ensure_ascii=False, separators=(",", ":"))
    assert record["article"]["sha256"] == hashlib.sha256(text.encode()).hexdigest()
    assert record["matches"] == [
        {"field": "title", "start": 3, "end": 9, "text": "douane", "term": "douane"}
    ]
    assert record["answer"] == {
        "url": ANSWERED.url,
        "status": 200,
        "headers": {"etag": '"1"', "server": "nginx"},
        "body": "ab" * 16,
        "received": NOW - 2.0,
    }
    assert (record["via"], record["at"], record["severity"]) == ("poll", NOW, "medium")
    (rule,) = [s for n, _, s in records(room, "rule") if n == record["rule"]["record"]]
    assert (rule["query"], rule["version"], rule["lang"]) == ("douane", "r1", ["fr"])


def test_a_rule_is_written_down_once_and_again_when_it_is_edited(room: Path) -> None:
    loud_queries = [s["query"] for _, _, s in records(room, "rule") if s["watchlist"] == "Loud"]
    assert loud_queries == ["douane", "port"]


def test_the_chain_can_be_followed_with_any_tool(room: Path) -> None:
    before = "0" * 64
    for number, record, digest in flow.rows(
        room, "SELECT number, record, hash FROM evidence ORDER BY number"
    ):
        fields = json.loads(record)
        assert (fields["number"], fields["previous"]) == (number, before)
        before = hashlib.sha256(record.encode()).hexdigest()
        assert digest == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE evidence SET record = '' WHERE number = 1",
        "DELETE FROM evidence WHERE number = 1",
        "INSERT OR REPLACE INTO evidence VALUES (1, 'rule', NULL, '', '{}', '')",
        "INSERT INTO evidence VALUES (9999, 'rule', NULL, '', '{}', '')",
        "REPLACE INTO evidence (number, kind, record, hash) VALUES (2, 'rule', '{}', '')",
    ],
)
def test_the_store_itself_refuses_to_change_records(
    room: Path, tmp_path: Path, statement: str
) -> None:
    shutil.copy(room / "newsroom.db", tmp_path)
    with (
        closing(sqlite3.connect(tmp_path / "newsroom.db")) as sql,
        pytest.raises(sqlite3.IntegrityError, match="evidence is"),
    ):
        sql.execute(statement)


# --- tampering -------------------------------------------------------------------------


def forge(sql: sqlite3.Connection) -> None:
    """Change a record, and compute its hash anew."""
    ((number, record),) = sql.execute(
        "SELECT number, record FROM evidence WHERE kind = 'raised' ORDER BY number LIMIT 1"
    ).fetchall()
    record = record.replace('"severity":"', '"severity":"very ')
    digest = hashlib.sha256(record.encode()).hexdigest()
    sql.execute(
        "UPDATE evidence SET record = ?, hash = ? WHERE number = ?", (record, digest, number)
    )


def swap_records(sql: sqlite3.Connection) -> None:
    for old, new in ((3, -1), (4, 3), (-1, 4)):
        sql.execute("UPDATE evidence SET number = ? WHERE number = ?", (new, old))


def rewrite_records(sql: sqlite3.Connection) -> None:
    """Change a rule, and compute the hashes of all records anew."""
    before = "0" * 64
    for number, old in sql.execute(
        "SELECT number, record FROM evidence ORDER BY number"
    ).fetchall():
        fields = json.loads(old.replace('"query":"port"', '"query":"porte"')) | {"previous": before}
        record = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        before = hashlib.sha256(record.encode()).hexdigest()
        sql.execute(
            "UPDATE evidence SET record = ?, hash = ? WHERE number = ?", (record, before, number)
        )
    for number, record in sql.execute("SELECT number, record FROM evidence WHERE kind = 'rule'"):
        fields = json.loads(record)
        rule_fields = {k: fields[k] for k in ("watchlist", "version", "query", "lang", "feeds")}
        text = json.dumps(rule_fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        sql.execute(
            "UPDATE evidence SET rule = ? WHERE number = ?",
            (hashlib.sha256(text.encode()).hexdigest(), number),
        )


def redate(
    change: Callable[[float], float], kind: str = "raised"
) -> Callable[[sqlite3.Connection], None]:
    """Return a function that changes the dates of a kind, in the store too, and all hashes."""

    def rewrite(sql: sqlite3.Connection) -> None:
        before = "0" * 64
        for number, old_record in sql.execute(
            "SELECT number, record FROM evidence ORDER BY number"
        ).fetchall():
            fields = json.loads(old_record) | {"previous": before}
            if fields["kind"] == kind:
                at, fields["at"] = fields["at"], change(fields["at"])
                table, column = {"raised": ("alerts", "raised_at")}.get(kind, ("escalations", "at"))
                sql.execute(
                    f"UPDATE {table} SET {column} = ? WHERE {column} = ?", (fields["at"], at)
                )
            record = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            before = hashlib.sha256(record.encode()).hexdigest()
            sql.execute(
                "UPDATE evidence SET record = ?, hash = ? WHERE number = ?",
                (record, before, number),
            )

    return rewrite


RAISED_ID = "(SELECT min(number) FROM evidence WHERE kind = 'raised')"
LAST = "(SELECT max(number) FROM evidence)"
LAST_ALERT = "(SELECT max(id) FROM alerts WHERE article IS NOT NULL)"
LAST_ARTICLE = f"(SELECT article FROM alerts WHERE id = {LAST_ALERT})"
EDITED_ARTICLE = "(SELECT min(article) FROM versions)"
ESCALATED = "(SELECT min(alert) FROM escalations)"

TAMPERINGS: dict[str, tuple[str | Callable[[sqlite3.Connection], None], str]] = {
    "a record is changed": (
        "UPDATE evidence SET record = replace(record, 'Alibaba', 'Alibabb')"
        f" WHERE number = {RAISED_ID}",
        "not the hash",
    ),
    "a record is changed with its hash": (forge, "does not follow record"),
    "a hash is changed": (
        f"UPDATE evidence SET hash = '{'ab' * 32}' WHERE number = 5", "not the hash"
    ),
    "a record is emptied": (
        f"UPDATE evidence SET record = '', hash = '{hashlib.sha256(b'').hexdigest()}'"
        " WHERE number = 5",
        "not a JSON object",
    ),
    "a record is taken out": ("DELETE FROM evidence WHERE number = 5", "record 5 is missing"),
    "the first records are taken out": (
        "DELETE FROM evidence WHERE number < 4", "records 1 to 3 are missing"
    ),
    "the last records are taken out": (
        f"DELETE FROM evidence WHERE number > {LAST} - 2", "is missing|are missing"
    ),
    "the last record is taken out, and the counter is set back": (
        f"DELETE FROM evidence WHERE number = {LAST};"
        f"UPDATE sqlite_sequence SET seq = {LAST} WHERE name = 'evidence'",
        "has no record of why it was raised",
    ),
    "two records are exchanged": (swap_records, "it says that it is record"),
    "a record is put in": (
        f"INSERT INTO evidence VALUES ({LAST} + 1, 'dropped', 1, '', '{{}}', '00')",
        "not the hash",
    ),
    "a record is filed under another alert": (
        f"UPDATE evidence SET alert = alert + 1 WHERE number = {RAISED_ID}", "filed under another"
    ),
    "a record is filed under another kind": (
        f"UPDATE evidence SET kind = 'page' WHERE number = {RAISED_ID}", "filed under another"
    ),
    "a rule is filed under another hash": (
        "UPDATE evidence SET rule = 'abc' WHERE kind = 'rule'", "filed under another rule"
    ),
    "the record of feeds is filed elsewhere": (
        "UPDATE evidence SET rule = '' WHERE kind = 'feeds'", "filed under another rule"
    ),
    "an alert is taken away": (
        f"DELETE FROM alerts WHERE id = {LAST_ALERT}", "no record says that it was dropped"
    ),
    "an alert is put in": (
        f"INSERT INTO alerts (watchlist, article, severity, raised_at) VALUES ('x',"
        f" {LAST_ARTICLE}, 'low', 1.0)",
        "has no record of why it was raised",
    ),
    "an alert that was dropped is put back": (
        "INSERT INTO alerts (id, watchlist, severity, raised_at)"
        " SELECT min(alert), 'Alibaba', 'low', 1.0 FROM evidence WHERE kind = 'dropped'",
        "was dropped, and it is there",
    ),
    "an alert is said to be another watchlist's": (
        f"UPDATE alerts SET watchlist = 'Liège' WHERE id = {LAST_ALERT}", "`watchlist` is now"
    ),
    "an alert is said to be older": (
        f"UPDATE alerts SET raised_at = raised_at - 1 WHERE id = {LAST_ALERT}", "`at` is now"
    ),
    "an alert is said to be less loud": (
        f"UPDATE alerts SET severity = 'low' WHERE id = {LAST_ALERT}", "`severity` is now 'low'"
    ),
    "an alert is said to be another rule's": (
        f"UPDATE alerts SET rule = 'r9' WHERE id = {LAST_ALERT}", "`rule.version` is now"
    ),
    "an alert is said to be a copy": (
        f"UPDATE alerts SET merged_into = 1 WHERE id = {LAST_ALERT}", "`merged_into` is now 1"
    ),
    "the alert of a feed is changed": (
        "UPDATE alerts SET kind = 'gone' WHERE article IS NULL", "`about` is now 'gone'"
    ),
    "a text is changed": (
        f"UPDATE articles SET summary = summary || '.' WHERE id = {LAST_ARTICLE}",
        "not the text that was hashed",
    ),
    "a title is changed": (
        f"UPDATE articles SET title = 'Rien' WHERE id = {LAST_ARTICLE}",
        "not the text that was hashed",
    ),
    "an article is taken away": (
        f"DELETE FROM articles WHERE id = {LAST_ARTICLE}", "version 1 of article .* is gone"
    ),
    "an article is said to be from elsewhere": (
        f"UPDATE articles SET url = 'https://ex.org/' WHERE id = {LAST_ARTICLE}",
        "`article.url` is now",
    ),
    "an article is said to be older": (
        f"UPDATE articles SET published = 1.0 WHERE id = {LAST_ARTICLE}",
        "`article.published` is now",
    ),
    "an article is said to be by somebody else": (
        f"UPDATE articles SET author = 'X' WHERE id = {LAST_ARTICLE}", "`article.author` is now"
    ),
    "an edited article is said to be by somebody else": (
        f"UPDATE articles SET author = 'X' WHERE id = {EDITED_ARTICLE}", "`article.author` is now"
    ),
    "an article is said to be in another language": (
        f"UPDATE articles SET lang = 'xx' WHERE id = {LAST_ARTICLE}", "`article.lang` is now"
    ),
    "an article is said to be of another outlet": (
        f"UPDATE articles SET outlet = 'X' WHERE id = {LAST_ARTICLE}", "`article.outlet` is now"
    ),
    "an article is said to be of another feed": (
        f"UPDATE articles SET feed = 1 WHERE id = {LAST_ARTICLE}", "`article.feed` is now 1"
    ),
    "the record of feeds is of another form": (
        "UPDATE evidence SET record = '{\"feeds\":[1,[[]]]}' WHERE kind = 'feeds'", "not the hash"
    ),
    "a feed has another name": (
        "UPDATE feeds SET name = 'Le Monde' WHERE number = 4", "`feeds.4.name` is now 'Le Monde'"
    ),
    "a feed has another address": (
        "UPDATE feeds SET url = 'https://e.test/rss' WHERE number = 4", "`feeds.4.url` is now"
    ),
    "a feed is taken away": (
        "DELETE FROM feeds WHERE number = 4", "`feeds.4.name` is now nothing, and was 'D'"
    ),
    "articles without alerts are taken away": (
        "DELETE FROM articles WHERE id NOT IN (SELECT article FROM alerts WHERE article > 0)",
        "articles that are not in the store",
    ),
    "an article without alerts is moved": (
        "UPDATE articles SET feed = feed % 3 + 1 WHERE id = (SELECT max(id) FROM articles"
        " WHERE id NOT IN (SELECT article FROM alerts WHERE article > 0))",
        "is not of the feed that brought it",
    ),
    "the text of a page is changed": (
        "UPDATE articles SET body = 'x' WHERE url = 'https://ex.org/page'",
        "not the text that was hashed",
    ),
    "an edited text is put back": (
        f"UPDATE articles SET (title, summary) = (SELECT title, summary FROM versions WHERE article"
        f" = {EDITED_ARTICLE}) WHERE id = {EDITED_ARTICLE}",
        "not the text that was hashed",
    ),
    "words that matched are changed": (
        f"UPDATE matches SET text = 'autre' WHERE alert = {LAST_ALERT}", "words that matched"
    ),
    "places that matched are changed": (
        f"UPDATE matches SET start = start + 1 WHERE alert = {LAST_ALERT}", "or their places"
    ),
    "matches are taken away": (
        f"DELETE FROM matches WHERE alert = {LAST_ALERT}", "words that matched"
    ),
    "an escalation is taken away": (
        f"DELETE FROM escalations WHERE alert = {ESCALATED}", "its escalation is not in the store"
    ),
    "an escalation is put in": (
        f"INSERT INTO escalations (alert, reason, at, outlets, article, severity) VALUES"
        f" ({LAST_ALERT}, 'en', 1.0, 1, 1, 'low')",
        "no record says so",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TAMPERINGS)
def test_tampering_is_named(room: Path, tmp_path: Path, case: str) -> None:
    shutil.copy(room / "newsroom.db", tmp_path)
    tampering, expected = TAMPERINGS[case]
    with closing(sqlite3.connect(tmp_path / "newsroom.db")) as sql, sql:
        for (name,) in sql.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'evidence'"
        ).fetchall():
            sql.execute(f"DROP TRIGGER {name}")
        if isinstance(tampering, str):
            sql.executescript(tampering)
        else:
            tampering(sql)
        for guard in GUARDS:
            sql.execute(guard)
    result = verified(tmp_path)
    assert not result.is_whole
    assert any(_matches(expected, str(fault)) for fault in result.faults), result.faults
    assert not any("as it was made" in str(fault) for fault in result.faults)


@pytest.mark.parametrize(
    ("kind", "seconds"), [("raised", 1e9), ("raised", -10 * 86_400), ("escalated", -10 * 86_400)]
)
def test_dates_that_do_not_fit_are_counted_for_a_clock_that_was_wrong(
    room: Path, tmp_path: Path, kind: str, seconds: float
) -> None:
    shutil.copy(room / "newsroom.db", tmp_path)
    with closing(sqlite3.connect(tmp_path / "newsroom.db")) as sql, sql:
        sql.execute("DROP TRIGGER evidence_is_final")
        redate(lambda at: at + seconds, kind)(sql)
        sql.execute(next(guard for guard in GUARDS if "evidence_is_final" in guard))
    result = verified(tmp_path)
    assert result.is_whole, result.faults
    assert result.misdated > verified(room).misdated


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER evil AFTER INSERT ON alerts BEGIN DELETE FROM alerts; END",
        "CREATE VIEW evil AS SELECT 1",
        "CREATE INDEX evil ON alerts (abs(severity))",
    ],
)
def test_what_the_database_would_do_by_itself_is_named(
    room: Path, tmp_path: Path, statement: str
) -> None:
    shutil.copy(room / "newsroom.db", tmp_path)
    with closing(sqlite3.connect(tmp_path / "newsroom.db")) as sql, sql:
        sql.execute(statement)
    (fault,) = verified(tmp_path).faults
    assert str(fault).startswith("evil ")


def test_a_feed_is_recorded_again_only_when_it_changes(tmp_path: Path) -> None:
    with closing(Store(StoreAddress(tmp_path))) as store:
        feed = Feed(url="https://d.test/rss", name="D")
        for name in ("D", "D", "E", "D"):
            store.subscribe((replace(feed, name=name),), ())
            assert verified(tmp_path).is_whole
        store.subscribe((), ())
    recorded = [record["feeds"] for _, _, record in records(tmp_path, "feeds")]
    assert recorded == [[[1, name, "https://d.test/rss"]] for name in ("D", "E", "D")]


def _matches(pattern: str, text: str) -> bool:
    return re.search(pattern, text) is not None


def test_the_first_broken_link_comes_first(room: Path, tmp_path: Path) -> None:
    shutil.copy(room / "newsroom.db", tmp_path)
    with closing(sqlite3.connect(tmp_path / "newsroom.db")) as sql, sql:
        sql.execute("DROP TRIGGER evidence_is_final")
        sql.execute("UPDATE evidence SET record = replace(record, '1', '2') WHERE number IN (9, 7)")
        sql.execute("UPDATE articles SET summary = '' WHERE id = (SELECT max(id) FROM articles)")
    result = verified(tmp_path)
    assert result.faults[0].number == 7
    assert [fault.number for fault in result.faults][-1] == 0
    assert "evidence_is_final" in str(result.faults[-1])


def test_records_that_are_all_written_anew_are_told_by_a_hash_noted_elsewhere(
    room: Path, tmp_path: Path
) -> None:
    shutil.copy(room / "newsroom.db", tmp_path)
    ((noted_hash, number),) = flow.rows(
        room, "SELECT hash, number FROM evidence ORDER BY number DESC LIMIT 1"
    )
    assert verified(tmp_path, noted_hash=noted_hash).noted == number
    with closing(sqlite3.connect(tmp_path / "newsroom.db")) as sql, sql:
        sql.execute("DROP TRIGGER evidence_is_final")
        rewrite_records(sql)
        sql.execute(next(guard for guard in GUARDS if "evidence_is_final" in guard))
    assert verified(tmp_path).is_whole, "nothing but the hash can tell"
    (fault,) = verified(tmp_path, noted_hash=noted_hash).faults
    assert noted_hash in str(fault)


# --- what goes, what was there before --------------------------------------------------


def test_what_an_edit_takes_away_and_a_page_brings_is_written_down(room: Path) -> None:
    ((_, alert, edit),) = records(room, "edited")
    assert (edit["text"]["version"], edit["matches"]) == (2, [])
    ((_, other, page),) = records(room, "page")
    assert (other, page["text"]["version"], page["matches"][0]["text"]) == (alert, 2, "port")
    assert page["text"]["sha256"] != edit["text"]["sha256"]
    ((_, _, rematch),) = records(room, "rematched")
    assert (rematch["rule"]["version"], rematch["matches"][0]["field"]) == ("r2", "summary")


def test_an_escalation_is_written_down(room: Path) -> None:
    ((_, _, escalation),) = records(room, "escalated")
    assert (escalation["reason"], escalation["outlets"], escalation["from"], escalation["to"]) == (
        "outlets", 2, "medium", "high",
    )  # fmt: skip


# --- the command -----------------------------------------------------------------------


def run(folder: Path, *arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main_group, ["--data", str(folder), "verify", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_the_command(room: Path, tmp_path: Path) -> None:
    code, output, _ = run(room)
    assert code == 0
    head = output.rsplit("head      ", 1)[1].split()[0]
    assert run(room, "--head", head)[0] == 0
    assert run(room, "--head", "ab" * 32)[0] == 1
    assert run(room, "--head", "abc")[0] == 2
    report = json.loads(run(room, "--format", "json")[1])
    assert (report["whole"], report["head"]["hash"], report["faults"]) == (True, head, [])
    shutil.copy(room / "newsroom.db", tmp_path)
    with closing(sqlite3.connect(tmp_path / "newsroom.db")) as sql, sql:
        sql.execute("DROP TRIGGER evidence_stays")
        sql.execute("DELETE FROM evidence WHERE number = 5")
    code, output, err = run(tmp_path)
    assert code == 1
    assert "NOT whole" in output
    assert err.splitlines()[0].startswith("✗ record 6")
    report = json.loads(run(tmp_path, "--format", "json")[1])
    assert report["faults"][0] == {
        "what": "record 5 is missing", "number": 6, "alert": report["faults"][0]["alert"],
    }  # fmt: skip


def test_the_records_of_an_alert_are_printed_as_they_are(room: Path) -> None:
    ((alert,),) = flow.rows(room, "SELECT min(alert) FROM escalations")
    lines = run(room, "--alert", f"a{alert}")[1].splitlines()
    hashes = flow.rows(room, "SELECT hash FROM evidence WHERE alert = ? ORDER BY number", alert)
    assert [(hashlib.sha256(line.encode()).hexdigest(),) for line in lines] == hashes
    assert run(room, "--alert", "a99999")[0] == 2


def test_the_last_hash_is_sent_to_a_channel(room: Path, tmp_path: Path) -> None:
    shutil.copytree(room, tmp_path / "var")
    heads = tmp_path / "heads.jsonl"
    (tmp_path / "feeds.yaml").write_text(
        "feeds: [https://a.test/rss]\nwatchlists: [Alibaba]\n"
        f"channels: [{{name: elsewhere, file: {heads}}}]\n",
        encoding="utf-8",
    )
    arguments = ["-c", str(tmp_path / "feeds.yaml"), "verify", "--send", "elsewhere"]
    result = CliRunner().invoke(main_group, arguments)
    assert result.exit_code == 0, result.output
    head = verified(tmp_path / "var").head[1]
    assert head in heads.read_text(encoding="utf-8")
    unknown = CliRunner().invoke(main_group, [*arguments[:-1], "nowhere"])
    assert unknown.exit_code != 0
