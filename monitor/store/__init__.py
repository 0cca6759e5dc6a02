"""The store: the truth of a newsroom, behind two protocols."""
