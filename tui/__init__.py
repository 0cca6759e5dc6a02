"""The dashboard: what the monitor has found, shown in the terminal.

It holds no truth. Every second the desk looks through the service for what is new:

    screens/desk ── look() ──▶ newsroom ── in a thread ──▶ monitor.service
         │                                                     ▲
         ├─▶ widgets/alert_stream ── rows by primary key ──▶ alerts (a block at a time)
         ├─▶ widgets/reader ◀── article_page (pure)             ▲
         ├─▶ widgets/watchlist_pane, feed_pane ◀── rows (pure)  │ laid over until stored
         └─▶ triage ── one worker, in order ────────────────────┘

Words reach the screen only as lines of ink (`ink`), which `widgets/inked` cleans and paints:
text from a feed is never markup. What fits on a screen is decided by `layout`.
"""
