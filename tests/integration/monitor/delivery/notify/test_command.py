"""Channels that are commands."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path

import pytest
from support.delivery_desk import DeliveryDesk, alerts, command
from support.newsroom import until

from monitor.delivery.notify.notification import Message, NotificationLoader
from monitor.delivery.notify.senders import CommandSender

pytestmark = pytest.mark.costly


def script(folder: Path, text: str) -> str:
    path = folder / "hook.sh"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o700)
    return str(path)


def test_a_command_gets_json_no_shell_and_no_secrets(
    desk: DeliveryDesk, monkeypatch: pytest.MonkeyPatch
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
def test_a_command_that_fails_says_why(desk: DeliveryDesk, text: str, reason: str) -> None:
    desk.plan(alerts(desk, 1), "script")
    desk.send(command(script(desk.folder, text)))
    assert [(row.state, row.reason) for row in desk.found()] == [("waiting", reason)]


def test_a_command_that_is_not_there_says_so(desk: DeliveryDesk) -> None:
    desk.plan(alerts(desk, 1), "script")
    desk.send(command(str(desk.folder / "missing")))
    assert desk.found()[0].reason == "cannot be run: No such file or directory"


def test_a_command_that_hangs_is_killed_with_what_it_started(desk: DeliveryDesk) -> None:
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


def test_a_command_may_leave_something_behind(desk: DeliveryDesk) -> None:
    desk.plan(alerts(desk, 1), "script")
    desk.send(command(script(desk.folder, f"sleep 600 & echo $! > {desk.folder}/child; exit 0")))
    os.kill(int((desk.folder / "child").read_text()), signal.SIGKILL)
    assert desk.states() == ["sent"]


def parcels_of(desk: DeliveryDesk) -> Message:
    return NotificationLoader(desk.views).load(desk.found())
