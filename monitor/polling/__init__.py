"""What one poll decides of a feed: when to ask again, its habits, its trouble."""
