"""Pages for browsers, with the data of the API: HTML without scripts, pictures or foreign servers.

::

    request ─▶ guard ─▶ sessions ─▶ alerts, archive ─▶ service
                        cookie,          │
                        scope,           ▼
                        form token    templating ─▶ templates/*.html, escaped, in the
                                                    language of the newsroom

Pages have the rules of the API: a session is a token that was typed into the login form, and
ends with it. Errors are pages for browsers (`templating`), and problems for programs.
"""
