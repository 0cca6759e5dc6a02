"""One article on a screen of its own, with why it is here, its edits and who else has it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult

from index.analysis.text_cleaning import line
from index.article import Article
from monitor.model.alert import Match, StoryTimeline
from monitor.model.article import ArticleDetails
from tui.data.newsroom import NewsroomModel
from tui.keys import bar
from tui.messages import Opened
from tui.screens.dialogs import Dialog
from tui.screens.panes import Panes
from tui.view.article_page import Place, cleaned, places
from tui.view.story_page import Section, sections
from tui.view.styled_text import Line, wrap
from tui.widgets.key_bar import KeyBar
from tui.widgets.line_list import LineList
from tui.widgets.reader import Reader
from tui.widgets.scroll_text import ScrollText

if TYPE_CHECKING:
    from monitor.service.article_revisions import ArticleRevision
    from monitor.service.service import Service


class Edits(Dialog[None]):
    """The edits, the latest first."""

    def __init__(
        self, reading: ArticleDetails, edits: Sequence[ArticleRevision], zone: tzinfo | None
    ) -> None:
        from tui.view.article_page import edited

        title = reading.article.title
        super().__init__("Edits", ScrollText(lambda cells: edited(title, edits, cells, zone)))


def found(service: Service, article: int) -> tuple[ArticleDetails, list[ArticleRevision]] | None:
    """Return an article with its edits, None if there is no such article; takes some 10 ms."""
    from monitor.service.article_revisions import revisions_of

    reading = service.views.articles.details(article)
    return (reading, revisions_of(service.views, reading, service.config)) if reading else None


class Tellers(LineList):
    """Headings and outlets; the cursor begins on the outlet of the article at hand."""

    def __init__(self, telling: StoryTimeline, article: int, zone: tzinfo | None) -> None:
        super().__init__()
        self._telling = telling
        self._article = article
        self._zone = zone
        articles = self.articles
        self.cursor = articles.index(article) if article in articles else 0

    def _sections(self, cells: int) -> list[Section]:
        return sections(self._telling, self._article, cells, self._zone)

    @property
    def articles(self) -> Sequence[int]:
        """The article of each row; 0 on a heading."""
        found: list[int] = []
        for section in self._sections(80):
            found += [0, *(teller.article for teller in section.tellers)]
        return found

    @property
    def row_count(self) -> int:
        """Return how many rows there are, headings included."""
        return len(self.articles)

    def row_line(self, row: int, cells: int) -> Line:
        """Return a heading or an outlet as a line."""
        lines: list[Line] = []
        for section in self._sections(cells):
            lines += [[(section.heading, "accent")], *(teller.line for teller in section.tellers)]
        return lines[row]


class Outlets(Dialog[int]):
    """Asks for an outlet; gives the id of its article, None when closed without a choice."""

    def __init__(self, telling: StoryTimeline, article: int, zone: tzinfo | None = None) -> None:
        self._tellers = Tellers(telling, article, zone)
        super().__init__("Who tells it", self._tellers)

    def on_opened(self, message: Opened) -> None:
        """Take the outlet under the cursor."""
        message.stop()
        article = self._tellers.articles[self._tellers.cursor]
        if article:
            self.dismiss(article)


class Why(Dialog[None]):
    """The alerts of an article, with their matches in context."""

    def __init__(self, reading: ArticleDetails) -> None:
        super().__init__("Why this matches", ScrollText(lambda cells: explained(reading, cells)))


def explained(reading: ArticleDetails, cells: int) -> list[Line]:
    """Return the explanation as lines."""
    article = reading.article
    lines = [*wrap(line(article.title) or "(no title)", cells, "title"), []]
    if not reading.alerts:
        lines += wrap("No watchlist matched this article.", cells, "plain")
    for alert in reading.alerts:
        lines += wrap(f"{line(alert.watchlist)} ({alert.severity})", cells, "accent")
        lines += [_context(article, match, cells) for match in alert.matches]
        lines.append([])
    return lines


def _context(article: Article, match: Match, cells: int) -> Line:
    """Return a match with as many of the words around it as fit, its term first."""
    text, [(start, end, _)] = cleaned(article.part(match.field), [(match.start, match.end, "hit")])
    term, where = f"  {line(match.term)} ", f"in the {match.field}: "
    around = max(8, (cells - len(term) - len(where) - len(match.text) - 2) // 2)
    left = text[max(0, start - around) : start]
    right = text[end : end + around]
    return [
        (term, "list"),
        (where, "quiet"),
        ("…" if start > around else "", "quiet"),
        (line(left) + " " * left[-1:].isspace(), "plain"),
        (line(text[start:end]), "hit"),
        (" " * right[:1].isspace() + line(right), "plain"),
        ("…" if end + around < len(text) else "", "quiet"),
    ]


class ArticleScreen(Panes):
    """An article; `J` and `K` go through the others it was opened among."""

    PANES: ClassVar = ("reader",)
    BAR = (
        ("app.help", "Help"),
        ("match(1)", "Match"),
        ("item(1)", "Next outlet"),
        ("outlets", "Outlets"),
        ("why", "Why"),
        ("open_link", "Open"),
        ("copy_link", "Copy"),
        ("back", "Back"),
        ("app.leave(True)", "Quit"),
    )
    AUTO_FOCUS = "#reader"

    def __init__(
        self,
        newsroom: NewsroomModel,
        article: int,
        among: Sequence[int] = (),
        found: Sequence[Place] = (),
    ) -> None:
        super().__init__(newsroom)
        self.current = "reader"
        self.reader = Reader(zone=newsroom.zone, id="reader")
        self._article = article
        self._among = list(dict.fromkeys((*among, article) if article not in among else among))
        self._found = found

    def compose(self) -> ComposeResult:
        """Give the reader the whole screen."""
        from tui.app import Tocsin

        yield self.status_line
        with self.main:
            yield self.reader
        yield KeyBar(bar(self.BAR, Tocsin, ArticleScreen), id="keys")

    def on_mount(self) -> None:
        """Read the article; keep the clock going."""
        self.set_interval(1.0, self.tick)
        self.tick()
        self._read_soon()

    @property
    def reading(self) -> ArticleDetails | None:
        """Return the article."""
        return self.reader.reading

    @property
    def subject(self) -> tuple[int, str] | None:
        """Return the article and its address."""
        reading = self.reading
        return (self._article, reading.article.url if reading else "")

    def step(self, by: int) -> None:
        """Step through the matches."""
        self.reader.step(by)

    def action_item(self, by: int) -> None:
        """Go to the article of the next or previous outlet, round the ends."""
        at = self._among.index(self._article) + by
        self._article = self._among[at % len(self._among)]
        self._found = ()
        self._read_soon()

    def action_back(self) -> None:
        """Come back to where it was opened."""
        self.dismiss(None)

    def _read_soon(self) -> None:
        self.run_worker(self._read(), group="read", exclusive=True)

    async def _read(self) -> None:
        article = self._article
        reading = await self.answer(self.newsroom.service.views.articles.details, article)
        if self.is_attached and article == self._article:
            marks = places(reading.alerts, self._found) if reading else ()
            self.reader.read(reading, marks)
            if reading is None:
                self.tell(f"Article {article} is not in the archive any more.", trouble=True)


async def ask_for_outlet(screen: Panes, article: int) -> None:
    """Show who tells the story of an article, and open the one that is chosen."""
    reading = await screen.answer(screen.newsroom.service.views.articles.details, article)
    if reading is None:
        return
    telling = reading.telling
    if len(telling.outlets) < 2 and not telling.elsewhere:
        screen.tell(f"Only {reading.feed} has this story.")
        return

    def chosen(other: int | None) -> None:
        if other and other != article:
            read_aside(screen, other, [o.article for o in (*telling.outlets, *telling.elsewhere)])

    screen.app.push_screen(Outlets(telling, article, screen.newsroom.zone), chosen)


def read_aside(screen: Panes, article: int, among: list[int]) -> None:
    """Open an article over a screen; on a screen of that kind, in its place."""
    aside = ArticleScreen(screen.newsroom, article, among)
    if isinstance(screen, ArticleScreen):
        screen.app.switch_screen(aside)
    else:
        screen.app.push_screen(aside)


async def show_edits(screen: Panes, article: int) -> None:
    """Show what the edits of an article changed."""
    known = await screen.answer(found, screen.newsroom.service, article)
    if known is not None:
        screen.app.push_screen(Edits(*known, screen.newsroom.zone))
