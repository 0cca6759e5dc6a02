"""Channels that are Atom feeds."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.delivery_desk import DeliveryDesk, alerts

from monitor.delivery.notify.senders import file_name
from monitor.intake.parse.document import parse
from monitor.model.config import Channel, ChannelKind


def test_each_watchlist_has_an_atom_feed_that_readers_understand(desk: DeliveryDesk) -> None:
    ids = alerts(desk, 4)
    channel = Channel(name="readers", kind=ChannelKind.ATOM, target=(str(desk.folder / "pub"),))
    desk.plan(ids[:2], "readers")
    desk.send(channel)
    first = read_all(desk.folder / "pub")
    desk.now += 60
    desk.plan(ids, "readers")
    desk.send(channel)
    second = read_all(desk.folder / "pub")
    by_id = {alert.id: alert for alert in desk.views.alerts.get(ids)}
    assert sum(map(len, second.values())) == 4
    for name, entries in first.items():
        assert entries.items() <= second[name].items()  # the ids stay the same
    assert {title for entries in second.values() for title in entries.values()} == {
        alert.title for alert in by_id.values()
    }
    assert set(second) == {file_name(alert.watchlist) for alert in by_id.values()}
    assert not list((desk.folder / "pub").glob(".*"))


def read_all(folder: Path) -> dict[str, dict[str, str]]:
    """Return titles by id, by file."""
    titles = {}
    for path in sorted(folder.glob("*.xml")):
        parsed = parse(path.read_bytes(), "https://a.example/", "application/atom+xml")
        titles[path.name] = {entry.guid: entry.title for entry in parsed.entries}
    return titles


@pytest.mark.parametrize(("name", "other"), [("Grève", "Greve"), ("a b", "a-b"), ("!", "?")])
def test_no_two_watchlists_share_a_file(name: str, other: str) -> None:
    assert file_name(name) != file_name(other)
    assert "/" not in file_name(f"../{name}/x")
