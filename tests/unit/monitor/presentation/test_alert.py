"""Tests of the description of alerts."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from support.fake_newsroom import FakeNewsroom

from monitor.model.alert import AlertState, Escalation, SuppressionReason, Verdict
from monitor.model.delivery import Delivery, DeliveryState, Occasion
from monitor.model.triage import Decision
from monitor.model.watchlist import Match, Severity
from monitor.presentation.alert import (
    alert_lines,
    describe_counts,
    describe_deliveries,
    describe_suppression,
    describe_triage,
)

ALERT = FakeNewsroom().alerts([1])[0]
DECISION = Decision(
    act=1, alert=1, at=10.0, who="anna", why="", undoes=None,
    before={"state": "new"}, after={"state": "acknowledged"},
)  # fmt: skip
DELIVERY = Delivery(
    id=1, alert=1, channel="desk", occasion=Occasion.RAISED, why="", key="k",
    state=DeliveryState.SENT, due=0.0, attempts=1, reason="", created_at=0.0, sent_at=5.0,
)  # fmt: skip


def moment(at: float) -> str:
    return f"at {at:g}"


@pytest.mark.parametrize(
    ("changes", "last", "words"),
    [
        ({}, None, "new"),
        ({"state": AlertState.ACKNOWLEDGED}, DECISION, "acknowledged, by anna at 10"),
        (
            {
                "state": AlertState.CLOSED,
                "verdict": Verdict.NOISE,
                "starred": True,
                "tags": ("fraud",),
            },
            replace(DECISION, who=""),
            "closed, by somebody at 10 · noise · ★ · #fraud",
        ),
        ({}, replace(DECISION, why="5 outlets"), "new, changed by tocsin at 10"),
    ],
)
def test_what_was_decided_is_said_with_who_and_when(
    changes: dict[str, Any], last: Decision | None, words: str
) -> None:
    assert describe_triage(replace(ALERT, **changes), last, moment) == words


@pytest.mark.parametrize("reason", SuppressionReason)
def test_every_reason_why_nobody_is_notified_has_words(reason: SuppressionReason) -> None:
    words = describe_suppression(replace(ALERT, suppressed=reason), moment)
    assert words.startswith("not notified: ")
    assert words.removeprefix("not notified: ") != reason


def test_why_nobody_is_notified_is_said_with_its_end_and_for_escalations() -> None:
    assert describe_suppression(ALERT, moment) == ""
    silenced_alert = replace(ALERT, suppressed="silence", suppressed_until=7.0)
    reason = describe_suppression(silenced_alert, moment)
    assert reason == "not notified: the watchlist was silenced until at 7"
    step = Escalation(
        id=1, alert=1, reason="outlets", words="5 outlets", at=1.0, severity=Severity.LOW,
        suppressed="no route",
    )  # fmt: skip
    reason = describe_suppression(replace(ALERT, escalations=(step,)), moment)
    assert reason == "5 outlets not notified: no route leads to a channel"
    unrouted = replace(ALERT, suppressed="no route", escalations=(step,))
    assert describe_suppression(unrouted, moment) == "not notified: no route leads to a channel"
    assert "alert a3" in describe_suppression(replace(ALERT, merged_into=3), moment)


def test_suppressed_alerts_are_counted_in_words_the_most_first() -> None:
    counts = {"silence": 2, "copy": 1_000, **dict.fromkeys(SuppressionReason, 3)}
    assert describe_counts(counts) == (
        "1,000 copies, 3 silenced, 3 published before they were watched, 3 without a route,"
        " 3 in a cooldown"
    )
    assert describe_counts({}) == ""


def test_deliveries_say_where_an_alert_is() -> None:
    waiting = replace(DELIVERY, state=DeliveryState.WAITING, reason="quiet hours until 07:00")
    dead = replace(DELIVERY, state=DeliveryState.DEAD, channel="mail\x1b[2J", reason="404")
    assert describe_deliveries([DELIVERY, waiting, dead], moment) == (
        "sent to desk at 5; waits for desk: quiet hours until 07:00; given up for mail: 404"
    )
    assert describe_deliveries([], moment) == ""


def test_what_matched_often_is_said_once() -> None:
    texts = [("title", "Apple"), ("body", "Apple"), ("body", "apple"), ("body", "Apple")]
    matches = [Match(field=part, start=0, end=5, text=text, term="apple") for part, text in texts]
    alert = replace(ALERT, matches=tuple(matches))
    assert [line[0][0] for line in alert_lines(alert, (), str)] == [
        "“Apple” in the title, by apple",
        "“Apple” in the body, by apple × 2",
        "“apple” in the body, by apple",
    ]
