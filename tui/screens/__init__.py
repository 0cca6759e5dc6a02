"""What fills the terminal: the main screen, the feeds, the archive, articles, and dialogs."""
