"""The form of a watchlist: checked as one types, tried, saved with every comment kept."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from support.dashboard_driver import drive, lines, screen, sees, until
from support.fake_newsroom import FakeNewsroom
from textual.pilot import Pilot
from textual.widgets import Input, Select, TextArea

from monitor.config.loading import load
from monitor.model.alert import Verdict
from monitor.model.watchlist import Severity
from tui.app import DashboardApp
from tui.screens.dialogs import ChoiceDialog
from tui.screens.watchlist_form import WatchlistForm

FILE = """\
# Nos fils.
feeds:
  - {url: https://a.example/rss, name: Les Échos, tags: [presse]}
  - {url: https://b.example/rss, name: Reuters}
watchlists:
  - Alibaba  # the group
  - name: grève
    severity: high  # wakes the desk
    terms:
      - grève~   # and its forms
      # the English
      - strike
searches: []  # none yet
"""


def rewrite(path: Path, text: str) -> None:
    """Change the file, as another program would."""
    path.write_text(text)


def unchanged(path: Path) -> bool:
    return path.read_text() == FILE


Script = Callable[[Pilot[Any], DashboardApp, WatchlistForm], Coroutine[Any, Any, None]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "feeds.yaml"
    file.write_text(FILE)
    return file


def in_form(
    path: Path, keys: tuple[str, ...], script: Script, size: tuple[int, int] = (120, 40)
) -> FakeNewsroom:
    """Open the form by keys in the pane of watchlists, and run a script in it."""
    newsroom = FakeNewsroom(40)
    newsroom.config = path

    async def run(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("1", *keys)
        await until(pilot, lambda: isinstance(app.screen, WatchlistForm))
        assert isinstance(app.screen, WatchlistForm)
        await script(pilot, app, app.screen)

    drive(newsroom, run, size=size)
    return newsroom


async def save(pilot: Pilot[Any], app: DashboardApp) -> None:
    """Press the key that shows what a rule would have brought, and again to save it."""
    await pilot.press("ctrl+s")
    await sees(pilot, app, " of 40 articles")
    await pilot.press("ctrl+s")


TO_TERMS = ("tab", "tab", "tab")
"""From the name of a new watchlist to its terms."""
GREVE = ("j", "j", "j", "j", "ctrl+e")


def test_an_edit_changes_one_line_of_the_file(path: Path) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp, form: WatchlistForm) -> None:
        assert "Edit the watchlist grève" in screen(app)
        await pilot.press("enter", *"walkout")
        await save(pilot, app)
        await sees(pilot, app, "The watchlist grève is saved.")
        assert app.screen is app.main_screen

    in_form(path, GREVE, script)
    assert path.read_text() == FILE.replace("- strike\n", "- strike\n      - walkout\n")


def test_the_palette_opens_the_form_of_a_watchlist(path: Path) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("colon", *"edit", "space", *"greve")
        await sees(pilot, app, "Edit the watchlist grève")
        await sees(pilot, app, "Acknowledge", absent=True)
        await pilot.press("enter")
        await sees(pilot, app, "─ Edit the watchlist grève ─")

    newsroom = FakeNewsroom(4)
    newsroom.config = path
    drive(newsroom, script)


def test_a_new_watchlist_is_written_from_every_field(path: Path) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp, form: WatchlistForm) -> None:
        fields = ("Name", "Severity", "Watch for", "But not", "Languages", "Feeds", "Cooldown")
        assert all(f"{field} " in screen(app) for field in fields)
        assert "│▌Name" in screen(app)
        assert "^s Save" in lines(app)[-2]
        await pilot.press(*"Ports", *TO_TERMS, *"port", "enter", *"quai", "tab", *"portable")
        assert "│▌But not" in screen(app)
        assert "│▌Name" not in screen(app)
        await pilot.press("tab", *"fr", "tab", "space", "tab", *"30m")
        await save(pilot, app)
        await sees(pilot, app, "The watchlist Ports is saved.")

    in_form(path, ("ctrl+n",), script, (80, 24))
    (*_, added) = load(path).watchlists
    assert (added.name, added.excluded, added.lang) == ("Ports", ("portable",), ("fr",))
    assert (added.feeds, added.cooldown) == (("tag:presse",), 1800)
    head, _, tail = FILE.partition("searches")
    assert path.read_text().startswith(head) and path.read_text().endswith("searches" + tail)


def test_mistakes_are_told_at_their_field_as_one_types(path: Path) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp, form: WatchlistForm) -> None:
        await pilot.pause(0.4)
        assert "nothing to watch for" not in screen(app)
        await pilot.press(*TO_TERMS, *"port", "tab", "tab", *"zzz")
        await sees(pilot, app, "`zzz` is not a language")
        at = next(n for n, text in enumerate(lines(app)) if "Languages" in text)
        assert "`zzz` is not a language" in lines(app)[at + 1]
        await pilot.press("backspace", "backspace", "backspace")
        await sees(pilot, app, "is not a language", absent=True)
        await pilot.press("shift+tab", "shift+tab", *(["backspace"] * 4), "ctrl+s")
        await sees(pilot, app, "nothing to watch for")
        assert isinstance(app.screen, WatchlistForm)

    in_form(path, ("ctrl+n",), script)
    assert path.read_text() == FILE


def test_a_watchlist_is_tried_with_counts_and_lit_examples(path: Path) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp, form: WatchlistForm) -> None:
        await pilot.press(*TO_TERMS, *"orly", "enter", *"zinc", "ctrl+t")
        await sees(pilot, app, "10 of 40 articles of the last 30 days")
        assert "orly 10, zinc 0" in screen(app)
        assert sum("annulé à Orly" in text for text in lines(app)) == 10
        at = next(n for n, text in enumerate(lines(app)) if "annulé à Orly" in text)
        strip = app.screen._compositor.render_strips()[at]
        underlined = [s.text for s in strip if s.style and s.style.underline]
        assert underlined == ["Orly"]

    newsroom = in_form(path, ("ctrl+n",), script)
    assert [watchlist.query.text for watchlist in newsroom.tried] == ["orly OR zinc"]
    assert path.read_text() == FILE


def test_saving_a_rule_shows_first_what_it_would_have_brought(path: Path) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp, form: WatchlistForm) -> None:
        await pilot.press(*"Orly", *TO_TERMS, *"orly", "ctrl+s")
        await sees(pilot, app, "10 of 40 articles of the last 30 days, about 0.3 alerts a day")
        await sees(pilot, app, "^s saves; v calls an example relevant, x noise")
        assert unchanged(path)
        await pilot.press("v", "v", "x")
        await sees(pilot, app, "precision: 67% (21%–94%) of 3, too few")
        assert sum("☑" in text for text in lines(app)) == 2
        assert sum("☒" in text for text in lines(app)) == 1
        await pilot.press("k", "v")
        await sees(pilot, app, "precision: 100% (44%–100%) of 3, too few")
        await pilot.press("ctrl+s")
        await sees(pilot, app, "The watchlist Orly is saved.")

    newsroom = in_form(path, ("ctrl+n",), script)
    assert len(newsroom.tried) == 1
    assert newsroom.judged == [], "a new watchlist has no alerts"
    assert load(path).watchlists[-1].name == "Orly"


def test_an_edited_rule_is_rehearsed_under_its_name_and_another_draft_again(path: Path) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp, form: WatchlistForm) -> None:
        form.query_one("#what", TextArea).text = "orly"
        await pilot.press("ctrl+s")
        await sees(pilot, app, "0.3 alerts a day")
        await pilot.press("x")
        await sees(pilot, app, "precision: 0%")
        form.query_one("#what", TextArea).text = "orly\nzinc"
        await pilot.press("ctrl+s")
        await sees(pilot, app, "zinc 0")
        await sees(pilot, app, "precision: 0%")
        assert unchanged(path)
        await pilot.press("ctrl+s")
        await sees(pilot, app, "The watchlist grève is saved.")

    newsroom = in_form(path, GREVE, script)
    assert [watchlist.name for watchlist in newsroom.tried] == ["grève", "grève"]
    assert [(name, verdict) for name, _, verdict in newsroom.judged] == [("grève", Verdict.NOISE)]


def test_what_is_not_the_rule_is_saved_at_once(path: Path) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp, form: WatchlistForm) -> None:
        await pilot.press("shift+tab", "shift+tab", "enter", "down", "enter", "ctrl+s")
        await sees(pilot, app, "is saved")

    assert in_form(path, GREVE, script).tried == []


def test_other_names_of_the_term_at_the_cursor_are_added(path: Path) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp, form: WatchlistForm) -> None:
        await pilot.press(*TO_TERMS, *"zinc", "ctrl+n")
        await sees(pilot, app, "the archive has no other name of zinc")
        await pilot.press("enter", *"orly", "enter", *"blé", "up", "ctrl+n")
        await until(pilot, lambda: isinstance(app.screen, ChoiceDialog))
        assert "Other names of orly" in screen(app)
        assert "CDG: adds 2 of 3 articles (acronym)" in screen(app)
        await pilot.press("j", "enter")
        await until(pilot, lambda: app.screen is form)
        assert form.fields.terms == ("zinc", "orly", "Roissy", "blé")

    newsroom = in_form(path, ("ctrl+n",), script)
    assert [query.text for query in newsroom.suggested] == ["zinc", "orly"]
    assert path.read_text() == FILE


def test_another_name_in_a_query_is_an_alternative(path: Path) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp, form: WatchlistForm) -> None:
        form.query(Select)[1].value = "query"
        area = form.query_one("#what", TextArea)
        area.text = "port\norly"
        area.move_cursor(area.document.end)
        await pilot.press("ctrl+n")
        await until(pilot, lambda: isinstance(app.screen, ChoiceDialog))
        await pilot.press("j", "enter")
        await until(pilot, lambda: app.screen is form)
        assert form.fields.query == "port (orly OR Roissy)"

    in_form(path, ("ctrl+n",), script)


def test_a_rule_that_never_rings_is_told_as_one_types_and_can_be_saved(path: Path) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp, form: WatchlistForm) -> None:
        await pilot.press(*"Rares", *TO_TERMS, *"zinc, plomb")
        await sees(pilot, app, "`zinc, plomb` is one phrase: write `terms: [zinc, plomb]`")
        at = next(n for n, text in enumerate(lines(app)) if "But not" in text)
        assert "is one phrase" in " ".join(lines(app)[at - 3 : at])
        await pilot.press(*(["backspace"] * 7), "enter", *"grève", "space", *"rare")
        await sees(pilot, app, "`grève rare` never matches, though the archive has each of its")
        await sees(pilot, app, "is one phrase", absent=True)
        await save(pilot, app)
        await sees(pilot, app, "The watchlist Rares is saved.")

    in_form(path, ("ctrl+n",), script)
    assert load(path).watchlists[-1].query.text == 'zinc OR "grève rare"'


def test_esc_asks_only_if_something_was_changed(path: Path) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp, form: WatchlistForm) -> None:
        await pilot.press("x", "escape")
        await until(pilot, lambda: isinstance(app.screen, ChoiceDialog))
        await pilot.press("enter")
        assert app.screen is form
        await pilot.press("backspace", "escape")
        await until(pilot, lambda: app.screen is app.main_screen)
        await pilot.press("ctrl+e")
        await until(pilot, lambda: isinstance(app.screen, WatchlistForm))
        await pilot.press("x", "escape", "j", "j", "enter")
        await until(pilot, lambda: app.screen is app.main_screen)

    in_form(path, GREVE, script)
    assert path.read_text() == FILE


def test_a_file_that_changed_meanwhile_keeps_both_changes(path: Path) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp, form: WatchlistForm) -> None:
        rewrite(path, FILE.replace("# Nos fils.", "# Our feeds.").replace("strike", "walkout"))
        await pilot.press("shift+tab", "shift+tab", "enter", "down", "enter", "ctrl+s")
        await sees(pilot, app, "is saved")

    in_form(path, GREVE, script)
    after = FILE.replace("# Nos fils.", "# Our feeds.").replace("strike", "walkout")
    assert path.read_text() == after.replace("    severity: high  # wakes the desk\n", "")


def test_a_field_that_was_changed_in_the_file_too_is_not_overwritten(path: Path) -> None:
    outside = FILE.replace("strike", "walkout")

    async def script(pilot: Pilot[Any], app: DashboardApp, form: WatchlistForm) -> None:
        rewrite(path, outside)
        await pilot.press("x", "ctrl+s")
        await sees(pilot, app, "not saved: `terms` of this watchlist was changed")
        assert form.fields.terms != ("grève~", "strike"), "what was written stays"

    in_form(path, GREVE, script)
    assert path.read_text() == outside


def test_a_mistake_that_came_into_the_file_meanwhile_is_told(path: Path) -> None:
    async def script(pilot: Pilot[Any], app: DashboardApp, form: WatchlistForm) -> None:
        rewrite(path, FILE + "zone: Nowhere\n")
        await pilot.press("x", "ctrl+s")
        await sees(pilot, app, "feeds.yaml has a mistake: line 14")
        assert app.screen is form

    in_form(path, GREVE, script)


def test_a_search_becomes_a_watchlist_in_the_form(path: Path) -> None:
    newsroom = FakeNewsroom(40)
    newsroom.config = path

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("slash", *"orly", "enter")
        await sees(pilot, app, "10 found")
        await pilot.press("W")
        await until(pilot, lambda: isinstance(app.screen, WatchlistForm))
        assert app.screen.query_one("#what", TextArea).text == "orly"
        assert app.screen.query(Input).first().value == "orly"
        await pilot.press("shift+tab", "shift+tab", "enter", "up", "enter")
        await save(pilot, app)
        await sees(pilot, app, "The watchlist orly is saved.")

    drive(newsroom, script)
    (*_, added) = load(path).watchlists
    assert (added.name, added.query.text, added.severity) == ("orly", "orly", Severity.HIGH)


def test_what_no_form_can_show_is_said(path: Path) -> None:
    newsroom = FakeNewsroom(40)

    async def script(pilot: Pilot[Any], app: DashboardApp) -> None:
        await pilot.press("1", "ctrl+n")
        await sees(pilot, app, "There is no feeds.yaml")
        newsroom.config = path
        await pilot.press("j", "j", "j", "ctrl+e")
        await sees(pilot, app, "has no watchlist called Espionnage")
        rewrite(path, "feeds: [")
        await pilot.press("ctrl+n")
        await sees(pilot, app, "feeds.yaml, line 1")
        assert app.screen is app.main_screen

    drive(newsroom, script)


def test_a_dashboard_that_only_looks_opens_no_form(path: Path) -> None:
    import asyncio

    newsroom = FakeNewsroom(20)
    newsroom.config = path
    app = DashboardApp(newsroom, clock=newsroom.clock, zone=UTC, environ={}, read_only=True)  # type: ignore[arg-type]

    async def run() -> None:
        async with app.run_test(size=(120, 40), notifications=True) as pilot:
            await until(pilot, lambda: app.newsroom.watchlists)
            await pilot.press("1", "ctrl+n")
            await sees(pilot, app, "This dashboard is read-only.")
            await app.main_screen.run_action(("", "watchlist_form", ("grève",)))  # type: ignore[arg-type]
            await pilot.pause()
            assert app.screen is app.main_screen

    asyncio.run(run())


@pytest.mark.parametrize("size", [(60, 18), (80, 24), (120, 40), (200, 50)])
def test_the_form_says_how_to_save_and_shows_feeds_as_there_is_room(
    path: Path, size: tuple[int, int]
) -> None:
    feeds = "".join(f"  - {{url: https://{n}.example/rss, name: Feed {n:02}}}\n" for n in range(40))
    path.write_text(FILE.replace("feeds:\n", f"feeds:\n{feeds}"))

    async def script(pilot: Pilot[Any], app: DashboardApp, form: WatchlistForm) -> None:
        assert "^s Save" in lines(app)[-2]
        assert screen(app).count("esc") == 1
        assert screen(app).count("[ ]") >= (size[1] >= 40) * 10

    in_form(path, ("ctrl+n",), script, size)
