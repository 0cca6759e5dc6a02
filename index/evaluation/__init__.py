"""A query tree against one article: where it matches, why it does not, how that is shown."""
