"""The signs of dashboard, command line and messages: each has one meaning and one cell.

The help and the reference list them from here.
"""

from __future__ import annotations

from monitor.base.translation import mark

HIGH, MEDIUM, LOW = "▲", "●", "▽"
NEW, CLOSED, RELEVANT, NOISE = "•", "▪", "☑", "☒"
STAR, NOTE, MARKED, TAG, ASSIGNED = "★", "✎", "◆", "#", "@"
ESCALATED = "⇡"
SPIKE, QUIET = "⇈", "⇊"
OUTLETS, OTHER_LANGUAGE, TERMS, MORE = "≡", "⇄", "⌕", "+"
OLDER, FUTURE, UNDATED = "‹", "›", "∅"
OK, LOOK, FAILED, NOT_YET, RESTS = "✓", "!", "✗", "◌", "‖"
UNCHANGED, BECOMES = "=", "→"
CHOSEN, CURSOR, SORTED = "▸", "▌", "▾"
UNSURE, GAP = "░", "┄"
BARS = "▁▂▃▄▅▆▇█"

LEGEND: tuple[tuple[str, str], ...] = (
    (f"{HIGH} {MEDIUM} {LOW}", mark("high, medium, low severity")),
    (NEW, mark("new; •39: 39 new stories of all days")),
    (f"{RELEVANT} {NOISE} {CLOSED}", mark("relevant, noise; closed")),
    (f"{STAR} {NOTE} {TAG}", mark("starred; a note; a tag")),
    (f"{ASSIGNED}ana", mark("assigned to ana")),  # not a message
    (MARKED, mark("marked: the next key changes all that are marked")),
    (ESCALATED, mark("escalated: became more severe, and why")),
    (
        f"{SPIKE} {QUIET}",
        mark("many more stories than usual; none any more, from a watchlist that always rings"),
    ),
    ("×4", mark("four times")),
    ("37/12", mark("37 stories today, 12 are usual by this time")),
    (BARS, mark("stories in each hour, or articles in each period")),
    (
        f"Liège {MORE}2",  # not a message
        mark("this and two more; with a unit: so much later than the first"),
    ),
    (f"{OUTLETS}3", mark("three other outlets have the same story")),
    (OTHER_LANGUAGE, mark("outlets that have it in the other language")),
    (TERMS, mark("the terms that matched")),
    (OLDER, mark("was published before tocsin watched the feed")),
    (
        f"{UNDATED} {FUTURE}",
        mark("no date; a date in the future; both sorted by when it was first seen"),
    ),
    (f"{OK} {LOOK} {FAILED}", mark("fine; needs a look (late, coverage gap, silent); failed")),
    (NOT_YET, mark("not yet: a feed not read, a delivery not sent, a monitor that starts")),
    (RESTS, mark("rests: a feed, the list of alerts or a watchlist")),
    (UNCHANGED, mark("a poll that brought nothing new")),
    (
        f"{UNSURE} {GAP}",
        mark("in charts: a time with coverage gaps; such a time, and nothing found"),
    ),
    (BECOMES, mark("what stood before, and what stands now")),
    (CHOSEN, mark("chosen: the filter by this watchlist, the article that is open")),
    (CURSOR, mark("the row of the cursor")),
    (SORTED, mark("the column by which a list is sorted")),
)
"""Signs and their meanings in English, which are translated where they are shown."""
