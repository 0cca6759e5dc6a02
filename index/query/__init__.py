"""The query language: text to a tree of nodes; a mistake is reported with its column."""
