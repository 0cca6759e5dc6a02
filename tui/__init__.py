"""The dashboard: the alerts, feeds and archive of a newsroom in the terminal and the browser.

It writes what people decide (triage, silences, "poll now", edits of feeds.yaml) and its own state.
Once a second the main screen reads the service for what is new:

    screens/main ── read_update() ──▶ data/newsroom ── in a thread ──▶ monitor/service
       │                                                               ▲          ▲
       ├─▶ widgets/alert_stream ── a block of stories by primary key ─▶ data/story_list
       ├─▶ widgets/reader ◀── view/article                             ▲ pending changes
       ├─▶ widgets/watchlist_pane ◀── view/alerts                      │
       ├─▶ widgets/feed_list ◀── view/feeds                            │
       └─▶ screens/triage ── decisions ──▶ data/triage_queue ── one worker, in order

A filter, typed or chosen, decides which alerts the stream shows:

    screens/alert_filter ── text ──▶ storage/search/alert_filter ──▶ data/alert_selection ── ids
                                                                filters: one read of the store;
    widgets/alert_stream ◀── StoryOrder (data/story_list) ◀── ids       words: headlines too

A row is a story: `StoryOrder` puts the alerts of one story on one row, `StoryCache` holds them.

The archive screen has threads of its own, so that no query delays a key or another query:

    screens/archive ── query ──▶ thread "search" ──▶ widgets/search_results ◀── view/search
                    ── results ─▶ thread "extras" ──▶ severities, chart, suggested queries
                    ── F ───────▶ facets, from which one can choose  ◀── view/search

The packages, each importing only those below it:

    web, command      `tocsin serve` and `tocsin dashboard`
    app               the dashboard: its screens, the command palette, quitting
    screens, wall     what fills the terminal; changes of feeds.yaml are in screens/config_changes
                      and screens/watchlist_form, which are imported when they are opened
    base_app          what dashboard and wall share: themes, bell, signals, and the end, though a
                      widget or the terminal hangs
    type_ahead        keys wait until what the key before them opens is there
    widgets, bell     what paints; only widgets/styled_widget writes text to the screen
    view              rows and pages as styled text: pure functions
    data              what the dashboard keeps while it runs; its settings
    key_labels        how keys are called on the screen
    themes            colours and styles; terminal reads keys when there are any, and ends
    external_programs the browser, the editor, the clipboard

Text from a feed is never markup: it reaches the screen only as runs of (text, style), which
`widgets/styled_widget` cleans once more.
"""
