"""What was raised reaches its channels: at least once, each by itself, and noted once accepted."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import stat
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import spine
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from running import Item, Newsroom, rss, until
from scripted import Fault as Broken
from scripted import Reply, Request, Web
from spine import START, Fuse, Killed

from monitor import portable
from monitor.cli import main_group
from monitor.config import load
from monitor.documents.parse import parse
from monitor.exchange.given import understood
from monitor.exchange.importing import Importing
from monitor.guard import Guard
from monitor.model import (
    Alert,
    Channel,
    ChannelKind,
    Delivery,
    DeliveryState,
    Fault,
    Filter,
    Networks,
    Occasion,
    Parcel,
    Planned,
    Refusal,
)
from monitor.notify import Notifier, Sender, Senders
from monitor.notify.atom import file_name
from monitor.notify.command import Command
from monitor.notify.packing import Packing
from monitor.notify.retrying import GIVE_UP, LONGEST, next_try
from monitor.notify.services_process import Fence, tell
from monitor.routing import Routing
from monitor.store.sqlite import SqliteStore
from monitor.store.views import SqliteViews
from monitor.threads import Thread

ROOT = Path(__file__).parents[2]
NOW = START + 1_000_000
LOOPBACK: Networks = (ip_network("127.0.0.0/8"),)
DAY = 86_400.0


def webhook(url: str, name: str = "hook", **more: Any) -> Channel:
    return Channel(name=name, kind=ChannelKind.WEBHOOK, target=(url,), **more)


def lines(path: Path, name: str = "log") -> Channel:
    return Channel(name=name, kind=ChannelKind.FILE, target=(str(path),))


def command(*words: str, name: str = "script") -> Channel:
    return Channel(name=name, kind=ChannelKind.COMMAND, target=words)


@dataclass
class Desk:
    """A newsroom that has alerts, and what sends them; the clock is set by hand."""

    folder: Path
    now: float = NOW
    allow: Networks = LOOPBACK
    after: Callable[[], None] = lambda: None
    """Called when a sender is done, before anything is noted."""
    open_store: Callable[[Path], SqliteStore] = SqliteStore

    @property
    def views(self) -> SqliteViews:
        return SqliteViews(self.folder)

    def plan(self, alerts: Sequence[int], *channels: str, **more: Any) -> None:
        """Put alerts on their way."""
        planned = [Planned(channel=name, **{"due": self.now, **more}) for name in channels]
        with closing(SqliteStore(self.folder)) as store, store.batch() as batch:
            for alert in alerts:
                batch.deliver(alert, Occasion.RAISED, "", planned, self.now)

    def send(self, *channels: Channel) -> None:
        """Send what is due once, as `run --once` does."""
        self.live(channels, lambda notifier: notifier.all())

    def live(
        self,
        channels: Sequence[Channel],
        life: Callable[[Notifier], Awaitable[None]],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Have a notifier for these channels, and end it."""
        asyncio.run(self._live(channels, life, sleep))

    async def _live(
        self,
        channels: Sequence[Channel],
        life: Callable[[Notifier], Awaitable[None]],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        store = self.open_store(self.folder)
        with closing(store), ThreadPoolExecutor(1) as executor:
            thread = Thread(executor)
            packing = Packing(store, self.views)

            async def history(channel: str, watchlist: str, limit: int) -> list[Alert]:
                return await thread(packing.history, channel, watchlist, limit)

            making = Senders(
                Guard(), history, trust=lambda: pytest.fail("no TLS here"),
                clock=lambda: self.now, user_agent="tocsin/test", environ=os.environ,
            )  # fmt: skip
            notifier = Notifier(
                store, packing, thread, _Watched(making, self),
                clock=lambda: self.now, sleep=sleep, jitter=lambda: 0.0,
            )  # fmt: skip
            try:
                await notifier.use(channels, self.allow)
                await life(notifier)
            finally:
                await notifier.close()

    def found(self, channel: str | None = None) -> list[Delivery]:
        return self.views.deliveries(list(DeliveryState), channel, None)

    def states(self, channel: str | None = None) -> list[str]:
        return [str(one.state) for one in self.found(channel)]


@dataclass
class _Watched:
    """Senders of which a test is told when they are done."""

    making: Senders
    desk: Desk

    def __call__(self, channel: Channel) -> Sender:
        return _Sending(self.making(channel), self.desk)

    def allow(self, networks: Networks) -> None:
        self.making.allow(networks)


class _Sending:
    def __init__(self, sender: Sender, desk: Desk) -> None:
        self.most = sender.most
        self._sender, self._desk = sender, desk

    async def send(self, parcels: Sequence[Parcel]) -> Refusal | None:
        refusal = await self._sender.send(parcels)
        self._desk.after()
        return refusal

    async def close(self) -> None:
        await self._sender.close()


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A newsroom that has alerts."""
    folder = tmp_path_factory.mktemp("lived")
    spine.life(folder).live(spine.ROUNDS)
    with closing(SqliteStore(folder)) as store:
        store._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder


@pytest.fixture
def desk(lived: Path, tmp_path: Path) -> Desk:
    (tmp_path / "newsroom.db").write_bytes((lived / "newsroom.db").read_bytes())
    return Desk(tmp_path)


def alerts(desk: Desk, count: int) -> list[int]:
    """Return the first alerts about articles."""
    found = desk.views.alerts(list(desk.views.alert_ids(Filter(), None, 0, None)), False)
    return [alert.id for alert in found if alert.article][:count]


# --- when to try again -----------------------------------------------------------------------


DELIVERY = Delivery(
    id=1, alert=1, channel="a", occasion=Occasion.RAISED, why="", key="k",
    state=DeliveryState.WAITING, due=NOW, attempts=0, reason="", created_at=NOW, sent_at=None,
)  # fmt: skip


@pytest.mark.parametrize(
    ("attempts", "refusal", "pause"),
    [
        (0, Refusal(reason=""), 60),
        (1, Refusal(reason=""), 120),
        (8, Refusal(reason=""), 15_360),
        (9, Refusal(reason=""), 21_600),
        (500, Refusal(reason=""), 21_600),
        (0, Refusal(reason="", retry_after=1800.0), 1800),
        (0, Refusal(reason="", retry_after=5.0), 60),
        (0, Refusal(reason="", retry_after=1e12), DAY),
        (1, Refusal(reason="", fault=Fault.MESSAGE), 120),
        (2, Refusal(reason="", fault=Fault.MESSAGE), None),
    ],
)
def test_the_pause_after_a_refusal(attempts: int, refusal: Refusal, pause: float | None) -> None:
    due = next_try(replace(DELIVERY, attempts=attempts), refusal, NOW, 0.0)
    assert due == (None if pause is None else NOW + pause)


@given(st.floats(0, 1))
def test_a_channel_that_is_down_is_tried_for_seven_days_and_not_longer(chance: float) -> None:
    one, now = DELIVERY, NOW
    for _ in range(200):
        due = next_try(one, Refusal(reason="down"), now, chance)
        if due is None:
            break
        assert 60 <= due - now <= LONGEST * 1.2
        one = replace(one, attempts=one.attempts + 1, failing=one.failing or now)
        now = due
    assert due is None
    assert GIVE_UP <= now - NOW <= GIVE_UP + LONGEST * 1.2


# --- webhooks --------------------------------------------------------------------------------


def test_a_webhook_gets_the_alert_as_programs_do_and_the_same_key_at_each_try(
    desk: Desk, web: Web
) -> None:
    web.on("/in", Reply(503), Reply(fault=Broken.RESET), Reply(204))
    (alert,) = alerts(desk, 1)
    desk.plan([alert], "hook")
    for _ in range(3):
        desk.send(webhook(web.url("/in")))
        desk.now += DAY
    (found,) = desk.found()
    assert (found.state, found.attempts, found.reason) == (DeliveryState.SENT, 3, "")
    assert [request.header("Idempotency-Key") for request in web.requests] == [
        found.key.encode()
    ] * 3
    said = json.loads(web.requests[-1].body)
    (expected,) = desk.views.alerts([alert], True)
    told = {k: v for k, v in portable.alert(expected).items() if k not in ("outlets", "elsewhere")}
    assert told.items() <= said["alert"].items()
    assert said["article"]["id"] == expected.article
    assert said["alert"]["outlets"][0]["article"]
    assert (said["key"], said["channel"]) == (found.key, "hook")


def genuine() -> Callable[..., bool]:
    """Return what the README tells receivers to do."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```python\n(import hashlib.*?)^```$", readme, re.M | re.S)
    names: dict[str, Any] = {}
    exec(block, names)
    check = names["is_genuine"]
    assert callable(check)
    return check


