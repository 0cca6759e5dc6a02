"""Documents that strangers wrote, read: feeds, article pages and `robots.txt`."""
