"""Tests of routing: each alert is delivered to each channel once, or held with a reason."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from monitor.judgement.alerts.routing import Hours, Routing, Suppressed, quiet_until
from monitor.model.alert import SuppressionReason
from monitor.model.config import Digest, Quiet, Route
from monitor.model.delivery import PlannedDelivery
from monitor.model.poll import RaisedAlert
from monitor.model.watchlist import Severity

BRUSSELS = ZoneInfo("Europe/Brussels")
NEW_YORK = ZoneInfo("America/New_York")
HIGH, MEDIUM, LOW = Severity
NIGHT = Quiet(start=time(22), end=time(7), zone=BRUSSELS)


def at(text: str, zone: ZoneInfo = BRUSSELS, fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp()


UNROUTED = Suppressed(SuppressionReason.NO_ROUTE)
SILENCED = Suppressed(SuppressionReason.SILENCE, 9.0)


def raised(**fields: object) -> RaisedAlert:
    about = {
        "id": 1, "watchlist": "Liège", "severity": MEDIUM, "title": "", "feed": "lesoir",
        "backfill": False, "lang": "fr",
    }  # fmt: skip
    return RaisedAlert(**(about | fields))  # type: ignore[arg-type]


times = st.times(max_value=time(23, 59)).map(lambda t: t.replace(second=0, microsecond=0))
zones = st.sampled_from([BRUSSELS, NEW_YORK, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("UTC")])
days = st.sets(st.integers(0, 6), min_size=1).map(lambda numbers: tuple(sorted(numbers)))
digests = st.one_of(
    st.builds(Digest, every=st.sampled_from([60.0, 900.0, 1800.0, 21600.0, 86400.0]), zone=zones),
    st.builds(Digest, at=st.lists(times, min_size=1, max_size=3).map(tuple), zone=zones),
)
nights = [at("2026-03-29T00:00"), at("2026-10-25T00:00"), at("2026-04-05T00:00")]
"""The nights in which summer time begins or ends, in Europe and on Lord Howe Island."""
moments = st.builds(lambda night, shift: night + shift, st.sampled_from(nights),
                    st.integers(-40 * 3600, 40 * 3600))  # fmt: skip


# --- routes -----------------------------------------------------------------------------

ROOM = Routing(
    channels=("desk", "soc", "log"),
    named={"Named": ("log",), "Silent": ()},
    routes=(
        Route(watch=("Rumours",), to=()),
        Route(severity=(HIGH,), to=("desk", "soc")),
        Route(lang=("en",), feeds=("bbc", "reuters"), to=("soc",)),
    ),
)


@pytest.mark.parametrize(
    ("about", "channels"),
    [
        ({"watchlist": "Named"}, ("log",)),
        ({"watchlist": "Named", "severity": HIGH}, ("log",)),  # its own word goes first
        ({"watchlist": "Silent"}, ()),
        ({"watchlist": "rumours", "severity": HIGH}, ()),  # the first that matches decides
        ({"severity": HIGH, "lang": "en", "feed": "bbc"}, ("desk", "soc")),
        ({"lang": "en", "feed": "bbc"}, ("soc",)),
        ({"lang": "en", "feed": "lesoir"}, ("desk", "soc", "log")),
        ({"lang": "fr", "feed": "bbc"}, ("desk", "soc", "log")),
        ({}, ("desk", "soc", "log")),
    ],
)
def test_the_first_route_that_matches_decides(
    about: dict[str, object], channels: tuple[str, ...]
) -> None:
    decision = ROOM.decide(raised(**about), 0.0)
    if channels:
        assert decision == tuple(PlannedDelivery(channel=name, due=0.0) for name in channels)
    else:
        assert decision == UNROUTED


def test_what_no_route_is_for_goes_to_the_usual_channels() -> None:
    room = Routing(channels=("desk", "log"), default=("log",))
    assert room.decide(raised(), 5.0) == (PlannedDelivery(channel="log", due=5.0),)
    assert Routing(channels=("desk",), default=()).decide(raised(), 5.0) == Suppressed(
        SuppressionReason.NO_ROUTE
    )


def test_nobody_is_told_of_a_silenced_watchlist() -> None:
    assert ROOM.decide(raised(severity=HIGH), 5.0, {"liège": 9.0}) == Suppressed(
        SuppressionReason.SILENCE, 9.0
    )
    assert ROOM.decide(raised(severity=HIGH), 9.0, {"liège": 9.0}) != Suppressed(
        SuppressionReason.SILENCE, 9.0
    )
    assert ROOM.decide(raised(), 5.0, {"other": 9.0}) != SILENCED


def test_quiet_hours_hold_all_but_what_they_spare() -> None:
    night = Quiet(start=time(22), end=time(7), zone=BRUSSELS, spares=(HIGH,))
    room = Routing(channels=("desk", "log"), hours={"desk": Hours(quiet=night)})
    now, morning = at("2026-11-25T23:00"), at("2026-11-26T07:00")
    desk_delivery, log_delivery = room.decide(raised(), now)  # type: ignore[misc]
    assert (desk_delivery.due, desk_delivery.reason) == (morning, "quiet hours until 07:00")
    assert log_delivery == PlannedDelivery(channel="log", due=now)
    assert [item.due for item in room.decide(raised(severity=HIGH), now)] == [now, now]  # type: ignore[union-attr]


def test_what_is_held_until_one_moment_goes_as_one_message() -> None:
    room = Routing(channels=("desk",), hours={"desk": Hours(quiet=NIGHT)})
    bundles = {
        delivery.bundle
        for now in ("2026-11-25T23:00", "2026-11-26T03:00")
        for delivery in room.decide(raised(), at(now))  # type: ignore[union-attr]
    }
    assert len(bundles) == 1 and bundles != {""}
    (next_night,) = room.decide(raised(), at("2026-11-26T23:00"))  # type: ignore[misc]
    assert next_night.bundle not in bundles


def test_a_digest_that_falls_into_quiet_hours_waits_for_their_end() -> None:
    hours = Hours(quiet=NIGHT, digest=Digest(every=1800.0, zone=BRUSSELS))
    room = Routing(channels=("desk",), hours={"desk": hours})
    (evening,) = room.decide(raised(), at("2026-11-25T21:40"))  # type: ignore[misc]
    assert (evening.due, evening.reason) == (at("2026-11-26T07:00"), "quiet hours until 07:00")
    (day,) = room.decide(raised(), at("2026-11-25T14:40"))  # type: ignore[misc]
    assert (day.due, day.reason) == (at("2026-11-25T15:00"), "digest at 15:00")


NAMES = ("desk", "soc", "log")
subsets = st.lists(st.sampled_from(NAMES), unique=True).map(tuple)
hours = st.builds(
    Hours,
    quiet=st.none() | st.builds(
        Quiet, start=times, end=times, zone=zones, days=days,
        spares=st.sets(st.sampled_from(list(Severity))).map(tuple),
    ),
    digest=st.none() | digests,
)  # fmt: skip
routes = st.builds(
    lambda to, watch, severity, lang, feeds, route_hours: Route(
        to=to, watch=watch, severity=severity, lang=lang, feeds=feeds, quiet=route_hours.quiet,
        digest=route_hours.digest,
    ),
    subsets,
    st.sampled_from([(), ("A",), ("a", "B")]),
    st.sets(st.sampled_from(list(Severity))).map(tuple),
    st.sampled_from([(), ("fr",), ("fr", "en")]),
    st.sampled_from([None, ("x",), ("x", "y")]),
    hours,
)  # fmt: skip
routings = st.builds(
    Routing,
    channels=subsets,
    named=st.dictionaries(st.sampled_from("AB"), subsets, max_size=1),
    routes=st.lists(routes, max_size=4).map(tuple),
    default=st.none() | subsets,
    hours=st.dictionaries(st.sampled_from(NAMES), hours),
    zone=zones,
)
alerts = st.builds(
    lambda watchlist, severity, lang, feed: raised(
        watchlist=watchlist, severity=severity, lang=lang, feed=feed
    ),
    st.sampled_from(["A", "B", "feed health"]),
    st.sampled_from(list(Severity)),
    st.sampled_from(["fr", "en", ""]),
    st.sampled_from(["x", "y", "z"]),
)


@given(room=routings, alert=alerts, now=moments, mute_seconds=st.sampled_from([0.0, -1.0, 600.0]))
def test_an_alert_goes_to_each_channel_once_or_is_held_for_a_reason(
    room: Routing, alert: RaisedAlert, now: float, mute_seconds: float
) -> None:
    decision = room.decide(alert, now, {"a": now + mute_seconds} if mute_seconds else {})
    if isinstance(decision, Suppressed):
        assert decision.reason in (SuppressionReason.SILENCE, SuppressionReason.NO_ROUTE)
        is_silenced = decision.reason is SuppressionReason.SILENCE
        assert (decision.until is not None) == is_silenced
        assert is_silenced == (alert.watchlist == "A" and mute_seconds > 0)
        return
    names = [item.channel for item in decision]
    assert len(names) == len(set(names)) and set(names) <= set(room.channels)
    assert names or not room.channels, "neither told nor held"
    for item in decision:
        assert item.due >= now
        assert bool(item.reason) == bool(item.bundle) == (item.due > now), "late without a reason"
        quiet = room.hours.get(item.channel, Hours()).quiet
        if quiet and not room.routes and alert.severity not in quiet.spares:
            start, end = (datetime.combine(datetime.min, t) for t in (quiet.start, quiet.end))
            if timedelta() < (end - start) % timedelta(days=1) < timedelta(hours=20):
                assert quiet_until(quiet, item.due, room.zone) is None, "told in quiet hours"
