"""Documents that strangers wrote, read: feeds, pages, `robots.txt`; their names for feeds."""
