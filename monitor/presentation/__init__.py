"""Stories, alerts, articles and briefings, as a person or a program reads them.

`story`, `alert`, `article` and `briefing` make marked text (`spans`), which dashboard, command
line, pages and messages draw in the colours of one table. `rows` are the same for programs;
`service` answers the questions of viewers, and takes their decisions.
"""
