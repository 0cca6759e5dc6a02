"""Channels that are files, commands, Atom feeds and whatever Apprise reaches."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
from contextlib import closing
from pathlib import Path

import pytest
from support.delivery_desk import DAY, LOOPBACK, Desk, alerts, command, lines
from support.newsroom import until
from support.scripted_server import Reply, Web

from monitor.model.config import Channel, ChannelKind
from monitor.model.delivery import Notification
from monitor.notify.apprise_process import AddressFence, send
from monitor.notify.atom import file_name
from monitor.notify.command import CommandSender
from monitor.notify.notification import NotificationLoader
from monitor.parse.feed import parse
from monitor.store.sqlite.store import SqliteStore


def test_a_file_gets_a_line_for_each_and_keeps_what_is_there(desk: Desk) -> None:
    path = desk.folder / "new" / "out.jsonl"
    desk.plan(alerts(desk, 2), "log")
    desk.send(lines(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with path.open("a") as file:
        file.write('{"torn": ')
    desk.plan(alerts(desk, 3), "log")  # one of them is new
    desk.send(lines(path))
    told = path.read_text().splitlines()
    assert len(told) == 4
    assert told[2] == '{"torn": '
    assert {json.loads(line)["key"] for line in told if "key" in line} == {
        one.key for one in desk.found()
    }


def test_a_file_that_cannot_be_written_says_why(desk: Desk) -> None:
    desk.plan(alerts(desk, 1), "log")
    desk.send(lines(desk.folder))
    (found,) = desk.found()
    assert found.state == "waiting"
    assert "Is a directory" in found.reason


def script(folder: Path, text: str) -> str:
    path = folder / "hook.sh"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o700)
    return str(path)


def test_a_command_gets_json_no_shell_and_no_secrets(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOC_SECRET", "canary")
    out = desk.folder / "out"
    word = "$(touch pwned); *"
    path = script(desk.folder, f'cat > {out}.json; env > {out}.env; echo "$1" > {out}.arg')
    desk.plan(alerts(desk, 1), "script")
    desk.send(command(path, word))
    assert desk.states() == ["sent"]
    assert json.loads(Path(f"{out}.json").read_text())["key"] == desk.found()[0].key
    assert "canary" not in Path(f"{out}.env").read_text()
    assert Path(f"{out}.arg").read_text() == f"{word}\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("echo first >&2; echo no paper >&2; exit 3", "ended with 3: no paper"),
        ("exit 1", "ended with 1"),
        ("kill -9 $$", "was killed by signal 9"),
    ],
)
def test_a_command_that_fails_says_why(desk: Desk, text: str, reason: str) -> None:
    desk.plan(alerts(desk, 1), "script")
    desk.send(command(script(desk.folder, text)))
    assert [(one.state, one.reason) for one in desk.found()] == [("waiting", reason)]


def test_a_command_that_is_not_there_says_so(desk: Desk) -> None:
    desk.plan(alerts(desk, 1), "script")
    desk.send(command(str(desk.folder / "missing")))
    assert desk.found()[0].reason == "cannot be run: No such file or directory"


def test_a_command_that_hangs_is_killed_with_what_it_started(desk: Desk) -> None:
    mark = desk.folder / "children"
    text = f"sleep 600 & echo $! > {mark}; sleep 600"
    desk.plan(alerts(desk, 1), "script")
    parcels = parcels_of(desk)
    sender = CommandSender(command(script(desk.folder, text)), os.environ, seconds=3.0)
    refusal = asyncio.run(sender.send(parcels))
    assert refusal is not None
    assert "did not end within 3 s" in refusal.reason
    child = Path(f"/proc/{mark.read_text().strip()}/stat")
    until(lambda: not child.exists() or child.read_text().rpartition(")")[2].split()[0] == "Z")


def test_a_command_may_leave_something_behind(desk: Desk) -> None:
    desk.plan(alerts(desk, 1), "script")
    desk.send(command(script(desk.folder, f"sleep 600 & echo $! > {desk.folder}/child; exit 0")))
    os.kill(int((desk.folder / "child").read_text()), signal.SIGKILL)
    assert desk.states() == ["sent"]


def parcels_of(desk: Desk) -> list[Notification]:
    with closing(SqliteStore(desk.folder)) as store:
        return NotificationLoader(store.deliveries, desk.views).pack(desk.found())


def test_each_watchlist_has_an_atom_feed_that_readers_understand(desk: Desk) -> None:
    ids = alerts(desk, 4)
    channel = Channel(name="readers", kind=ChannelKind.ATOM, target=(str(desk.folder / "pub"),))
    desk.plan(ids[:2], "readers")
    desk.send(channel)
    first = read_all(desk.folder / "pub")
    desk.now += 60
    desk.plan(ids, "readers")
    desk.send(channel)
    second = read_all(desk.folder / "pub")
    known = {alert.id: alert for alert in desk.views.alerts.get(ids)}
    assert sum(map(len, second.values())) == 4
    for name, entries in first.items():
        assert entries.items() <= second[name].items()  # the ids stay the same
    assert {title for entries in second.values() for title in entries.values()} == {
        alert.title for alert in known.values()
    }
    assert set(second) == {file_name(alert.watchlist) for alert in known.values()}
    assert not list((desk.folder / "pub").glob(".*"))


def read_all(folder: Path) -> dict[str, dict[str, str]]:
    """Return titles by id, by file."""
    found = {}
    for path in sorted(folder.glob("*.xml")):
        parsed = parse(path.read_bytes(), "https://a.example/", "application/atom+xml")
        found[path.name] = {entry.guid: entry.title for entry in parsed.entries}
    return found


@pytest.mark.parametrize(("one", "other"), [("Grève", "Greve"), ("a b", "a-b"), ("!", "?")])
def test_no_two_watchlists_share_a_file(one: str, other: str) -> None:
    assert file_name(one) != file_name(other)
    assert "/" not in file_name(f"../{one}/x")


def test_apprise_sends_and_is_fenced_in(desk: Desk, web: Web) -> None:
    web.on("/in", Reply(200))
    address = f"json://me:canary@127.0.0.1:{web.port}/in"
    channel = Channel(name="desk", kind=ChannelKind.APPRISE, target=(address,))
    (alert,) = alerts(desk, 1)
    desk.plan([alert], "desk")
    desk.allow = ()
    desk.send(channel)
    assert "127.0.0.1 is no public address" in desk.found()[0].reason
    assert not web.requests
    desk.allow = LOOPBACK
    desk.now += DAY
    desk.send(channel)
    assert (desk.states(), desk.found()[0].reason) == (["sent"], "")
    (known,) = desk.views.alerts.get([alert])
    told = json.loads(web.requests[-1].body)
    assert known.title in told["title"]
    assert known.url in told["message"]


def test_what_apprise_says_is_told_without_the_address(web: Web) -> None:
    web.on("/in", Reply(500))
    answers = [
        send(
            AddressFence(),
            {"url": f"json://me:canary@127.0.0.1:{port}/in", "subject": "Title", "plain": "Text"},
        )
        for port in (web.port, 1)
    ]
    assert [answer["reason"] for answer in answers] == [
        "JSON answered 500", "JSON cannot be reached",
    ]  # fmt: skip
    assert [answer["status"] for answer in answers] == [500, 0]
