"""The base of the screens with panes, a list and the reader; and the screen of one article."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.widget import Widget
from textual.widgets import Input

from monitor.base.text_cleaning import safe_url
from monitor.base.translation import gettext as _, mark_all
from monitor.model.article import ArticleDetails, MatchPlace
from tui.data.newsroom import NewsroomModel
from tui.external_programs import can_open, copy_in_tmux, open_link
from tui.key_labels import BarEntry, bind
from tui.screens.article_dialogs import choose_outlet, choose_similar, show_matches, show_revisions
from tui.screens.dialogs import ConfigPlace, NewsroomScreen
from tui.view.article import match_places
from tui.widgets.line_list import LineList
from tui.widgets.reader import Reader
from tui.widgets.status_bar import KeyBar, StatusBar

READER_DELAY = 0.08
"""Seconds that the cursor must rest before the reader shows its article."""


ARTICLE_KEYS: Sequence[BarEntry] = tuple(
    zip(
        ("match(1)", "why", "outlets", "similar", "revisions", "open_link", "copy_link"),
        mark_all("key", "Match", "Why", "Outlets", "Similar", "Revisions", "Open", "Copy"),
        strict=True,
    )
)
"""Keys in the key bar where an article is read."""


class ScreenLayout(enum.StrEnum):
    """The ways in which panes share a screen."""

    SMALL = "small"
    """One pane at a time."""
    TALL = "tall"
    """The list above the reader."""
    NORMAL = "normal"
    """The list, which has the whole width, above the reader and what is beside it."""
    WIDE = "wide"
    """The reader beside the list, where a screen has no more than the two."""


def screen_layout(width: int, height: int) -> ScreenLayout:
    """Return the shape of a screen of so many cells and lines."""
    if width < 100:
        return ScreenLayout.TALL if width >= 60 and height >= 34 else ScreenLayout.SMALL
    if height < 22:
        return ScreenLayout.SMALL
    return ScreenLayout.WIDE if width >= 190 else ScreenLayout.NORMAL


_FRAME = 2
"""Lines of a frame."""


def feed_pane_lines(lines: int, watchlists: int, feeds: int) -> int:
    """Return the lines of the pane of feeds below that of watchlists, with its frame."""
    room = lines - watchlists - _FRAME
    return max(3, min(feeds + _FRAME, max(room, lines // 2)))


class PaneScreen(NewsroomScreen):
    """Panes by number, one of them current; small screens show only the current one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("tab", "next_pane(1)", "Next pane", name="next-pane"),
        bind("shift+tab", "next_pane(-1)", "Previous pane", name="previous-pane"),
        bind("z,plus,underscore", "zoom", "Zoom the pane, or restore it"),
        bind("escape", "back", "Go back"),
        bind("h,left", "back_to_list", "Go back, and keep the filter"),
        bind("q", "back_or_quit", "Go back; from the alerts, quit as ^c does"),
        bind(
            "right_square_bracket,semicolon",
            "match(1)",
            "Next match in the article",
            name="next-match",
        ),
        bind("left_square_bracket,comma", "match(-1)", "Previous match", name="previous-match"),
        bind("J", "item(1)", "Next article, from the reader too", name="next-article"),
        bind("K", "item(-1)", "Previous article", name="previous-article"),
        bind("w", "why", "Explain why it matches"),
        bind("O", "outlets", "Show merged alerts and other articles of the story"),
        bind("M", "similar", "Find articles like this, in either language"),
        bind("D", "revisions", "Show what revisions changed"),
        bind("E", "edit_file", "Edit feeds.yaml at the line of this"),
        bind("o", "open_link", "Open the link (over SSH: copy it)"),
        bind("y", "copy_link", "Copy the link"),
    ]
    BARS: ClassVar[Mapping[str, Sequence[BarEntry]]] = {}
    """The keys in the key bar by the id of the focused widget, the most important first."""
    BAR: ClassVar[BarEntry] = ("app.help", "Help")
    """The key that comes before them where no text is written."""
    PANES: ClassVar[tuple[str, ...]] = ("stream", "reader")
    """Ids in the order of their numbers."""
    SIDE_PANES: ClassVar[tuple[str, ...]] = ()
    """Those beside the reader."""

    def __init__(self, newsroom: NewsroomModel) -> None:
        super().__init__(newsroom)
        self.zoomed = False
        self.current = "stream"
        self.status_bar = StatusBar(newsroom)
        self.key_bar = KeyBar(id="keys")
        self.main = Container(id="main")
        self.reader = Reader(newsroom.zone, self.nothing_to_read)

    # --- what a subclass defines ----------------------------------------------

    def nothing_to_read(self) -> str:
        """Return the text of the reader without an article."""
        return ""

    def match_places(self, details: ArticleDetails) -> Sequence[MatchPlace]:
        """Return the matches that the reader highlights."""
        return match_places(details.alerts)

    @property
    def target(self) -> tuple[int, str] | None:
        """Return (article id, link) of the row under the cursor; id 0 if it is no article."""
        raise NotImplementedError

    @property
    def shows_target(self) -> bool:
        """Return whether the current pane shows the target of the keys of articles and alerts."""
        return True

    @property
    def config_place(self) -> ConfigPlace:
        """Return the entry of `feeds.yaml` that the row under the cursor comes from."""
        return "feeds", ""

    # --- for subclasses and for what they open --------------------------------

    def show_keys(self, focused: Widget) -> None:
        """Show the keys of the focused pane in the key bar."""
        entries = self.BARS.get(focused.id or "")
        if entries is not None:
            first = [] if isinstance(focused, Input) else [self.BAR]
            self.key_bar.update([*first, *entries], type(focused))

    def target_at_hand(self) -> tuple[int, str] | None:
        """Return the target; None with a message if the current pane does not show it."""
        if self.shows_target:
            return self.target
        self.show_message(_("Go to the alerts first: this key is for a story."), error=True)
        return None

    def article_at_hand(self) -> int:
        """Return the id of the article that a key acts on; 0 with a message if there is none."""
        target = self.target_at_hand()
        if target and not target[0]:
            self.show_message(_("There is no article here."))
        return target[0] if target else 0

    # --- panes ----------------------------------------------------------------

    def on_mount(self) -> None:
        self.status_bar.update()
        self._next_tick = self.set_timer(1.0, self._tick)

    def _tick(self) -> None:
        self._look()
        self._next_tick.stop()
        self._next_tick = self.set_timer(self.newsroom.pause, self._tick)

    def _look(self) -> None:
        """Let the clock of the status bar go on."""
        self.status_bar.update()

    def on_resize(self, event: events.Resize) -> None:
        """Arrange the panes for the new size."""
        self.arrange_panes()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Make the focused pane the current one, and show its keys."""
        self.show_keys(event.widget)
        if event.widget.id in self.PANES and event.widget.id != self.current:
            self.current = event.widget.id
            self.arrange_panes()

    def arrange_panes(self) -> None:
        """Show the panes that there is room for."""
        form = screen_layout(*self.app.size)
        panes = {name: self.query_one(f"#{name}") for name in self.PANES}
        is_side = self.current in self.SIDE_PANES
        solo = self.zoomed or form is ScreenLayout.SMALL or (form is ScreenLayout.TALL and is_side)
        for name, pane in panes.items():
            has_room = form is not ScreenLayout.TALL or name not in self.SIDE_PANES
            pane.display = name == self.current if solo else has_room
        for container in self.query("#main, #lower, #side"):
            shown = [pane for pane in panes.values() if pane.display]
            container.display = any(container in pane.ancestors for pane in shown)
            container.set_class(solo, "-solo")
        self.main.set_class(form is ScreenLayout.WIDE and not solo, "-wide")

    def show_pane(self, name: str) -> None:
        """Make a pane current, visible and focused."""
        self.current = name
        pane = self.query_one(f"#{name}")
        for node in (pane, *pane.ancestors):
            if isinstance(node, Widget):
                node.display = True
        self.set_focus(pane, scroll_visible=False)
        self.arrange_panes()

    def action_pane(self, number: int) -> None:
        self.show_pane(self.PANES[number - 1])

    def action_next_pane(self, step: int) -> None:
        index = self.PANES.index(self.current) + step
        self.show_pane(self.PANES[index % len(self.PANES)])

    def action_zoom(self) -> None:
        """Give the current pane the whole screen, or end that."""
        self.zoomed = not self.zoomed
        self.arrange_panes()

    def action_back(self) -> None:
        """End the zoom, then leave the pane."""
        if self.zoomed:
            self.action_zoom()
        elif self.current != "stream":
            self.show_pane("stream")

    def action_back_to_list(self) -> None:
        """Go back as `esc` does, where that takes nothing away."""
        self.action_back()

    async def action_back_or_quit(self) -> None:
        """Go back as `esc` does; the first screen quits where there is no way back."""
        self.action_back()

    # --- the article ------------------------------------------------------------

    def on_line_list_highlighted(self, message: LineList.Highlighted) -> None:
        self.follow_cursor(message)

    def follow_cursor(self, message: LineList.Highlighted) -> None:
        """Show the article under the cursor once the cursor rests."""
        self.after_pause("read", READER_DELAY, self.show_article_soon)

    def show_article_soon(self) -> None:
        self.run_worker(self.show_article, group="read", exclusive=True)  # type: ignore[arg-type]

    async def show_article(self) -> None:
        """Show the article under the cursor with its matches."""
        target = self.target
        if not target or not target[0]:
            self.reader.show_article(None)
            return
        details = await self.ask(self.newsroom.service.views.articles.details, target[0])
        if self.is_attached and self.target and self.target[0] == target[0]:
            self.reader.show_article(details, self.match_places(details) if details else ())

    def action_match(self, step: int) -> None:
        """Go to the next or previous match, with the reader in view."""
        if not self.reader.display:
            self.show_pane("reader")
        self.reader.step_match(step)

    def action_item(self, step: int) -> None:
        """Move in the list without leaving the reader."""
        self.query_one("#stream", LineList).action_move(step)

    def action_edit_file(self) -> None:
        """Open `feeds.yaml` in the editor, at the entry of the row under the cursor."""
        from tui.screens.config_changes import edit_file

        self.run_worker(edit_file(self, self.config_place), group="edit")

    async def action_open_link(self) -> None:
        """Open the link in a browser on this machine, or copy it."""
        target = self.target_at_hand()
        if target is None:
            return
        url = safe_url(target[1])
        if url and self.app.is_web:
            self.app.open_url(url)
        elif url and can_open(self.newsroom.environ):
            self.run_worker(self._open(url), group="link")
        else:
            self.copy(url)

    async def _open(self, url: str) -> None:
        if await self.ask(open_link, url) is False:
            self.copy(url)

    def action_copy_link(self) -> None:
        if target := self.target_at_hand():
            self.copy(safe_url(target[1]))

    def copy(self, url: str) -> None:
        """Copy a link to the analyst's clipboard, through SSH and tmux if needed."""
        if not url:
            self.show_message(_("There is no http or https link here."), error=True)
            return
        self.app.copy_to_clipboard(url)
        self.run_worker(self.newsroom.ask(copy_in_tmux, url, self.newsroom.environ), group="link")
        self.show_message(_("Copied {url}", url=url))

    def poll(self, url: str | None, name: str) -> None:
        """Ask the monitor to poll a feed now, or all feeds if `url` is None."""
        status = self.newsroom.status
        if status is not None and not status.is_watched:
            self.show_message(_("No monitor is running; ! starts it."), error=True)
        else:
            self.run_worker(self._poll(url, name), group="poll")

    def action_poll_all(self) -> None:
        self.poll(None, _("all feeds"))

    async def _poll(self, url: str | None, name: str) -> None:
        def request() -> bool:
            self.newsroom.service.views.feeds.poll_now(url)
            return True

        if await self.ask(request):
            self.show_message(_("Polling {feed} now.", feed=name))

    def action_why(self) -> None:
        """Show which watchlists match the article, and where."""
        if article := self.article_at_hand():
            self.run_worker(show_matches(self, article), group="why", exclusive=True)

    def action_outlets(self) -> None:
        """Show merged alerts and the other outlets with the story; one of them can be read."""
        if article := self.article_at_hand():
            self.run_worker(choose_outlet(self, article), group="why", exclusive=True)

    def action_similar(self) -> None:
        """Show the articles that are most like this one; one of them can be read."""
        if article := self.article_at_hand():
            self.run_worker(choose_similar(self, article), group="why", exclusive=True)

    def action_revisions(self) -> None:
        """Show what the revisions of the article changed."""
        if article := self.article_at_hand():
            self.run_worker(show_revisions(self, article), group="why", exclusive=True)


