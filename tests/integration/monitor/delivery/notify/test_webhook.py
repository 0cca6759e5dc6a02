"""Webhooks: what they are told, who proves it, and what their answers mean."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from support import ROOT
from support.delivery_desk import DAY, NOW, DeliveryDesk, alerts, webhook
from support.scripted_server import Fault as Broken, Reply, Web

from monitor.model.delivery import DeliveryState
from monitor.presentation.rows.alerts import alert_row


def test_a_webhook_gets_the_alert_as_programs_do_and_the_same_key_at_each_try(
    desk: DeliveryDesk, web: Web
) -> None:
    web.on("/in", Reply(503), Reply(fault=Broken.RESET), Reply(204))
    (alert,) = alerts(desk, 1)
    desk.plan([alert], "hook")
    for _ in range(3):
        desk.send(webhook(web.url("/in")))
        desk.now += DAY
    (sent,) = desk.found()
    assert (sent.state, sent.attempts, sent.reason) == (DeliveryState.SENT, 3, "")
    assert [request.header("Idempotency-Key") for request in web.requests] == [
        sent.key.encode()
    ] * 3
    payload = json.loads(web.requests[-1].body)
    (expected,) = desk.views.alerts.get([alert], matches=True)
    row = {k: v for k, v in alert_row(expected).items() if k not in ("outlets", "elsewhere")}
    assert row.items() <= payload["alert"].items()
    assert payload["article"]["article_id"] == expected.article
    assert payload["alert"]["outlets"][0]["article_id"]
    assert (payload["key"], payload["channel"]) == (sent.key, "hook")


def genuine() -> Callable[..., bool]:
    """Return the code for receivers in the documentation."""
    page = (ROOT / "docs" / "how-to" / "delivery.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```python\n(import hashlib.*?)^```$", page, re.M | re.S)
    names: dict[str, Any] = {}
    exec(block, names)
    check = names["is_genuine"]
    assert callable(check)
    return check


def test_a_signature_proves_who_sent_it_and_when(desk: DeliveryDesk, web: Web) -> None:
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
    desk: DeliveryDesk, web: Web, reply: Reply, after: str, reason: str
) -> None:
    web.on("/in", reply)
    desk.plan(alerts(desk, 1), "hook")
    for _ in range(3):
        desk.send(webhook(web.url("/in")))
        desk.now += 3600
    (row,) = desk.found()
    assert row.state == after
    assert reason in row.reason
    assert not web.requests_for("/elsewhere")


def test_retry_after_is_heeded_by_the_whole_channel(desk: DeliveryDesk, web: Web) -> None:
    web.on("/in", Reply(429, (("Retry-After", "1800"),)), Reply(200))
    desk.plan(alerts(desk, 3), "hook")
    desk.send(webhook(web.url("/in")))
    assert len(web.requests) == 1
    first = min(desk.found(), key=lambda row: -row.attempts)
    assert first.due == NOW + 1800
    assert "asked to come back in 30 min" in first.reason


def test_only_addresses_that_are_allowed_are_asked(desk: DeliveryDesk, web: Web) -> None:
    web.on("*", Reply(200))
    desk.allow = ()
    desk.plan(alerts(desk, 1), "hook")
    desk.send(webhook(web.url("/in")))
    (refused,) = desk.found()
    assert "not a public address" in refused.reason
    assert "`network: {allow: [127.0.0.1]}` allows it" in refused.reason
    assert not web.requests
