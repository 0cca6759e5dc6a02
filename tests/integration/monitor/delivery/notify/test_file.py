"""Channels that are files."""

from __future__ import annotations

import json
import stat

from support.delivery_desk import DeliveryDesk, alerts, lines


def test_a_file_gets_a_line_for_each_and_keeps_what_is_there(desk: DeliveryDesk) -> None:
    path = desk.folder / "new" / "out.jsonl"
    desk.plan(alerts(desk, 2), "log")
    desk.send(lines(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with path.open("a") as file:
        file.write('{"torn": ')
    desk.plan(alerts(desk, 3), "log")  # one of them is new
    desk.send(lines(path))
    lines_ = path.read_text().splitlines()
    assert len(lines_) == 4
    assert lines_[2] == '{"torn": '
    assert {json.loads(line)["key"] for line in lines_ if "key" in line} == {
        delivery.key for delivery in desk.found()
    }


def test_a_file_that_cannot_be_written_says_why(desk: DeliveryDesk) -> None:
    desk.plan(alerts(desk, 1), "log")
    desk.send(lines(desk.folder))
    (delivery,) = desk.found()
    assert delivery.state == "waiting"
    assert "Is a directory" in delivery.reason
