"""What stands on a screen; each paints styled text and holds no truth."""
