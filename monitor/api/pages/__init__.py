"""Pages: what the API knows, for browsers. Plain HTML without scripts, pictures or foreign servers.

::

    request ─▶ guard ─▶ sessions ─▶ alerts, archive ─▶ service
                        cookie,          │
                        scope,           ▼
                        form token    templating ─▶ templates/*.html, escaped, in the
                                                    language of the newsroom

Pages have the rules of the API: a session is a token that was typed into the login form, and
ends with it. Errors are pages for browsers (`templating`), and problems for programs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import APIRouter


def routers() -> list[APIRouter]:
    from monitor.api.pages import alerts, archive, sessions

    return [one.router for one in (alerts, archive, sessions)]
