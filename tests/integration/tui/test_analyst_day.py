"""An analyst's day in a real terminal, small and large, in English and in French."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.newsroom import Item, Newsroom, rss
from support.scripted_server import Web, conditional
from support.terminal import Terminal

from monitor.base import translation
from monitor.base.language import FOLDER
from monitor.base.translation import gettext as _, pgettext
from monitor.model.alert import AlertState
from monitor.model.shown_names import state_name

pytestmark = pytest.mark.costly

HEADLINE = "Alibaba surveillé à Liège"
TEXT = (
    "Les services de renseignement surveillent pour espionnage le centre logistique de Cainiao"
    " à Liège depuis des mois, selon des sources au sein du gouvernement fédéral belge."
)
STRIKE = Item("La grève du port continue", "Les dockers attendent.", link="https://ex.org/2")
ENTER, ESCAPE = "\r", "\x1b"
TRY, SAVE = "\x14", "\x13"


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    """A newsroom with one story that two watchlists match and a second outlet copies."""
    newsroom = Newsroom(tmp_path_factory.mktemp("read"))
    with Web() as web:
        story = Item(HEADLINE, TEXT, link="https://ex.org/1")
        web.on("/one", conditional(rss(story, STRIKE, lang="fr")))
        web.on("/two", conditional(rss(Item(HEADLINE, TEXT, link="https://copy.org/1"))))
        newsroom.watch(
            [{"url": web.url(f"/{name}"), "name": f"Journal {name}"} for name in ("one", "two")],
            [
                {"name": "Alibaba", "terms": ["Alibaba", "Cainiao"]},
                {"name": "Espions", "terms": ["espionnage~"], "severity": "high"},
            ],
        )
        done = newsroom.once()
    assert done.returncode == 0, done.stderr
    return newsroom


SIZES = {"fr": (80, 24), "en": (200, 50)}
"""Size of the terminal by language: French needs more room, and may be cut anywhere."""
WORD = "dockers"
"""A word that no watchlist has yet, and that the analyst watches."""


@pytest.fixture(params=SIZES)
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    """Set the language of the dashboard and of this test."""
    before = translation.choice()
    translation.use(request.param, FOLDER)
    yield request.param
    translation.use(*before)


@pytest.fixture
def newsroom(read: Newsroom, tmp_path: Path) -> Newsroom:
    """Return a copy of the newsroom for one test."""
    shutil.copytree(read.folder, tmp_path, dirs_exist_ok=True)
    config = tmp_path / "feeds.yaml"
    text = config.read_text(encoding="utf-8")
    config.write_text(f"# of the desk\n{text}\n", encoding="utf-8")
    return Newsroom(tmp_path)


@pytest.fixture
def terminal(newsroom: Newsroom, language: str) -> Iterator[Terminal]:
    """The dashboard of the newsroom in a terminal."""
    arguments = ["-m", "monitor", "dashboard", "--no-monitor"]
    opened = Terminal(arguments, *SIZES[language], newsroom.folder, TOCSIN_LANGUAGE=language)
    yield opened
    opened.kill()


def test_a_story_is_read_triaged_searched_watched_and_briefed(
    terminal: Terminal, newsroom: Newsroom, language: str
) -> None:
    terminal.read_until(HEADLINE)
    analyst_day(terminal, newsroom)
    # Another process searches for similar articles; these articles have no vectors.
    terminal.press("M")
    message = _("No articles can be compared yet; `tocsin check` says why.")
    terminal.read_until(" ".join(message.split()[:4]))

    terminal.press("q")
    assert "Traceback" not in terminal.end()
    assert terminal.child.exitstatus == 0
    assert json.loads(newsroom.here("alerts", "--json").stdout)


def analyst_day(terminal: Terminal, newsroom: Newsroom) -> None:
    """Go through a day from the alerts back to them, and watch a word."""
    # One row for the story, however many watchlists and outlets it has.
    terminal.read_until(HEADLINE)
    terminal.read_until(pgettext("key", "Ack"))
    terminal.read_until("Espions +1")
    (row,) = [line for line in terminal.lines if HEADLINE in line and "≡1" in line]
    assert "Espions +1" in row

    # The reader begins with the state of its alerts.
    new, done = (state_name(state) for state in (AlertState.NEW, AlertState.ACKNOWLEDGED))
    terminal.press(ENTER)
    terminal.read_until("Les services de")
    badges = "● Alibaba  ▲ Espions  "
    top = next(place for place, line in enumerate(terminal.lines) if f"{badges}{new}" in line)
    text = next(place for place, line in enumerate(terminal.lines) if "Les services de" in line)
    assert top < text

    # It names the first outlet of the story, and the others.
    terminal.press("O")
    terminal.read_until(_("Outlets with this story"))
    terminal.read_until("Journal two")
    terminal.press(ESCAPE)
    terminal.read_until(_("Outlets with this story"), absent=True)

    # A decision is about the row, says for how many alerts, is shown at once, and is undone.
    terminal.press("a")
    terminal.read_until(f"{badges}{done}")
    terminal.press("u")
    terminal.read_until(f"{badges}{new}")
    terminal.press(ESCAPE)
    terminal.read_until(pgettext("key", "Filter"))

    # Typed text goes into the query, and the key bar shows its keys.
    terminal.press("/")
    terminal.read_until(pgettext("key", "Earlier query"))
    terminal.press("services")
    terminal.read_until("services")
    terminal.press(ENTER)
    terminal.read_until(pgettext("key", "Sort"))
    terminal.read_until(HEADLINE)
    terminal.press(ESCAPE)
    terminal.read_until(pgettext("key", "Filter"))

    # A watchlist is tried on the archive, and saved; the comments of the file stay.
    terminal.press("1")
    terminal.read_until(pgettext("key", "New"))
    terminal.press("\x0e")
    terminal.read_until(_("New watchlist"))
    terminal.press("\t\t\t")  # to the terms
    terminal.press(WORD)
    terminal.press(TRY)
    terminal.read_until("La grève du port")
    terminal.press(SAVE)
    terminal.read_until(_("New watchlist"), absent=True)
    comment, _newline, mapping = newsroom.config.read_text(encoding="utf-8").partition("\n")
    assert comment == "# of the desk"
    assert WORD in mapping

    # The briefing of the last day.
    terminal.press("b")
    terminal.read_until(_("Briefing"))
    terminal.press(ESCAPE)
    terminal.read_until(_("Briefing"), absent=True)

    # The help, and the end.
    terminal.press("?")
    terminal.read_until(_("Write a note"))
    terminal.press(ESCAPE)
    terminal.read_until(_("Write a note"), absent=True)
    terminal.press("q")  # from the watchlists to the alerts
    terminal.read_until(pgettext("key", "Filter"))
