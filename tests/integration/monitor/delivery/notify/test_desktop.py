"""Channels that show notifications of the desktop."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.delivery_desk import DeliveryDesk, alerts
from support.newsroom import Newsroom

from monitor.cli import main_group
from monitor.model.config import Channel, ChannelKind

pytestmark = [
    pytest.mark.costly,
    pytest.mark.skipif(sys.platform == "darwin", reason="the program is that of Linux desktops"),
]
NAME = "me"
SHOWN = 'printf "%s\\n" "$@" >> "$0.shown"; env > "$0.env"'


def desktop() -> Channel:
    return Channel(name=NAME, kind=ChannelKind.DESKTOP, target=())


def use_program(folder: Path, patch: pytest.MonkeyPatch, text: str = SHOWN) -> Path:
    """Put a program that shows notifications first in the PATH, in a desktop session."""
    path = folder / "bin" / "notify-send"
    path.parent.mkdir()
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o700)
    patch.setenv("PATH", f"{path.parent}:/usr/bin:/bin")
    patch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/user/1/bus")
    return path


def test_an_alert_is_shown_on_the_desktop(
    desk: DeliveryDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOC_SECRET", "canary")
    program = use_program(desk.folder, monkeypatch)
    (id,) = alerts(desk, 1)
    (alert,) = desk.views.alerts.get([id])
    desk.plan([id], NAME)
    desk.send(desktop())
    assert desk.states() == ["sent"]
    words = Path(f"{program}.shown").read_text()
    assert alert.watchlist in words and alert.title in words and alert.publisher in words
    environ = Path(f"{program}.env").read_text()
    assert "DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1/bus" in environ
    assert "canary" not in environ


def test_a_headline_is_no_markup_and_no_option(
    desk: DeliveryDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = use_program(desk.folder, monkeypatch)
    desk.plan(alerts(desk, 1), NAME)
    template = "--replace <b>R&D</b>"
    desk.send(Channel(name=NAME, kind=ChannelKind.DESKTOP, target=(), template=template))
    arguments = Path(f"{program}.shown").read_text().splitlines()
    assert arguments[arguments.index("--") + 2] == "--replace &lt;b&gt;R&amp;D&lt;/b&gt;"


def test_many_alerts_are_one_notification(
    desk: DeliveryDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = use_program(desk.folder, monkeypatch)
    ids = alerts(desk, 5)
    assert len(ids) > 1
    desk.plan(ids, NAME)
    desk.send(desktop())
    assert {*desk.states()} == {"sent"}
    assert Path(f"{program}.shown").read_text().count("--app-name") == 1


def test_a_desktop_that_cannot_show_it_says_why(
    desk: DeliveryDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_program(desk.folder, monkeypatch, "echo nobody listens >&2; exit 1")
    desk.plan(alerts(desk, 1), NAME)
    desk.send(desktop())
    assert desk.found()[0].reason == "ended with 1: nobody listens"


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    return Newsroom(tmp_path)


def check(newsroom: Newsroom, **channel: object) -> tuple[int, str]:
    newsroom.watch([], ["Alibaba"], channels=[{"name": NAME, **channel}])
    done = CliRunner().invoke(main_group, ["-c", str(newsroom.config), "check"])
    return done.exit_code, done.output


def test_check_says_when_nothing_can_be_shown(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    use_program(tmp_path, monkeypatch)
    code, output = check(newsroom, desktop=True)
    assert code == 0 and f"{NAME}  desktop" in output and f"{NAME}: " not in output
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert f"{NAME}: no desktop session" in check(newsroom, desktop=True)[1]
    (tmp_path / "bus").touch()
    assert f"{NAME}: " not in check(newsroom, desktop=True)[1]
    monkeypatch.setenv("PATH", str(tmp_path))
    assert f"{NAME}: there is no `notify-send`" in check(newsroom, desktop=True)[1]


def test_a_desktop_is_true(newsroom: Newsroom) -> None:
    assert check(newsroom, desktop=False)[0] == 2
    assert check(newsroom, desktop=True, file="alerts.jsonl")[0] == 2
    assert check(newsroom, desktop=True, template="$headline")[0] == 0
