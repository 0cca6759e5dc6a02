"""A story that spreads: outlets that tell it in turn, in two languages, and its alerts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from index.query.parser import parse_query as understood
from monitor.model.alert import Alert
from monitor.model.config import StoreAddress
from monitor.model.feed import Feed
from monitor.model.poll import RaisedAlert
from monitor.model.search import Filter
from monitor.model.watchlist import Severity, Watchlist
from monitor.storage.store.sql.views import Views
from support.flow import ManualMonitor, Press, edition

ALL = Filter()
HOSTS = ("one.fr", "two.fr", "three.be", "four.com", "five.co.uk", "six.org")
LOW, MEDIUM, HIGH = Severity.LOW, Severity.MEDIUM, Severity.HIGH
WIRE = (
    "La sûreté de l’État soupçonne le groupe Alibaba d’espionnage depuis son centre logistique"
    " de Liège, selon un quotidien britannique qui cite des responsables belges. Le groupe"
    " dément toute activité malveillante et rappelle que ses entrepôts sont ouverts aux douanes."
)
ENGLISH = (
    "Belgium’s State Security suspects the Alibaba group of spying from its logistics centre at"
    " Liège airport, a British daily says. Its subsidiary Cainiao denies it."
)
FRENCH = "La filiale Cainiao du groupe Alibaba est soupçonnée d’espionnage à Liège."


def outlet(name: str, lang: str = "fr") -> Feed:
    return Feed(url=f"https://{name}.test/rss", name=name, lang=lang)


def item(host: str, title: str = "Alibaba soupçonné", text: str = WIRE, guid: str = "") -> str:
    return (
        f"<item><guid isPermaLink='false'>{guid or host}</guid>"
        f"<link>https://{host}/{quote(guid or title)}</link>"
        f"<title>{title}</title><description>{text}</description></item>"
    )


EMPTY = edition(item("nothing.example", "Rien", "Rien du tout."))


def watching(**fields: Any) -> Watchlist:
    return Watchlist(name="Alibaba", query=understood("alibaba"), **fields)


def told_in_turn(folder: Path, hosts: Sequence[str], watchlist: Watchlist) -> ManualMonitor:
    """Publish the same story by another outlet in each round, after an empty first round."""
    feeds = [outlet(f"o{number}") for number in range(len(hosts))]
    press = Press(
        {
            feed.url: [*[EMPTY] * (number + 1), edition(item(host))]
            for number, (feed, host) in enumerate(zip(feeds, hosts, strict=True))
        }
    )
    return ManualMonitor(folder, press, feeds, [watchlist])


def story(folder: Path) -> list[Alert]:
    views = Views(StoreAddress(folder))
    return views.alerts.get(views.alerts.ids(ALL), matches=True)


def escalated_alerts(monitor: ManualMonitor) -> list[RaisedAlert]:
    return [r for outcome in monitor.outcomes for r in outcome.raised if r.escalation]


def crossing_press(*, first_french: bool) -> tuple[Press, list[Feed]]:
    fr, en = outlet("fr"), outlet("en", "en")
    french = item("journal.fr", "Espionnage : Cainiao et Alibaba dans le viseur à Liège", FRENCH)
    english = item("daily.co.uk", "Alibaba suspected of spying at Liège", ENGLISH)
    turns = ([french, ""], ["", english]) if first_french else (["", french], [english, ""])
    editions = {
        feed.url: [EMPTY, *(edition(title) if title else EMPTY for title in told_by)]
        for feed, told_by in zip((fr, en), turns, strict=True)
    }
    return Press({url: [*feed_editions] for url, feed_editions in editions.items()}), [fr, en]
