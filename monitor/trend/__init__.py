"""Articles over time: buckets of local time, counted, and corrected where nobody watched.

::

    buckets     since when, until when, by what ──▶ edges, in local time
    coverage    gaps of feeds ──▶ seconds missed, bucket by bucket
    reckoning   dates, feeds, gaps, edges ──▶ counts, shares covered, corrected counts
    bounds      what a query says of time by itself
"""
