"""The screens: the main screen, the feeds, the archive, articles, and dialogs."""
