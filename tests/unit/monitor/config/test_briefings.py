"""Tests of the briefings in feeds.yaml, and of the mistakes in them."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from monitor.base.errors import ConfigError
from monitor.config.description import as_text
from monitor.config.loading import understand
from monitor.model.config import BriefingSchedule, Config

FILE = """\
feeds:
  - https://www.lesoir.be/rss
watchlists:
  - Liège
channels:
  - {name: desk, file: desk.jsonl}
  - {name: log, file: log.jsonl}
briefing:%s
"""
WORKDAYS = (0, 1, 2, 3, 4)


def config_of(briefings: str) -> Config:
    return understand((FILE % briefings).encode(), Path("feeds.yaml"))


@pytest.mark.parametrize(
    ("briefings", "expected"),
    [
        (
            ' {at: "07:00", days: mon-fri, to: desk}',
            [BriefingSchedule(name="Briefing", at=(time(7),), days=WORKDAYS, to=("desk",))],
        ),
        (
            '\n  - {at: ["7:00", "17:30"], to: [desk, log]}'
            '\n  - {name: Weekly, at: "08:00", days: mon, to: log, watch: liège, since: 7d}',
            [
                BriefingSchedule(
                    name="Briefing", at=(time(7), time(17, 30)), to=("desk", "log")
                ),
                BriefingSchedule(
                    name="Weekly", at=(time(8),), to=("log",), days=(0,), watch=("liège",),
                    since=604_800.0,
                ),
            ],
        ),
        (" []", []),
    ],
)  # fmt: skip
def test_briefings_are_one_or_several(briefings: str, expected: list[BriefingSchedule]) -> None:
    assert list(config_of(briefings).briefings) == expected


@pytest.mark.parametrize(
    ("briefings", "line", "words"),
    [
        (' {at: "07:00", to: desc}', 8, "no such channel `desc`; did you mean `desk`?"),
        (' {at: "07:00", to: desk, watch: Liege}', 8, "no watchlist is called `Liege`"),
        (' {at: "07:00"}', 8, "this briefing has no `to`"),
        (" {to: desk}", 8, "this briefing has no `at`"),
        (' {at: "7h", to: desk}', 8, "`7h` is not a time of day"),
        (' {at: "07:00", too: desk}', 8, "unknown key `too`; did you mean `to`?"),
        (
            '\n  - {at: "07:00", to: desk}\n  - {at: "08:00", to: log}',
            10,
            "a briefing is called `Briefing` already, on line 9",
        ),
    ],
)
def test_mistakes_say_where_and_what_to_do(briefings: str, line: int, words: str) -> None:
    with pytest.raises(ConfigError) as error:
        config_of(briefings)
    found_problems = [(problem.line, problem.message) for problem in error.value.problems]
    assert any(at == line and words in message for at, message in found_problems), found_problems


def test_a_list_whose_items_are_wrong_is_not_also_called_empty() -> None:
    with pytest.raises(ConfigError) as error:
        config_of(' {at: "7h", to: desk}')
    assert len(error.value.problems) == 1
    with pytest.raises(ConfigError, match="`at` is empty"):
        config_of(" {at: [], to: desk}")


@pytest.mark.usefixtures("french")
def test_briefings_are_described_in_french() -> None:
    config = config_of(
        '\n  - {at: "07:00", days: mon-wed, to: desk}\n  - {name: Ports, at: "8:00", to: log}'
    )
    assert config.briefings[0].name == "Briefing"  # the store knows it by this name
    rows = [" ".join(line.split()) for line in as_text(config)]
    assert "Synthèse desk at 07:00, days lun, mar, mer" in rows
    assert "Ports log at 08:00" in rows
