"""What was raised reaches its channels: at least once, each by itself, and noted once accepted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st
from msgspec.structs import replace
from support import flow
from support.delivery_desk import DAY, LOOPBACK, NOW, DeliveryDesk, alerts, becomes, lines, webhook
from support.flow import Fuse, Killed
from support.scripted_server import Fault as Broken, Reply, Request, Web

from monitor.base import translation
from monitor.base.language import FOLDER
from monitor.delivery.notify.delivery_loop import GIVE_UP_SECONDS, MAX_PAUSE, DeliveryLoop, next_try
from monitor.intake.article_import import ArticleImport, parse_article
from monitor.judgement.alerts.routing import Routing
from monitor.model.config import DeliveryError, DeliveryFault, StoreAddress
from monitor.model.delivery import Delivery, DeliveryState, Occasion
from monitor.storage.store.sql.store import Store

pytestmark = pytest.mark.costly

DELIVERY = Delivery(
    id=1, alert=1, channel="a", occasion=Occasion.RAISED, why="", key="k",
    state=DeliveryState.WAITING, due=NOW, attempts=0, reason="", created_at=NOW, sent_at=None,
)  # fmt: skip


@pytest.mark.parametrize(
    ("attempts", "refusal", "pause"),
    [
        (0, DeliveryError(reason=""), 60),
        (1, DeliveryError(reason=""), 120),
        (8, DeliveryError(reason=""), 15_360),
        (9, DeliveryError(reason=""), 21_600),
        (500, DeliveryError(reason=""), 21_600),
        (0, DeliveryError(reason="", retry_after=1800.0), 1800),
        (0, DeliveryError(reason="", retry_after=5.0), 60),
        (0, DeliveryError(reason="", retry_after=1e12), DAY),
        (1, DeliveryError(reason="", fault=DeliveryFault.MESSAGE), 120),
        (2, DeliveryError(reason="", fault=DeliveryFault.MESSAGE), None),
    ],
)
def test_the_pause_after_a_refusal(
    attempts: int, refusal: DeliveryError, pause: float | None
) -> None:
    due = next_try(replace(DELIVERY, attempts=attempts), refusal, NOW, 0.0)
    assert due == (None if pause is None else NOW + pause)


@given(st.floats(0, 1))
def test_a_channel_that_is_down_is_tried_for_seven_days_and_not_longer(chance: float) -> None:
    failed, now = DELIVERY, NOW
    for _ in range(200):
        due = next_try(failed, DeliveryError(reason="down"), now, chance)
        if due is None:
            break
        assert 60 <= due - now <= MAX_PAUSE * 1.2
        failed = replace(failed, attempts=failed.attempts + 1, failing=failed.failing or now)
        now = due
    assert due is None
    assert GIVE_UP_SECONDS <= now - NOW <= GIVE_UP_SECONDS + MAX_PAUSE * 1.2


# --- at least once, and noted only then --------------------------------------------------------


def test_what_was_accepted_and_not_noted_is_sent_again_with_its_key(
    desk: DeliveryDesk, web: Web
) -> None:
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
    content = (lived / "newsroom.db").read_bytes()
    for step in range(1, 200):
        desk = DeliveryDesk(tmp_path / str(step))
        desk.folder.mkdir()
        (desk.folder / "newsroom.db").write_bytes(content)
        ids, path, fuse = alerts(desk, 3), desk.folder / "out.jsonl", Fuse(step)
        desk.plan(ids, "log")
        try:
            with fuse.fitted():
                desk.send(lines(path))
        except BaseException as error:
            assert isinstance(error, Killed), error
        if fuse.steps < step:
            break
        noted_alerts = {row.alert for row in desk.found() if row.state == "sent"}
        assert noted_alerts <= set(told_in(path)), step
        desk.now += 3600
        desk.send(lines(path))
        assert told_in(path) == ids, step
        assert desk.states() == ["sent"] * 3
    assert 10 < step < 199


def number(payload: dict[str, Any]) -> int:
    """Return the number of the alert that a message tells of."""
    return int(payload["alert"]["alert_id"].removeprefix("a"))


def told_in(path: Path) -> list[int]:
    """Return the alerts that a file tells of."""
    if not path.exists():
        return []
    return sorted(number(json.loads(line)) for line in path.read_text().splitlines())


def test_a_poison_message_blocks_no_other_and_a_hanging_channel_no_other_channel(
    desk: DeliveryDesk, web: Web
) -> None:
    ids = alerts(desk, 4)

    def picky(request: Request) -> Reply:
        poison = number(json.loads(request.body)) == ids[0]
        return Reply(422 if poison else 200)

    web.on("/picky", picky)
    web.on("/hangs", Reply(fault=Broken.HANG))
    desk.plan(ids, "picky")
    desk.plan(ids[:1], "hangs")

    async def life(notifier: DeliveryLoop) -> None:
        sending = asyncio.create_task(notifier.all())
        await becomes(lambda: desk.states("picky") == ["waiting", "sent", "sent", "sent"])
        await becomes(lambda: web.requests_for("/hangs"))
        assert desk.states("hangs") == ["waiting"]
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)

    desk.live([webhook(web.url("/hangs"), "hangs"), webhook(web.url("/picky"), "picky")], life)


def test_a_channel_that_is_down_is_asked_once_not_once_for_each_message(
    desk: DeliveryDesk, web: Web
) -> None:
    web.on("/in", Reply(503))
    desk.plan(alerts(desk, 4), "hook")
    desk.send(webhook(web.url("/in")))
    assert len(web.requests) == 1
    web.on("/in", Reply(500))  # after three failures the channel counts as down
    desk.now += DAY
    desk.send(webhook(web.url("/in")))
    assert len(web.requests) == 4


def test_given_up_after_seven_days_listed_and_sent_when_asked_for(
    desk: DeliveryDesk, web: Web
) -> None:
    web.on("/in", Reply(503))
    (alert,) = alerts(desk, 1)
    desk.plan([alert], "hook")
    for _ in range(60):
        desk.send(webhook(web.url("/in")))
        desk.now = max(desk.now + 60, desk.found()[0].due)
        if desk.states() == ["dead"]:
            break
    (dead,) = desk.found()
    assert dead.state == "dead"
    assert 7 <= (desk.now - NOW) / DAY < 7.5
    assert "503" in dead.reason
    assert desk.views.deliveries.unsent() == {("hook", DeliveryState.DEAD): 1}
    web.on("/in", Reply(200))
    desk.send(webhook(web.url("/in")))
    assert desk.states() == ["dead"]
    assert desk.views.deliveries.retry(None, desk.now, channel="other") == 0
    assert desk.views.deliveries.retry([dead.id], desk.now) == 1
    desk.send(webhook(web.url("/in")))
    assert desk.states() == ["sent"]
    assert desk.found()[0].key == dead.key
    assert desk.views.deliveries.retry([dead.id], desk.now) == 0


def in_french(read: Callable[[], str]) -> str:
    """Return what a reader of French reads."""
    language = translation.choice()
    try:
        translation.use("fr", FOLDER)
        return read()
    finally:
        translation.use(*language)


def test_what_waits_for_a_channel_that_is_removed_is_given_up_and_can_be_moved(
    desk: DeliveryDesk, web: Web
) -> None:
    web.on("/in", Reply(200))
    desk.plan(alerts(desk, 2), "gone")
    desk.send(webhook(web.url("/in")))
    assert desk.states() == ["dead", "dead"]
    assert desk.found()[0].reason == "feeds.yaml has no channel gone any more"
    reason = in_french(lambda: desk.found()[0].reason)
    assert reason == "feeds.yaml n’a plus de canal gone"
    assert desk.views.deliveries.retry(None, desk.now, channel="gone", to="hook") == 2
    desk.send(webhook(web.url("/in")))
    assert [(d.channel, d.state) for d in desk.found()] == [("hook", "sent")] * 2


def test_a_clock_that_is_set_back_keeps_nothing_waiting(desk: DeliveryDesk, web: Web) -> None:
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


def test_a_clock_that_is_set_back_prolongs_no_pause(desk: DeliveryDesk, web: Web) -> None:
    web.on("/in", Reply(503), Reply(200))
    desk.plan(alerts(desk, 1), "hook")

    async def life(notifier: DeliveryLoop) -> None:
        await notifier.all()
        desk.now, desk.set_back = desk.now - 3_600, 3_600.0
        await notifier.all()
        assert len(web.requests) == 1  # for a minute it is not asked again
        desk.now += 60
        await notifier.all()

    desk.live([webhook(web.url("/in"))], life)
    assert desk.states() == ["sent"]


def test_a_bundle_goes_as_one_message_and_not_before_it_is_due(
    desk: DeliveryDesk, web: Web
) -> None:
    web.on("/in", Reply(503), Reply(200))
    ids = alerts(desk, 3)
    reason = translation.gettext("digest at {time}", time="07:30")
    desk.plan(ids, "hook", due=NOW + 100, reason=reason, bundle="07:30")
    assert in_french(lambda: desk.found()[0].reason) == "récapitulatif à 07:30"
    desk.send(webhook(web.url("/in")))
    assert not web.requests
    for wait in (100, 3600):
        desk.now += wait
        desk.send(webhook(web.url("/in")))
    first, second = (json.loads(request.body) for request in web.requests)
    assert [number(message) for message in second["digest"]] == ids
    assert first["key"] == second["key"]
    assert desk.states() == ["sent"] * 3


def test_what_is_put_on_its_way_wakes_the_sender(desk: DeliveryDesk, web: Web) -> None:
    web.on("/in", Reply(200))

    async def life(notifier: DeliveryLoop) -> None:
        sending = asyncio.create_task(notifier.run_forever(lambda error: pytest.fail(str(error))))
        await asyncio.sleep(0.2)
        assert not web.requests
        desk.plan(alerts(desk, 2), "hook")
        await asyncio.sleep(0.2)
        assert not web.requests  # the loop waits until it is woken: two looks are a day apart
        notifier.wake()
        await becomes(lambda: desk.states() == ["sent", "sent"])
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)

    desk.live([webhook(web.url("/in"))], life, sleep=lambda seconds: asyncio.sleep(DAY))


def test_an_edit_ends_what_hangs_and_its_channel_is_mended(desk: DeliveryDesk, web: Web) -> None:
    web.on("/old", Reply(fault=Broken.HANG))
    web.on("/new", Reply(200))
    desk.plan(alerts(desk, 1), "hook")

    async def life(notifier: DeliveryLoop) -> None:
        sending = asyncio.create_task(notifier.run_forever(lambda error: pytest.fail(str(error))))
        await becomes(lambda: web.requests_for("/old"))
        await notifier.use([webhook(web.url("/new"))], LOOPBACK)
        await becomes(lambda: desk.states() == ["sent"])
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)

    desk.live([webhook(web.url("/old"))], life)
    keys = {request.header("Idempotency-Key") for request in web.requests}
    assert len(web.requests) == 2
    assert len(keys) == 1


@pytest.mark.parametrize("is_sent", [False, True])
def test_what_an_import_raises_is_sent_if_the_watchlist_says_so(
    tmp_path: Path, is_sent: bool
) -> None:
    watchlist = replace(flow.WATCHLISTS[0], notify_backfill=is_sent)
    with closing(Store(StoreAddress(tmp_path))) as store:
        store.subscribe((), (watchlist,))
        taking = ArticleImport(
            store, lambda: (watchlist,), lambda: NOW, routing=lambda: Routing(channels=("log",))
        )
        taking.take([parse_article({"title": "Alibaba à Liège", "published": "2023-10-09"}, NOW)])
        assert taking.alerts == 1
    planned = DeliveryDesk(tmp_path).found()
    assert [(d.channel, d.occasion) for d in planned] == [("log", "raised")] * is_sent
