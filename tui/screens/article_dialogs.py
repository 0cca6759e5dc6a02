"""The dialogs about an article: matches, revisions, other outlets, similar articles."""

from __future__ import annotations

from functools import partial

from monitor.base.formatting import shown_title
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _
from monitor.model.article import ArticleDetails, ArticleRevision
from monitor.model.event_link import is_alike
from monitor.model.search import SearchHit
from monitor.model.shown_names import severity_name
from monitor.presentation.alert import describe_match
from monitor.presentation.article import passage
from monitor.presentation.service.matching import revisions_of
from monitor.presentation.spans import Line, fit, marked, wrap, wrap_line
from tui.data.newsroom import start_resource_tracker
from tui.screens.dialogs import NewsroomScreen, PageDialog, choose
from tui.view.article import outlet_rows, revision_page

# --- revisions ------------------------------------------------------------------------


async def show_revisions(screen: NewsroomScreen, article: int) -> None:
    """Show what the revisions of an article changed."""
    views, config = screen.newsroom.service.views, screen.newsroom.service.config

    def read() -> tuple[str, list[ArticleRevision]] | None:
        details = views.articles.details(article)
        return (details.article.title, revisions_of(views, details, config)) if details else None

    result = await screen.ask(read)
    if result is not None:
        layout = partial(revision_page, *result, zone=screen.newsroom.zone)
        screen.app.push_screen(PageDialog(_("Revisions"), layout))


# --- matches --------------------------------------------------------------------------


async def show_matches(screen: NewsroomScreen, article: int) -> None:
    """Show which watchlists match an article, and where."""
    details = await screen.ask(screen.newsroom.service.views.articles.details, article)
    if details is not None:
        title = _("Why this matches")
        screen.app.push_screen(PageDialog(title, lambda cells: _match_lines(details, cells)))


def _match_lines(details: ArticleDetails, cells: int) -> list[Line]:
    """Return the matches of an article's alerts, with the sentences around them."""
    article = details.article
    lines = [*wrap(shown_title(line(article.title)), cells, "title"), []]
    if not details.alerts:
        lines += wrap(_("No watchlist matched this article."), cells, "plain")
    for alert in details.alerts:
        lines += wrap(f"{line(alert.watchlist)} ({severity_name(alert.severity)})", cells, "accent")
        previous = ""
        for match in alert.matches:
            lines += wrap(line(describe_match(match)), cells, "list", "  ")
            text, spans = passage(article, [match])
            if text != previous:
                lines += wrap_line(marked(text, spans, "plain"), cells, "    ")
            previous = text
        lines.append([])
    return lines


# --- other outlets --------------------------------------------------------------------


async def choose_outlet(screen: NewsroomScreen, article: int) -> None:
    """Show the merged alerts of an article and the outlets with its story; open the chosen one."""
    details = await screen.ask(screen.newsroom.service.views.articles.details, article)
    if details is None:
        return
    other_ids = details.other_articles()
    if not other_ids:
        screen.show_message(_("Only {outlet} has this story.", outlet=details.publisher))
        return

    zone = screen.newsroom.zone

    def on_choice(other: int) -> None:
        if other != article:
            screen.post_message(screen.ArticleOpened(other, other_ids))

    articles = [row for _line, row in outlet_rows(details, article, 80, zone)]
    choose(
        screen,
        _("Outlets with this story"),
        lambda cells: [line for line, _row in outlet_rows(details, article, cells, zone)],
        articles,
        on_choice,
        cursor=articles.index(article) if article in articles else 0,
    )


# --- similar articles -----------------------------------------------------------------

SIMILAR = 20
"""Similar articles that are listed."""


def _similar_line(hit: SearchHit, cells: int) -> Line:
    outlet = min(20, cells // 4)
    return [
        (f"{hit.score:.2f}", "accent"),
        (f" {hit.article.lang or 'und':<4}", "quiet"),
        (fit(line(hit.publisher), outlet), "list"),
        (" " + fit(shown_title(line(hit.article.title)), cells - outlet - 10), "plain"),
    ]


async def choose_similar(screen: NewsroomScreen, article: int) -> None:
    """Show the articles that are most like one, and open the chosen one."""
    start_resource_tracker()
    screen.show_message(_("Looking for similar articles…"))
    details = await screen.ask(screen.newsroom.service.views.articles.details, article)
    hits = await screen.ask(screen.newsroom.service.similar, article, SIMILAR)
    if details is None or hits is None:
        return
    if not hits:
        screen.show_message(_("No articles can be compared yet; `tocsin check` says why."))
        return
    lang = details.article.lang
    similar_hits = [hit for hit in hits if is_alike(hit.score, lang, hit.article.lang)]
    if not similar_hits:
        screen.show_message(_("Nothing similar enough."))
        return

    article_ids = [hit.article.id for hit in similar_hits]
    choose(
        screen,
        _("More like this"),
        lambda cells: [_similar_line(hit, cells) for hit in similar_hits],
        article_ids,
        lambda other: screen.post_message(screen.ArticleOpened(other, article_ids)),
    )
