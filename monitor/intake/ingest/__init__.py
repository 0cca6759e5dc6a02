"""From what a poll brought to what is stored: pure decisions, in one transaction."""
