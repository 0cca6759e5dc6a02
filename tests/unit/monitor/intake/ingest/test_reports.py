"""Tests of reports: articles that tell one event in their own words are one story, one row."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from support.flow import ManualMonitor, Press, edition

from index.query.parser import parse_query
from monitor.model.config import StoreAddress
from monitor.model.feed import Feed
from monitor.model.search import Filter
from monitor.model.watchlist import Watchlist
from monitor.storage.store.sql.store import Store
from monitor.storage.store.sql.views import Views

SITES = ("gazette.test", "courrier.test", "tribune.test")
WATCHLIST = Watchlist(name="Zarvik", query=parse_query("Zarvik"))
FIRE = (
    "Zarvik : un incendie ravage l’usine Kelvor de Mornay",
    "Le feu a détruit mardi deux hangars de la société Kelvor à Mornay, selon Odile Trévin, maire.",
)
FIRE_AGAIN = (
    "Mornay, après l’incendie : Kelvor promet de rebâtir son usine",
    "Le groupe Zarvik, maison mère, estime ses pertes à 40 millions. Odile Trévin veut un audit.",
)
STRIKE = (
    "Zarvik : les syndicats de Brolles votent la grève",
    "À Brolles, l’assemblée du personnel demande une prime ; la direction juge ce vote prématuré.",
)
WEATHER = (
    (
        "Météo Zarvik : la pluie gagne Mornay",
        "Le temps de mardi à Mornay, par Odile Trévin, de Kelvor.",
    ),
    (
        "Météo Zarvik : Brolles attend le gel",
        "Le temps de jeudi à Brolles, par Odile Trévin, de Kelvor.",
    ),
)
OFFERS = (
    (
        "Zarvik à prix cassé : Kelvor bat Mornay, profitez-en",
        "Le casque Odile Trévin est en promotion à Brolles chez Kelvor et Mornay.",
    ),
    (
        "Bon plan : la tablette Zarvik en soldes chez Kelvor",
        "Chez Mornay et Brolles, une remise de 40 euros sur la tablette Odile Trévin.",
    ),
)
LATER = (
    "Incendie de Mornay : la société Kelvor mise en examen",
    "Le parquet de Brolles poursuit Kelvor, filiale de Zarvik ; Odile Trévin sera entendue.",
)
Told = tuple[str, str]
"""Headline and text."""


def rows(address: StoreAddress, reports: Mapping[int, tuple[int, Told]]) -> list[int]:
    """Return the numbers of alerts of the rows, the newest row first.

    Args:
        address: A store.
        reports: The publisher, an index of `SITES`, and the report, by the hour of its arrival.
    """
    editions = {
        f"https://{site}/rss": [
            edition(
                *(
                    f"<item><link>https://{site}/{hour}</link><title>{title}</title>"
                    f"<description>{text}</description></item>"
                    for hour, (publisher, (title, text)) in reports.items()
                    if publisher == number and hour <= now
                )
            )
            for now in range(max(reports) + 1)
        ]
        for number, site in enumerate(SITES)
    }
    feeds = [Feed(url=url, name=url, lang="fr") for url in editions]
    monitor = ManualMonitor(
        Path(), Press(editions), feeds, [WATCHLIST], open_store=lambda _: Store(address)
    )
    monitor.live([0, *reports])
    views = Views(address).alerts
    ids = [*views.ids(Filter())]
    return [len(story.alerts) for story in views.stories(ids[::-1])]


def test_two_publishers_tell_one_event_in_their_own_words(address: StoreAddress) -> None:
    assert rows(address, {1: (0, FIRE), 2: (1, FIRE_AGAIN)}) == [2]


def test_another_event_of_the_watched_company_is_another_row(address: StoreAddress) -> None:
    assert rows(address, {1: (0, FIRE), 2: (1, STRIKE)}) == [1, 1]


def test_each_report_stands_for_itself(address: StoreAddress) -> None:
    """Nobody copied: each alert stands, and the timeline says that the words are the outlet's."""
    rows(address, {1: (0, FIRE), 2: (1, FIRE_AGAIN)})
    views = Views(address).alerts
    alerts = views.get(views.ids(Filter()), timelines=True)
    assert [alert.merged_into for alert in alerts] == [None, None]
    assert [(o.article, o.copied) for o in alerts[1].timeline.outlets] == [(1, False), (2, False)]


def test_columns_of_one_publisher_are_no_event(address: StoreAddress) -> None:
    assert rows(address, {1: (0, WEATHER[0]), 30: (0, WEATHER[1])}) == [1, 1]


@pytest.mark.parametrize("earlier", [FIRE, OFFERS[0]])
def test_special_offers_tell_of_no_event(address: StoreAddress, earlier: Told) -> None:
    assert rows(address, {1: (0, earlier), 30: (0, OFFERS[1])}) == [1, 1]


@pytest.mark.parametrize(("hour", "sizes"), [(70, [3]), (74, [1, 2])])
def test_a_story_takes_reports_for_three_days(
    address: StoreAddress, hour: int, sizes: list[int]
) -> None:
    """Else a running story would be one row for weeks."""
    reports = {1: (0, FIRE), 48: (1, FIRE_AGAIN), hour: (2, LATER)}
    assert rows(address, reports) == sizes