def test_a_signature_proves_who_sent_it_and_when(desk: Desk, web: Web) -> None:
    web.on("/in", Reply(200))
    desk.plan(alerts(desk, 1), "hook")
    desk.send(webhook(web.url("/in"), secret="clé"))
    (request,) = web.requests
    stamp, signature = (
        (request.header(f"X-Tocsin-{name}") or b"").decode() for name in ("Timestamp", "Signature")
    )
    check, secret, body = genuine(), "clé".encode(), request.body
    assert check(secret, stamp, signature, body, NOW)
    assert not check(b"other", stamp, signature, body, NOW)
    assert not check(secret, stamp, signature, body + b" ", NOW)
    assert not check(secret, str(int(stamp) + 1), signature, body, NOW)
    assert not check(secret, stamp, signature, body, NOW + 3600)


@pytest.mark.parametrize(
    ("reply", "after", "reason"),
    [
        (Reply(400), "dead", "400"),
        (Reply(413), "dead", "413"),
        (Reply(422), "dead", "422"),
        (Reply(401), "waiting", "401"),
        (Reply(404), "waiting", "404"),
        (Reply(408), "waiting", "408"),
        (Reply(500), "waiting", "500"),
        (Reply(302, (("Location", "/elsewhere"),)), "waiting", "not followed"),
        (Reply(fault=Broken.CLOSE), "waiting", "hung up"),
        (Reply(fault=Broken.RESET), "waiting", "reset"),
        (Reply(fault=Broken.GARBAGE), "waiting", "not HTTP"),
        (Reply(200, fault=Broken.RESET_MIDWAY, body=b"x" * 500), "sent", ""),
        (Reply(200, fault=Broken.SHORT), "sent", ""),
    ],
)
def test_what_an_answer_means_after_three_tries(
    desk: Desk, web: Web, reply: Reply, after: str, reason: str
) -> None:
    web.on("/in", reply)
    desk.plan(alerts(desk, 1), "hook")
    for _ in range(3):
        desk.send(webhook(web.url("/in")))
        desk.now += 3600
    (found,) = desk.found()
    assert found.state == after
    assert reason in found.reason
    assert not web.asked("/elsewhere")