class ArticleScreen(PaneScreen):
    """One article; `J` and `K` go through the articles it was opened among."""

    PANES: ClassVar = ("reader",)
    BARS: ClassVar = {"reader": (("back", "Back"), ("item(1)", "Next outlet"), *ARTICLE_KEYS)}
    AUTO_FOCUS = "#reader"

    def __init__(self, newsroom: NewsroomModel, article: int, article_ids: Sequence[int]) -> None:
        """Open an article.

        Args:
            newsroom: The newsroom.
            article: Id of the article.
            article_ids: Ids of the articles to go through.
        """
        super().__init__(newsroom)
        self.current = "reader"
        self._article = article
        ids = article_ids if article in article_ids else (*article_ids, article)
        self._articles = list(dict.fromkeys(ids))

    def compose(self) -> ComposeResult:
        yield self.status_bar
        with self.main:
            yield self.reader
        yield self.key_bar

    def on_mount(self) -> None:
        self.show_article_soon()

    @property
    def target(self) -> tuple[int, str] | None:
        details = self.reader.details
        return (self._article, details.article.url if details else "")

    def action_item(self, step: int) -> None:
        """Go to the next or previous article; after the last comes the first."""
        index = self._articles.index(self._article) + step
        self._article = self._articles[index % len(self._articles)]
        self.show_article_soon()

    def action_back(self) -> None:
        """Close the screen."""
        self.dismiss(None)

    async def show_article(self) -> None:
        """Show the article, or say that it is gone."""
        article = self._article
        await super().show_article()
        if self.is_attached and article == self._article and self.reader.details is None:
            text = _("Article {number} is not in the archive any more.", number=article)
            self.show_message(text, error=True)
