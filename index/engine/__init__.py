"""The full-text index: Whoosh for segments, commits and locks; our own postings and executor."""