def test_retry_after_is_heeded_by_the_whole_channel(desk: Desk, web: Web) -> None:
    web.on("/in", Reply(429, (("Retry-After", "1800"),)), Reply(200))
    desk.plan(alerts(desk, 3), "hook")
    desk.send(webhook(web.url("/in")))
    assert len(web.requests) == 1
    first = min(desk.found(), key=lambda one: -one.attempts)
    assert first.due == NOW + 1800
    assert "asked to come back in 30 min" in first.reason


def test_only_addresses_that_are_allowed_are_asked(desk: Desk, web: Web) -> None:
    web.on("*", Reply(200))
    desk.allow = ()
    desk.plan(alerts(desk, 1), "hook")
    desk.send(webhook(web.url("/in")))
    (found,) = desk.found()
    assert "loopback" in found.reason
    assert "network: allow" in found.reason
    assert not web.requests


# --- at least once, and noted only then --------------------------------------------------------


def test_what_was_accepted_and_not_noted_is_sent_again_with_its_key(desk: Desk, web: Web) -> None:
    web.on("/in", Reply(200))
    desk.plan(alerts(desk, 1), "hook")

    def die() -> None:
        raise Killed

    desk.after = die
    with pytest.raises(Killed):
        desk.send(webhook(web.url("/in")))
    assert desk.states() == ["waiting"]
    desk.after = lambda: None
    desk.send(webhook(web.url("/in")))
    assert desk.states() == ["sent"]
    assert len({request.header("Idempotency-Key") for request in web.requests}) == 1
    assert len(web.requests) == 2


