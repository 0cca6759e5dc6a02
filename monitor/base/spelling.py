"""Which of the known words somebody probably meant."""

from __future__ import annotations

from collections.abc import Iterable

from monitor.base.translation import gettext as _


def nearest(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean …?` for the known word most like this one, empty if none is.

    Without one that is like it, it is the first that has it in it.
    """
    from difflib import get_close_matches

    by_fold = {name.casefold(): name for name in known}
    folded = word.casefold()
    close = get_close_matches(folded, by_fold, n=1, cutoff=0.65)
    close = close or [name for name in by_fold if len(folded) > 2 and folded in name]
    return _("; ") + _("did you mean `{name}`?", name=by_fold[close[0]]) if close else ""
