"""The query language: text to a tree of nodes, with mistakes told at their column."""