def test_killed_before_any_statement_nothing_is_lost_and_no_line_is_doubled(
    lived: Path, tmp_path: Path
) -> None:
    stored = (lived / "newsroom.db").read_bytes()
    for step in range(1, 200):
        desk = Desk(tmp_path / str(step))
        desk.folder.mkdir()
        (desk.folder / "newsroom.db").write_bytes(stored)
        ids, path, fuse = alerts(desk, 3), desk.folder / "out.jsonl", Fuse(step)
        desk.plan(ids, "log")
        try:
            with fuse.fitted():
                desk.send(lines(path))
        except BaseException as error:
            assert isinstance(error, Killed), error
        if fuse.steps < step:
            break
        noted = {one.alert for one in desk.found() if one.state == "sent"}
        assert noted <= set(told_in(path)), step
        desk.now += 3600
        desk.send(lines(path))
        assert told_in(path) == ids, step
        assert desk.states() == ["sent"] * 3
    assert 10 < step < 199


def told_in(path: Path) -> list[int]:
    """Return the alerts that a file tells of."""
    if not path.exists():
        return []
    return sorted(json.loads(line)["alert"]["id"] for line in path.read_text().splitlines())


def test_a_poison_message_blocks_no_other_and_a_hanging_channel_no_other_channel(
    desk: Desk, web: Web
) -> None:
    ids = alerts(desk, 4)

    def picky(request: Request) -> Reply:
        poison = json.loads(request.body)["alert"]["id"] == ids[0]
        return Reply(422 if poison else 200)

    web.on("/picky", picky)
    web.on("/hangs", Reply(200, delay=1.5))
    desk.plan(ids, "picky")
    desk.plan(ids[:1], "hangs")
    took: dict[str, float] = {}
    began = time.monotonic()
    desk.after = lambda: took.setdefault("first", time.monotonic() - began) and None
    desk.send(webhook(web.url("/hangs"), "hangs"), webhook(web.url("/picky"), "picky"))
    assert desk.states("picky") == ["waiting", "sent", "sent", "sent"]
    assert desk.states("hangs") == ["sent"]
    assert took["first"] < 1.0 < time.monotonic() - began


def test_a_channel_that_is_down_is_asked_once_not_once_for_each_message(
    desk: Desk, web: Web
) -> None:
    web.on("/in", Reply(503))
    desk.plan(alerts(desk, 4), "hook")
    desk.send(webhook(web.url("/in")))
    assert len(web.requests) == 1
    web.on("/in", Reply(500))  # perhaps only this message: but after three it is the channel
    desk.now += DAY
    desk.send(webhook(web.url("/in")))
    assert len(web.requests) == 4


def test_given_up_after_seven_days_listed_and_sent_when_asked_for(desk: Desk, web: Web) -> None:
    web.on("/in", Reply(503))
    (alert,) = alerts(desk, 1)
    desk.plan([alert], "hook")
    for _ in range(60):
        desk.send(webhook(web.url("/in")))
        desk.now = max(desk.now + 60, desk.found()[0].due)
        if desk.states() == ["dead"]:
            break
    (found,) = desk.found()
    assert found.state == "dead"
    assert 7 <= (desk.now - NOW) / DAY < 7.5
    assert "503" in found.reason
    assert desk.views.delivery_counts() == {("hook", DeliveryState.DEAD): 1}
    web.on("/in", Reply(200))
    desk.send(webhook(web.url("/in")))
    assert desk.states() == ["dead"]
    assert desk.views.retry(None, "other", None, desk.now) == 0
    assert desk.views.retry([found.id], None, None, desk.now) == 1
    desk.send(webhook(web.url("/in")))
    assert desk.states() == ["sent"]
    assert desk.found()[0].key == found.key
    assert desk.views.retry([found.id], None, None, desk.now) == 0


