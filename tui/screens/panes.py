"""A screen of panes: a list and the reader, beside whatever else there is room for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, ParamSpec, TypeVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.widget import Widget

from index.analysis.text_cleaning import line, safe_url
from monitor.errors import MonitorError
from monitor.model.alert import NOBODY_ELSE
from monitor.model.article import ArticleDetails
from tui.data.newsroom import NewsroomModel
from tui.external_programs import can_open, open_link, tmux_copy
from tui.messages import Wanted
from tui.view.layout import Shape, shape
from tui.widgets.line_list import LineList
from tui.widgets.status_bar import StatusBar

if TYPE_CHECKING:
    from tui.screens.config_editor import Place

P = ParamSpec("P")
T = TypeVar("T")
REST = 0.08
"""Seconds the cursor rests before the reader follows it."""


class Panes(Screen[None]):
    """Panes by number, one of them current; small screens show that one alone."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "next_pane(1)", "Next pane"),
        Binding("shift+tab", "next_pane(-1)", "Previous pane"),
        Binding("z", "zoom", "Zoom the pane, or restore it"),
        Binding("escape,h", "back", "Go back"),
        Binding("right_square_bracket", "match(1)", "Next match in the article"),
        Binding("left_square_bracket", "match(-1)", "Previous match"),
        Binding("J", "item(1)", "Next article, from the reader too"),
        Binding("K", "item(-1)", "Previous article"),
        Binding("w", "why", "Explain why it matches"),
        Binding("O", "outlets", "Show other articles of the story"),
        Binding("D", "edits", "Show what edits changed"),
        Binding("E", "edit_file", "Edit feeds.yaml at the line of this"),
        Binding("o", "open_link", "Open the link (over SSH: copy it)"),
        Binding("y", "copy_link", "Copy the link"),
    ]
    PANES: ClassVar[tuple[str, ...]] = ("stream", "reader")
    """Ids in the order of their numbers."""

    def __init__(self, newsroom: NewsroomModel) -> None:
        super().__init__()
        self.newsroom = newsroom
        self.zoomed = False
        self.current = "stream"
        self.status_line = StatusBar(zone=newsroom.zone, id="status")
        self.main = Container(id="main")

    # --- what a subclass says -------------------------------------------------

    @property
    def listing(self) -> LineList:
        """Return the list that the reader follows."""
        raise NotImplementedError

    @property
    def reading(self) -> ArticleDetails | None:
        """Return the article in the reader, if there is one."""
        return None

    def step(self, by: int) -> None:
        """Step through the matches of the article, if there is one."""

    @property
    def subject(self) -> tuple[int, str] | None:
        """Return (article, url) of what the cursor is on."""
        raise NotImplementedError

    @property
    def edit_place(self) -> Place:
        """Return what of `feeds.yaml` the cursor is on."""
        return "feeds", ""

    async def answer(self, question: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Return what the service answers; None after trouble, which is told, and when closing."""
        try:
            answer = await self.newsroom.ask(question, *args, **kwargs)
        except MonitorError as error:
            self.tell(str(error), trouble=True)
            return None
        return answer if self.is_attached else None

    # --- panes ----------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        """Share the screen anew."""
        self.share_out()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Know which pane is current."""
        if event.widget.id in self.PANES and event.widget.id != self.current:
            self.current = event.widget.id
            self.share_out()

    def share_out(self) -> None:
        """Show the panes that there is room for."""
        form = shape(*self.app.size)
        panes = {name: self.query_one(f"#{name}") for name in self.PANES}
        beside = panes[self.current].parent is not self.main
        solo = self.zoomed or form is Shape.SMALL or (form is Shape.TALL and beside)
        for name, pane in panes.items():
            in_main = pane.parent is self.main
            pane.display = name == self.current if solo else in_main or form is not Shape.TALL
        for container in {pane.parent for pane in panes.values()}:
            if isinstance(container, Widget):
                container.display = any(p.display for p in container.children)
                container.set_class(solo, "-solo")
        self.main.set_class(form is Shape.WIDE and not solo, "-wide")

    def show_pane(self, name: str) -> None:
        """Make a pane current, visible and focused."""
        self.current = name
        pane = self.query_one(f"#{name}")
        pane.display = True
        if isinstance(pane.parent, Widget):
            pane.parent.display = True
        self.set_focus(pane, scroll_visible=False)
        self.share_out()

    def action_pane(self, number: int) -> None:
        """Go to a pane by its number."""
        self.show_pane(self.PANES[number - 1])

    def action_next_pane(self, by: int) -> None:
        """Go to the next pane."""
        at = self.PANES.index(self.current) + by
        self.show_pane(self.PANES[at % len(self.PANES)])

    def action_zoom(self) -> None:
        """Give the current pane the whole screen, or take it back."""
        self.zoomed = not self.zoomed
        self.share_out()

    def action_back(self) -> None:
        """Leave the zoom, then the pane."""
        if self.zoomed:
            self.action_zoom()
        elif self.current != "stream":
            self.show_pane("stream")

    # --- the article ------------------------------------------------------------

    def action_match(self, by: int) -> None:
        """Step through the matches, in sight of them."""
        if not self.query_one("#reader").display:
            self.show_pane("reader")
        self.step(by)

    def action_item(self, by: int) -> None:
        """Go on in the list without leaving the reader."""
        self.listing.action_move(by)

    def tick(self) -> None:
        """Let the status line go with the time."""
        room = self.newsroom
        self.status_line.tell(room.status, room.clock(), room.waiting)

    async def action_edit_file(self) -> None:
        """Open `feeds.yaml` in the editor, at the line of what the cursor is on."""
        from tui.screens.config_editor import edit_file

        await edit_file(self, self.edit_place)

    def action_open_part(self, name: str) -> None:
        """Open what a part of the status line tells of."""
        from tui.screens.status_details import open_part

        open_part(self, name)

    def tell(self, text: str, *, trouble: bool = False) -> None:
        """Say something in a corner for a moment; never markup."""
        severity: SeverityLevel = "warning" if trouble else "information"
        self.app.notify(line(text), severity=severity, timeout=4, markup=False)

    async def action_open_link(self) -> None:
        """Open the link in a browser here, or copy it where none is."""
        url = safe_url(self.subject[1]) if self.subject else ""
        if url and self.app.is_web:
            self.app.open_url(url)
        elif url and can_open(self.newsroom.environ):
            self.run_worker(self._open(url), group="outside")
        else:
            self.copy(url)

    async def _open(self, url: str) -> None:
        if await self.answer(open_link, url) is False:
            self.copy(url)

    def action_copy_link(self) -> None:
        """Copy the link."""
        self.copy(safe_url(self.subject[1]) if self.subject else "")

    def copy(self, url: str) -> None:
        """Put a link on the analyst's clipboard, through SSH and tmux if need be."""
        if not url:
            self.tell("There is no http or https link here.", trouble=True)
            return
        self.app.copy_to_clipboard(url)
        self.run_worker(self.newsroom.ask(tmux_copy, url, self.newsroom.environ), group="outside")
        self.tell(f"Copied {url}")

    def poll(self, url: str | None, name: str) -> None:
        """Ask the monitor to poll a feed, or all without an address."""
        status = self.newsroom.status
        if status is not None and status.monitor is None:
            self.tell("Nobody watches: start the monitor with `tocsin`.", trouble=True)
        else:
            self.run_worker(self._poll(url, name), group="poll")

    async def _poll(self, url: str | None, name: str) -> None:
        if await self.answer(self._polled, url):
            self.tell(f"Asked for {name} now.")

    def _polled(self, url: str | None) -> bool:
        self.newsroom.service.views.feeds.poll_now(url)
        return True

    def action_why(self) -> None:
        """Explain which watchlists match the article, and where."""
        from tui.screens.article import Why

        if self.subject is None:
            return
        article, reading = self.subject[0], self.reading
        if not article:
            self.tell("This is about a feed: no words were watched for.")
            return
        if reading is not None and reading.article.id == article:
            self.app.push_screen(Why(reading))
        else:
            self.run_worker(self._why(article), group="why", exclusive=True)

    async def _why(self, article: int) -> None:
        from tui.screens.article import Why

        reading = await self.answer(self.newsroom.service.views.articles.details, article)
        if reading is not None:
            self.app.push_screen(Why(reading))

    def action_outlets(self) -> None:
        """Show who else tells the story; one of them can be read."""
        from tui.screens.article import ask_for_outlet

        article = self.subject[0] if self.subject else 0
        if article:
            self.run_worker(ask_for_outlet(self, article), group="why", exclusive=True)

    def action_edits(self) -> None:
        """Show what the edits of the article changed."""
        from tui.screens.article import show_edits

        article = self.subject[0] if self.subject else 0
        if article:
            self.run_worker(show_edits(self, article), group="why", exclusive=True)

    def on_wanted(self, message: Wanted) -> None:
        """Read the article of another outlet."""
        from tui.screens.article import read_aside

        message.stop()
        reading = self.reading
        telling = reading.telling if reading else NOBODY_ELSE
        others = [outlet.article for outlet in (*telling.outlets, *telling.elsewhere)]
        read_aside(self, message.article, others)
