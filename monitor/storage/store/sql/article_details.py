"""What is known of an article: its alerts, decisions, copies, deliveries, and what was not read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from index.analysis.tokenizer import MAX_WORDS, readable
from monitor.base.article import PARTS, Article, Timestamp
from monitor.base.translation import gettext as _
from monitor.base.translation import mark, number
from monitor.model.alert import NOBODY_ELSE
from monitor.model.article import ArticleDetails
from monitor.storage.store.database.connection import StoreConnection
from monitor.storage.store.sql.alert_views import AlertViews, story_timelines
from monitor.storage.store.sql.articles import article_columns, article_of
from monitor.storage.store.sql.deliveries import DeliveryViews
from monitor.storage.store.sql.triage import TriageViews

_NOT_MATCHED = mark("not matched: {reason}")
_NOT_SEARCHED = mark("its text is not searched: {reason}")
_CUT = {
    "title": mark("only the first {most} words of its title are matched and searched"),
    "summary": mark("only the first {most} words of its summary are matched and searched"),
    "body": mark("only the first {most} words of its body are matched and searched"),
    "author": mark("only the first {most} words of its author are matched and searched"),
}


def read_details(connection: StoreConnection, article: int) -> ArticleDetails | None:
    """Return an article with all that is known of it, None if there is none of that id."""
    found = next(read_with_alerts(connection, [article]), None)
    if found is None:
        return None
    others = _others(connection, found.article)
    timelines = story_timelines(connection, [article])
    trouble, retry = _page_trouble(connection, article)
    raised = [alert.id for alert in found.alerts]
    decisions = {id: TriageViews(connection).decisions(id) for id in raised}
    return ArticleDetails(
        article=found.article,
        feed=found.feed,
        alerts=found.alerts,
        versions=found.versions,
        others=others if len(others) > 1 else (),
        telling=timelines.get(article, NOBODY_ELSE),
        merged=AlertViews(connection).merged([alert.id for alert in found.alerts]),
        page_trouble=trouble,
        page_retry=retry,
        limits=tuple(_limits(connection, found.article)),
        decisions={id: made[-1] for id, made in decisions.items() if made},
        deliveries=DeliveryViews(connection).of_alerts(raised),
    )


def read_with_alerts(connection: StoreConnection, ids: Iterable[int]) -> Iterator[ArticleDetails]:
    """Yield articles with their alerts and matches; unknown ids are left out."""
    alerts = AlertViews(connection)
    for id in ids:
        for row in connection.rows(
            f"SELECT a.version, f.name AS feed_name, {article_columns(connection.sql)}"
            " FROM articles a LEFT JOIN feeds f ON f.number = a.feed WHERE a.id = ?",
            (id,),
        ):
            raised = connection.read("SELECT id FROM alerts WHERE article = ? ORDER BY id", (id,))
            yield ArticleDetails(
                article=article_of(row),
                feed=row["feed_name"] or "?",
                alerts=tuple(alerts.get([alert for (alert,) in raised], matches=True)),
                versions=row["version"],
            )


def _others(connection: StoreConnection, article: Article) -> tuple[tuple[str, Timestamp], ...]:
    """Return the feeds that had the same story and when, the first one first."""
    found = connection.read(
        "SELECT coalesce(nullif(x.outlet, ''), f.name), min(x.seen) FROM ("
        " SELECT feed, seen, outlet FROM articles"
        "  WHERE id = ?1 OR (story = ?1 AND story <> id)"
        " UNION ALL SELECT c.feed, c.seen, '' FROM carriers c WHERE c.article = ?2"
        ") x JOIN feeds f ON f.number = x.feed GROUP BY 1 ORDER BY 2, min(f.number)",
        (article.story, article.id),
    )
    return tuple((name, seen) for name, seen in found)


def _limits(connection: StoreConnection, article: Article) -> Iterator[str]:
    """Yield what of an article is not matched or not searched."""
    named = {"matching": _NOT_MATCHED, "indexing": _NOT_SEARCHED}
    for step, reason in connection.read(
        "SELECT step, reason FROM set_aside WHERE article = ? ORDER BY step DESC", (article.id,)
    ):
        yield _(named[step], reason=reason)
    for part in PARTS:
        if len(readable(article.part(part))) < len(article.part(part)):
            yield _(_CUT[part], most=number(MAX_WORDS))


def _page_trouble(connection: StoreConnection, article: int) -> tuple[str, Timestamp | None]:
    """Return why an article's page was not read, and when it is tried again (None: never)."""
    found = connection.read(
        "SELECT reason, due FROM pages WHERE article = ?1 AND reason <> ''"
        " UNION ALL SELECT reason, NULL FROM unread_pages WHERE article = ?1",
        (article,),
    )
    return next(((reason, due) for reason, due in found), ("", None))
