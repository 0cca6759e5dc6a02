"""The dashboard: what the monitor has found, shown in the terminal.

It holds no truth. Every second the desk looks through the service for what is new:

    screens/desk ── look() ──▶ newsroom ── in a thread ──▶ monitor.service.service
         │                                                     ▲
         ├─▶ widgets/alert_stream ── rows by primary key ──▶ alerts (a block at a time)
         ├─▶ widgets/reader ◀── article_page (pure)             ▲
         ├─▶ widgets/watchlist_pane, feed_pane ◀── rows (pure)  │ laid over until stored
         └─▶ triage ── one worker, in order ────────────────────┘

What the stream shows is decided by a line of text:

    screens/filtering ── text ──▶ sieve: filters and words ──▶ selecting ── ids ──▶ stream ──▶ rows
         ▲                                                         │
      clauses: what a choice writes            one question to the store, or several and headlines

The archive has threads of its own, so that no query holds up a key or another query:

    screens/search ── query ──▶ asking ──▶ lane "search" ──▶ widgets/result_list ◀── result_row
         │                                                         │ a page at a time
         └──────── what was found ──▶ lane "reckon" ──▶ widgets/trend_pane ◀── trend_page
         │                                         └──▶ suggestions, below the results
         └──────── F ────────────────▶ lane "count" ───▶ screens/facets ◀── facet_rows

What is changed in `feeds.yaml` from the archive and the feeds goes through `writing`, by the code
of the commands. What is at an address is found out by `discovering`.

`stage` is what the dashboard (`app`) and the wall (`wall`, lines by `board`) have in common:
themes, memory, the bell, signals. `serve` puts either into a browser, a process for each visitor.

Words reach the screen only as lines of ink (`ink`), which `widgets/inked` cleans and paints:
text from a feed is never markup. What fits on a screen is decided by `layout`.
"""
