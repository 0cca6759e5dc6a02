"""The signs of dashboard, command line and messages: each has one meaning and one cell.

The help and the reference list them from here.
"""

from __future__ import annotations

HIGH, MEDIUM, LOW = "▲", "●", "▽"
NEW, CLOSED, RELEVANT, NOISE = "•", "▪", "☑", "☒"
STAR, NOTE, MARKED, TAG = "★", "✎", "◆", "#"
ESCALATED = "⇡"
SPIKE, QUIET = "⇈", "⇊"
OUTLETS, OTHER_LANGUAGE, TERMS, MORE = "≡", "⇄", "⌕", "+"
OLDER, FUTURE, UNDATED = "‹", "›", "∅"
OK, LOOK, FAILED, NOT_YET, RESTS = "✓", "!", "✗", "◌", "‖"
UNCHANGED, BECOMES = "=", "→"
CHOSEN, CURSOR = "▸", "▌"
UNSURE, GAP, ESTIMATE = "░", "┄", "┊"
BARS = "▁▂▃▄▅▆▇█"
SERIES = "■□◈◇◐◑▣◎"
"""The series of a plot; they differ without colours too."""
POINTS = "⠂"
"""Joins the points of a series."""

LEGEND: tuple[tuple[str, str], ...] = (
    (f"{HIGH} {MEDIUM} {LOW}", "high, medium, low severity"),
    (NEW, f"new; {NEW}39: 39 new stories of all days"),
    (f"{RELEVANT} {NOISE} {CLOSED}", "relevant, noise; closed"),
    (f"{STAR} {NOTE} {TAG}", "starred; a note; a tag"),
    (MARKED, "marked: the next key changes all that are marked"),
    (ESCALATED, "escalated: became more severe, and why"),
    (
        f"{SPIKE} {QUIET}",
        "many more stories than usual; none any more, from a watchlist that always rings",
    ),
    ("×4", "four times"),
    ("37/12", "37 stories today, 12 are usual by this time"),
    (BARS, "stories in each hour, or articles in each period"),
    (f"Liège {MORE}2", "this and two more; with a unit: so much later than the first"),
    (f"{OUTLETS}3", "three other outlets have the same story"),
    (OTHER_LANGUAGE, "outlets that have it in the other language, or in other words"),
    (TERMS, "the terms that matched"),
    (OLDER, "was published before tocsin watched the feed; its own date follows"),
    (f"{UNDATED} {FUTURE}", "no date; a date in the future; both sorted by when it was first seen"),
    (f"{OK} {LOOK} {FAILED}", "fine; needs a look (late, coverage gap, silent); failed"),
    (NOT_YET, "not yet: a feed not read, a delivery not sent, a monitor that starts"),
    (RESTS, "rests: a feed, the list of alerts or a watchlist"),
    (UNCHANGED, "a poll that brought nothing new"),
    (f"{UNSURE} {GAP}", "in charts: a time with coverage gaps; such a time, and nothing found"),
    (ESTIMATE, "in charts: an estimate without coverage gaps"),
    (" ".join(SERIES), f"in charts: one series each; {POINTS} joins its points"),
    (BECOMES, "what stood before, and what stands now"),
    (CHOSEN, "chosen: the filter by this watchlist, the article that is open"),
    (CURSOR, "the row of the cursor"),
)
"""Signs as they are shown, and what they mean."""
