"""Articles and subscriptions of other programs, taken in and handed out."""
