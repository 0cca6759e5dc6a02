"""The API for language models: the Model Context Protocol, on stdio and at `/mcp`.

::

    client ─▶ stdio ─────────────▶ server ─▶ tools ─▶ the functions of the routes
           ─▶ guard ─▶ endpoint ──▶   ▲        │      (`monitor.api.routes`)
              (/mcp)   token, scope   │        ▼
    person ◀─ client ◀── question ────┘    quotation ─▶ answer
                (triage only)

The SDK speaks the protocol. A tool has the parameters, the scope and the rows of a route. Its
answer is quoted, because a model may take the words of a publisher for instructions.
"""
