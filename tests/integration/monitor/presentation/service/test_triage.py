"""What people say of alerts: kept, recorded, taken back; whatever happens meanwhile."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from support import article_archive, flow
from support.alert_storage import escalate
from support.archive_with_alerts import NOW, ring, service
from support.properties import examples

from index.errors import QueryError
from index.query.parser import parse_query
from monitor.base.errors import StoreError
from monitor.model.alert import AlertState, TriageState, Verdict
from monitor.model.config import STORE_FILE, StoreAddress
from monitor.model.search import Filter
from monitor.model.triage import (
    Change,
    TriageAction,
    difference,
    overwrites,
    taken_back,
    triage_state,
)
from monitor.model.watchlist import Severity, Watchlist
from monitor.presentation.service.known_names import MAX_PERSON, clean_person
from monitor.presentation.service.service import Service
from monitor.presentation.service.triage import MAX_NOTE, clean_note, clean_tag
from monitor.storage.store.sql.store import Store

ALIBABA = Watchlist(name="Alibaba", query=parse_query("alibaba"))
SPIES = Watchlist(name="Espions", query=parse_query("espionnage~"), severity=Severity.HIGH)
COUNT = 5


@functools.cache
def _made() -> bytes:
    """Return a store with alerts, made once."""
    numbers = range(1, COUNT + 1)
    with TemporaryDirectory() as name:
        articles = [article_archive.article(n, f"Alibaba {n}", date=NOW - 60 * n) for n in numbers]
        ring(Path(name), articles, [ALIBABA])
        flow.rows(Path(name), "PRAGMA wal_checkpoint(TRUNCATE)")
        return (Path(name) / STORE_FILE).read_bytes()


def make(folder: Path) -> Path:
    (folder / STORE_FILE).write_bytes(_made())
    return folder


@pytest.fixture
def room(tmp_path: Path) -> Service:
    return service(make(tmp_path))


def triage_of(of: Service, count: int = COUNT) -> list[TriageState]:
    return list(map(triage_state, of.views.alerts.get(range(1, count + 1))))


def ids(act: TriageAction | None) -> tuple[int, ...]:
    return act.ids if act else ()


# --- what is said -------------------------------------------------------------------------


def test_each_thing_said_is_there_and_nothing_else_changes(room: Service) -> None:
    values: dict[str, Any] = {
        "state": AlertState.CLOSED, "verdict": Verdict.RELEVANT, "starred": True,
        "note": "  seen\r\nwith the desk ", "tags": ("Dossier Liège", "b"),
    }  # fmt: skip
    assert ids(room.triage.change([2, 77, 2], **values)) == (2,)
    assert triage_of(room)[1] == TriageState(
        state=AlertState.CLOSED,
        verdict=Verdict.RELEVANT,
        starred=True,
        note="seen\nwith the desk",
        tags=("b", "dossier-liège"),
    )
    assert triage_of(room)[:1] + triage_of(room)[2:] == [TriageState()] * (COUNT - 1)
    assert room.triage.change([2], **values) is None, "said already"
    assert ids(room.triage.change([1, 2], untag=["B", "c"], note="")) == (2,)
    assert triage_of(room)[1].tags == ("dossier-liège",)
    assert triage_of(room)[1].note == ""
    assert room.views.triage.tags() == {"dossier-liège": 1}


def test_acknowledging_leaves_what_is_closed_closed(room: Service) -> None:
    room.triage.change([1], state=AlertState.CLOSED)
    assert ids(room.triage.change([1, 2], acknowledge=True)) == (2,)
    assert ids(room.triage.change([1, 2], acknowledge=True, verdict=Verdict.NOISE)) == (1, 2)
    assert [s.state for s in triage_of(room)[:2]] == [AlertState.CLOSED, AlertState.ACKNOWLEDGED]


def test_filters_of_what_was_said(room: Service) -> None:
    room.triage.change([1], state=AlertState.CLOSED, tags=["x"])
    room.triage.change([2], tags=["x", "y"], note="n")
    room.triage.change([3], verdict=Verdict.NOISE, starred=True)
    for filter, expected in (
        (Filter(), [2, 3, 4, 5]),
        (Filter(closed=True), [1, 2, 3, 4, 5]),
        (Filter(state=AlertState.CLOSED), [1]),
        (Filter(tags=("x",), closed=True), [1, 2]),
        (Filter(tags=("x", "z")), [2]),
        (Filter(noted=True), [2]),
        (Filter(noted=False), [3, 4, 5]),
        (Filter(verdict=Verdict.NOISE), [3]),
        (Filter(starred=True), [3]),
    ):
        assert list(room.views.alerts.ids(filter)) == expected, filter


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("À Relire", "à-relire"),
        ("#urgent", "urgent"),
        ("e\u0301t\x1b[31mé", "été"),
        ("2023x", "2023x"),
    ],
)
def test_tags_have_one_spelling(text: str, expected: str) -> None:
    assert clean_tag(text) == clean_tag(expected) == expected


@pytest.mark.parametrize("text", ["", " ", "12", "a,b", "x" * 51, "\u202e", "--"])
def test_what_is_no_tag_is_refused(text: str, room: Service) -> None:
    with pytest.raises(ValueError):
        room.triage.change([1], tags=[text], starred=True)
    assert triage_of(room)[0] == TriageState()


@given(st.text(max_size=300))
def test_notes_and_tags_can_act_on_no_terminal(text: str) -> None:
    cleaned = clean_note(text)
    assert clean_note(cleaned) == cleaned
    assert not any((ord(c) < 32 and c != "\n") or 0x7F <= ord(c) < 0xA0 for c in cleaned)
    assert not set(cleaned) & set("\u202a\u202e\u2066\u2069\u200b")


def test_a_note_has_an_end() -> None:
    with pytest.raises(ValueError, match="10,000 characters at most"):
        clean_note("x" * (MAX_NOTE + 1))


# --- taking back ---------------------------------------------------------------------------

SAID = st.builds(
    Change,
    state=st.sampled_from([None, *AlertState]),
    verdict=st.sampled_from([None, *Verdict]),
    starred=st.sampled_from([None, True, False]),
    note=st.sampled_from([None, "", "one", "two\nlines"]),
    assignee=st.sampled_from([None, "", "ana", "bob"]),
    tags=st.sampled_from([(), ("a",), ("a", "b")]),
    untag=st.sampled_from([(), ("a",), ("b", "c")]),
    acknowledge=st.booleans(),
)
SOME = st.lists(st.integers(1, COUNT + 1), max_size=4)
ALONE = st.lists(st.one_of(st.tuples(SOME, SAID), st.just("undo"), st.just("redo")), max_size=14)


@settings(max_examples=examples(50), deadline=None)
@given(ALONE)
def test_one_person_goes_back_and_forth_through_whole_pictures(done: list[Any]) -> None:
    """The model: a stack of earlier states of all alerts, and a stack of undone ones."""
    with TemporaryDirectory() as folder:
        room = service(make(Path(folder)))
        now, before, after = [TriageState()] * COUNT, [], []  # type: ignore[var-annotated]
        for step in done:
            if step == "undo":
                act = room.triage.undo()
                assert (act is None) == (not before)
                if before:
                    after.append(now)
                    now = before.pop()
            elif step == "redo":
                assert (room.triage.redo() is None) == (not after)
                if after:
                    before.append(now)
                    now = after.pop()
            else:
                states = [
                    step[1].on(old) if n in step[0] else old for n, old in enumerate(now, start=1)
                ]
                room.views.triage.change(step[0], step[1], "ana", NOW)
                if states != now:
                    before.append(now)
                    now, after = states, []
            assert triage_of(room) == now
        reopened = service(Path(folder))  # a restart
        while before:
            assert reopened.triage.undo()
            assert triage_of(reopened) == before.pop()
        assert reopened.triage.undo() is None


PERSONS = st.sampled_from(["ana", "bob", "tocsin"])


@settings(max_examples=examples(50), deadline=None)
@given(
    st.lists(
        st.tuples(PERSONS, st.one_of(st.tuples(SOME, SAID), st.just("undo"), st.just("redo"))),
        max_size=14,
    )
)
def test_the_record_is_complete_and_only_grows(done: list[tuple[str, Any]]) -> None:
    with TemporaryDirectory() as name:
        folder = make(Path(name))
        rooms = {user: service(folder, user) for user in ("ana", "bob")}
        earlier: list[Any] = []
        for number, (user, step) in enumerate(done):
            if user == "tocsin":
                escalate(folder, f"{number} outlets", NOW)
            elif isinstance(step, str):
                getattr(rooms[user].triage, step)()
            else:
                rooms[user].views.triage.change(step[0], step[1], user, NOW)
            record = flow.rows(
                folder, "SELECT * FROM decisions JOIN acts ON id = act ORDER BY act, alert"
            )
            assert record[: len(earlier)] == earlier
            earlier = record
        assert triage_of(rooms["ana"]) == [_replayed(rooms["ana"], n) for n in range(1, COUNT + 1)]


def _replayed(room: Service, alert: int) -> TriageState:
    """Return the state of an alert by its record; each step begins where the last one ended."""
    values: dict[str, Any] = {
        "state": "new", "verdict": "", "starred": False, "note": "", "tags": [], "assignee": "",
    }  # fmt: skip
    for decision in room.views.triage.decisions(alert):
        assert decision.before == {name: values[name] for name in decision.after}
        assert decision.after != decision.before
        values |= decision.after
    return TriageState(**{**values, "tags": tuple(values["tags"])})


def test_undo_leaves_what_others_said_since(tmp_path: Path) -> None:
    folder = make(tmp_path)
    ana, bob = service(folder, "ana"), service(folder, "bob")
    ana.triage.change([1, 2, 3], state=AlertState.ACKNOWLEDGED, tags=["a"])
    bob.triage.change([2], state=AlertState.CLOSED, tags=["b"])
    bob.triage.change([3], untag=["a"])
    act = ana.triage.undo()
    assert act is not None
    assert (act.ids, act.left, act.who) == ((1, 2, 3), (2, 3), "ana")
    first, two, three, *_ = triage_of(ana)
    assert (first, three) == (TriageState(), TriageState())
    assert two == TriageState(state=AlertState.CLOSED, tags=("b",))
    assert ana.triage.undo() is None
    assert ids(bob.triage.undo()) == (3,)
    assert triage_of(ana)[2].tags == ("a",)


def test_an_alert_is_assigned_to_one_person_and_given_back(tmp_path: Path) -> None:
    folder = make(tmp_path)
    ana, bob = service(folder, "ana"), service(folder, "bob")
    ana.triage.change([1, 2], assignee="me")
    bob.triage.change([2, 3], assignee="Bob Dupont")
    assert [s.assignee for s in triage_of(ana)] == ["ana", "Bob Dupont", "Bob Dupont", "", ""]
    assert ana.views.triage.people() == ["Bob Dupont", "ana", "bob"]
    assert list(ana.views.alerts.ids(Filter(assignees=("ANA",)))) == [1]
    assert list(ana.views.alerts.ids(Filter(assignees=("ana", "")))) == [1, 4, 5]
    assert ana.triage.select(query="assigned:me") == [1]
    assert bob.triage.select(query="assigned:nobody OR assigned:me") == [4, 5]
    assert ana.triage.select(query='assigned:"bob dupont" OR assigned:me') == [1, 2, 3]
    assert ids(bob.triage.undo()) == (2, 3)
    assert [s.assignee for s in triage_of(ana)] == ["ana", "ana", "", "", ""]
    ana.triage.change([1], assignee="nobody")
    assert ana.views.triage.decisions(1)[-1].after == {"assignee": ""}
    assert service(folder, "").triage.select(query="assigned:me") == []


def test_what_somebody_did_since_it_was_shown_is_left(tmp_path: Path) -> None:
    folder = make(tmp_path)
    ana, bob = service(folder, "ana"), service(folder, "bob")
    shown = {alert.id: triage_state(alert) for alert in ana.views.alerts.get([1, 2])}
    bob.triage.change([1], assignee="me", state=AlertState.ACKNOWLEDGED)
    act = ana.triage.change([1, 2], assignee="me", shown=shown)
    assert act and (act.ids, act.left) == ((2,), (1,))
    assert [s.assignee for s in triage_of(ana)[:2]] == ["bob", "ana"]
    closing_it = ana.triage.change([1], state=AlertState.CLOSED, shown=shown)
    assert closing_it and closing_it.left == ()
    refused = bob.triage.change([1, 2], state=AlertState.ACKNOWLEDGED, note="x", shown=shown)
    assert refused and (refused.ids, refused.left) == ((2,), (1,))
    new_act = bob.triage.change([1], state=AlertState.NEW, shown=shown)
    assert new_act and (new_act.id, new_act.ids, new_act.left) == (0, (), (1,))
    assert len(ana.views.triage.decisions(1)) == 2


@given(st.data())
def test_who_saw_what_is_there_overwrites_nothing(data: st.DataObject) -> None:
    now = data.draw(st.builds(TriageState, note=st.sampled_from(["", "n"])))
    after = data.draw(SAID).on(now)
    assert not overwrites(now, now, after)
    assert not overwrites(after, now, now)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("ana", "ana"), (" @ana ", "ana"), ("Ana\x1b[31m B", "Ana B"), ("ME", "zoe"), ("Nobody", "")],
)
def test_names_of_people_have_one_spelling(text: str, expected: str) -> None:
    assert clean_person(text, "zoe") == expected


@pytest.mark.parametrize(
    ("text", "user"), [("", "zoe"), ("a,b", "zoe"), ("x" * (MAX_PERSON + 1), "zoe"), ("me", "")]
)
def test_what_is_no_name_is_refused(text: str, user: str) -> None:
    with pytest.raises(ValueError, match=r"name"):
        clean_person(text, user)


def test_a_certain_act_is_taken_back_once_and_by_nobody_else(tmp_path: Path) -> None:
    folder = make(tmp_path)
    ana, bob = service(folder, "ana"), service(folder, "bob")
    first, second = ana.triage.change([1], starred=True), ana.triage.change([2], starred=True)
    assert first and second
    assert bob.triage.undo(first.id) is None
    assert ids(ana.triage.undo(first.id)) == (1,)
    assert ana.triage.undo(first.id) is None
    assert [s.starred for s in triage_of(ana)[:2]] == [False, True]
    assert ids(ana.triage.undo()) == (2,)


def test_what_escalated_is_not_taken_back_by_anybody(room: Service, tmp_path: Path) -> None:
    room.triage.change([1], state=AlertState.CLOSED)
    escalate(tmp_path, "5 outlets", NOW)
    decisions = room.views.triage.decisions(1)
    assert [(d.who, d.why, d.after) for d in decisions] == [
        ("ana", "", {"state": "closed"}),
        ("", "5 outlets", {"state": "new"}),
    ]
    assert service(tmp_path, "").triage.undo() is None
    act = room.triage.undo()
    assert act and act.left == (1,)
    assert triage_of(room)[0] == TriageState()


@given(SAID, SAID, st.builds(TriageState, tags=st.sampled_from([(), ("a",), ("c",)])))
def test_taking_back_at_once_is_exact(first: Change, other: Change, start: TriageState) -> None:
    after = first.on(start)
    restored, is_exact = taken_back(after, *difference(start, after))
    assert (restored, is_exact) == (start, True)
    latest = other.on(after)
    _, is_exact = taken_back(latest, *difference(start, after))
    if latest == after:
        assert is_exact


# --- all or nothing --------------------------------------------------------------------------


def test_two_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    folder = make(tmp_path)
    rooms = [service(folder, f"p{n}") for n in range(4)]

    def say(room: Service, name: str) -> None:
        for turn in range(8):
            room.triage.change(range(1, COUNT + 1), tags=[f"{name}-{turn}"])

    threads = [threading.Thread(target=say, args=(r, f"p{n}")) for n, r in enumerate(rooms)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rooms[0].views.triage.tags() == {f"p{n}-{t}": COUNT for n in range(4) for t in range(8)}
    assert triage_of(rooms[0]) == [_replayed(rooms[0], n) for n in range(1, COUNT + 1)]


KILLED = """
import os, signal, sys
from pathlib import Path
from monitor.model.alert import AlertState
from monitor.model.triage import Change
from monitor.model.config import StoreAddress
from monitor.storage.store.sql.views import Views

