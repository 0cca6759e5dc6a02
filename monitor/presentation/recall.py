"""Recall in words: never a number without its interval. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from monitor.base.translation import gettext as _, mark, ngettext, number
from monitor.judgement.recall import LEAST
from monitor.model.recall import Estimate, Recall, Refusal

REFUSALS = {
    Refusal.NO_WITNESS: mark("no sitemap showed any of them"),
    Refusal.EARLY: mark("compared for less than an hour in this time"),
    Refusal.FEW: mark("fewer than {least} articles"),
    Refusal.APART: mark("feeds and sitemap have no article in common"),
}


def describe_published(answer: Estimate | Refusal) -> str:
    """Return how many articles were published: `about 44 published (42 to 49)`."""
    if isinstance(answer, Refusal):
        return _("not known how many were published: {reason}", reason=describe_refusal(answer))
    published, low, high = _numbers(answer)
    if not high:
        return _("at least {published} published ({low} or more)", published=published, low=low)
    return _(
        "about {published} published ({low} to {high})", published=published, low=low, high=high
    )


def interval(answer: Estimate) -> str:
    """Return the same for a table: `44 (42–49)`, `≥ 44 (≥ 42)`."""
    published, low, high = _numbers(answer)
    return f"{published} ({low}–{high})" if high else f"≥ {published} (≥ {low})"


def _numbers(answer: Estimate) -> tuple[str, str, str]:
    high = "" if answer.high is None else number(answer.high)
    return number(answer.published), number(answer.low), high


def describe_refusal(refusal: Refusal) -> str:
    """Return the reason why a number is not known."""
    return _(REFUSALS[refusal], least=number(LEAST))


def describe_recall(recall: Recall) -> str:
    """Return what was seen: `41 seen, about 44 published (42 to 49)`."""
    published = describe_published(recall.answer)
    return ngettext("{count} seen, {published}", "{count} seen, {published}", recall.seen,
                    published=published)  # fmt: skip


def whole(recalls: Iterable[Recall], watchlist: str = "") -> Recall | None:
    """Return the recall of a watchlist, or of all articles, in all outlets; None without any."""
    own = [recall for recall in recalls if recall.watchlist == watchlist]
    return next((recall for recall in own if not recall.outlet), own[0] if own else None)
