"""What fills the terminal: the main screen, the feeds, the archive, and the dialogs over them."""
