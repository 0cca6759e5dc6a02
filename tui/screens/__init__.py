"""What fills the terminal: the desk, the feeds, the search, and the dialogs over them."""
