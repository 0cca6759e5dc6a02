"""The foundation of all packages; it imports none of the others.

`translation` says messages in the language of the reader (`language` chooses it; its catalogues are
in `locale/`); `article` and `url` are the values that the archive shares with the monitor;
`text_cleaning` makes text of strangers safe to show. `errors`, `files`, `formatting` and `signs`
are shared by all. `tasks` runs calls in threads, `fork_server` starts processes as forks of one
that has imported what they need, `garbage` pauses the collector and gives back memory.
"""