def test_what_waits_for_a_channel_that_is_removed_is_given_up_and_can_be_moved(
    desk: Desk, web: Web
) -> None:
    web.on("/in", Reply(200))
    desk.plan(alerts(desk, 2), "gone")
    desk.send(webhook(web.url("/in")))
    assert desk.states() == ["dead", "dead"]
    assert desk.found()[0].reason == "feeds.yaml has no channel gone any more"
    assert desk.views.retry(None, "gone", "hook", desk.now) == 2
    desk.send(webhook(web.url("/in")))
    assert [(one.channel, one.state) for one in desk.found()] == [("hook", "sent")] * 2


def test_a_clock_that_is_set_back_keeps_nothing_waiting(desk: Desk, web: Web) -> None:
    web.on("/in", Reply(500), Reply(200))
    desk.plan(alerts(desk, 1), "hook")
    desk.now -= DAY
    desk.send(webhook(web.url("/in")))
    assert len(web.requests) == 1
    assert desk.found()[0].due == desk.now + 60
    desk.send(webhook(web.url("/in")))
    assert len(web.requests) == 1
    desk.now += 60
    desk.send(webhook(web.url("/in")))
    assert desk.states() == ["sent"]


def test_a_bundle_goes_as_one_message_and_not_before_it_is_due(desk: Desk, web: Web) -> None:
    web.on("/in", Reply(503), Reply(200))
    ids = alerts(desk, 3)
    desk.plan(ids, "hook", due=NOW + 100, reason="digest at 07:30", bundle="07:30")
    desk.send(webhook(web.url("/in")))
    assert not web.requests
    for wait in (100, 3600):
        desk.now += wait
        desk.send(webhook(web.url("/in")))
    first, second = (json.loads(request.body) for request in web.requests)
    assert [one["alert"]["id"] for one in second["digest"]] == ids
    assert first["key"] == second["key"]
    assert desk.states() == ["sent"] * 3


def test_what_is_put_on_its_way_wakes_the_sender(desk: Desk, web: Web) -> None:
    web.on("/in", Reply(200))

    async def life(notifier: Notifier) -> None:
        sending = asyncio.create_task(notifier.ever(lambda error: pytest.fail(str(error))))
        await asyncio.sleep(0.2)
        assert not web.requests
        desk.plan(alerts(desk, 2), "hook")
        await asyncio.sleep(0.2)
        assert not web.requests  # nobody looks without being woken: here two looks are a day apart
        notifier.wake()
        async with asyncio.timeout(20):
            while desk.states() != ["sent", "sent"]:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)

    desk.live([webhook(web.url("/in"))], life, sleep=lambda seconds: asyncio.sleep(DAY))


def test_an_edit_ends_what_hangs_and_its_channel_is_mended(desk: Desk, web: Web) -> None:
    web.on("/old", Reply(fault=Broken.HANG))
    web.on("/new", Reply(200))
    desk.plan(alerts(desk, 1), "hook")

    async def life(notifier: Notifier) -> None:
        sending = asyncio.create_task(notifier.ever(lambda error: pytest.fail(str(error))))
        async with asyncio.timeout(20):
            while not web.asked("/old"):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            await notifier.use([webhook(web.url("/new"))], LOOPBACK)
            while desk.states() != ["sent"]:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)

    desk.live([webhook(web.url("/old"))], life)
    keys = {request.header("Idempotency-Key") for request in web.requests}
    assert len(web.requests) == 2
    assert len(keys) == 1


