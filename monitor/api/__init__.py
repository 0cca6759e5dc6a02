"""The API for programs: HTTP over the service that the dashboard and the commands use.

::

    request ─▶ guard ─▶ access ─▶ routes ─▶ service ─▶ store, archive
               Host,     token,    in a few threads; ended when
               Origin,   scope,    the client leaves, or after
               size,     rate      some seconds
               time
                 ▲
                 └── answer: rows of presentation as JSON, or a problem (RFC 9457)

`app` puts the routes together, and `server` serves them; the schema at `/openapi.json` follows
from the routes. A route names the scope that it needs by the type of its caller: `Reader`,
`Analyst` or `Admin` of `access`. The same server has `pages` for browsers, `mcp` for language
models and `greader` for feed readers.
"""
