"""The dialogs about an article: matches, revisions, other outlets, similar articles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from functools import partial

from monitor.base.article import Article
from monitor.base.formatting import shown_title
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _
from monitor.model.article import ArticleDetails, ArticleRevision
from monitor.model.event_link import is_alike
from monitor.model.search import SearchHit
from monitor.model.shown_names import part_name, severity_name
from monitor.model.watchlist import Match
from monitor.presentation.service.article_revisions import revisions_of
from monitor.presentation.service.service import Service
from monitor.presentation.spans import Line, clean_with_spans, fit, wrap
from tui.data.newsroom import start_resource_tracker
from tui.screens.dialogs import Dialog, PageDialog
from tui.screens.newsroom_screen import NewsroomScreen
from tui.view.article import (
    OutletSection,
    outlet_sections,
    revision_page,
)
from tui.widgets.line_list import LineList

# --- revisions ------------------------------------------------------------------------


def read_revisions(
    service: Service, article: int
) -> tuple[ArticleDetails, list[ArticleRevision]] | None:
    """Return an article with its revisions, None if it does not exist; takes some 10 ms."""
    details = service.views.articles.details(article)
    return (details, revisions_of(service.views, details, service.config)) if details else None


async def show_revisions(screen: NewsroomScreen, article: int) -> None:
    """Show what the revisions of an article changed."""
    found = await screen.ask(read_revisions, screen.newsroom.service, article)
    if found is not None:
        details, revisions = found
        zone = screen.newsroom.zone
        layout = partial(revision_page, details.article.title, revisions, zone=zone)
        screen.app.push_screen(PageDialog(_("Revisions"), layout))


# --- matches --------------------------------------------------------------------------


def match_lines(details: ArticleDetails, cells: int) -> list[Line]:
    """Return the matches of an article's alerts, with the words around them."""
    article = details.article
    lines = [*wrap(shown_title(line(article.title)), cells, "title"), []]
    if not details.alerts:
        lines += wrap(_("No watchlist matched this article."), cells, "plain")
    for alert in details.alerts:
        lines += wrap(f"{line(alert.watchlist)} ({severity_name(alert.severity)})", cells, "accent")
        lines += [_match_context(article, match, cells) for match in alert.matches]
        lines.append([])
    return lines


def _match_context(article: Article, match: Match, cells: int) -> Line:
    """Return a match on one line: its term, then the match with the words around it."""
    spans = [(match.start, match.end, "hit")]
    text, [(start, end, _style)] = clean_with_spans(article.part(match.field), spans)
    term, where = f"  {line(match.term)} ", _("in the {part}: ", part=part_name(match.field))
    around = max(8, (cells - len(term) - len(where) - len(match.text) - 2) // 2)
    left = text[max(0, start - around) : start]
    right = text[end : end + around]
    return [
        (term, "list"),
        (where, "quiet"),
        ("…" if start > around else "", "quiet"),
        (_spaced(left), "plain"),
        (line(text[start:end]), "hit"),
        (_spaced(right), "plain"),
        ("…" if end + around < len(text) else "", "quiet"),
    ]


def _spaced(text: str) -> str:
    """Return a piece of a text on one line, with one space where it begins or ends with some."""
    shown = line(text).strip()
    return " " * text[:1].isspace() + shown + " " * text[-1:].isspace()


# --- other outlets --------------------------------------------------------------------


class OutletList(LineList):
    """Merged alerts and outlets under headings; at first the cursor is on the article at hand."""

    def __init__(self, details: ArticleDetails, zone: tzinfo | None) -> None:
        super().__init__()
        self._details = details
        self._zone = zone
        article = details.article.id
        articles = self.articles
        self.cursor = articles.index(article) if article in articles else 0

    def _sections(self, cells: int) -> list[OutletSection]:
        details = self._details
        return outlet_sections(
            details.telling, details.article.id, cells, self._zone, details.merged
        )

    @property
    def articles(self) -> Sequence[int]:
        """The article of each row; 0 for a heading."""
        articles: list[int] = []
        for section in self._sections(80):
            articles += [0, *(row.article for row in section.rows)]
        return articles

    @property
    def row_count(self) -> int:
        return len(self.articles)

    def row_line(self, row: int, cells: int) -> Line:
        lines: list[Line] = []
        for section in self._sections(cells):
            lines += [[(section.heading, "accent")], *(outlet.line for outlet in section.rows)]
        return lines[row]


class OutletsDialog(Dialog[int]):
    """Asks for an outlet; gives the id of its article, None when closed without a choice."""

    def __init__(self, details: ArticleDetails, zone: tzinfo | None = None) -> None:
        self._outlets = OutletList(details, zone)
        super().__init__(_("Outlets with this story"), self._outlets)

    def on_line_list_selected(self, message: LineList.Selected) -> None:
        message.stop()
        article = self._outlets.articles[self._outlets.cursor]
        if article:
            self.dismiss(article)


async def choose_outlet(screen: NewsroomScreen, article: int) -> None:
    """Show the merged alerts of an article and the outlets with its story; open the chosen one."""
    details = await screen.ask(screen.newsroom.service.views.articles.details, article)
    if details is None:
        return
    others = details.other_articles()
    if not others:
        screen.show_message(_("Only {outlet} has this story.", outlet=details.publisher))
        return

    def on_choice(other: int | None) -> None:
        if other and other != article:
            screen.post_message(screen.ArticleOpened(other, others))

    screen.app.push_screen(OutletsDialog(details, screen.newsroom.zone), on_choice)


# --- similar articles -----------------------------------------------------------------

SIMILAR = 20
"""Similar articles that are listed."""


class SimilarList(LineList):
    """Articles, the most similar first."""

    def __init__(self, hits: Sequence[SearchHit]) -> None:
        super().__init__()
        self.hits = hits

    @property
    def row_count(self) -> int:
        return len(self.hits)

    def row_line(self, row: int, cells: int) -> Line:
        hit = self.hits[row]
        about = f" {hit.article.lang or 'und':<4}"
        outlet = min(20, cells // 4)
        return [
            (f"{hit.score:.2f}", "accent"),
            (about, "quiet"),
            (fit(line(hit.publisher), outlet), "list"),
            (" " + fit(shown_title(line(hit.article.title)), cells - outlet - 10), "plain"),
        ]


class SimilarDialog(Dialog[int]):
    """Asks for a similar article; gives its id, None when closed without a choice."""

    def __init__(self, hits: Sequence[SearchHit]) -> None:
        self._list = SimilarList(hits)
        super().__init__(_("More like this"), self._list)

    def on_line_list_selected(self, message: LineList.Selected) -> None:
        message.stop()
        self.dismiss(self._list.hits[self._list.cursor].article.id)


async def choose_similar(screen: NewsroomScreen, article: int) -> None:
    """Show the articles that are most like one, and open the chosen one."""
    start_resource_tracker()
    screen.show_message(_("Looking for similar articles…"))
    details = await screen.details_of(article)
    hits = await screen.ask(screen.newsroom.service.similar, article, SIMILAR)
    if details is None or hits is None:
        return
    if not hits:
        screen.show_message(
            _("No article has a vector yet; `tocsin check` says whether articles get them.")
        )
        return
    lang = details.article.lang
    alike = [hit for hit in hits if is_alike(hit.score, lang, hit.article.lang)]
    if not alike:
        screen.show_message(_("Nothing similar enough."))
        return

    def on_choice(other: int | None) -> None:
        if other:
            among = [hit.article.id for hit in alike]
            screen.post_message(screen.ArticleOpened(other, among))

    screen.app.push_screen(SimilarDialog(alike), on_choice)
