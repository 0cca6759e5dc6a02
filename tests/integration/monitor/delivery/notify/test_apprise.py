"""Channels that Apprise reaches."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from support.delivery_desk import DAY, LOOPBACK, DeliveryDesk, alerts
from support.scripted_server import Reply, Web

from monitor.delivery.notify.apprise import ConnectionWatch, send_message
from monitor.model.config import Channel, ChannelKind

pytestmark = pytest.mark.costly


def test_apprise_sends_and_is_fenced_in(desk: DeliveryDesk, web: Web) -> None:
    web.on("/in", Reply(200))
    address = f"json://me:canary@127.0.0.1:{web.port}/in"
    channel = Channel(name="desk", kind=ChannelKind.APPRISE, target=(address,))
    (alert,) = alerts(desk, 1)
    desk.plan([alert], "desk")
    desk.allow = ()
    desk.send(channel)
    assert (
        "127.0.0.1 is not a public address: `network: {allow: [127.0.0.1]}` allows it"
        in desk.found()[0].reason
    )
    assert not web.requests
    desk.allow = LOOPBACK
    desk.now += DAY
    desk.send(channel)
    assert (desk.states(), desk.found()[0].reason) == (["sent"], "")
    (expected,) = desk.views.alerts.get([alert])
    payload = json.loads(web.requests[-1].body)
    assert expected.title in payload["title"]
    assert expected.url in payload["message"]


def test_what_apprise_says_is_told_without_the_address(web: Web) -> None:
    web.on("/in", Reply(500))
    answers = [
        send_message(
            ConnectionWatch(),
            {"url": f"json://me:canary@127.0.0.1:{port}/in", "subject": "Title", "plain": "Text"},
        )
        for port in (web.port, 1)
    ]
    assert [answer["reason"] for answer in answers] == [
        "JSON answered 500", "JSON cannot be reached",
    ]  # fmt: skip
    assert [answer["status"] for answer in answers] == [500, 0]


def test_what_shows_markdown_gets_markdown(web: Web) -> None:
    web.on("/hooks/" + "a" * 24, Reply(200))
    web.on("/in", Reply(200))
    message = {"subject": "[Reset](phish.test)", "plain": "plain", "markdown": "mark\\_down"}
    for address in (f"mmost://127.0.0.1:{web.port}/{'a' * 24}", f"json://127.0.0.1:{web.port}/in"):
        connections = ConnectionWatch()
        connections.allow = LOOPBACK
        assert not send_message(connections, {"url": address, **message})["reason"]
    chat, other = (json.loads(request.body) for request in web.requests)
    assert chat["text"] == "\\[Reset\\]\\(phish.test\\)\r\nmark\\_down"
    assert (other["title"], other["message"]) == ("[Reset](phish.test)", "plain")


_REACH = """
import socket, sys
from monitor.delivery.notify.apprise import ConnectionWatch

sys.addaudithook(ConnectionWatch().watch)
hosts = ["127.0.0.1", "127.1", "0", "0x7f000001", "2130706433", "017700000001", "localhost",
         "::1", "::", "::ffff:127.0.0.1"]
calls = {
    "connect": lambda udp, address: udp.connect(address),
    "connect_ex": lambda udp, address: udp.connect_ex(address),
    "sendto": lambda udp, address: udp.sendto(b"x", address),
    "sendmsg": lambda udp, address: udp.sendmsg([b"x"], [], 0, address),
}
for host in hosts:
    for name, call in calls.items():
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as udp:
            try:
                call(udp, (host, 9))
            except OSError as error:
                if "are not allowed" in str(error):
                    continue
            print(host, name)
"""


def test_no_call_and_no_spelling_reaches_this_machine() -> None:
    command = [sys.executable, "-c", _REACH]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == ""
