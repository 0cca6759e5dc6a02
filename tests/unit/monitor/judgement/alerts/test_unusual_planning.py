"""Tests of the words about what is unusual: when it began, in the language of the reader."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC

import pytest

from index.query.parser import parse_query
from monitor.base import translation
from monitor.base.language import FOLDER
from monitor.judgement.alerts.routing import Routing
from monitor.judgement.alerts.unusual_planning import UnusualWatchlist, title
from monitor.judgement.alerts.unusual_volume import Unusual
from monitor.model.alert import AlertKind
from monitor.model.shown_names import describe_ended_silence
from monitor.model.watchlist import Silence, Watchlist

BEGUN = 1_795_856_400.0  # 2026-11-28 09:00
HOUR, DAY = 3_600.0, 86_400.0


@pytest.fixture
def french() -> Iterator[None]:
    before = translation.choice()
    translation.use("fr", FOLDER)
    yield
    translation.use(*before)


def words(kind: AlertKind, age: float) -> str:
    watchlist = Watchlist(name="Ports", query=parse_query("port"))
    case = UnusualWatchlist(watchlist=watchlist, unusual=Unusual(kind, BEGUN, 14, 3.0))
    return title(case, BEGUN + age, Routing(zone=UTC))


def test_a_time_of_today_stands_alone() -> None:
    assert "since 09:00, 3" in words(AlertKind.SPIKE, HOUR)
    assert "since 2026-11-28 09:00, 3" in words(AlertKind.QUIET, 3 * DAY)


@pytest.mark.usefixtures("french")
@pytest.mark.parametrize("kind", [AlertKind.SPIKE, AlertKind.QUIET])
def test_a_date_has_its_article_in_french(kind: AlertKind) -> None:
    assert "depuis 09:00, 3" in words(kind, HOUR)
    assert "depuis le 28/11/2026 09:00, 3" in words(kind, 3 * DAY)


@pytest.mark.usefixtures("french")
def test_the_end_of_a_silence_says_since_when() -> None:
    silence = Silence(watchlist="Ports", by="ana", since=BEGUN, until=BEGUN + DAY, suppressed=2)
    assert "depuis le 28/11/2026 09:00" in describe_ended_silence(silence, "28/11/2026 09:00")
