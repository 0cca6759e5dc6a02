"""Articles from elsewhere, taken in."""
