"""Watchlists against articles: the presearcher finds candidates, the matcher decides."""
