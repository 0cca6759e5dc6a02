"""What a person or a program reads of a story, an alert, an article, a briefing.

`service` answers what viewers ask, and takes what they decide; `rows` are the same for programs;
`spans` is marked text, which each face draws; `passage` is the sentence that shows why an article
matched.
"""
