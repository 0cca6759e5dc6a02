"""Names that stand in place of what people name."""

FEED_HEALTH = "feed health"  # not a message
"""What alerts about feeds have in place of a watchlist."""