@pytest.mark.parametrize("tells", [False, True])
def test_what_an_import_raises_is_sent_if_the_watchlist_says_so(
    tmp_path: Path, tells: bool
) -> None:
    watchlist = replace(spine.WATCHLISTS[0], notify_backfill=tells)
    with closing(SqliteStore(tmp_path)) as store:
        store.subscribe((), (watchlist,))
        taking = Importing(
            store, lambda: (watchlist,), lambda: NOW, routing=lambda: Routing(channels=("log",))
        )
        taking.take([understood({"title": "Alibaba à Liège", "published": "2023-10-09"}, NOW)])
        assert taking.alerts == 1
    planned = Desk(tmp_path).found()
    assert [(one.channel, one.occasion) for one in planned] == [("log", "raised")] * tells


# --- files, commands, Atom, Apprise ------------------------------------------------------------


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
    text = f"sleep 60 & echo $! > {mark}; sleep 60"
    desk.plan(alerts(desk, 1), "script")
    parcels = parcels_of(desk)
    sender = Command(command(script(desk.folder, text)), os.environ, seconds=0.7)
    refusal = asyncio.run(sender.send(parcels))
    assert refusal is not None
    assert "did not end within 0.7 s" in refusal.reason
    child = Path(f"/proc/{mark.read_text().strip()}/stat")
    until(lambda: not child.exists() or child.read_text().rpartition(")")[2].split()[0] == "Z")


def test_a_command_may_leave_something_behind(desk: Desk) -> None:
    desk.plan(alerts(desk, 1), "script")
    began = time.monotonic()
    desk.send(command(script(desk.folder, f"sleep 60 & echo $! > {desk.folder}/child; exit 0")))
    os.kill(int((desk.folder / "child").read_text()), signal.SIGKILL)
    assert desk.states() == ["sent"]
    assert time.monotonic() - began < 20


def parcels_of(desk: Desk) -> list[Parcel]:
    with closing(SqliteStore(desk.folder)) as store:
        return Packing(store, desk.views).pack(desk.found())


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
    known = {alert.id: alert for alert in desk.views.alerts(ids, False)}
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
    (known,) = desk.views.alerts([alert], False)
    told = json.loads(web.requests[-1].body)
    assert known.title in told["title"]
    assert known.url in told["message"]


def test_what_apprise_says_is_told_without_the_address(web: Web) -> None:
    web.on("/in", Reply(500))
    answers = [
        tell(
            Fence(),
            {"url": f"json://me:canary@127.0.0.1:{port}/in", "subject": "Title", "plain": "Text"},
        )
        for port in (web.port, 1)
    ]
    assert [answer["reason"] for answer in answers] == [
        "JSON answered 500", "JSON cannot be reached",
    ]  # fmt: skip
    assert [answer["status"] for answer in answers] == [500, 0]


# --- the real program --------------------------------------------------------------------------


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    return Newsroom(
        tmp_path, {"SOC_SECRET": "canary-secret", "DESK": "json://u:canary-pw@127.1.1.1/"}
    )


def watched(web: Web) -> dict[str, Any]:
    return {"url": web.url("/feed"), "name": "J", "every": "1s", "lang": "fr"}


def item(word: str, number: int) -> Item:
    return Item(f"{word} numéro {number}", "Texte.", link=f"https://ex.org/{word}/{number}")