views, left = Views(StoreAddress(Path(sys.argv[1]))), int(sys.argv[2])
def statement(_):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
views.connection.sql.set_trace_callback(statement)
views.triage.change([1, 2, 3], Change(state=AlertState.CLOSED, tags=("t",), note="n"), "ana", 1.0)
"""


@pytest.mark.costly
@pytest.mark.parametrize("statement", [3, 6, 10, 17])
def test_a_kill_in_the_middle_leaves_nothing_half_said(tmp_path: Path, statement: int) -> None:
    """The kills are at the act, among the alerts, the notes and tags, and in the record."""
    folder = make(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder), str(statement)], check=False, timeout=60
    )
    assert done.returncode == -9
    room = service(folder)
    assert triage_of(room, 3) == [TriageState()] * 3
    for table in ("acts", "decisions", "notes", "alert_tags"):
        assert flow.rows(folder, f"SELECT * FROM {table}") == []
    assert ids(room.triage.change([1, 2, 3], starred=True)) == (1, 2, 3)


@pytest.mark.costly
def test_a_kill_afterwards_loses_nothing(tmp_path: Path) -> None:
    folder = make(tmp_path)
    script = f"{KILLED}\nos.kill(os.getpid(), signal.SIGKILL)"
    command = [sys.executable, "-c", script, str(folder), "0"]
    assert subprocess.run(command, check=False, timeout=60).returncode == -9
    room = service(folder)
    assert triage_of(room, 3) == [TriageState(state=AlertState.CLOSED, tags=("t",), note="n")] * 3
    assert ids(room.triage.undo()) == (1, 2, 3)
    assert triage_of(room, 3) == [TriageState()] * 3


@pytest.mark.parametrize(
    "statement",
    ["UPDATE acts SET who = 'x'", "UPDATE decisions SET after = '{}'", "UPDATE acts SET at = 0"],
)
def test_the_record_cannot_be_said_otherwise(room: Service, tmp_path: Path, statement: str) -> None:
    room.triage.change([1], starred=True)
    with (
        pytest.raises(StoreError, match="not said otherwise"),
        Store(StoreAddress(tmp_path)).batch() as b,
    ):
        b._sql.execute(statement)


def test_dropping_an_alert_drops_what_was_said_of_it(room: Service, tmp_path: Path) -> None:
    room.triage.change([1, 2], note="n", tags=["t"])
    with Store(StoreAddress(tmp_path)).batch() as batch:
        batch.drop([1])
    assert [d.alert for d in room.views.triage.decisions(1)] == []
    assert room.views.triage.tags() == {"t": 1}
    assert ids(room.triage.undo()) == (2,)
    assert flow.rows(tmp_path, "SELECT alert FROM notes") == []


# --- queries over alerts -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, dict[Any, int]]]:
    folder = tmp_path_factory.mktemp("mixed")
    articles = [
        article_archive.article(1, "Alibaba et espionnage", date=NOW - 10),
        article_archive.article(2, "Alibaba in Liège", date=NOW - 20, lang="en", feeds=(2,)),
        article_archive.article(3, "espionnages à Liège", date=NOW - 9 * 86_400, feeds=(2,)),
        article_archive.article(4, "Alibaba, quarante voleurs", date=NOW - 30),
    ]
    ids_by_key = ring(folder, articles, [ALIBABA, SPIES])
    room = service(folder)
    room.triage.change([ids_by_key["Alibaba", 4]], verdict=Verdict.NOISE, state=AlertState.CLOSED)
    room.triage.change([ids_by_key["Espions", 3]], tags=["a"], note="n", starred=True)
    yield room, ids_by_key


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("alibaba", [("Alibaba", 1), ("Espions", 1), ("Alibaba", 2)]),
        ("watch:alibaba", [("Alibaba", 1), ("Alibaba", 2)]),
        ("watch:Alibaba espionnage~", [("Alibaba", 1)]),
        ("severity:high", [("Espions", 1), ("Espions", 3)]),
        ("NOT watch:Alibaba", [("Espions", 1), ("Espions", 3)]),
        ("-liège", [("Alibaba", 1), ("Espions", 1)]),
        ("lang:en OR tag:a", [("Alibaba", 2), ("Espions", 3)]),
        ("liège since:7d", [("Alibaba", 2)]),
        ("until:2023-11-10", [("Espions", 3)]),
        ("feed:B", [("Alibaba", 2), ("Espions", 3)]),
        ("is:starred is:noted", [("Espions", 3)]),
        ("has:alert watch:Espions", [("Espions", 1), ("Espions", 3)]),
        ("2 OF (watch:Alibaba, lang:en, liège)", [("Alibaba", 2)]),
        ('"quarante voleurs"', []),
    ],
)  # fmt: skip
def test_a_query_over_alerts(
    mixed: tuple[Service, dict[Any, int]], query: str, expected: list[Any]
) -> None:
    room, ids_by_key = mixed
    names = {alert: key for key, alert in ids_by_key.items()}
    assert sorted(names[id] for id in room.triage.select(Filter(), query)) == sorted(expected)


def test_a_query_finds_what_is_closed_where_it_is_asked_for(
    mixed: tuple[Service, dict[Any, int]],
) -> None:
    room, ids_by_key = mixed
    closed = [ids_by_key["Alibaba", 4]]
    assert room.triage.select(Filter(closed=True), '"quarante voleurs"') == closed
    assert room.triage.select(Filter(closed=True), "state:closed is:noise") == closed
    assert room.triage.select(Filter(), "state:closed,acknowledged") == closed
    assert room.triage.select(Filter(), "is:noise") == []
    assert room.triage.select(Filter(state=AlertState.CLOSED), "alibaba") == closed


@pytest.mark.parametrize("query", ["liège (", "nofield:x", " ", "state:open"])
def test_a_query_that_is_not_understood(mixed: tuple[Service, dict[Any, int]], query: str) -> None:
    with pytest.raises(QueryError):
        mixed[0].triage.select(Filter(), query)


def test_the_record_is_json_that_others_can_read(room: Service, tmp_path: Path) -> None:
    room.triage.change([1], note="é\n=1", tags=["été"])
    ((after,),) = flow.rows(tmp_path, "SELECT after FROM decisions")
    assert json.loads(after) == {"note": "é\n=1", "tags": ["été"]}
