"""What a person or a program reads of a story, an alert, an article, a briefing.

`story`, `alert`, `article` and `briefing` say it once, as marked text (`spans`), which dashboard,
command line, pages and messages draw in the colours of one table. `rows` are the same for programs;
`service` answers what viewers ask, and takes what they decide.
"""