def test_alerts_reach_their_channels_within_a_second_and_again_after_kill(
    web: Web, newsroom: Newsroom
) -> None:
    web.on("/feed", Reply(body=rss(item("rien", 0))))
    web.on("/in", Reply(fault=Broken.HANG), Reply(204))
    web.on("/fast", Reply(204))
    lists = [
        {"name": "A", "terms": ["Alibaba"], "notify": ["soc"]},
        {"name": "B", "terms": ["douane"]},
        {"name": "C", "terms": ["port"], "notify": []},
    ]
    newsroom.watch(
        [watched(web)],
        lists,
        channels=[
            {"name": "soc", "webhook": web.url("/in"), "secret": "env:SOC_SECRET"},
            {"name": "fast", "webhook": web.url("/fast")},
        ],
    )
    with newsroom.running("run") as process:
        until(lambda: newsroom.counts()[0] == 1)
        news = [item("rien", 0), item("Alibaba", 1), item("douane", 2), item("port", 3)]
        web.on("/feed", Reply(body=rss(*news)))
        until(lambda: web.asked("/in") and web.asked("/fast"))
        until(lambda: newsroom.sql("SELECT 1 FROM deliveries WHERE state = 'sent'"))
        process.kill()
        process.wait()
    planned = newsroom.sql(
        "SELECT al.watchlist, d.channel, d.state FROM deliveries d"
        " JOIN alerts al ON al.id = d.alert ORDER BY 1, 2"
    )
    assert planned == [
        ("A", "soc", "waiting"), ("B", "fast", "sent"), ("B", "soc", "waiting"),
    ]  # fmt: skip
    ((took,),) = newsroom.sql("SELECT sent_at - created_at FROM deliveries WHERE state = 'sent'")
    assert took < 2.0  # half a second; a machine under load is granted more
    newsroom.tocsin("run", "--once")
    assert newsroom.sql("SELECT DISTINCT state FROM deliveries") == [("sent",)]
    keys = [request.header("Idempotency-Key") for request in web.asked("/in")]
    assert len(keys) == 3  # the one that was under way, again, and the other
    assert len(set(keys)) == 2
    assert len(web.asked("/fast")) == 1


def test_commands_list_deliveries_and_never_tell_a_secret(
    web: Web, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.on("/feed", Reply(body=rss(item("Alibaba", 1))))
    web.on("/in/canary-path", Reply(403))
    newsroom.watch(
        [watched(web)],
        ["Alibaba"],
        alerts={"backfill": "notify"},
        channels=[
            {
                "name": "soc", "webhook": web.url("/in/canary-path"), "secret": "env:SOC_SECRET",
                "headers": {"X-Key": "canary-header"},
            },
            {"name": "desk", "url": "env:DESK"},
            {"name": "script", "command": ["/bin/false", "canary-argument"]},
        ],
    )  # fmt: skip
    said = newsroom.tocsin("run", "--once")
    output = [said.stdout + said.stderr]
    monkeypatch.chdir(newsroom.folder)
    for name, value in newsroom.environ.items():
        monkeypatch.setenv(name, value)

    def run(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(main_group, words)
        output.append(done.output)
        assert done.exit_code == code, done.output
        return done.output

    rows = json.loads(run("deliveries", "--format", "json"))
    assert [(row["channel"], row["state"], row["attempts"], row["reason"]) for row in rows] == [
        ("soc", "waiting", 1, "403 Forbidden"),
        ("desk", "waiting", 1, "JSON cannot be reached"),
        ("script", "waiting", 1, "ended with 1"),
    ]
    status = json.loads(run("status", "--json"))
    assert (status["unsent"], status["dead"]) == (3, 0)
    assert "403 Forbidden" in run("notify", "test", "soc", code=1)
    web.on("/in/canary-path", Reply(200))
    assert "accepted" in run("notify", "test", "soc")
    run("notify", "test", "script", code=1)
    run("check")
    run("check", "--format", "json")
    assert "soc" in run("notify", "list")
    run("notify", "list", "--format", "json")
    assert "1 delivery is due now" in run("deliveries", "retry", "--channel", "soc")
    assert "403" not in run("deliveries", "--channel", "soc")
    run("deliveries", "--state", "dead", code=1)
    run("deliveries", "retry", "99", code=1)
    run("deliveries", "retry", code=2)
    assert "it has soc, desk, script" in run("notify", "test", "nobody", code=2)
    assert "canary" not in "".join(output)
    stored = b"".join(path.read_bytes() for path in newsroom.data.glob("newsroom.db*"))
    assert b"canary" not in stored
    assert "canary" not in repr(load(newsroom.config))
