"""The dashboard in a browser: `tocsin serve`.

    browser ── address with the token ──▶ server ── door: host? token? ──▶ a cookie
         │                                                                  │
         ├── page, style, script (our own, nothing from elsewhere) ◀────────┤
         └── websocket ── door: host? cookie? origin? ──▶ a dashboard, one process a visitor

Each visitor has a dashboard of his own, which starts no monitor; the server has at most one.
"""
